"""Judging with the pool: expressions alone and inside composites, next to what needs no worker."""

from decimal import Decimal
from typing import Any

import pytest

from adapters.checkers.judge import judge
from adapters.checkers.pool import MAX_AT_ONCE, ExpressionPool, TooBusy
from domain.answers.answer import read_answer
from domain.answers.key import read_key
from domain.answers.rule import read_rule
from domain.answers.schema import read_schema
from domain.answers.unfit import Unfit
from domain.answers.verdict import Judgement, Reason, Verdict

EXPRESSION = {"type": "expression", "syntax": "plain"}


@pytest.fixture
async def pool():
    async with ExpressionPool(workers=1) as pool:
        yield pool


async def judged(
    pool: ExpressionPool, schema: Any, key: Any, answer: Any, rule: Any = None, **how: Any
) -> Judgement:
    read = read_schema(schema)
    return await judge(
        pool,
        read,
        read_key(read, key),
        read_rule(read, rule or {}),
        read_answer(read, answer),
        **how,
    )


async def test_B34_an_expression_is_judged_by_what_it_means(pool: ExpressionPool):
    right = await judged(pool, EXPRESSION, {"expression": "(x+1)^2"}, {"expression": "x²+2x+1"})
    assert (right.verdict, right.trace.credit) == (Verdict.CORRECT, Decimal(1))
    wrong = await judged(pool, EXPRESSION, {"expression": "(x+1)^2"}, {"expression": "x²+1"})
    assert (wrong.verdict, wrong.trace.credit) == (Verdict.INCORRECT, Decimal(0))
    odd = await judged(pool, EXPRESSION, {"expression": "x"}, {"expression": "x +"})
    assert (odd.verdict, odd.reason) == (Verdict.INVALID_FORMAT, Reason.UNREADABLE)


async def test_B37_expressions_in_a_composite_are_asked_part_by_part(pool: ExpressionPool):
    schema = {
        "type": "composite_answer",
        "parts": [
            EXPRESSION,
            {"type": "numeric_with_tolerance"},
            {"type": "composite_answer", "parts": [EXPRESSION]},
        ],
    }
    key = {"parts": [{"expression": "2x"}, {"value": 3}, {"parts": [{"expression": "sin 2x"}]}]}
    answer = {
        "parts": [
            {"expression": "x+x"},
            {"value": "3"},
            {"parts": [{"expression": "2 sin x cos x"}]},
        ]
    }
    judgement = await judged(pool, schema, key, answer)
    assert judgement.verdict is Verdict.CORRECT
    assert judgement.trace.parts[2].parts[0].method == "ball_arithmetic"


async def test_the_rule_chooses_mode_and_domain(pool: ExpressionPool):
    asked = EXPRESSION, {"expression": "x²/2"}, {"expression": "x²/2 + C"}
    assert (await judged(pool, *asked)).verdict is not Verdict.CORRECT
    assert (await judged(pool, *asked, {"mode": "antiderivative"})).verdict is Verdict.CORRECT
    strict = await judged(
        pool, EXPRESSION, {"expression": "1"}, {"expression": "x/x"}, {"domain": "strict"}
    )
    assert strict.reason is Reason.DOMAIN_DIFFERS


async def test_a_time_out_is_unknown_and_has_no_score(pool: ExpressionPool):
    pool.wall = 0.0001
    judgement = await judged(pool, EXPRESSION, {"expression": "sin x"}, {"expression": "cos x"})
    assert (judgement.verdict, judgement.reason) == (Verdict.UNKNOWN, Reason.TIMED_OUT)
    assert judgement.arithmetic is None


async def test_a_learners_quota_holds_for_answers_with_expressions_only(pool: ExpressionPool):
    number = {"type": "numeric_with_tolerance"}, {"value": 1}, {"value": 1}
    async with pool.admitted("a"), pool.admitted("a"):
        assert MAX_AT_ONCE == 2
        assert (await judged(pool, *number, learner="a")).verdict is Verdict.CORRECT
        with pytest.raises(TooBusy):
            await judged(pool, EXPRESSION, {"expression": "1"}, {"expression": "1"}, learner="a")


def test_a_key_that_cannot_be_read_is_refused_with_its_place():
    schema = read_schema(EXPRESSION)
    with pytest.raises(Unfit) as refused:
        read_key(schema, {"expression": "2 +"})
    assert refused.value.path == "$.expression"
    assert refused.value.code == "ANSWER_KEY_MISMATCH"
