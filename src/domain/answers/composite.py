"""Composite answers: several parts, weighed (B-37)."""

from collections.abc import Sequence

from domain.answers.scoring import weighed
from domain.answers.verdict import Reason, Trace, Verdict, verdict_for


def judge_parts(parts: Sequence[Trace], path: str, *, partial: bool) -> Trace:
    """The whole that the parts make; they carry their weights.

    One unreadable part makes the whole `invalid_format`, one undecided part `unknown`: a person
    adds what is missing, and the other parts keep their credit.
    """
    credit = weighed(parts)
    if credit is None:
        verdict = (
            Verdict.INVALID_FORMAT
            if any(part.verdict is Verdict.INVALID_FORMAT for part in parts)
            else Verdict.UNKNOWN
        )
        reason = next(part.reason for part in parts if part.verdict is verdict)
    else:
        verdict = verdict_for(credit, partial=partial)
        reason = Reason.SOME_RIGHT if credit else Reason.NONE_RIGHT
        if credit == 1:
            reason = Reason.ALL_RIGHT
    return Trace(
        type="composite_answer",
        path=path,
        verdict=verdict,
        reason=reason,
        method="weighted_mean",
        credit=credit,
        parts=tuple(parts),
    )
