"""Exam scores: what a finished attempt earned, worked out from its answers and the pinned exam.

Choice and true/false questions are scored here, every other type waits for a person. Scores are
decimals with two places, half up; "I don't know" is a wrong answer like any other.
"""

from collections.abc import Iterator, Mapping
from decimal import ROUND_HALF_UP, Decimal
from enum import StrEnum
from typing import Any, Final

import msgspec

from domain.attempt import Answer
from domain.kernel import Erased, Value

_CENT: Final = Decimal("0.01")
_ZERO: Final = Decimal(0)
_ONE: Final = Decimal(1)


class Verdict(StrEnum):
    """How an answer was judged."""

    CORRECT = "correct"
    PARTIAL = "partial"
    INCORRECT = "incorrect"
    UNANSWERED = "unanswered"
    NOT_MARKED = "not_marked"  # a person has to look at it


class Marking(Value, frozen=True):
    """What scoring reads of a question; a key that does not fit its type is no key."""

    id: str
    type: str
    points: int | None = None
    answer: Any = None
    partial_credit: Any = None
    rubric: Any = None


class QuestionScore(Value, frozen=True, kw_only=True):
    """What one question earned of `max_score`; without a `score` it is not marked yet.

    `max_score` is absent where the exam does not say it.
    """

    question_id: str
    type: str
    verdict: Verdict
    score: Decimal | None = None
    max_score: Decimal | None = None


class ExamScore(Value, frozen=True, kw_only=True):
    """What an attempt earned: `score` of the `marked_max_score` that is marked so far.

    `max_score` is that of the whole exam, `not_marked` counts the questions a person has to see.
    """

    score: Decimal
    marked_max_score: Decimal
    max_score: Decimal
    not_marked: int
    questions: list[QuestionScore]


class _Section(Value, frozen=True):
    questions: list[Marking]


class _Document(Value, frozen=True):
    sections: list[_Section]


_decoder: Final = msgspec.json.Decoder(_Document)


def markings(document: bytes) -> list[Marking]:
    """The questions of an exam, in order, as scoring reads them."""
    return [one for section in _decoder.decode(document).sections for one in section.questions]


def exam_score(questions: list[Marking], answers: Mapping[str, Answer]) -> ExamScore:
    """What these answers earn."""
    scores = [question_score(question, answers.get(question.id)) for question in questions]
    return ExamScore(
        score=sum((one.score for one in scores if one.score is not None), _ZERO),
        marked_max_score=sum((_most(one) for one in scores if one.score is not None), _ZERO),
        max_score=sum((_most(one) for one in scores), _ZERO),
        not_marked=sum(one.score is None for one in scores),
        questions=scores,
    )


def question_score(question: Marking, answer: Answer | None) -> QuestionScore:
    """What one answer earns; a question without points is worth one, if it is marked here."""
    points = question.points
    share = _share(question, None if answer is None else answer.response)
    if share is None:
        return QuestionScore(
            question_id=question.id,
            type=question.type,
            verdict=Verdict.NOT_MARKED,
            max_score=_free_points(question),
        )
    most = _ONE if points is None else Decimal(points)
    return QuestionScore(
        question_id=question.id,
        type=question.type,
        verdict=_verdict(share, None if answer is None else answer.response),
        score=(most * share).quantize(_CENT, ROUND_HALF_UP),
        max_score=most,
    )


def key_of(question: Marking) -> Any:
    """The answer key in one shape, None where there is none that scoring can use."""
    key = question.answer
    match question.type:
        case "single_choice" if isinstance(key, str):
            return key
        case "true_false" if isinstance(key, bool):
            return key
        case "multiple_choices" if isinstance(key, list) and all(isinstance(k, str) for k in key):
            return sorted(set(key))
        case _:
            return None


def _share(question: Marking, response: Any) -> Decimal | None:
    """The part of the points that a response earns, from 0 to 1; None if a person must say."""
    key = key_of(question)
    if key is None or isinstance(response, Erased):
        return None
    if not isinstance(key, list):
        same = response.__class__ is key.__class__ and response == key
        return _ONE if same else _ZERO
    if not isinstance(response, list) or not all(isinstance(one, str) for one in response):
        return _ZERO
    return _choices_share(set(key), set(response), partial=question.partial_credit is True)


def _choices_share(key: set[str], chosen: set[str], *, partial: bool) -> Decimal:
    """All or nothing, or `max(0, right - wrong) / |key|`; an empty key is met by no choice."""
    if chosen == key:
        return _ONE
    if not partial or not key:
        return _ZERO
    earned = len(chosen & key) - len(chosen - key)
    return max(_ZERO, Decimal(earned)) / len(key)


def _verdict(share: Decimal, response: Any) -> Verdict:
    if share == _ONE:
        return Verdict.CORRECT
    if share:
        return Verdict.PARTIAL
    return Verdict.UNANSWERED if response in (None, "", [], {}) else Verdict.INCORRECT


def _free_points(question: Marking) -> Decimal | None:
    """What a question that a person marks is worth: its points, or its rubric's."""
    if question.points is not None:
        return Decimal(question.points)
    rubric = question.rubric
    most = rubric.get("maxPoints") if isinstance(rubric, dict) else None
    if isinstance(most, int) and not isinstance(most, bool) and most >= 0:
        return Decimal(most)
    return None


def _most(one: QuestionScore) -> Decimal:
    return one.max_score or _ZERO


def keys(questions: list[Marking]) -> Iterator[tuple[str, Any]]:
    """The keys of the questions that are scored here."""
    for question in questions:
        key = key_of(question)
        if key is not None:
            yield question.id, key
