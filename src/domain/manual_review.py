"""ManualReview: a person judges an answer, from a queue out of which one of them takes it (B-100).

What they find goes to the check in the same transaction, and is refused with it.
"""

from collections.abc import Mapping, Sequence
from enum import StrEnum
from typing import ClassVar, Final

import msgspec

from domain.answer_check import Marks
from domain.evidence import PLAIN, Basis
from domain.instants import Instant
from domain.kernel import Command, Decider, Erased, Event, Personal, RefusalKind, Refused, Value
from domain.transitions import permit


class ReviewStatus(StrEnum):
    """Where a review stands; ABSENT is said of none that exists."""

    ABSENT = "absent"
    OPEN = "open"
    ASSIGNED = "assigned"
    CHECKED = "checked"
    RETURNED = "returned"
    CANCELLED = "cancelled"


# --- events -------------------------------------------------------------------------------------


class ReviewOpened(Event, frozen=True, kw_only=True):
    """An answer waits for a person."""

    review_id: str
    check_id: str
    attempt_id: str
    subject_key: str | None = None
    reason: Personal[str | Erased]


class ReviewAssigned(Event, frozen=True):
    """It is `assignee`'s alone; `by` took it for themselves or gave it to them."""

    assignee: str
    by: str


class ReviewReleased(Event, frozen=True):
    """It is nobody's again."""


class ReviewCompleted(Event, frozen=True):
    """This is what its assignee makes of the answer."""

    result: Marks


class ReviewReturned(Event, frozen=True):
    """It is to be done once more."""

    reason: Personal[str | Erased]


class ReviewCancelled(Event, frozen=True):
    """Nobody is to do it."""

    reason: Personal[str | Erased]


ReviewEvent = (
    ReviewOpened
    | ReviewAssigned
    | ReviewReleased
    | ReviewCompleted
    | ReviewReturned
    | ReviewCancelled
)


# --- commands -----------------------------------------------------------------------------------


class OpenReview(Command, frozen=True, kw_only=True):
    """Put an answer into the queue, for the policy that follows the check."""

    founds: ClassVar[bool] = True

    review_id: str
    check_id: str
    attempt_id: str
    subject_key: str | None = None
    reason: Personal[str | Erased]


class ClaimReview(Command, frozen=True):
    """Take it."""

    by: str


class AssignReview(Command, frozen=True):
    """Give it to somebody."""

    assignee: str
    by: str


class ReleaseReview(Command, frozen=True):
    """Give it back; `for_others` lets somebody do so who is not the assignee."""

    by: str
    for_others: bool = False


class CompleteReview(Command, frozen=True, kw_only=True):
    """Say what the answer is worth."""

    by: str
    marks: Marks
    basis: Basis = PLAIN
    now: Instant


class ReturnReview(Command, frozen=True, kw_only=True):
    """Ask for it once more."""

    reason: str
    basis: Basis = PLAIN


class CancelReview(Command, frozen=True):
    """Take it out of the queue; its check has failed then and may be retried or overridden."""

    reason: str


class WithdrawReview(Command, frozen=True):
    """Take it out of the queue if it is there, because its check was decided otherwise."""

    reason: str


ReviewCommand = (
    OpenReview
    | ClaimReview
    | AssignReview
    | ReleaseReview
    | CompleteReview
    | ReturnReview
    | CancelReview
    | WithdrawReview
)


# --- state --------------------------------------------------------------------------------------


class ManualReview(Value, frozen=True):
    """A review as it stands; `result` is the last that was found."""

    status: ReviewStatus = ReviewStatus.ABSENT
    review_id: str = ""
    check_id: str = ""
    attempt_id: str = ""
    subject_key: str | None = None
    assignee: str | None = None
    result: Marks | None = None


# --- refusals -----------------------------------------------------------------------------------


class ReviewNotFound(Refused):
    """There is no such review."""

    code, kind = "MANUAL_REVIEW_NOT_FOUND", RefusalKind.UNKNOWN


class ReviewIdTaken(Refused):
    """The check has had this review before."""

    code, kind = "MANUAL_REVIEW_EXISTS", RefusalKind.CONFLICT


