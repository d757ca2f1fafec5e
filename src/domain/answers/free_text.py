"""Texts: accepted or not after the named normalisers, or for a person (B-27, B-33)."""

from collections.abc import Collection
from typing import Any

from domain.answers.by_hand import for_a_person
from domain.answers.key import NoKey, TextsKey
from domain.answers.normalisers import Normaliser, TooManyMarks, normalised
from domain.answers.schema import FreeText
from domain.answers.verdict import ONE, ZERO, Reason, Trace, Verdict, unread

_SHOWN = 200  # code points of a text in a reading or a fact


def judge_free_text(schema: FreeText, key: TextsKey | NoKey, text: str, path: str) -> Trace:
    """Whether the text is one of those accepted; `manualReview` leaves it to a person."""
    raw = {"text": text}
    if schema.manual_review or isinstance(key, NoKey):
        return for_a_person("free_text", raw, path)
    return judge_text("free_text", key, text, path, normalisers=schema.normalization, raw=raw)


def judge_text(
    kind: str, key: TextsKey, text: str, path: str, *, normalisers: Collection[Normaliser], raw: Any
) -> Trace:
    """Whether a text, normalised, is one of those accepted.

    A text that is one slip away is named in the facts, for people; it earns nothing.
    """
    try:
        read = normalised(text, normalisers)
    except TooManyMarks:
        return unread(kind, path, Reason.UNREADABLE, raw, {"problem": "too many marks in a row"})
    accepted = key.accepted.get(read)
    if accepted is not None:
        facts = {"key": accepted[:_SHOWN]}
    else:
        facts = {"key": "; ".join(key.accepted.values())[:_SHOWN]}
        near = next((known for known in key.accepted if one_slip(read, known)), None)
        if near is not None:
            facts["didYouMean"] = key.accepted[near][:_SHOWN]
    if normalisers:
        facts["normalisers"] = ", ".join(normalisers)
    return Trace(
        type=kind,
        path=path,
        verdict=Verdict.INCORRECT if accepted is None else Verdict.CORRECT,
        reason=_reason(read, right=accepted is not None),
        raw=raw,
        read_as=read[:_SHOWN],
        method="text",
        credit=ZERO if accepted is None else ONE,
        facts=facts,
    )


def one_slip(left: str, right: str) -> bool:
    """Whether two texts of four characters or more differ in one: added, lost, other, swapped."""
    if left == right or min(len(left), len(right)) < 4 or abs(len(left) - len(right)) > 1:
        return False
    longest = min(len(left), len(right))
    start = next((at for at in range(longest) if left[at] != right[at]), longest)
    tail, other = left[start:], right[start:]
    return (
        tail[1:] == other[1:]
        or tail[1:] == other
        or tail == other[1:]
        or (tail[:2] == other[1::-1] and tail[2:] == other[2:])
    )


def _reason(read: str, *, right: bool) -> Reason:
    if right:
        return Reason.ACCEPTED
    return Reason.NOT_ACCEPTED if read else Reason.EMPTY
