"""Exam scores: exact, pure, and never a binary float."""

from decimal import Decimal
from fractions import Fraction
from typing import Any

import msgspec
import pytest
from hypothesis import given as drawn
from hypothesis import strategies as st

from domain.attempt import Answer
from domain.exam_scores import (
    Marking,
    QuestionScore,
    Verdict,
    exam_score,
    keys,
    markings,
    question_score,
)
from domain.kernel import ERASED
from tests.contract.papers import paper

SINGLE = Marking("q", "single_choice", 2, "A")
MANY = Marking("q", "multiple_choices", 3, ["A", "C"])
PARTIAL = msgspec.structs.replace(MANY, partial_credit=True)
TRUE = Marking("q", "true_false", 1, answer=True)
IDK = "IDK"


def judged(question: Marking, response: Any) -> tuple[str, Decimal | None]:
    one = question_score(question, Answer("q", response))
    return one.verdict, one.score


@pytest.mark.parametrize(
    ("question", "response", "verdict", "score"),
    [
        (SINGLE, "A", "correct", "2.00"),
        (SINGLE, "B", "incorrect", "0.00"),
        (SINGLE, ["A"], "incorrect", "0.00"),
        (SINGLE, IDK, "incorrect", "0.00"),
        (SINGLE, None, "unanswered", "0.00"),
        (TRUE, True, "correct", "1.00"),
        (TRUE, False, "incorrect", "0.00"),
        (TRUE, 1, "incorrect", "0.00"),
        (TRUE, "true", "incorrect", "0.00"),
        (TRUE, IDK, "incorrect", "0.00"),
        (MANY, ["C", "A"], "correct", "3.00"),
        (MANY, ["A", "C", "A"], "correct", "3.00"),
        (MANY, ["A"], "incorrect", "0.00"),
        (MANY, [], "unanswered", "0.00"),
        (PARTIAL, ["A"], "partial", "1.50"),
        (PARTIAL, ["A", "B"], "incorrect", "0.00"),
        (PARTIAL, ["A", "C", "B"], "partial", "1.50"),
        (PARTIAL, ["B", "D"], "incorrect", "0.00"),
        (PARTIAL, IDK, "incorrect", "0.00"),
        (PARTIAL, [IDK], "incorrect", "0.00"),
        (PARTIAL, [["A"]], "incorrect", "0.00"),
        (PARTIAL, {"A": True}, "incorrect", "0.00"),
    ],
)
def test_an_answer_is_compared_with_the_key_type_strictly(
    question: Marking, response: Any, verdict: str, score: str
):
    assert judged(question, response) == (verdict, Decimal(score))


def test_thirds_are_rounded_half_up_to_two_places():
    three = Marking("q", "multiple_choices", 1, ["A", "B", "C"], partial_credit=True)
    assert judged(three, ["A"]) == ("partial", Decimal("0.33"))
    assert judged(three, ["A", "B"]) == ("partial", Decimal("0.67"))


@pytest.mark.parametrize(
    "question",
    [
        Marking("q", "essay", 5, rubric={"maxPoints": 10}),
        Marking("q", "code_simple", 5),
        Marking("q", "single_choice", 5, ["A"]),
        Marking("q", "single_choice", 5),
        Marking("q", "multiple_choices", 5, "A"),
        Marking("q", "multiple_choices", 5, ["A", 1]),
        Marking("q", "true_false", 5, "true"),
    ],
)
def test_what_has_no_usable_key_waits_for_a_person(question: Marking):
    expected = QuestionScore(
        question_id="q", type=question.type, verdict=Verdict.NOT_MARKED, max_score=Decimal(5)
    )
    assert question_score(question, Answer("q", "text")) == expected
    assert question_score(question, None) == expected


@pytest.mark.parametrize(
    ("rubric", "most"),
    [({"maxPoints": 10}, Decimal(10)), ({"maxPoints": True}, None), ({}, None), ("x", None)],
)
def test_an_essay_without_points_is_worth_what_its_rubric_says(rubric: Any, most: Decimal | None):
    assert question_score(Marking("q", "essay", rubric=rubric), None).max_score == most


def test_a_choice_without_points_is_worth_one():
    assert judged(Marking("q", "single_choice", answer="A"), "A") == ("correct", Decimal(1))


def test_an_erased_answer_is_not_scored():
    assert question_score(SINGLE, Answer("q", ERASED)).verdict is Verdict.NOT_MARKED


def test_a_whole_exam_adds_up():
    questions = markings(msgspec.json.encode(paper("e1")))
    answers = {
        "q1": Answer("q1", "A"),
        "q2": Answer("q2", ["A", "B"]),
        "q4": Answer("q4", "because of Rayleigh"),
    }
    score = exam_score(questions, answers)
    assert (score.score, score.marked_max_score, score.max_score, score.not_marked) == (
        Decimal(2),
        Decimal(4),
        Decimal(14),
        2,
    )
    assert [one.verdict for one in score.questions] == [
        "correct",
        "incorrect",
        "unanswered",
        "not_marked",
        "not_marked",
    ]
    assert dict(keys(questions)) == {"q1": "A", "q2": ["A"], "q3": True}


letters = st.sets(st.sampled_from("ABCDEF"))


@drawn(letters.filter(bool), letters, st.integers(0, 1000))
def test_partial_credit_is_right_minus_wrong_over_the_key_exactly(
    key: set[str], chosen: set[str], points: int
):
    question = Marking("q", "multiple_choices", points, sorted(key), partial_credit=True)
    score = question_score(question, Answer("q", sorted(chosen))).score
    assert score is not None
    exact = max(Fraction(0), Fraction(len(chosen & key) - len(chosen - key), len(key))) * points
    assert abs(Fraction(score) - exact) <= Fraction(1, 200)
    assert 0 <= score <= points
