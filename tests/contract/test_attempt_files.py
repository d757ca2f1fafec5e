"""Files of attempts over HTTP: sent, listed, fetched, named by the answer (§2.F, B-35)."""

from concurrent.futures import ThreadPoolExecutor
from hashlib import sha256
from io import BytesIO
from pathlib import Path
from typing import Any
from uuid import uuid4
from zipfile import ZipFile

import httpx
import pytest

from tests.contract.bank_attempts import CallerMaker, School, started, submitted
from tests.contract.caller import Caller, data_of, failure_of
from tests.contract.server import Server

PDF = b"%PDF-1.7\n% an essay\n%%EOF\n"
PNG = b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR\x00\x00\x00\x01\x00\x00\x00\x01\x08\x00\x00\x00\x00"
UNREADABLE_NAME = (
    b'--x\r\ncontent-disposition: form-data; name="file"; filename="\xff"\r\n\r\na\r\n--x--\r\n'
)
ESSAY: dict[str, Any] = {
    "type": "file_upload",
    "allowedTypes": ["pdf", "image/*"],
    "maxSizeMb": 0.001,
}
PROOF: dict[str, Any] = {"type": "proof", "rubricRequired": True}
BY_HAND: dict[str, Any] = {
    "method": "manual",
    "rule": {},
    "scoringRule": {"maxScore": 2},
    "rubric": {"criteria": [{"name": "idea", "weight": 1}], "maxPoints": 2},
}


@pytest.fixture
def school(as_: CallerMaker) -> School:
    return School(as_)


def begun(school: School, schema: dict[str, Any]) -> tuple[Caller, str]:
    """A learner and the address of an attempt of theirs at a version with this schema."""
    ann = school.learner()
    key: dict[str, Any] = {"parts": [{} for _ in schema["parts"]]} if "parts" in schema else {}
    version = school.version(BY_HAND, key=key, answerSchema=schema)
    return ann, started(ann, version)


def send(caller: Caller, path: str, name: str, content: bytes, **more: Any) -> httpx.Response:
    return caller.post(f"{path}/files", files={"file": (name, content)}, **more)


def sent(caller: Caller, path: str, name: str, content: bytes) -> dict[str, Any]:
    file: dict[str, Any] = data_of(send(caller, path, name, content), 201)
    return file


def hand_in(caller: Caller, path: str, answer: dict[str, Any]) -> httpx.Response:
    return caller.post(f"{path}/submit", json={"answer": answer})


def test_B35_a_file_is_kept_listed_fetched_and_handed_in(school: School, bank: Server):
    ann, path = begun(school, ESSAY)
    answer = send(ann, path, "essay.pdf", PDF)
    file = data_of(answer, 201)
    digest = sha256(PDF).hexdigest()
    assert file == {
        "id": file["id"],
        "name": "essay.pdf",
        "mediaType": "application/pdf",
        "size": len(PDF),
        "sha256": digest,
        "uploadedAt": file["uploadedAt"],
    }
    assert answer.headers["etag"] == '"2"'
    assert (bank.data / "files" / digest[:2] / digest).read_bytes() == PDF
    other = sent(ann, path, "figure.png", PNG)
    assert data_of(ann.get(f"{path}/files")) == [file, other]
    assert data_of(hand_in(ann, path, {"fileIds": [other["id"], file["id"]]}))["status"] == (
        "submitted"
    )
    for reader in (ann, school.checker):
        assert data_of(reader.get(f"{path}/files")) == [file, other]
        assert reader.get(f"{path}/files/{file['id']}").content == PDF


def test_a_file_is_only_ever_an_attachment_without_a_type(school: School):
    ann, path = begun(school, PROOF)
    page = b"<!doctype html><script>alert(1)</script>"
    file = sent(ann, path, "page.html", page)
    assert file["mediaType"] == "text/html"
    answer = ann.get(f"{path}/files/{file['id']}")
    assert answer.content == page
    assert answer.headers["content-type"] == "application/octet-stream"
    assert answer.headers["content-disposition"] == 'attachment; filename="page.html"'
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["cache-control"] == "no-store"


@pytest.mark.parametrize(
    ("name", "known", "header"),
    [
        ("../../etc/passwd", "passwd", 'filename="passwd"'),
        ("C:\\fakepath\\a b.txt", "a b.txt", 'filename="a b.txt"'),
        (
            "работа.txt",
            "работа.txt",
            "filename=\"______.txt\"; filename*=UTF-8''%D1%80%D0%B0%D0%B1%D0%BE%D1%82%D0%B0.txt",
        ),
        ('a";b=c.txt', 'a";b=c.txt', 'filename="a__b_c.txt"'),
        ("می\u200cخواهم", "می\u200cخواهم", 'filename="________"'),
        ("con", "con", 'filename="con"'),
    ],
)
def test_E43_a_name_is_for_people_and_never_becomes_a_path(
    school: School, bank: Server, name: str, known: str, header: str
):
    ann, path = begun(school, PROOF)
    content = uuid4().bytes
    file = sent(ann, path, name, content)
    assert file["name"] == known
    found = ann.get(f"{path}/files/{file['id']}")
    assert found.content == content
    assert header in found.headers["content-disposition"]
    digest = sha256(content).hexdigest()
    here = [one for one in bank.data.rglob("*") if one.is_file() and one.stat().st_size == 16]
    assert [one for one in here if one.read_bytes() == content] == [
        Path(bank.data / "files" / digest[:2] / digest)
    ]


