"""The deadline of an attempt: when it has passed, and what moves it away (ADR 7)."""

from collections.abc import Sequence

from domain.attempt import Attempt, AttemptExtended, NoDeadline, Phase, active, not_active
from domain.instants import Instant
from domain.kernel import Erased
from domain.time_limit import (
    MINUTE,
    Allowance,
    ExamExtension,
    ExtensionScope,
    TimeLimit,
    moved,
)


def is_over(state: Attempt, at: Instant) -> bool:
    """Whether a running attempt's time, its grace included, has passed."""
    limit = state.limit
    return limit is not None and at > limit.closes_at and state.phase is Phase.STARTED


def extend(
    state: Attempt, extension_id: str, minutes: int, reason: str, now: Instant
) -> Sequence[AttemptExtended]:
    """More time for this one attempt. Raises AttemptNotActive, NoDeadline."""
    limit = active(state).limit
    if limit is None:
        raise NoDeadline("no deadline is enforced on this attempt", attemptId=state.attempt_id)
    if extension_id in limit.extension_ids:
        return []
    if is_over(state, now):
        raise not_active(state)
    return [_extended(limit, extension_id, ExtensionScope.ATTEMPT, minutes * MINUTE, reason)]


def allow(state: Attempt, extension: ExamExtension) -> Sequence[AttemptExtended]:
    """The time that all at its exam were given; nothing if it has ended."""
    limit = state.limit
    if limit is None or state.phase is not Phase.STARTED:
        return []
    if extension.extension_id in limit.extension_ids or is_over(state, extension.at):
        return []
    if not extension.later_starts and extension.at < state.started_at:
        return []
    return [
        _extended(
            limit,
            extension.extension_id,
            ExtensionScope.EXAM,
            extension.minutes * MINUTE,
            extension.reason,
        )
    ]


def accommodate(
    state: Attempt, allowance: Allowance, reason: str | Erased, now: Instant
) -> Sequence[AttemptExtended]:
    """What its learner's accommodation adds; nothing if it has ended."""
    limit = state.limit
    if limit is None or state.phase is not Phase.STARTED or is_over(state, now):
        return []
    seconds = allowance.seconds(limit.seconds) - limit.student_seconds
    if seconds <= 0:
        return []
    extension_id = f"student-{limit.student_seconds + seconds}"
    return [_extended(limit, extension_id, ExtensionScope.STUDENT, seconds, reason)]


def _extended(
    limit: TimeLimit,
    extension_id: str,
    scope: ExtensionScope,
    seconds: int,
    reason: str | Erased,
) -> AttemptExtended:
    later_limit = moved(limit, seconds)
    return AttemptExtended(
        extension_id=extension_id,
        scope=scope,
        seconds=seconds,
        expires_at=later_limit.expires_at,
        closes_at=later_limit.closes_at,
        reason=reason,
    )
