"""File names for ids: one name an id, no two ids the same name, none outside its folder (E-43)."""

import hashlib
import re

_PLAIN = re.compile(r"[A-Za-z0-9_-][A-Za-z0-9_.-]*")
_SPECIAL = re.compile(rb"[^A-Za-z0-9_.-]")
_RESERVED = re.compile(r"(con|prn|aux|nul|com[0-9]|lpt[0-9])(\..*)?", re.IGNORECASE)
_LONGEST = 200  # of the 255 bytes that file systems allow, with room for an extension
_KEPT = 100


def file_name(text: str) -> str:
    """The name of the file or folder of an id: the id itself wherever that is a plain name.

    Other bytes of its UTF-8 form, a dot in front and a name that Windows reserves are written
    `%XX`, so that no two ids share a name. A name that would be too long is cut and ends in `~`
    and the sha-256 of the id.
    """
    if _PLAIN.fullmatch(text) and len(text) <= _LONGEST and not _RESERVED.fullmatch(text):
        return text
    whole = text.encode(errors="surrogatepass")
    name = _SPECIAL.sub(lambda found: b"%%%02X" % found[0][0], whole).decode()
    if name.startswith(".") or not name or _RESERVED.fullmatch(name):
        name = f"%{ord(name[0]):02X}{name[1:]}" if name else "%"
    if len(name) > _LONGEST:
        name = f"{name[:_KEPT]}~{hashlib.sha256(whole).hexdigest()}"
    return name
