"""A file sent to the Bank as the part `file` of a form."""

import re
import unicodedata
from dataclasses import dataclass
from typing import Final, NamedTuple

from litestar.datastructures import UploadFile
from litestar.openapi.spec import OpenAPIMediaType, Operation, RequestBody, Schema
from litestar.openapi.spec.enums import OpenAPIFormat, OpenAPIType

from adapters.http.bank.requests import BankRequest
from adapters.http.forms import form_of
from adapters.http.problems import Problem, invalid

_PART: Final = "file"
_LONGEST_NAME: Final = 255
_JOINERS: Final = "\u200c\u200d"  # Persian and emoji need them
_FOLDERS: Final = re.compile(r".*[/\\]", re.DOTALL)


class SentFile(NamedTuple):
    """A file as it was sent; the name is for people and never becomes a path."""

    name: str
    content: bytes


@dataclass
class UploadOperation(Operation):
    """An operation whose body is a form with one file."""

    def __post_init__(self) -> None:
        """The framework says None: it knows of no body."""
        form = Schema(
            type=OpenAPIType.OBJECT,
            properties={_PART: Schema(type=OpenAPIType.STRING, format=OpenAPIFormat.BINARY)},
            required=[_PART],
        )
        content = {"multipart/form-data": OpenAPIMediaType(schema=form)}
        self.request_body = RequestBody(required=True, content=content)


async def sent_file(request: BankRequest) -> SentFile:
    """The one file of the form. Raises Problem: 413, 415, 400 for any other form."""
    if request.content_type[0] != "multipart/form-data":
        raise Problem(415, "UNSUPPORTED_MEDIA_TYPE", "the body must be a form with a file")
    parts = list((await form_of(request)).multi_items())
    uploads = [part for _, part in parts if isinstance(part, UploadFile)]
    try:
        contents = [await upload.read() for upload in uploads]
    finally:
        for upload in uploads:
            await upload.close()
    if len(parts) != 1 or parts[0][0] != _PART or not uploads:
        raise invalid(f"the form must have one part {_PART!r}, with a file name", path=_PART)
    return SentFile(_name_of(uploads[0]), contents[0])


def _name_of(upload: UploadFile) -> str:
    """What its sender calls the file, without the folders that some browsers tell."""
    name = unicodedata.normalize("NFC", _FOLDERS.sub("", upload.filename)).strip()
    if not 0 < len(name) <= _LONGEST_NAME or not all(map(_may_be_shown, name)):
        raise invalid(
            f"file: its name must have 1 to {_LONGEST_NAME} characters, all visible", path=_PART
        )
    return name


def _may_be_shown(char: str) -> bool:
    return char in _JOINERS or not unicodedata.category(char).startswith("C")
