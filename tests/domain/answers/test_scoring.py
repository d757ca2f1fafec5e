"""Scores: credit, penalties and weights, in exact decimals (B-37, B-39)."""

from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.answers.answer import read_answer
from domain.answers.expression import Finding
from domain.answers.judging import judge, questions
from domain.answers.key import read_key
from domain.answers.rule import ScoringRule, read_rule
from domain.answers.schema import read_schema
from domain.answers.scoring import arithmetic, recompute
from domain.answers.verdict import Judgement, Reason, Trace, Verdict, feedback
from tests.domain.answers.trying import NUMBER, tried

OPTIONS = [{"key": key, "label": key} for key in "abcdef"]
SELECT = {"type": "multiple_select", "options": OPTIONS}


def trace(credit: str | None, weight: str = "1", *parts: Trace) -> Trace:
    worth = None if credit is None else Decimal(credit)
    verdict = Verdict.UNKNOWN if credit is None else Verdict.PARTIAL
    return Trace(
        type="x",
        verdict=verdict,
        reason=Reason.EQUAL,
        credit=worth,
        weight=Decimal(weight),
        parts=parts,
    )


def score(
    credit: str, *, partial: bool = True, top: str = "1", hints: str = "", **costs: str
) -> str:
    rule = ScoringRule(
        max_score=Decimal(top),
        partial_credit=partial,
        hint_penalty={hint: Decimal(cost) for hint, cost in costs.items()},
    )
    found = arithmetic(trace(credit), rule, list(hints))
    assert found is not None
    return str(found.score)


@pytest.mark.parametrize(
    ("given_score", "expected"),
    [
        (score("1"), "1"),
        (score("1", top="10"), "10"),
        (score("0"), "0"),
        (score("0.5", top="3"), "1.5"),
        (score("0.33333333333333333333", top="1"), "0.333333"),
        (score("0.33333333333333333333", top="3"), "1"),
        (score("0.66666666666666666667", top="100"), "66.666667"),
        (score("0.04166666666666666667", top="0.0003"), "0.000013"),
        (score("0.5", partial=False), "0"),
        (score("1", partial=False), "1"),
        (score("1", hints="a", a="0.25"), "0.75"),
        (score("1", hints="aa", a="0.25"), "0.75"),
        (score("1", hints="ab", a="0.25", b="0.5"), "0.25"),
        (score("1", hints="b", a="0.25"), "1"),
        (score("0.5", hints="a", a="0.75"), "0"),
        (score("0.1", top="3", hints="a", a="0.1"), "0.2"),
        (score("1", top="1000000"), "1000000"),
    ],
)
def test_B39_a_score_is_raw_minus_penalties_between_nothing_and_all(
    given_score: str, expected: str
):
    assert given_score == expected


def test_B39_nobody_can_say_means_no_score():
    assert arithmetic(trace(None), ScoringRule(max_score=Decimal(1))) is None


credits_ = st.fractions(0, 1).map(lambda f: Decimal(f.numerator) / f.denominator)
points = st.decimals(0, 1000, places=3)


@given(credits_, points.filter(bool), st.booleans(), st.lists(points, max_size=4))
def test_B39_every_score_lies_between_nothing_and_all(
    credit: Decimal, top: Decimal, partial: bool, costs: list[Decimal]
):
    penalties = {str(index): cost for index, cost in enumerate(costs)}
    rule = ScoringRule(max_score=top, partial_credit=partial, hint_penalty=penalties)
    found = arithmetic(trace(str(credit)), rule, list(penalties))
    assert found is not None
    assert 0 <= found.score <= top
    assert found.raw_score == 0 or partial or found.raw_score == top
    assert found.score == max(0, found.raw_score - sum(costs))


def composite(rules: list[Any], answers: list[Any], *, partial: bool = True) -> Judgement:
    schema = {"type": "composite_answer", "parts": [NUMBER, SELECT, NUMBER]}
    key = {"parts": [{"value": 5}, {"choices": ["a", "b", "c"]}, {"value": 7}]}
    return tried(
        schema,
        key,
        {"parts": answers},
        {"parts": rules},
        scoring={"maxScore": 10, "partialCredit": partial},
    )


ALL = [{"value": 5}, {"choices": ["a", "b", "c"]}, {"value": 7}]


def test_B37_parts_count_by_their_weights():
    rules = [{"weight": 1}, {"weight": "0.5"}, {"weight": 2.5}]
    whole = composite(rules, ALL)
    assert (whole.verdict, whole.reason) == (Verdict.CORRECT, Reason.ALL_RIGHT)
    some = composite(rules, [{"value": 5}, {"choices": ["a"]}, {"value": 8}])
    assert (some.verdict, some.reason) == (Verdict.PARTIAL, Reason.SOME_RIGHT)
    assert some.arithmetic is not None
    assert some.arithmetic.score == Decimal("2.916667")  # 10 · (1 + 0.5/3) / 4
    assert [part.path for part in some.trace.parts] == ["$.parts[0]", "$.parts[1]", "$.parts[2]"]
    none = composite(rules, [{"value": 6}, {"choices": []}, {"value": 8}])
    assert (none.verdict, none.reason) == (Verdict.INCORRECT, Reason.NONE_RIGHT)


