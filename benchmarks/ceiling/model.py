"""The documents of the ceiling and the one rule it has: how a save is merged."""

import re
from datetime import UTC, datetime
from typing import Any, Protocol

import msgspec

EMPTY = (b"null", b'""', b"[]", b"{}")
USED_ID = re.compile(r"[\w-]{1,64}")


class Answer(msgspec.Struct, frozen=True, rename="camel", omit_defaults=True):
    """One answer; the response is kept as the JSON text it arrived in."""

    question_id: str
    response: msgspec.Raw
    time_sec: float | None = None


class SaveBody(msgspec.Struct, frozen=True):
    """Body of PUT /api/attempts/{id}."""

    answers: list[Answer]


class Attempt(msgspec.Struct, frozen=True, rename="camel", omit_defaults=True):
    """The attempt as the API answers it and as the row keeps it."""

    attempt_id: str
    user_id: str
    exam_id: str
    status: str
    started_at: str
    updated_at: str
    answers: list[Answer]
    submitted_at: str | None = None


class Kept(msgspec.Struct):
    """An attempt in memory: what the service would otherwise read back before each update."""

    version: int
    attempt: Attempt
    answers: dict[str, Answer]
    document: bytes


class Exam(msgspec.Struct, frozen=True):
    """The exam: its bytes for the bundle, its question ids for the check."""

    exam_id: str
    document: bytes
    questions: frozenset[str]


class Refused(Exception):
    """A request that is answered with an error: status and code."""

    def __init__(self, status: int, code: str) -> None:
        """Remember what to answer."""
        super().__init__(code)
        self.status, self.code = status, code


class Store(Protocol):
    """One durable transaction a call; it returns after the commit."""

    async def insert(self, kept: Kept, answered: int) -> None:
        """A new attempt row and its progress row."""

    async def update(self, kept: Kept, answered: int) -> None:
        """The attempt row at `kept.version - 1` and the progress row."""

    async def submit(self, kept: Kept, answered: int, bundle: bytes) -> None:
        """As update, and the bundle row."""

    async def load(self, attempt_id: str) -> tuple[int, bytes] | None:
        """Version and document of an attempt another process may have written."""


class VersionMoved(Exception):
    """Another process updated the row first."""


encode = msgspec.json.Encoder().encode
decode_body = msgspec.json.Decoder(SaveBody).decode
decode_attempt = msgspec.json.Decoder(Attempt).decode


def now() -> str:
    """UTC with milliseconds and Z."""
    return datetime.now(UTC).isoformat(timespec="milliseconds")[:-6] + "Z"


def answered(answers: dict[str, Answer]) -> int:
    """How many answers count as given."""
    return sum(1 for answer in answers.values() if answer.response not in EMPTY)


def keep(version: int, attempt: Attempt, answers: dict[str, Answer]) -> Kept:
    """The attempt with its document, encoded once for the row and for the reply."""
    return Kept(version, attempt, answers, encode(attempt))


def read_exam(document: bytes) -> Exam:
    """The exam from the bytes of its file."""
    exam: dict[str, Any] = msgspec.json.decode(document)
    questions = (q["id"] for section in exam["sections"] for q in section["questions"])
    return Exam(exam["examId"], msgspec.json.encode(exam), frozenset(questions))
