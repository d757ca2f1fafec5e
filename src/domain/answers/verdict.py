"""Verdict: what an answer is worth, in a word, a reason and a trace that recomputes the score."""

from collections.abc import Mapping
from decimal import ROUND_HALF_EVEN, Context, Decimal
from enum import StrEnum
from fractions import Fraction
from typing import Any, Final

from domain.kernel import Value

ZERO: Final = Decimal(0)
ONE: Final = Decimal(1)
PLACES: Final = 20
"""Places after the point that a credit keeps: a third is 0.333… to the twentieth."""

_CREDITS: Final = Context(prec=PLACES + 30, rounding=ROUND_HALF_EVEN)
_STEP: Final = Decimal(1).scaleb(-PLACES)


class Verdict(StrEnum):
    """What became of an answer (CONTRACT 2.D). `unknown`: nobody but a person can say."""

    CORRECT = "correct"
    PARTIAL = "partial"
    INCORRECT = "incorrect"
    INVALID_FORMAT = "invalid_format"
    UNKNOWN = "unknown"


class Reason(StrEnum):
    """The class of reason behind a verdict, safe to tell the learner."""

    # right
    EQUAL = "equal"
    WITHIN_TOLERANCE = "within_tolerance"
    ACCEPTED = "accepted"
    ALL_RIGHT = "all_right"
    UP_TO_CONSTANT = "up_to_constant"
    # partly right
    SOME_RIGHT = "some_right"
    WRONG_UNIT = "wrong_unit"
    # wrong
    DIFFERENT = "different"
    OUTSIDE_TOLERANCE = "outside_tolerance"
    WRONG_DIMENSION = "wrong_dimension"
    WRONG_CHOICE = "wrong_choice"
    NONE_RIGHT = "none_right"
    NOT_ACCEPTED = "not_accepted"
    DOMAIN_DIFFERS = "domain_differs"
    # cannot be read; costs no attempt
    UNREADABLE = "unreadable"
    EMPTY = "empty"
    UNIT_MISSING = "unit_missing"
    UNIT_UNREADABLE = "unit_unreadable"
    UNIT_NOT_ALLOWED = "unit_not_allowed"
    FORM_NOT_ALLOWED = "form_not_allowed"
    NOT_FINITE = "not_finite"
    TOO_LONG = "too_long"
    TOO_DEEP = "too_deep"
    # nobody can say yet
    TIMED_OUT = "timed_out"
    UNDECIDED = "undecided"
    FOR_A_PERSON = "for_a_person"


class Trace(Value, frozen=True, kw_only=True):
    """How one answer (or part of one) was judged; with its parts it recomputes the score.

    `raw` is the answer as JSON, `read_as` how it was read, `credit` in [0, 1] or None while
    nobody can say. `notes` are codes the learner may see, `facts` only checkers: they name the
    key, the difference, the witness. A `weight` is exact and counts among the sister parts.
    """

    type: str
    path: str = "$"
    verdict: Verdict
    reason: Reason
    raw: Any = None
    read_as: str | None = None
    method: str | None = None
    precision: int | None = None
    credit: Decimal | None = None
    weight: Decimal = ONE
    facts: Mapping[str, str] = {}
    notes: tuple[str, ...] = ()
    parts: "tuple[Trace, ...]" = ()


class Arithmetic(Value, frozen=True, kw_only=True):
    """How the score came about (B-39): clamp(raw - penalties, 0, max)."""

    max_score: Decimal
    partial_credit: bool = False
    raw_credit: Decimal
    raw_score: Decimal
    penalties: Mapping[str, Decimal] = {}
    score: Decimal


class Judgement(Value, frozen=True, kw_only=True):
    """A verdict with all that stands behind it. `arithmetic` is absent while it is unknown."""

    verdict: Verdict
    reason: Reason
    read_as: str | None = None
    trace: Trace
    arithmetic: Arithmetic | None = None
    checker: str


class Feedback(Value, frozen=True, kw_only=True):
    """What the learner sees of a trace: never the key, a fact or a witness (CONTRACT 2.D)."""

    verdict: Verdict
    reason: Reason
    read_as: str | None = None
    notes: tuple[str, ...] = ()
    parts: "tuple[Feedback, ...]" = ()


def feedback(trace: Trace) -> Feedback:
    """What the learner may see of how the answer was judged."""
    return Feedback(
        verdict=trace.verdict,
        reason=trace.reason,
        read_as=trace.read_as,
        notes=trace.notes,
        parts=tuple(feedback(part) for part in trace.parts),
    )


def verdict_for(credit: Decimal, *, partial: bool) -> Verdict:
    """The verdict that a credit stands for; without partial credit a part is nothing (B-39)."""
    if credit == 1:
        return Verdict.CORRECT
    return Verdict.PARTIAL if partial and credit else Verdict.INCORRECT


def share(part: int | Fraction, whole: int | Fraction = 1) -> Decimal:
    """A credit: `part` of `whole`, exactly if it has at most PLACES places."""
    value = Fraction(part) / whole
    credit = _CREDITS.divide(Decimal(value.numerator), Decimal(value.denominator))
    return credit.quantize(_STEP, context=_CREDITS).normalize(_CREDITS)


def unread(
    kind: str, path: str, reason: Reason, raw: Any, facts: Mapping[str, str] | None = None
) -> Trace:
    """The trace of an answer that could not be read: no credit, and no attempt lost."""
    return Trace(
        type=kind,
        path=path,
        verdict=Verdict.INVALID_FORMAT,
        reason=reason,
        raw=raw,
        facts=facts or {},
    )