def test_B39_without_partial_credit_a_composite_is_all_or_nothing_and_nothing_is_partial():
    rules: list[Any] = [{}, {}, {}]
    some = composite(rules, [{"value": 5}, {"choices": ["a"]}, {"value": 7}], partial=False)
    assert some.verdict is Verdict.INCORRECT
    assert some.arithmetic is not None
    assert some.arithmetic.score == 0
    verdicts = [part.verdict for part in some.trace.parts]
    assert verdicts == [Verdict.CORRECT, Verdict.INCORRECT, Verdict.CORRECT]


def test_B37_one_part_that_cannot_be_read_makes_the_whole_an_invalid_format():
    judgement = composite([{}, {}, {}], [{"value": "?"}, ALL[1], ALL[2]])
    assert (judgement.verdict, judgement.reason) == (Verdict.INVALID_FORMAT, Reason.UNREADABLE)
    assert judgement.arithmetic is None


PROOF = {"type": "proof", "rubricRequired": True}
FORMULA = {"type": "expression", "syntax": "plain"}


def test_B37_one_part_for_a_person_makes_the_whole_unknown_and_the_others_keep_their_credit():
    schema = {"type": "composite_answer", "parts": [NUMBER, PROOF]}
    judgement = tried(
        schema, {"parts": [{"value": 5}, None]}, {"parts": [{"value": 5}, {"text": "…"}]}
    )
    assert (judgement.verdict, judgement.reason) == (Verdict.UNKNOWN, Reason.FOR_A_PERSON)
    assert judgement.arithmetic is None
    assert [part.credit for part in judgement.trace.parts] == [1, None]


def test_B34_expressions_are_asked_by_path_and_judged_by_what_was_found():
    schema = read_schema(
        {
            "type": "composite_answer",
            "parts": [NUMBER, {"type": "composite_answer", "parts": [FORMULA, FORMULA]}],
        }
    )
    key = read_key(
        schema, {"parts": [{"value": 1}, {"parts": [{"expression": "x"}, {"expression": "y"}]}]}
    )
    rule = read_rule(
        schema, {"parts": [{}, {"rule": {"parts": [{"rule": {"mode": "antiderivative"}}, {}]}}]}
    )
    answer = read_answer(
        schema, {"parts": [{"value": 1}, {"parts": [{"expression": "x+1"}, {"expression": "y"}]}]}
    )
    asked = questions(schema, key, rule, answer)
    assert [(one.path, one.expected, one.given, one.mode.value) for one in asked] == [
        ("$.parts[1].parts[0]", "x", "x+1", "antiderivative"),
        ("$.parts[1].parts[1]", "y", "y", "equivalent"),
    ]
    open_ = judge(schema, key, rule, answer)
    assert (open_.verdict, open_.reason) == (Verdict.UNKNOWN, Reason.UNDECIDED)
    findings = {
        one.path: Finding(
            path=one.path,
            verdict=Verdict.CORRECT,
            reason=Reason.EQUAL,
            read_as=one.given,
            method="finite_field",
            facts={"points": "3"},
        )
        for one in asked
    }
    judgement = judge(schema, key, rule, answer, findings)
    assert judgement.verdict is Verdict.CORRECT
    part = judgement.trace.parts[1].parts[0]
    assert (part.read_as, part.method, part.credit) == ("x+1", "finite_field", Decimal(1))
    assert part.facts == {"key": "x", "points": "3"}


def test_key_rule_and_answer_of_another_schema_are_a_mistake_of_the_program():
    number, choice = read_schema(NUMBER), read_schema(SELECT)
    key, rule = read_key(number, {"value": 5}), read_rule(number, {})
    with pytest.raises(TypeError):
        judge(number, key, rule, read_answer(choice, {"choices": []}))


@given(
    st.lists(st.tuples(st.one_of(st.none(), credits_), points), min_size=1, max_size=4),
    st.lists(st.tuples(credits_, points.filter(bool)), min_size=1, max_size=3),
    st.booleans(),
)
def test_B39_the_leaves_alone_recompute_every_score(
    outer: list[tuple[Decimal | None, Decimal]], inner: list[tuple[Decimal, Decimal]], partial: bool
):
    leaves = [
        trace(None if credit is None else str(credit), str(weight)) for credit, weight in outer
    ]
    group = trace("0", "1", *(trace(str(credit), str(weight)) for credit, weight in inner))
    whole = trace("0", "1", group, *leaves)
    found = recompute(whole, ScoringRule(max_score=Decimal(10), partial_credit=partial))
    assert (found is None) == any(credit is None for credit, _ in outer)
    if found is not None:
        assert 0 <= found.score <= 10


def test_the_learner_sees_no_key_no_fact_and_no_raw_answer():
    judgement = composite([{}, {}, {}], [{"value": "1,234"}, {"choices": ["f"]}, {"value": 7}])
    shown = feedback(judgement.trace)
    assert set(shown.__struct_fields__) == {
        "verdict",
        "reason",
        "read_as",
        "notes",
        "parts",
    }
    assert shown.parts[0].notes == ("comma_read_as_decimal",)
    assert shown.parts[0].read_as == "1.234"
    assert shown.parts[1].reason is Reason.NONE_RIGHT
