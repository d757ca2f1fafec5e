"""Scoring: from the credits in a trace to the score, in exact decimals (B-39)."""

from collections.abc import Sequence
from decimal import ROUND_HALF_EVEN, ROUND_HALF_UP, Context, Decimal
from fractions import Fraction
from functools import lru_cache
from typing import Final

import msgspec

from domain.answers.rule import MAX_PLACES, ScoringRule
from domain.answers.verdict import ZERO, Arithmetic, Trace, share

_POINTS: Final = Context(prec=60)
_TAIL: Final = Decimal(1).scaleb(-12)
_STEP: Final = Decimal(1).scaleb(-MAX_PLACES)


def arithmetic(trace: Trace, scoring: ScoringRule, hints: Sequence[str] = ()) -> Arithmetic | None:
    """The score of a judged answer, or None while nobody can say; `hints` are those taken.

    score = clamp(raw - penalties, 0, max), where raw = max · credit, and without partial credit
    raw is 0 or max. Nothing is rounded but raw: to six places, a half up (after the tail of a
    third is cut at the twelfth, so that a half is one).
    """
    credit = trace.credit
    if credit is None:
        return None
    if not scoring.partial_credit and credit != 1:
        credit = ZERO
    raw = _raw(scoring.max_score, credit)
    penalties = {
        hint: scoring.hint_penalty[hint]
        for hint in dict.fromkeys(hints)
        if hint in scoring.hint_penalty
    }
    score = raw
    for penalty in penalties.values():
        score = _POINTS.subtract(score, penalty)
    return Arithmetic(
        max_score=scoring.max_score,
        partial_credit=scoring.partial_credit,
        raw_credit=credit,
        raw_score=_short(raw),
        penalties=penalties,
        score=_short(min(max(score, ZERO), scoring.max_score)),
    )


@lru_cache(maxsize=1024)
def _raw(max_score: Decimal, credit: Decimal) -> Decimal:
    raw = _POINTS.multiply(max_score, credit)
    return raw.quantize(_TAIL, ROUND_HALF_EVEN, _POINTS).quantize(_STEP, ROUND_HALF_UP, _POINTS)


def recompute(trace: Trace, scoring: ScoringRule, hints: Sequence[str] = ()) -> Arithmetic | None:
    """The same from the credits of the leaves alone: replay needs no checker."""
    return arithmetic(_recomputed(trace), scoring, hints)


def weighed(parts: Sequence[Trace]) -> Decimal | None:
    """The weighted mean of the parts' credits; None if one of them has none."""
    credits_ = [part.credit for part in parts]
    if any(credit is None for credit in credits_):
        return None
    weights = [Fraction(part.weight) for part in parts]
    total = sum(
        (weight * Fraction(credit or 0) for weight, credit in zip(weights, credits_, strict=True)),
        Fraction(0),
    )
    return share(total, sum(weights, Fraction(0)))


def _recomputed(trace: Trace) -> Trace:
    if not trace.parts:
        return trace
    parts = tuple(_recomputed(part) for part in trace.parts)
    return msgspec.structs.replace(trace, parts=parts, credit=weighed(parts))


@lru_cache(maxsize=1024)
def _short(points: Decimal) -> Decimal:
    """Without zeros at the end, and never 1E+2."""
    short = points.normalize(_POINTS)
    return (
        short.quantize(Decimal(1), context=_POINTS) if short == short.to_integral_value() else short
    )
