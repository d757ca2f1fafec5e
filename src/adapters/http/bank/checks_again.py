"""Checks again: what a machine makes of an answer whose check has failed (row C5.12)."""

from time import perf_counter
from typing import NamedTuple

from adapters.http.parts import Parts
from domain.answer_check import AnswerCheck, CheckStatus
from domain.answers.rule import Method
from domain.answers.verdict import Judgement
from domain.frozen_rule import paper_for_check
from domain.problem_attempt import problem_attempt
from domain.problem_paper import CheckingRuleMismatch
from domain.problem_version import problem_version

_BY_MACHINE = frozenset({Method.AUTO, Method.HYBRID})


class Again(NamedTuple):
    """A machine's account, where the check's method asks for one, and what it took."""

    judgement: Judgement | None = None
    duration_ms: int = 0


async def judged_again(parts: Parts, check: AnswerCheck) -> Again:
    """Judge by the rule that the check has kept. Raises CheckingRuleMismatch, Unfit, TooBusy."""
    if check.status is not CheckStatus.FAILED or check.method not in _BY_MACHINE:
        return Again()
    attempt, _ = await parts.ledger.read(problem_attempt, check.attempt_id)
    version, _ = await parts.ledger.read(problem_version, attempt.subject.id)
    paper, rule = paper_for_check(version.content, check.checking_rule_id)
    if rule.rule_version != check.rule_version:
        raise CheckingRuleMismatch("the rule has changed since the check was asked for")
    began = perf_counter()
    judgement = await parts.checkers.judge(paper, attempt.problem.answer, attempt.problem.hints)
    return Again(judgement, round((perf_counter() - began) * 1000))
