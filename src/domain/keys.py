"""Keys of streams made of several parts, such that no two mean the same stream."""

import hashlib
import unicodedata


def composite_key(*parts: str) -> str:
    """One opaque key for several parts: each is prefixed with its length, all are hashed."""
    joined = "".join(f"{len(part)}:{part}" for part in parts)
    return hashlib.sha256(joined.encode()).hexdigest()[:32]


def folded(name: str) -> str:
    """A name as it is compared for uniqueness: NFC, case folded, outer space cut."""
    return unicodedata.normalize("NFC", unicodedata.normalize("NFC", name.strip()).casefold())
