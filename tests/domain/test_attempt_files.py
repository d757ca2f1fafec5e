"""Files of attempts: taken while it is started, of the schema's types and sizes (B-35)."""

import pytest

from domain.answers.by_hand import Upload
from domain.answers.files import FileEmpty, FileTooLarge, FileTypeNotAllowed
from domain.answers.schema import AnswerSchema, read_schema
from domain.answers.unfit import Unfit
from domain.attempt import AttemptNotActive, AttemptNotFound, FileUploaded
from domain.instants import later
from domain.kernel import ERASED
from domain.problem_attempt import (
    MAX_FILES,
    CancelAttempt,
    SubmitProblemAttempt,
    TooManyFiles,
    UploadFile,
    problem_attempt,
)
from tests.domain.check_world import PROOF, SCHEMA, start
from tests.domain.given import given
from tests.domain.problem_world import NOW, raw

ESSAY = read_schema({"type": "file_upload", "allowedTypes": ["pdf"], "maxSizeMb": 0.5})
BIG_ESSAY = read_schema({"type": "file_upload", "allowedTypes": ["pdf"], "maxSizeMb": 2})
HALF = 512 * 1024
STARTED = given(problem_attempt).when(start()).happens()


def both(*schemas: AnswerSchema) -> AnswerSchema:
    parts = [{"type": "file_upload", "allowedTypes": ["png"], "maxSizeMb": 9}]
    for schema in schemas:
        assert schema in {ESSAY, BIG_ESSAY}
        size = 0.5 if schema is ESSAY else 2
        parts.append({"type": "file_upload", "allowedTypes": ["pdf"], "maxSizeMb": size})
    return read_schema({"type": "composite_answer", "parts": parts})


def upload(schema: AnswerSchema = ESSAY, file_id: str = "f1", **parts: object) -> UploadFile:
    known = {"name": "a.pdf", "size": HALF, "media_type": "application/pdf", **parts}
    file = Upload(file_id=file_id, **known)  # type: ignore[arg-type] # the parts are its fields
    return UploadFile(upload=file, sha256="0" * 64, schema=schema, now=NOW)


def hand_in(schema: AnswerSchema, answer: object) -> SubmitProblemAttempt:
    return SubmitProblemAttempt(answer=raw(answer), schema=schema, now=NOW)


def test_B35_a_file_is_in_the_log_once():
    after = STARTED.when(upload()).then(
        FileUploaded(
            file_id="f1",
            name="a.pdf",
            media_type="application/pdf",
            size=HALF,
            sha256="0" * 64,
            uploaded_at=later(NOW, NOW),
        )
    )
    assert [file.file_id for file in after.state.problem.files] == ["f1"]
    after.when(upload()).nothing()
    after.when(upload(file_id="f2")).happens()


@pytest.mark.parametrize(
    ("schema", "parts", "refusal"),
    [
        (ESSAY, {"size": HALF + 1}, FileTooLarge),
        (ESSAY, {"size": 0}, FileEmpty),
        (ESSAY, {"media_type": "text/plain"}, FileTypeNotAllowed),
        (ESSAY, {"name": "a.exe"}, FileTypeNotAllowed),
        (SCHEMA, {}, FileTypeNotAllowed),
        (both(ESSAY), {"size": HALF + 1}, FileTooLarge),
        (both(ESSAY), {"media_type": "text/plain"}, FileTypeNotAllowed),
    ],
)
def test_B35_a_file_that_fits_no_part_is_refused(schema, parts, refusal):
    STARTED.when(upload(schema, **parts)).refused(refusal)


def test_B35_a_file_that_fits_one_part_is_taken():
    STARTED.when(upload(both(ESSAY, BIG_ESSAY), size=HALF + 1)).happens()
    STARTED.when(upload(both(ESSAY), name="a.png", media_type="image/png")).happens()
    STARTED.when(upload(PROOF, name="a.exe", media_type="application/octet-stream")).happens()


def test_files_are_taken_only_while_the_attempt_is_started():
    given(problem_attempt).when(upload()).refused(AttemptNotFound)
    STARTED.when(CancelAttempt(now=NOW)).happens().when(upload()).refused(AttemptNotActive)
    full = STARTED
    for number in range(MAX_FILES):
        full = full.when(upload(file_id=f"f{number}")).happens()
    full.when(upload(file_id="more")).refused(TooManyFiles)


def test_B92_an_answer_names_files_that_came_and_fit_their_part():
    with_file = STARTED.when(upload(PROOF, size=HALF + 1)).happens()
    with_file.when(hand_in(PROOF, {"fileIds": ["f1"]})).happens()
    with_file.when(hand_in(PROOF, {"text": "obvious"})).happens()
    found = with_file.when(hand_in(PROOF, {"text": "x", "fileIds": ["f1", "f9"]})).refused(Unfit)
    assert found.details == {"path": "$.fileIds[1]", "reason": "unknown_file"}
    found = with_file.when(hand_in(ESSAY, {"fileIds": ["f1"]})).refused(Unfit)
    assert found.details == {"path": "$.fileIds[0]", "reason": "too_large"}
    parts = {"parts": [{"fileIds": ["f1"]}, {"fileIds": ["f1"]}]}
    found = with_file.when(hand_in(both(BIG_ESSAY), parts)).refused(Unfit)
    assert found.details == {"path": "$.parts[0].fileIds[0]", "reason": "type_not_allowed"}


def test_a_file_whose_name_was_erased_is_still_the_attempts():
    with_file = STARTED.when(upload()).happens()
    [event] = with_file.events[-1:]
    assert isinstance(event, FileUploaded)
    nameless = FileUploaded(
        file_id="f1",
        name=ERASED,
        media_type=event.media_type,
        size=event.size,
        sha256=event.sha256,
        uploaded_at=event.uploaded_at,
    )
    erased = given(problem_attempt, *with_file.events[:-1], nameless)
    erased.when(hand_in(PROOF, {"fileIds": ["f1"]})).happens()
