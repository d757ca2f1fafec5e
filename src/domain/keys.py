"""Keys of streams made of several parts, such that no two mean the same stream."""

import hashlib
import unicodedata


def composite_key(*parts: str) -> str:
    """One opaque key for several parts: each is prefixed with its length, all are hashed."""
    joined = "".join(f"{len(part)}:{part}" for part in parts)
    return hashlib.sha256(joined.encode()).hexdigest()[:32]


def derived_id(*parts: str) -> str:
    """The id of a thing that follows from others, written as a uuid (RFC 9562, version 8).

    The same parts always lead to the same id, so that what follows twice is there once.
    """
    key = composite_key(*parts)
    return (
        f"{key[:8]}-{key[8:12]}-8{key[13:16]}-{'89ab'[int(key[16], 16) % 4]}{key[17:20]}-{key[20:]}"
    )


def folded(name: str) -> str:
    """A name as it is compared for uniqueness: NFC, case folded, outer space cut."""
    return unicodedata.normalize("NFC", unicodedata.normalize("NFC", name.strip()).casefold())
