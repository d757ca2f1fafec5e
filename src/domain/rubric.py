"""Rubric: what a person goes by, and whether points given for its criteria fit it.

Authors write it freely; what is looked at are `criteria`, objects with a `key` or a `name` and
perhaps the most that a criterion gives (`maxScore`, `maxPoints`).
"""

from collections.abc import Mapping
from decimal import Decimal, InvalidOperation
from typing import Any

from domain.documents import Document, parsed
from domain.kernel import RefusalKind, Refused


class ScoreOutOfRange(Refused):
    """A score, or points for a criterion, lie between 0 and the most there is."""

    code, kind = "SCORE_OUT_OF_RANGE", RefusalKind.UNFIT


class UnknownCriterion(Refused):
    """The rubric has no such criterion."""

    code = "VALIDATION_ERROR"


def check_rubric_scores(rubric: Document, scores: Mapping[str, Decimal]) -> None:
    """Refuse points for criteria that the rubric has not, or more than they give.

    A rubric without criteria takes any. Raises UnknownCriterion, ScoreOutOfRange.
    """
    most = _most(rubric)
    for name, score in scores.items():
        path = f"rubricScores.{name[:100]}"
        if most and name not in most:
            raise UnknownCriterion(f"{path}: the rubric has no such criterion", path=path)
        limit = most.get(name)
        if not score.is_finite() or score < 0 or (limit is not None and score > limit):
            raise ScoreOutOfRange(
                f"{path}: lies between 0 and {'what it gives' if limit is None else limit}",
                path=path,
                maxScore=limit,
            )


def _most(rubric: Document) -> dict[str, Decimal | None]:
    """The criteria by name, with the most that each gives where the rubric says it."""
    written = parsed(rubric)
    criteria = written.get("criteria") if isinstance(written, dict) else None
    if not isinstance(criteria, list):
        return {}
    return {
        name: _points(one.get("maxScore", one.get("maxPoints")))
        for one in criteria
        if isinstance(one, dict) and isinstance(name := one.get("key", one.get("name")), str)
    }


def _points(value: Any) -> Decimal | None:
    if isinstance(value, bool) or not isinstance(value, int | str | Decimal):
        return None
    try:
        points = Decimal(value)
    except InvalidOperation:
        return None
    return points if points.is_finite() else None