class ReviewAlreadyClaimed(Refused):
    """Somebody else has it (B-100)."""

    code, kind = "REVIEW_ALREADY_CLAIMED", RefusalKind.CONFLICT


class NotAssignee(Refused):
    """It is somebody else's to do."""

    code, kind = "NOT_ASSIGNEE", RefusalKind.FORBIDDEN


# --- decisions ----------------------------------------------------------------------------------

_TAKE, _LEAVE = frozenset({"claim", "assign"}), frozenset({"cancel"})
_MOVES: Final[Mapping[ReviewStatus, frozenset[str]]] = {
    ReviewStatus.OPEN: _TAKE | _LEAVE,
    ReviewStatus.ASSIGNED: frozenset({"release", "complete"}) | _LEAVE,
    ReviewStatus.CHECKED: frozenset({"return"}),
    ReviewStatus.RETURNED: _TAKE | _LEAVE,
}


def decide(state: ManualReview, command: ReviewCommand) -> Sequence[ReviewEvent]:
    """What a command makes happen, or a refusal."""
    match command:
        case OpenReview():
            return _open(state, command)
        case ClaimReview(by=by):
            return _assign(state, "claim", by, by)
        case AssignReview(assignee=assignee, by=by):
            return _assign(state, "assign", assignee, by)
        case ReleaseReview(by=by, for_others=for_others):
            _permit(state, "release")
            if not for_others:
                _own(state, by)
            return [ReviewReleased()]
        case CompleteReview(by=by, marks=marks):
            _permit(state, "complete")
            _own(state, by)
            return [ReviewCompleted(result=marks)]
        case ReturnReview(reason=reason):
            _permit(state, "return")
            return [ReviewReturned(reason=reason)]
        case CancelReview(reason=reason):
            _permit(state, "cancel")
            return [ReviewCancelled(reason=reason)]
        case WithdrawReview(reason=reason):
            waiting = "cancel" in _MOVES.get(state.status, ())
            return [ReviewCancelled(reason=reason)] if waiting else []


def _open(state: ManualReview, command: OpenReview) -> Sequence[ReviewEvent]:
    if state.status is not ReviewStatus.ABSENT:
        raise ReviewIdTaken("there is a review with this id already")
    return [
        ReviewOpened(
            review_id=command.review_id,
            check_id=command.check_id,
            attempt_id=command.attempt_id,
            subject_key=command.subject_key,
            reason=command.reason,
        )
    ]


def _assign(state: ManualReview, command: str, assignee: str, by: str) -> Sequence[ReviewEvent]:
    if state.status is ReviewStatus.ASSIGNED:
        if state.assignee != assignee:
            raise ReviewAlreadyClaimed("somebody else has this review")
        return []
    _permit(state, command)
    return [ReviewAssigned(assignee=assignee, by=by)]


def _own(state: ManualReview, by: str) -> None:
    if state.assignee != by:
        raise NotAssignee("the review is somebody else's to do")


def _permit(state: ManualReview, command: str) -> None:
    if state.status is ReviewStatus.ABSENT:
        raise ReviewNotFound("no such review")
    permit(_MOVES, state.status, command)


# --- the fold -----------------------------------------------------------------------------------


def evolve(state: ManualReview, event: ReviewEvent) -> ManualReview:
    """The state after one more event."""
    replace = msgspec.structs.replace
    match event:
        case ReviewOpened():
            return ManualReview(
                status=ReviewStatus.OPEN,
                review_id=event.review_id,
                check_id=event.check_id,
                attempt_id=event.attempt_id,
                subject_key=event.subject_key,
            )
        case ReviewAssigned(assignee=assignee):
            return replace(state, status=ReviewStatus.ASSIGNED, assignee=assignee)
        case ReviewReleased():
            return replace(state, status=ReviewStatus.OPEN, assignee=None)
        case ReviewCompleted(result=result):
            return replace(state, status=ReviewStatus.CHECKED, result=result)
        case ReviewReturned():
            return replace(state, status=ReviewStatus.RETURNED, assignee=None)
        case ReviewCancelled():
            return replace(state, status=ReviewStatus.CANCELLED, assignee=None)


manual_review: Decider[ManualReview] = Decider("manual_review", ManualReview(), decide, evolve)
