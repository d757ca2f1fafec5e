"""Judging an answer with all it takes: its expressions go to the pool, the rest is pure."""

import asyncio
from collections.abc import Sequence

from adapters.checkers.pool import ExpressionPool
from domain.answers.answer import Answer
from domain.answers.expression import Finding
from domain.answers.judging import ONE_POINT, questions
from domain.answers.judging import judge as judged
from domain.answers.key import Key
from domain.answers.rule import Rule, ScoringRule
from domain.answers.schema import AnswerSchema
from domain.answers.verdict import Judgement

BUDGET_SECONDS = 3.0  # for all expressions of one answer; the rest stays unknown


async def judge(
    pool: ExpressionPool,
    schema: AnswerSchema,
    key: Key,
    rule: Rule,
    answer: Answer,
    *,
    scoring: ScoringRule = ONE_POINT,
    hints: Sequence[str] = (),
    learner: str | None = None,
) -> Judgement:
    """How much of the answer is right, and why. Raises TooBusy when the pool takes no more."""
    findings: dict[str, Finding] = {}
    asked = questions(schema, key, rule, answer)
    if asked:
        loop = asyncio.get_running_loop()
        until = loop.time() + BUDGET_SECONDS
        async with pool.admitted(learner):
            for question in asked:
                if loop.time() >= until:
                    break
                findings[question.path] = await pool.ask(question)
    return judged(schema, key, rule, answer, findings, scoring=scoring, hints=hints)
