"""The output bundle of a finished exam attempt: `{exam, attempt}`, a pure function of the log."""

import hashlib
from typing import Any

import msgspec

from domain.file_names import file_name
from domain.instants import Instant
from domain.kernel import Value


class SavedAnswer(Value, frozen=True, gc=False):
    """An answer in the Exams facade's words."""

    question_id: str
    response: Any
    time_sec: int | float | None = None


class AttemptBody(Value, frozen=True, kw_only=True):
    """An attempt as the Exams facade shows it, in every answer, file and bundle (CONTRACT §2.A)."""

    attempt_id: str
    user_id: str
    exam_id: str
    status: str
    started_at: Instant
    updated_at: Instant
    submitted_at: Instant | None = None
    answers: list[SavedAnswer]
    exam_version: str | None = None


_encoder = msgspec.json.Encoder()


def attempt_json(attempt: AttemptBody) -> bytes:
    """The attempt's bytes, the same in every answer, file and bundle (E-40)."""
    return _encoder.encode(attempt)


def bundle(document: bytes, attempt: bytes) -> bytes:
    """The bundle's bytes: the exam as it was imported, nothing withheld, and the attempt (E-32)."""
    return b'{"exam":%b,"attempt":%b}' % (document, attempt)


def bundle_sha256(document: bytes, attempt: bytes) -> str:
    """The bundle's sha-256 in lower-case hexadecimal."""
    return hashlib.sha256(bundle(document, attempt)).hexdigest()


def output_path(exam_id: str, attempt_id: str) -> str:
    """Where the bundle lies below the data folder (E-31)."""
    return f"output/{file_name(f'{exam_id}_{attempt_id}')}.json"