@pytest.mark.parametrize("name", ["a\u202eb.txt", "a" * 256, "..\\", " "])
def test_a_name_nobody_can_read_is_refused(school: School, name: str):
    ann, path = begun(school, PROOF)
    assert failure_of(send(ann, path, name, b"x")) == (400, "VALIDATION_ERROR")
    assert data_of(ann.get(f"{path}/files")) == []


def test_B35_the_content_says_what_a_file_is_not_its_name(school: School):
    ann, path = begun(school, ESSAY)
    archive = BytesIO()
    with ZipFile(archive, "w") as made:
        made.writestr("essay.pdf", PDF)
    for name, content in [
        ("essay.pdf", b"plain words"),
        ("essay.pdf", archive.getvalue()),
        ("essay.pdf", b"MZ\x90\x00\x03\x00\x00\x00"),
        ("essay.txt", PDF),
        ("figure.png", b"<svg onload='alert(1)'/>plain"[7:]),
    ]:
        answer = send(ann, path, name, content)
        assert failure_of(answer) == (422, "FILE_TYPE_NOT_ALLOWED"), (name, content)
    assert data_of(ann.get(f"{path}/files")) == []


def test_B35_size_is_bounded_by_the_schema_and_the_request_by_the_installation(school: School):
    ann, path = begun(school, ESSAY)
    most = 1048  # 0.001 × 1024²
    assert sent(ann, path, "a.pdf", PDF.ljust(most))["size"] == most
    assert failure_of(send(ann, path, "b.pdf", PDF.ljust(most + 1))) == (413, "PAYLOAD_TOO_LARGE")
    assert failure_of(send(ann, path, "c.pdf", PDF.ljust(1 << 20))) == (413, "PAYLOAD_TOO_LARGE")
    assert failure_of(send(ann, path, "d.pdf", b"")) == (400, "VALIDATION_ERROR")
    assert len(data_of(ann.get(f"{path}/files"))) == 1


def test_a_schema_without_files_takes_none(school: School):
    ann = school.learner()
    path = started(ann, school.version())
    assert failure_of(send(ann, path, "a.pdf", PDF)) == (422, "FILE_TYPE_NOT_ALLOWED")


@pytest.mark.parametrize(
    ("content", "content_type", "refusal"),
    [
        (b"{}", "application/json", (415, "UNSUPPORTED_MEDIA_TYPE")),
        (b"file=1", "application/x-www-form-urlencoded", (415, "UNSUPPORTED_MEDIA_TYPE")),
        (b"x", None, (415, "UNSUPPORTED_MEDIA_TYPE")),
        (b"", "multipart/form-data", (400, "VALIDATION_ERROR")),
        (b"", "multipart/form-data; boundary=x", (400, "VALIDATION_ERROR")),
        (b"--x\r\n", "multipart/form-data; boundary=x", (400, "VALIDATION_ERROR")),
        (
            UNREADABLE_NAME,
            "multipart/form-data; boundary=x",
            (400, "VALIDATION_ERROR"),
        ),
        (
            b'--x\r\ncontent-disposition: form-data; name="file"\r\n\r\nwords\r\n--x--\r\n',
            "multipart/form-data; boundary=x",
            (400, "VALIDATION_ERROR"),
        ),
    ],
)
def test_what_is_no_form_with_a_file_is_refused(
    school: School, content: bytes, content_type: str | None, refusal: tuple[int, str]
):
    ann, path = begun(school, PROOF)
    headers = {} if content_type is None else {"content-type": content_type}
    answer = ann.post(f"{path}/files", content=content, headers=headers)
    assert failure_of(answer) == refusal, answer.text


def test_a_form_has_one_file_and_nothing_else(school: School):
    ann, path = begun(school, PROOF)
    one = ("file", ("a.txt", b"a"))
    for parts in ([one, one], [one, ("more", ("b.txt", b"b"))], [("other", ("a.txt", b"a"))]):
        answer = ann.post(f"{path}/files", files=parts)
        assert failure_of(answer) == (400, "VALIDATION_ERROR")


