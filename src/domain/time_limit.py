"""Time limits: until when an attempt may be answered, and what moves that (ADR 7).

A deadline is an absolute instant that the log holds; it never depends on a setting or a document
that may change later. It only ever moves away from the learner's start.
"""

from collections.abc import Iterable
from decimal import ROUND_CEILING, Decimal
from enum import StrEnum

import msgspec

from domain.instants import Instant, plus
from domain.kernel import Erased, Personal, Value

MINUTE = 60


class ExtensionScope(StrEnum):
    """For whom time was added: one attempt, a learner (accommodation), all at an exam."""

    ATTEMPT = "attempt"
    STUDENT = "student"
    EXAM = "exam"


class EndedBy(StrEnum):
    """Who ended an attempt: its learner by handing in, or its deadline."""

    LEARNER = "learner"
    DEADLINE = "deadline"


class TimeLimit(Value, frozen=True, kw_only=True):
    """The time an attempt has: answers that arrive by `closes_at` count, `expires_at` is shown.

    Between the two lies the grace. `seconds` is the exam's own duration, `student_seconds` what
    the learner's accommodation adds to it, `extension_ids` are the exam's extensions counted in.
    """

    seconds: int
    student_seconds: int = 0
    extension_ids: tuple[str, ...] = ()
    expires_at: Instant
    closes_at: Instant


class StartWindow(Value, frozen=True, kw_only=True):
    """When an exam may be started, `opens_at <= now < closes_at`; absent bounds do not bind.

    `ends_at` bounds the exam's own duration: who starts late has less of it.
    """

    opens_at: Instant | None = None
    closes_at: Instant | None = None
    ends_at: Instant | None = None

    def holds(self, now: Instant) -> bool:
        """Whether the exam may be started now."""
        return (self.opens_at is None or self.opens_at <= now) and (
            self.closes_at is None or now < self.closes_at
        )


class ExamExtension(Value, frozen=True, kw_only=True):
    """More time for everybody who was at an exam at `at`, and perhaps for whoever starts later."""

    extension_id: str
    minutes: int
    later_starts: bool = False
    at: Instant
    reason: Personal[str | Erased]


class Allowance(Value, frozen=True, kw_only=True):
    """A learner's accommodation: the exam's duration times `factor` (a decimal), plus `minutes`."""

    factor: str = "1"
    minutes: int = 0

    def seconds(self, duration: int) -> int:
        """What it adds to a duration in seconds, in whole seconds, never too few."""
        more = (Decimal(self.factor) - 1) * duration
        return int(more.to_integral_value(ROUND_CEILING)) + self.minutes * MINUTE


def given_limit(
    *,
    now: Instant,
    duration_minutes: int,
    window: StartWindow,
    allowance: Allowance,
    extensions: Iterable[ExamExtension],
    grace_seconds: int,
) -> TimeLimit:
    """The time of an attempt that starts now."""
    seconds = duration_minutes * MINUTE
    counted = [one for one in extensions if one.later_starts]
    more = allowance.seconds(seconds)
    end = plus(now, seconds)
    if window.ends_at is not None:
        end = max(now, min(end, window.ends_at))
    expires_at = plus(end, more + sum(one.minutes for one in counted) * MINUTE)
    return TimeLimit(
        seconds=seconds,
        student_seconds=more,
        extension_ids=tuple(one.extension_id for one in counted),
        expires_at=expires_at,
        closes_at=plus(expires_at, grace_seconds),
    )


def moved(limit: TimeLimit, seconds: int) -> TimeLimit:
    """The limit so many seconds later."""
    return msgspec.structs.replace(
        limit,
        expires_at=plus(limit.expires_at, seconds),
        closes_at=plus(limit.closes_at, seconds),
    )
