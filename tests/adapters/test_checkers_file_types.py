"""File types by content: a name convinces nobody (B-35)."""

import io
import struct
import zipfile
import zlib
from decimal import Decimal
from typing import IO

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.checkers.file_types import UNKNOWN, media_type
from domain.answers.by_hand import Upload, check_upload
from domain.answers.schema import FileUpload
from domain.answers.unfit import SCHEMA_MISMATCH, Unfit

DOCX = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
ODT = "application/vnd.oasis.opendocument.text"


def png() -> bytes:
    def chunk(kind: bytes, data: bytes) -> bytes:
        check = struct.pack(">I", zlib.crc32(kind + data))
        return struct.pack(">I", len(data)) + kind + data + check

    header = chunk(b"IHDR", struct.pack(">IIBBBBB", 1, 1, 8, 0, 0, 0, 0))
    return (
        b"\x89PNG\r\n\x1a\n" + header + chunk(b"IDAT", zlib.compress(b"\0\0")) + chunk(b"IEND", b"")
    )


def archive(**members: str) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as made:
        for name, text in members.items():
            made.writestr(name.replace("__", "/").replace("_xml", ".xml"), text)
    return file.getvalue()


def word() -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as made:
        made.writestr("[Content_Types].xml", "<Types/>")
        made.writestr("word/document.xml", "<w/>")
    return file.getvalue()


JPEG = bytes.fromhex("ffd8ffe000104a46494600010100000100010000") + b"\xff\xd9"


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n1 0 obj", "application/pdf"),
        (b"%PDF-1.4\n1 0 obj\n", "application/pdf"),
        (png(), "image/png"),
        (JPEG, "image/jpeg"),
        (b"GIF89a\x01\x00\x01\x00\x80\x00\x00", "image/gif"),
        (word(), DOCX),
        (archive(mimetype=ODT, content_xml="<c/>"), ODT),
        (archive(readme="hello"), "application/zip"),
        (archive(mimetype="application/pdf"), "application/zip"),
        (b"PK\x03\x04broken", UNKNOWN),
        ("Решение: x = 5\n".encode(), "text/plain"),
        ("\ufeffРешение".encode(), "text/plain"),
        ("Решение".encode("cp1251"), UNKNOWN),
        (b"text\x00with a zero", UNKNOWN),
        (b"<!DOCTYPE html><p>", "text/html"),
        (b"  <html><script>alert(1)</script>", "text/html"),
        (b'<?xml version="1.0"?><svg xmlns="http://www.w3.org/2000/svg"/>', "image/svg+xml"),
        (b'<?xml version="1.0"?><a/>', "application/xml"),
        (b"<3 maths", "text/plain"),
        (b"", UNKNOWN),
        (b"\x7fELF\x02\x01\x01", None),
        (b"MZ\x90\x00\x03\x00\x00\x00\x04\x00\x00\x00\xff\xff", None),
    ],
    ids=lambda value: repr(value)[:20],
)
def test_B35_a_file_is_what_its_content_says(content: bytes, expected: str | None):
    found = media_type(io.BytesIO(content))
    if expected is None:
        assert not found.startswith(("image/", "text/", "application/pdf", "application/zip"))
    else:
        assert found == expected


def test_B35_text_is_text_to_its_very_end():
    long = b"a" * 200_000
    assert media_type(io.BytesIO(long)) == "text/plain"
    assert media_type(io.BytesIO(long + b"\xff")) == UNKNOWN
    assert media_type(io.BytesIO("я".encode() * 100_001)) == "text/plain"


def test_B35_an_archive_whose_members_are_damaged_is_an_archive():
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as made:
        made.writestr("mimetype", ODT * 5)
    damaged = bytearray(file.getvalue())
    start = damaged.index(b"mimetype") + len("mimetype")
    damaged[start : start + 12] = b"\xff" * 12
    assert media_type(io.BytesIO(damaged)) == "application/zip"


def test_B35_an_archive_is_never_unpacked():
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as made:
        made.writestr("mimetype", b"0" * 50_000_000)
    assert media_type(file) == "application/zip"


@given(
    st.binary(max_size=300),
    st.sampled_from([b"", b"PK\x03\x04", b"%PDF-", b"\x89PNG\r\n", b"<svg"]),
)
def test_B35_no_content_raises(content: bytes, start: bytes):
    assert "/" in media_type(io.BytesIO(start + content))


def upload(name: str, file: IO[bytes]) -> Upload:
    size = file.seek(0, io.SEEK_END)
    return Upload(file_id="f", name=name, size=size, media_type=media_type(file))


def refused(schema: FileUpload, name: str, content: bytes) -> str | None:
    """Why an upload is refused; None if it is not."""
    received = upload(name, io.BytesIO(content))
    try:
        check_upload(schema, received, "$.fileIds[0]")
    except Unfit as refusal:
        return refusal.reason
    return None


def schema(*types: str, size: str = "1") -> FileUpload:
    return FileUpload(allowed_types=types, max_size_mb=Decimal(size))


def test_B35_type_by_extension_and_by_media_type():
    assert refused(schema("pdf"), "a.pdf", b"%PDF-1.4\n") is None
    assert refused(schema(".PDF"), "A.PDF", b"%PDF-1.4\n") is None
    assert refused(schema("application/pdf"), "no name", b"%PDF-1.4\n") is None
    assert refused(schema("image/*"), "a.png", png()) is None
    assert refused(schema("jpg", "png"), "a.png", png()) is None
    assert refused(schema("docx"), "a.docx", word()) is None
    assert refused(schema("py"), "a.py", b"print(5)") is None
    assert refused(schema("kt"), "a.kt", b"fun main() {}") is None


def test_B35_another_content_than_the_name_says_is_refused():
    assert refused(schema("pdf"), "a.pdf", b"<html>") == "type_not_allowed"
    assert refused(schema("png"), "a.png", b"%PDF-1.4\n") == "type_not_allowed"
    assert refused(schema("docx"), "a.docx", archive(readme="x")) == "type_not_allowed"
    assert refused(schema("pdf"), "a.exe", b"%PDF-1.4\n") == "type_not_allowed"
    assert refused(schema("txt"), "a.txt", b"MZ\x90\x00\x03\x00") == "type_not_allowed"
    assert refused(schema("image/png"), "a.png", JPEG) == "type_not_allowed"


def test_B35_size_counts_1024_squared_and_its_edge_is_allowed():
    edge = b"a" * (1024 * 1024 // 2)
    assert refused(schema("txt", size="0.5"), "a.txt", edge) is None
    assert refused(schema("txt", size="0.5"), "a.txt", edge + b"a") == "too_large"
    assert refused(schema("txt"), "a.txt", b"") == "empty"


def test_B35_a_refusal_names_the_place():
    with pytest.raises(Unfit) as refusal:
        check_upload(schema("png"), upload("a.png", io.BytesIO(b"text")), "$.fileIds[0]")
    assert (refusal.value.code, refusal.value.path) == (SCHEMA_MISMATCH, "$.fileIds[0]")
