"""The exam file: what is read from it, what is wrong with it, what a learner may see of it."""

import hashlib
import re
from collections.abc import Iterator, Mapping, Sequence
from enum import StrEnum
from typing import Annotated, Any

import msgspec

from domain.flaws import Flaw, flaws
from domain.kernel import Value

MAX_DOCUMENT_BYTES = 8 * 1024 * 1024
EXAM_ID = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9_.-]{0,98}[A-Za-z0-9_-])?")
"""Exam ids name files on any system: letters, digits, `.`, `_`, `-`; at most 100."""

_RESERVED = {"con", "prn", "aux", "nul", *(f"{d}{n}" for d in ("com", "lpt") for n in range(1, 10))}
_SECRET = ("solution", "test", "hidden", "reference")
_SECRET_EXACT = ("answer", "rubric")
_MAX_DEPTH = 60

Text = Annotated[str, msgspec.Meta(min_length=1, max_length=1000)]


class Difficulty(StrEnum):
    """How hard an exam says it is."""

    BEGINNER = "beginner"
    INTERMEDIATE = "intermediate"
    ADVANCED = "advanced"


class Question(Value, frozen=True):
    """What the core reads of a question; everything else passes through untouched."""

    id: Annotated[str, msgspec.Meta(min_length=1, max_length=200)]
    type: Annotated[str, msgspec.Meta(min_length=1, max_length=100)]
    points: Annotated[int, msgspec.Meta(ge=0, le=1_000_000)] | None = None


class Section(Value, frozen=True):
    """A titled run of questions."""

    questions: list[Question]
    id: str | None = None
    title: str | None = None


class Metadata(Value, frozen=True):
    """What the author says of this version.

    `show_answers_after_finish` lets learners see the answers in the bundle they handed in; only
    `true` and `false` count, anything else leaves it to the installation.
    """

    version: str | None = None
    show_answers_after_finish: Any = None


class ExamDocument(Value, frozen=True, kw_only=True):
    """An exam file as far as the core reads it (CONTRACT §1.1)."""

    exam_id: str
    subject: Text
    title: Text
    difficulty: Difficulty
    duration_minutes: Annotated[int, msgspec.Meta(ge=1, le=1_000_000)]
    sections: list[Section]
    metadata: Metadata = Metadata()

    @property
    def question_ids(self) -> tuple[str, ...]:
        """The ids of all questions, in order."""
        return tuple(question.id for section in self.sections for question in section.questions)


class InvalidExam(ValueError):
    """An exam file that cannot be used; the message says what is wrong and where.

    `flaws` are all that were found, the one in the message first.
    """

    def __init__(self, message: str, found: Sequence[Flaw] = ()) -> None:
        """Without a list the message is the only flaw."""
        super().__init__(message)
        self.flaws = tuple(found) or (Flaw("", message),)


_decoder = msgspec.json.Decoder(ExamDocument)


def is_exam_id(text: str) -> bool:
    """Whether a text may name an exam, and so a file (E-43)."""
    return EXAM_ID.fullmatch(text) is not None and text.partition(".")[0].lower() not in _RESERVED


def parse_exam(document: bytes) -> ExamDocument:
    """The exam in a document that `read_exam` has accepted once.

    Folds use it: the types above may be relaxed later, never tightened.
    """
    return _decoder.decode(document)


def read_exam(document: bytes) -> ExamDocument:
    """The exam in a file's bytes. Raises InvalidExam."""
    if len(document) > MAX_DOCUMENT_BYTES:
        raise InvalidExam(f"larger than {MAX_DOCUMENT_BYTES // 1024 // 1024} MB")
    try:
        exam = parse_exam(document)
        _bounded(msgspec.json.decode(document), 0)
    except UnicodeDecodeError as error:
        raise InvalidExam(f"not UTF-8: {error.reason} at byte {error.start}") from None
    except RecursionError:
        raise InvalidExam("nested too deeply") from None
    except msgspec.ValidationError as error:
        raise InvalidExam(str(error), _every_flaw(document)) from None
    except msgspec.MsgspecError as error:
        raise InvalidExam(str(error)) from None
    if not is_exam_id(exam.exam_id):
        what = f"examId {exam.exam_id[:120]!r} cannot name a file"
        raise InvalidExam(f"{what} - at `$.examId`", [Flaw("examId", what)])
    twice = list(_used_twice(exam))
    if twice:
        raise InvalidExam(f"{twice[0].message} - at `$.{twice[0].path}`", twice)
    return exam


def _used_twice(exam: ExamDocument) -> Iterator[Flaw]:
    seen: set[str] = set()
    for number, section in enumerate(exam.sections):
        for place, question in enumerate(section.questions):
            if question.id in seen:
                path = f"sections[{number}].questions[{place}].id"
                yield Flaw(path, f"question id {question.id!r} is used twice")
            seen.add(question.id)


def _every_flaw(document: bytes) -> list[Flaw]:
    try:
        return list(flaws(msgspec.json.decode(document), ExamDocument))
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        return []  # the rest of it is not even JSON: the message says where it begins


def compact(document: bytes) -> bytes:
    """The same JSON without white space; every number and string stays as it was written."""
    return msgspec.json.format(document, indent=-1)


def content_hash(document: bytes) -> str:
    """The sha-256 of a compact document, in lower-case hexadecimal."""
    return hashlib.sha256(document).hexdigest()


def redacted(document: bytes, secret_keys: frozenset[str] = frozenset()) -> bytes:
    """The document for a learner: no key of a question that carries an answer (E-08)."""
    exam: dict[str, Any] = msgspec.json.decode(document)
    for section in exam["sections"]:
        section["questions"] = [
            _without(question, secret_keys) for question in section["questions"]
        ]
    return msgspec.json.encode(exam)


def _without(value: Any, secret_keys: frozenset[str]) -> Any:
    if isinstance(value, dict):
        return {
            key: _without(inner, secret_keys)
            for key, inner in value.items()
            if not _is_secret(key, secret_keys)
        }
    if isinstance(value, list):
        return [_without(inner, secret_keys) for inner in value]
    return value


def _is_secret(key: str, secret_keys: frozenset[str]) -> bool:
    lower = key.lower()
    return lower in _SECRET_EXACT or lower.startswith(_SECRET) or key in secret_keys


def _bounded(value: Any, depth: int) -> None:
    if depth > _MAX_DEPTH:
        raise InvalidExam(f"nested deeper than {_MAX_DEPTH} levels")
    for inner in _children(value):
        _bounded(inner, depth + 1)


def _children(value: Any) -> Iterator[Any]:
    if isinstance(value, Mapping):
        yield from value.values()
    elif isinstance(value, list):
        yield from value