def test_files_are_not_there_for_strangers(school: School):
    ann, path = begun(school, PROOF)
    file = sent(ann, path, "a.txt", b"a")
    bob = school.learner()
    missing = (404, "ATTEMPT_NOT_FOUND")
    assert failure_of(send(bob, path, "b.txt", b"b")) == missing
    assert failure_of(bob.get(f"{path}/files")) == missing
    assert failure_of(bob.get(f"{path}/files/{file['id']}")) == missing
    assert failure_of(send(school.checker, path, "b.txt", b"b")) == (403, "FORBIDDEN")
    another, elsewhere = begun(school, PROOF)
    for file_id in (file["id"], str(uuid4()), "..%2f..", "x"):
        answer = another.get(f"{elsewhere}/files/{file_id}")
        assert answer.status_code == 404
    assert failure_of(another.get(f"{elsewhere}/files/{file['id']}")) == (404, "FILE_NOT_FOUND")


def test_an_attempt_takes_files_only_while_it_is_started(school: School):
    ann, path = begun(school, PROOF)
    key = {"Idempotency-Key": str(uuid4())}
    first = send(ann, path, "a.txt", b"a", headers=key)
    data_of(hand_in(ann, path, {"text": "obvious"}))
    assert failure_of(send(ann, path, "b.txt", b"b")) == (409, "ATTEMPT_NOT_ACTIVE")
    again = send(ann, path, "a.txt", b"a", headers=key)  # another boundary, the same form
    assert (again.status_code, again.content) == (201, first.content)
    assert again.headers["idempotency-replayed"] == "true"
    other = send(ann, path, "a.txt", b"b", headers=key)
    assert failure_of(other) == (422, "IDEMPOTENCY_KEY_REUSED")
    assert len(data_of(ann.get(f"{path}/files"))) == 1


@pytest.mark.parametrize("whose", ["nobody", "another attempt"])
def test_B92_an_answer_names_only_files_of_its_attempt(school: School, whose: str):
    ann, path = begun(school, ESSAY)
    mine = sent(ann, path, "a.pdf", PDF)["id"]
    other = str(uuid4())
    if whose == "another attempt":
        bob, elsewhere = begun(school, ESSAY)
        other = sent(bob, elsewhere, "a.pdf", PDF)["id"]
    answer = hand_in(ann, path, {"fileIds": [mine, other]})
    assert failure_of(answer) == (422, "ANSWER_SCHEMA_MISMATCH")
    details = answer.json()["error"]["details"]
    assert (details["path"], details["reason"]) == ("$.fileIds[1]", "unknown_file")
    assert data_of(ann.get(path))["status"] == "started"
    data_of(hand_in(ann, path, {"fileIds": [mine]}))


def test_B37_each_part_of_a_composite_takes_its_own_files(school: School):
    picture = {"type": "file_upload", "allowedTypes": ["image/png"], "maxSizeMb": 0.5}
    schema = {"type": "composite_answer", "parts": [ESSAY, picture, PROOF]}
    ann, path = begun(school, schema)
    essay, figure = (
        sent(ann, path, name, content)["id"]
        for name, content in (("essay.pdf", PDF), ("figure.png", PNG))
    )
    wrong = [{"fileIds": [essay]}, {"fileIds": [essay]}, {"text": "see above"}]
    answer = hand_in(ann, path, {"parts": wrong})
    assert failure_of(answer) == (422, "ANSWER_SCHEMA_MISMATCH")
    details = answer.json()["error"]["details"]
    assert (details["path"], details["reason"]) == ("$.parts[1].fileIds[0]", "type_not_allowed")
    right = [{"fileIds": [essay]}, {"fileIds": [figure]}, {"fileIds": [essay]}]
    data_of(hand_in(ann, path, {"parts": right}))


def test_the_same_content_is_kept_once_and_known_to_each_who_sent_it(school: School, bank: Server):
    content = f"the same words {uuid4()}".encode()
    digest = sha256(content).hexdigest()
    people = [begun(school, PROOF) for _ in range(6)]
    with ThreadPoolExecutor(6) as pool:
        files = list(pool.map(lambda one: sent(one[0], one[1], "a.txt", content), people))
    assert len({file["id"] for file in files}) == 6
    assert {file["sha256"] for file in files} == {digest}
    assert [one.name for one in (bank.data / "files" / digest[:2]).iterdir()].count(digest) == 1
    for (ann, path), file in zip(people, files, strict=True):
        assert ann.get(f"{path}/files/{file['id']}").content == content


def test_the_audit_log_tells_that_a_file_came_but_not_its_name(school: School):
    ann, path = begun(school, PROOF)
    file = sent(ann, path, "secret-name.txt", b"a")
    answer = school.bank.admin.get("/audit-logs?perPage=20")
    assert file["id"] in answer.text
    assert "secret-name" not in answer.text


def test_an_answer_of_words_alone_needs_no_file(school: School):
    ann = school.learner()
    version = school.version(BY_HAND, key={}, answerSchema=PROOF)
    submitted(ann, version, {"answer": {"text": "obvious"}})
