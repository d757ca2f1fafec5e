"""Answers that only a person judges: files, proofs and everything else (B-33, B-35, B-36)."""

from decimal import Decimal
from typing import Any

from domain.answers.schema import FileUpload
from domain.answers.unfit import SCHEMA_MISMATCH, Unfit
from domain.answers.verdict import Reason, Trace, Verdict
from domain.kernel import Value

BYTES_OF_A_MEGABYTE = 1024 * 1024


class Upload(Value, frozen=True):
    """A file as it was received; `media_type` is found by its content, not by its name."""

    file_id: str
    name: str
    size: int
    media_type: str


def for_a_person(kind: str, raw: Any, path: str) -> Trace:
    """The trace of an answer that no machine judges."""
    return Trace(
        type=kind,
        path=path,
        verdict=Verdict.UNKNOWN,
        reason=Reason.FOR_A_PERSON,
        raw=raw,
        method="person",
    )


def is_allowed(schema: FileUpload, upload: Upload) -> bool:
    """Whether a file is of one of the allowed types."""
    return any(_is(allowed.strip().lower(), upload) for allowed in schema.allowed_types)


def is_too_large(schema: FileUpload, upload: Upload) -> bool:
    """Whether a file is larger than the schema takes."""
    return Decimal(upload.size) > schema.max_size_mb * BYTES_OF_A_MEGABYTE


def check_upload(schema: FileUpload, upload: Upload, path: str = "$") -> None:
    """Refuse a file of another type or size (B-35). Raises Unfit (ANSWER_SCHEMA_MISMATCH).

    An allowed type is a media type (`image/png`, `image/*`) or an extension (`pdf`, `.pdf`). An
    extension asks for the name and for the content that belongs to it, where that is known.
    """
    if upload.size == 0:
        raise Unfit(SCHEMA_MISMATCH, path, "empty", f"{upload.name[:100]!r} is empty")
    if is_too_large(schema, upload):
        message = f"{upload.name[:100]!r} is larger than {schema.max_size_mb} MB"
        raise Unfit(SCHEMA_MISMATCH, path, "too_large", message)
    if not is_allowed(schema, upload):
        message = f"{upload.name[:100]!r} ({upload.media_type}) is none of the allowed types"
        raise Unfit(SCHEMA_MISMATCH, path, "type_not_allowed", message)


def _is(allowed: str, upload: Upload) -> bool:
    found = upload.media_type
    if "/" in allowed:
        return found.startswith(allowed[:-1]) if allowed.endswith("/*") else found == allowed
    extension = allowed.removeprefix(".")
    if not upload.name.lower().endswith(f".{extension}"):
        return False
    media_types = MEDIA_TYPES.get(extension)
    if media_types is None:
        # A kind of text that has no marks of its own, such as a program.
        return found in {"text/plain", "application/octet-stream"}
    return found in media_types


_JPEG = ("image/jpeg",)
_PLAIN = ("text/plain",)
_MARKUP = ("text/plain", "text/html", "application/xml", "image/svg+xml")
_OPEN_XML = "application/vnd.openxmlformats-officedocument."
_OPEN_DOCUMENT = "application/vnd.oasis.opendocument."
MEDIA_TYPES: dict[str, tuple[str, ...]] = {
    "pdf": ("application/pdf",),
    "png": ("image/png",),
    "jpg": _JPEG,
    "jpeg": _JPEG,
    "gif": ("image/gif",),
    "webp": ("image/webp",),
    "heic": ("image/heic", "image/heif"),
    "svg": ("image/svg+xml",),
    "docx": (f"{_OPEN_XML}wordprocessingml.document",),
    "xlsx": (f"{_OPEN_XML}spreadsheetml.sheet",),
    "pptx": (f"{_OPEN_XML}presentationml.presentation",),
    "odt": (f"{_OPEN_DOCUMENT}text",),
    "ods": (f"{_OPEN_DOCUMENT}spreadsheet",),
    "odp": (f"{_OPEN_DOCUMENT}presentation",),
    "doc": ("application/msword",),
    "zip": ("application/zip",),
    "txt": _PLAIN,
    "md": _PLAIN,
    "csv": _PLAIN,
    "py": _PLAIN,
    "tex": _PLAIN,
    "json": (*_PLAIN, "application/json"),
    "html": _MARKUP,
    "xml": _MARKUP,
    "mp3": ("audio/mpeg",),
    "mp4": ("video/mp4",),
}
"""What the content of a file with this extension is found to be."""
