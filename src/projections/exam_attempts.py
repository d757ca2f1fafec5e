"""One row an exam attempt: who, which exam, how far (rows A1, A6, resume, files, manifest)."""

import msgspec

from domain.attempt import (
    AnswersCounted,
    AttemptExtended,
    AttemptFinished,
    AttemptKind,
    AttemptStarted,
    AttemptSubmitted,
    AttemptVoided,
)
from domain.instants import Instant
from domain.kernel import Value
from projections.kernel import Fact, Index, IndexKind, Projection


class ExamAttempt(Value, frozen=True, kw_only=True):
    """An exam attempt without its answers; `total` items, `answered` of them (E-22).

    `status` is `in_progress`, `submitted`, `finished` or `void`. Answers that arrive after
    `closes_at` do not count: absent, nobody enforces a deadline.
    """

    attempt_id: str
    user_id: str
    exam_id: str
    exam_version: str | None = None
    status: str
    answered: int
    total: int
    started_at: Instant
    updated_at: Instant
    submitted_at: Instant | None = None
    output_path: str | None = None
    closes_at: Instant | None = None


def project(view: ExamAttempt | None, fact: Fact) -> ExamAttempt | None:
    """The row after one more event of its attempt."""
    match fact.event, view:
        case AnswersCounted(answered_count=count, updated_at=at), ExamAttempt():
            return msgspec.structs.replace(view, answered=count, updated_at=at)
        case AttemptStarted(kind=AttemptKind.EXAM) as started, None:
            return ExamAttempt(
                attempt_id=started.attempt_id,
                user_id=started.learner.id,
                exam_id=started.subject.id,
                exam_version=started.subject.version,
                status="in_progress",
                answered=0,
                total=started.total_items,
                started_at=started.started_at,
                updated_at=started.started_at,
                closes_at=None if started.limit is None else started.limit.closes_at,
            )
        case AttemptExtended(closes_at=at), ExamAttempt():
            return msgspec.structs.replace(view, closes_at=at)
        case AttemptSubmitted(submitted_at=at), ExamAttempt():
            return msgspec.structs.replace(view, status="submitted", submitted_at=at, updated_at=at)
        case AttemptFinished(output_path=path, finished_at=at), ExamAttempt():
            return msgspec.structs.replace(view, status="finished", output_path=path, updated_at=at)
        case AttemptVoided(voided_at=at), ExamAttempt():
            return msgspec.structs.replace(view, status="void", updated_at=at)
        case _:
            return view


def _open_until(view: ExamAttempt) -> Instant | None:
    """When a running attempt has to be closed: what the deadline sweeper wakes for."""
    return view.closes_at if view.status == "in_progress" else None


exam_attempts = Projection(
    name="exam_attempts",
    version=2,
    view=ExamAttempt,
    reads={
        "attempt.started": AttemptStarted,
        "attempt.answers_saved": AnswersCounted,
        "attempt.submitted": AttemptSubmitted,
        "attempt.finished": AttemptFinished,
        "attempt.voided": AttemptVoided,
        "attempt.extended": AttemptExtended,
    },
    project=project,
    indexes={
        "user_id": Index(IndexKind.TEXT, lambda view: view.user_id),
        "exam_id": Index(IndexKind.TEXT, lambda view: view.exam_id),
        "status": Index(IndexKind.TEXT, lambda view: view.status),
        "started_at": Index(IndexKind.TEXT, lambda view: view.started_at),
        "closes_at": Index(IndexKind.TEXT, _open_until),
    },
)
