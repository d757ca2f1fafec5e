"""Uploaded files: their bytes below `files/`, each content once, under its sha-256.

The log says whose they are and what they are called. Nothing that a client sends becomes a path.
"""

import errno
from hashlib import sha256
from io import BytesIO
from typing import Final, NamedTuple

from adapters.checkers.file_types import media_type
from adapters.file_writing import Folder
from event_store.store import DiskFull

_FULL: Final = {errno.ENOSPC, errno.EDQUOT}


class FileUnavailable(Exception):
    """A file cannot be written, or is gone or damaged: a case for the operator."""


class Content(NamedTuple):
    """What bytes are: their type by content, and their sha-256 in hex."""

    media_type: str
    sha256: str


def looked_at(content: bytes) -> Content:
    """What the bytes are. May be slow."""
    return Content(media_type(BytesIO(content)), sha256(content).hexdigest())


def keep(folder: Folder, digest: str, content: bytes) -> None:
    """Have the bytes on disk, durably. Raises DiskFull, FileUnavailable."""
    try:
        folder.keep(_path(digest), content)
    except OSError as error:
        kind = DiskFull if error.errno in _FULL else FileUnavailable
        raise kind(f"{_path(digest)}: {error.strerror}") from error


def kept(folder: Folder, digest: str) -> bytes:
    """The bytes, just as they came. Raises FileUnavailable if they are gone or have changed."""
    content = folder.read(_path(digest))
    if content is None or sha256(content).hexdigest() != digest:
        raise FileUnavailable(f"{_path(digest)} is gone or has changed: restore it from a backup")
    return content


def _path(digest: str) -> str:
    return f"files/{digest[:2]}/{digest}"
