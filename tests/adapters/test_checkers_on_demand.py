"""Checkers of a server: no worker until an expression is to be judged, none left at the end."""

import pytest
from msgspec import Raw

from adapters.checkers.on_demand import Checkers
from domain.answers.unfit import Unfit
from domain.answers.verdict import Reason, Verdict
from domain.problem_content import VersionContent
from domain.problem_paper import paper
from tests.domain.problem_world import READY, content, raw, rule

EXPRESSION = content(
    answer_schema=raw({"type": "expression", "syntax": "plain"}),
    key=raw({"expression": "2x"}),
    rules=(rule("auto"), rule("external", "external")),
)


def answer(value: str) -> Raw:
    return raw({"expression": value})


async def verdict(checkers: Checkers, parts: VersionContent, given: Raw) -> Verdict:
    return (await checkers.judge(paper(parts), given)).verdict


async def test_numbers_need_no_worker():
    async with Checkers() as checkers:
        assert await verdict(checkers, READY, raw({"value": "4,0"})) is Verdict.CORRECT
        assert await verdict(checkers, READY, raw({"value": 5})) is Verdict.INCORRECT
        assert checkers._pool.pids == []


async def test_workers_start_with_the_first_expression_and_end_with_the_server():
    async with Checkers() as checkers:
        assert await verdict(checkers, EXPRESSION, answer("x + x")) is Verdict.CORRECT
        assert await verdict(checkers, EXPRESSION, answer("3x")) is Verdict.INCORRECT
        assert checkers._pool.pids
    assert checkers._pool.pids == []


async def test_what_others_judge_is_unknown_here():
    async with Checkers() as checkers:
        judgement = await checkers.judge(paper(EXPRESSION, "external"), answer("x + x"))
        assert (judgement.verdict, judgement.reason) == (Verdict.UNKNOWN, Reason.FOR_A_PERSON)
        assert judgement.arithmetic is None
        assert checkers._pool.pids == []


async def test_an_answer_of_another_shape_is_unfit():
    async with Checkers() as checkers:
        with pytest.raises(Unfit) as caught:
            await checkers.judge(paper(READY), answer("2x"))
        assert caught.value.code == "ANSWER_SCHEMA_MISMATCH"
