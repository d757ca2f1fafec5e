"""Checkers on demand: judging for a server, whose workers start with the first expression."""

import asyncio
from collections.abc import Sequence
from typing import Self

from adapters.checkers.judge import judge
from adapters.checkers.pool import ExpressionPool
from domain.answers.answer import Answer, read_answer
from domain.answers.by_hand import for_a_person
from domain.answers.judging import CHECKER, questions
from domain.answers.rule import Method
from domain.answers.schema import schema_type
from domain.answers.verdict import Judgement
from domain.documents import Document, parsed
from domain.problem_paper import Paper


class Checkers:
    """Judges answers by a version's paper; `async with` ends what was started."""

    def __init__(self) -> None:
        self._pool = ExpressionPool()
        self._starting = asyncio.Lock()
        self._started = False

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        """End the workers, if there are any."""
        async with self._starting:
            if self._started:
                await self._pool.__aexit__(None, None, None)

    async def judge(
        self,
        paper: Paper,
        document: Document,
        hints: Sequence[str] = (),
        *,
        learner: str | None = None,
    ) -> Judgement:
        """How much of an answer is right, and why; `unknown` where the rule leaves it to others.

        `hints` are those that were taken, `learner` whose share of the workers it is.
        Raises Unfit (ANSWER_SCHEMA_MISMATCH), TooBusy.
        """
        given = parsed(document)
        answer = read_answer(paper.schema, given)
        if paper.checking.method not in {Method.AUTO, Method.HYBRID}:
            trace = for_a_person(schema_type(paper.schema), given, "$")
            return Judgement(
                verdict=trace.verdict, reason=trace.reason, trace=trace, checker=CHECKER
            )
        return await judge(
            await self._ready(paper, answer),
            paper.schema,
            paper.key,
            paper.checking.rule,
            answer,
            scoring=paper.checking.scoring,
            hints=hints,
            learner=learner,
        )

    async def _ready(self, paper: Paper, answer: Answer) -> ExpressionPool:
        """The pool, its workers started if this answer needs them."""
        if not self._started and questions(paper.schema, paper.key, paper.checking.rule, answer):
            async with self._starting:
                if not self._started:
                    await self._pool.__aenter__()
                    self._started = True
        return self._pool
