"""Bodies of the review rows: what is sent, and what is told of a review (C5.15 to C5.19)."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Annotated, Final

from litestar.openapi.spec import Example
from msgspec import UNSET, Meta, UnsetType

from adapters.http.bank.answer_check_bodies import Reason, shown
from adapters.http.bank.problem_bodies import Strict
from domain.answer_check import AnswerCheck, Marks
from domain.documents import Document
from domain.instants import Instant
from domain.kernel import Value
from domain.manual_review import ManualReview, ReviewStatus
from projections.manual_reviews import ManualReviewRow

Person = Annotated[str, Meta(min_length=1, max_length=200, pattern=r"^[^\s\x00-\x1f\x7f]+$")]


class AssignReviewRequest(Strict, frozen=True):
    """Whose it is to be: the subject of a checker's token."""

    assignee_id: Person


class ReviewReasonRequest(Strict, frozen=True):
    """Why."""

    reason: Reason


class ReviewResultDto(Value, frozen=True, kw_only=True):
    """What a person found; the check's score is this less what hints cost (B-39)."""

    is_correct: bool | None = None
    score: Decimal | None = None
    feedback: Document | UnsetType = UNSET
    rubric_scores: Mapping[str, Decimal] = {}


class ManualReviewDto(Value, frozen=True, kw_only=True):
    """A review in the queue."""

    id: str
    answer_check_id: str
    attempt_id: str
    status: ReviewStatus
    assignee_id: str | None = None
    claimed_at: Instant | None = None
    completed_at: Instant | None = None
    result: ReviewResultDto | None = None


class WholeReviewDto(ManualReviewDto, frozen=True, kw_only=True):
    """A review with what its judge goes by; `proposal` is what a machine would tell the learner."""

    answer: Document | UnsetType = UNSET
    rubric: Document | UnsetType = UNSET
    max_score: Decimal | None = None
    proposal: "ProposalDto | None" = None


class ProposalDto(Value, frozen=True, kw_only=True):
    """What a machine proposes."""

    is_correct: bool | None = None
    score: Decimal | None = None
    feedback: Document | UnsetType = UNSET


def listed_review(row: ManualReviewRow) -> ManualReviewDto:
    """What is told of a review, from the view."""
    return ManualReviewDto(
        id=row.review_id,
        answer_check_id=row.check_id,
        attempt_id=row.attempt_id,
        status=row.status,
        assignee_id=row.assignee_id,
        claimed_at=row.claimed_at,
        completed_at=row.completed_at,
        result=_result(row.result),
    )


def review_dto(review: ManualReview, row: ManualReviewRow, now: Instant) -> ManualReviewDto:
    """What is told of a review as it stands, which was `row` before a command that came `now`."""
    claimed = completed = None
    if review.status is ReviewStatus.ASSIGNED:
        still = row.status is ReviewStatus.ASSIGNED and row.assignee_id == review.assignee
        claimed = row.claimed_at if still else now
    elif review.status is ReviewStatus.CHECKED:
        claimed = row.claimed_at
        completed = row.completed_at or now
    return ManualReviewDto(
        id=review.review_id,
        answer_check_id=review.check_id,
        attempt_id=review.attempt_id,
        status=review.status,
        assignee_id=review.assignee,
        claimed_at=claimed,
        completed_at=completed,
        result=_result(review.result),
    )


def whole_review(
    row: ManualReviewRow, check: AnswerCheck, answer: Document, proposal: ProposalDto | None
) -> WholeReviewDto:
    """The same with the answer as it was sent and the rubric as it was frozen (B-101)."""
    told = listed_review(row)
    return WholeReviewDto(
        id=told.id,
        answer_check_id=told.answer_check_id,
        attempt_id=told.attempt_id,
        status=told.status,
        assignee_id=told.assignee_id,
        claimed_at=told.claimed_at,
        completed_at=told.completed_at,
        result=told.result,
        answer=shown(answer),
        rubric=shown(check.rubric),
        max_score=check.max_score,
        proposal=proposal,
    )


def _result(marks: Marks | None) -> ReviewResultDto | None:
    if marks is None:
        return None
    return ReviewResultDto(
        is_correct=marks.is_correct,
        score=marks.score,
        feedback=shown(marks.feedback),
        rubric_scores=marks.rubric_scores,
    )


ASSIGN: Final = [Example(value={"assigneeId": "kim"})]
REASON: Final = [Example(value={"reason": "the second part was overlooked"})]
