"""One row a check of an answer: its standing and its result (rows C5.9, C5.10).

What its learner may see, and no more: neither key nor rubric, nor a machine's whole account.
"""

from decimal import Decimal

import msgspec

from domain.answer_check import (
    CheckCompleted,
    CheckGaveUp,
    CheckOverridden,
    CheckRequested,
    CheckRequeued,
    CheckRetried,
    CheckStatus,
    ManualReviewRequested,
)
from domain.answers.rule import Method
from domain.documents import NOTHING, Document
from domain.instants import Instant
from domain.kernel import Event, Value
from projections.kernel import Fact, Index, IndexKind, Projection


class AnswerCheckRow(Value, frozen=True, kw_only=True):
    """A check; what has no result yet has no score and no feedback."""

    check_id: str
    attempt_id: str
    user_id: str
    problem_id: str
    status: CheckStatus
    method: Method
    is_correct: bool | None = None
    score: Decimal | None = None
    max_score: Decimal | None = None
    feedback: Document = NOTHING
    requested_at: Instant
    updated_at: Instant


def project(view: AnswerCheckRow | None, fact: Fact) -> AnswerCheckRow | None:
    """The row after one more event of its check."""
    if view is not None:
        return msgspec.structs.replace(_moved(view, fact.event), updated_at=fact.at)
    match fact.event:
        case CheckRequested() as requested:
            return AnswerCheckRow(
                check_id=requested.check_id,
                attempt_id=requested.attempt_id,
                user_id=requested.learner.id,
                problem_id=requested.problem_id,
                status=CheckStatus.PENDING,
                method=requested.method,
                max_score=requested.max_score,
                requested_at=fact.at,
                updated_at=fact.at,
            )
        case _:
            return None


def _moved(view: AnswerCheckRow, event: Event) -> AnswerCheckRow:
    replace = msgspec.structs.replace
    match event:
        case CheckCompleted():
            return replace(
                view,
                status=CheckStatus.CHECKED,
                is_correct=event.is_correct,
                score=event.score,
                feedback=event.feedback,
            )
        case CheckOverridden():
            return replace(
                view,
                status=CheckStatus.OVERRIDDEN,
                is_correct=event.is_correct,
                score=event.score,
                feedback=event.feedback,
            )
        case ManualReviewRequested():
            return replace(
                view,
                status=CheckStatus.NEEDS_MANUAL_REVIEW,
                is_correct=None,
                score=None,
                feedback=NOTHING,
            )
        case CheckGaveUp():
            return replace(view, status=CheckStatus.FAILED)
        case CheckRetried() | CheckRequeued():
            return replace(view, status=CheckStatus.PENDING)
        case _:
            return view


answer_checks = Projection(
    name="answer_checks",
    version=1,
    view=AnswerCheckRow,
    reads={
        "check.requested": CheckRequested,
        "check.completed": CheckCompleted,
        "check.gave_up": CheckGaveUp,
        "check.retried": CheckRetried,
        "check.requeued": CheckRequeued,
        "check.manual_review_requested": ManualReviewRequested,
        "check.overridden": CheckOverridden,
    },
    project=project,
    indexes={
        "attempt_id": Index(IndexKind.TEXT, lambda view: view.attempt_id),
        "user_id": Index(IndexKind.TEXT, lambda view: view.user_id),
        "status": Index(IndexKind.TEXT, lambda view: view.status.value),
        "method": Index(IndexKind.TEXT, lambda view: view.method.value),
        "requested_at": Index(IndexKind.TEXT, lambda view: view.requested_at),
    },
)
