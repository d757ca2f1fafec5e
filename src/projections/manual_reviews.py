"""One row a review: the queue of answers that wait for a person (rows C5.15, C5.16)."""

import msgspec

from domain.answer_check import Marks
from domain.instants import Instant
from domain.kernel import Event, Value
from domain.manual_review import (
    ReviewAssigned,
    ReviewCancelled,
    ReviewCompleted,
    ReviewOpened,
    ReviewReleased,
    ReviewReturned,
    ReviewStatus,
)
from projections.kernel import Fact, Index, IndexKind, Projection


class ManualReviewRow(Value, frozen=True, kw_only=True):
    """A review without the answer and the rubric; they are read from attempt and check."""

    review_id: str
    check_id: str
    attempt_id: str
    subject_key: str | None = None
    status: ReviewStatus
    opened_at: Instant
    assignee_id: str | None = None
    claimed_at: Instant | None = None
    completed_at: Instant | None = None
    result: Marks | None = None


def project(view: ManualReviewRow | None, fact: Fact) -> ManualReviewRow | None:
    """The row after one more event of its review."""
    if view is not None:
        return _moved(view, fact.event, fact.at)
    match fact.event:
        case ReviewOpened() as opened:
            return ManualReviewRow(
                review_id=opened.review_id,
                check_id=opened.check_id,
                attempt_id=opened.attempt_id,
                subject_key=opened.subject_key,
                status=ReviewStatus.OPEN,
                opened_at=fact.at,
            )
        case _:
            return None


def _moved(view: ManualReviewRow, event: Event, at: Instant) -> ManualReviewRow:
    replace = msgspec.structs.replace
    match event:
        case ReviewAssigned(assignee=assignee):
            return replace(view, status=ReviewStatus.ASSIGNED, assignee_id=assignee, claimed_at=at)
        case ReviewCompleted(result=result):
            return replace(view, status=ReviewStatus.CHECKED, completed_at=at, result=result)
        case ReviewReleased():
            return replace(view, status=ReviewStatus.OPEN, assignee_id=None, claimed_at=None)
        case ReviewReturned():
            return replace(
                view,
                status=ReviewStatus.RETURNED,
                assignee_id=None,
                claimed_at=None,
                completed_at=None,
            )
        case ReviewCancelled():
            return replace(view, status=ReviewStatus.CANCELLED, assignee_id=None, claimed_at=None)
        case _:
            return view


manual_reviews = Projection(
    name="manual_reviews",
    version=2,
    view=ManualReviewRow,
    reads={
        "manual_review.opened": ReviewOpened,
        "manual_review.assigned": ReviewAssigned,
        "manual_review.released": ReviewReleased,
        "manual_review.completed": ReviewCompleted,
        "manual_review.returned": ReviewReturned,
        "manual_review.cancelled": ReviewCancelled,
    },
    project=project,
    indexes={
        "status": Index(IndexKind.TEXT, lambda view: view.status.value),
        "assignee_id": Index(IndexKind.TEXT, lambda view: view.assignee_id),
        "subject_key": Index(IndexKind.TEXT, lambda view: view.subject_key),
        "check_id": Index(IndexKind.TEXT, lambda view: view.check_id),
        "attempt_id": Index(IndexKind.TEXT, lambda view: view.attempt_id),
        "opened_at": Index(IndexKind.TEXT, lambda view: view.opened_at),
        # one queue of thousands in its order, without sorting it for every page
        "queue": Index(IndexKind.TEXT, lambda view: f"{view.status.value} {view.opened_at}"),
    },
)
