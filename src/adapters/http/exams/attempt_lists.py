"""Attempts without their answers: the bodies and queries of the lists (rows A12, A19)."""

from typing import Annotated, Literal

from litestar.params import QueryParameter

from adapters.view_query import Condition, Eq
from domain.instants import Instant
from domain.kernel import Value
from projections.exam_attempts import ExamAttempt

Status = Literal["in_progress", "submitted", "finished", "void"]
ExamFilter = Annotated[
    str | None, QueryParameter(name="examId", max_length=200, description="Only at this exam")
]
UserFilter = Annotated[
    str | None, QueryParameter(name="userId", max_length=200, description="Only of this user")
]
StatusFilter = Annotated[
    Status | None, QueryParameter(name="status", description="Only in this state")
]


class AttemptSummary(Value, frozen=True, kw_only=True):
    """An attempt without its answers."""

    attempt_id: str
    user_id: str
    exam_id: str
    status: str
    started_at: Instant
    updated_at: Instant
    submitted_at: Instant | None = None
    exam_version: str | None = None


def summary(row: ExamAttempt) -> AttemptSummary:
    """What the lists show of an attempt."""
    return AttemptSummary(
        attempt_id=row.attempt_id,
        user_id=row.user_id,
        exam_id=row.exam_id,
        status=row.status,
        started_at=row.started_at,
        updated_at=row.updated_at,
        submitted_at=row.submitted_at,
        exam_version=row.exam_version,
    )


def conditions(
    exam_id: str | None, user_id: str | None, status: Status | None
) -> tuple[Condition, ...]:
    """The conditions of the filters that are given."""
    given = {"exam_id": exam_id, "user_id": user_id, "status": status}
    return tuple(Eq(name, value) for name, value in given.items() if value is not None)
