"""One row an attempt at a problem, without the answer (rows C5.2, C5.3; B-101)."""

import msgspec

from domain.attempt import (
    AttemptCancelled,
    AttemptChecked,
    AttemptCheckReset,
    AttemptCheckStarted,
    AttemptKind,
    AttemptStarted,
    AttemptSubmitted,
    AttemptVoided,
    Phase,
)
from domain.instants import Instant
from domain.kernel import Event, Value
from projections.kernel import Fact, Index, IndexKind, Projection


class ProblemAttemptRow(Value, frozen=True, kw_only=True):
    """An attempt at a problem.

    `check_id` is the check that judges or has judged last, `result_id` the one whose result counts.
    """

    attempt_id: str
    user_id: str
    problem_id: str
    version_id: str
    usage_id: str | None = None
    domain: str | None = None
    status: Phase
    started_at: Instant
    submitted_at: Instant | None = None
    checked_at: Instant | None = None
    check_id: str | None = None
    result_id: str | None = None


def project(view: ProblemAttemptRow | None, fact: Fact) -> ProblemAttemptRow | None:
    """The row after one more event of its attempt."""
    if view is not None:
        return _moved(view, fact.event)
    match fact.event:
        case AttemptStarted(kind=AttemptKind.PROBLEM) as started:
            return ProblemAttemptRow(
                attempt_id=started.attempt_id,
                user_id=started.learner.id,
                problem_id=started.problem_id or "",
                version_id=started.subject.id,
                usage_id=started.problem_usage_id,
                domain=started.domain,
                status=Phase.STARTED,
                started_at=started.started_at,
            )
        case _:
            return None


def _moved(view: ProblemAttemptRow, event: Event) -> ProblemAttemptRow:
    replace = msgspec.structs.replace
    match event:
        case AttemptSubmitted(submitted_at=at):
            return replace(view, status=Phase.SUBMITTED, submitted_at=at)
        case AttemptCheckStarted(answer_check_id=check_id):
            return replace(view, status=Phase.CHECKING, check_id=check_id)
        case AttemptChecked(answer_check_id=check_id, checked_at=at):
            return replace(
                view,
                status=Phase.CHECKED,
                check_id=check_id,
                result_id=check_id,
                checked_at=at,
            )
        case AttemptCheckReset(answer_check_id=gone) if view.result_id in {None, gone}:
            return replace(view, status=Phase.SUBMITTED, result_id=None, checked_at=None)
        case AttemptCheckReset():
            return replace(view, status=Phase.CHECKED, check_id=view.result_id)
        case AttemptCancelled():
            return replace(view, status=Phase.CANCELLED)
        case AttemptVoided():
            return replace(view, status=Phase.VOID)
        case _:
            return view


problem_attempts = Projection(
    name="problem_attempts",
    version=1,
    view=ProblemAttemptRow,
    reads={
        "attempt.started": AttemptStarted,
        "attempt.submitted": AttemptSubmitted,
        "attempt.check_started": AttemptCheckStarted,
        "attempt.checked": AttemptChecked,
        "attempt.check_reset": AttemptCheckReset,
        "attempt.cancelled": AttemptCancelled,
        "attempt.voided": AttemptVoided,
    },
    project=project,
    indexes={
        "user_id": Index(IndexKind.TEXT, lambda view: view.user_id),
        "problem_id": Index(IndexKind.TEXT, lambda view: view.problem_id),
        "version_id": Index(IndexKind.TEXT, lambda view: view.version_id),
        "usage_id": Index(IndexKind.TEXT, lambda view: view.usage_id),
        "domain": Index(IndexKind.TEXT, lambda view: view.domain),
        "status": Index(IndexKind.TEXT, lambda view: view.status.value),
        "started_at": Index(IndexKind.TEXT, lambda view: view.started_at),
    },
)
