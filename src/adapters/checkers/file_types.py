"""File types by content: what an uploaded file is, whatever its name says (B-35)."""

import codecs
import zipfile
from typing import IO, Final

import puremagic

UNKNOWN: Final = "application/octet-stream"
_HEAD: Final = 8192
_CHUNK: Final = 64 * 1024
_MAX_MEMBERS: Final = 10_000
_OPEN_XML: Final = "application/vnd.openxmlformats-officedocument."
_MAIN_PARTS: Final = {
    "word/document.xml": f"{_OPEN_XML}wordprocessingml.document",
    "xl/workbook.xml": f"{_OPEN_XML}spreadsheetml.sheet",
    "ppt/presentation.xml": f"{_OPEN_XML}presentationml.presentation",
}
_OPEN_DOCUMENT: Final = "application/vnd.oasis.opendocument."
_EPUB: Final = "application/epub+zip"
_MARKUP: Final = (
    ("<svg", "image/svg+xml"),
    ("<!doctype html", "text/html"),
    ("<html", "text/html"),
    ("<script", "text/html"),
    ("<?xml", "application/xml"),
)
_CONTROLS: Final = frozenset(map(chr, range(32))) - frozenset("\t\n\r\f\x1b")


def media_type(file: IO[bytes]) -> str:
    """The media type of an open file by its content, `application/octet-stream` if unknown.

    An archive is looked into, but never unpacked; text is UTF-8 throughout, without control
    characters, and is markup if it begins like some. The file is read from its beginning.
    """
    file.seek(0)
    head = file.read(_HEAD)
    if not head:
        return UNKNOWN
    if head.startswith(b"PK"):
        return _in_archive(file)
    if _is_text(file):
        return _markup(head)
    return _by_marks(head)


def _by_marks(head: bytes) -> str:
    if head.lstrip().startswith(b"%PDF-"):
        return "application/pdf"
    try:
        found = puremagic.from_string(head, mime=True)
    except (puremagic.PureError, ValueError):
        return UNKNOWN
    # Text was looked at before: what is none does not become some by a mark.
    return found if found and not found.startswith("text/") else UNKNOWN


def _in_archive(file: IO[bytes]) -> str:
    try:
        with zipfile.ZipFile(file) as archive:
            members = archive.namelist()
            if len(members) > _MAX_MEMBERS:
                return "application/zip"
            if "[Content_Types].xml" in members:
                known = [kind for part, kind in _MAIN_PARTS.items() if part in members]
                if len(known) == 1:
                    return known[0]
            # It says its type in a first member that is stored as it is; nothing is ever unpacked.
            if members and members[0] == "mimetype" and _is_stored(archive, "mimetype"):
                with archive.open("mimetype") as member:
                    said = member.read(100).decode("ascii", "replace").strip()
                if said.startswith(_OPEN_DOCUMENT) or said == _EPUB:
                    return said
            return "application/zip"
    except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError, RuntimeError, EOFError):
        return UNKNOWN


def _is_stored(archive: zipfile.ZipFile, member: str) -> bool:
    return archive.getinfo(member).compress_type == zipfile.ZIP_STORED


def _is_text(file: IO[bytes]) -> bool:
    file.seek(0)
    decoder = codecs.getincrementaldecoder("utf-8")()
    try:
        while chunk := file.read(_CHUNK):
            if not _CONTROLS.isdisjoint(decoder.decode(chunk)):
                return False
        decoder.decode(b"", final=True)
    except UnicodeDecodeError:
        return False
    return True


def _markup(head: bytes) -> str:
    start = head.decode("utf-8", "ignore").lstrip("\ufeff \t\r\n").lower()
    if not start.startswith("<") and not start.startswith("%pdf-"):
        return "text/plain"
    if start.startswith("%pdf-"):
        return "application/pdf"
    for mark, kind in _MARKUP[:-1]:
        if mark in start:
            return kind
    return _MARKUP[-1][1] if start.startswith(_MARKUP[-1][0]) else "text/plain"
