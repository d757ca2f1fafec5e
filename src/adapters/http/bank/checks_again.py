"""Checks again: what a machine makes of an answer whose check has failed (row C5.12)."""

from adapters.attempt_judging import Judged, judged, judged_by
from adapters.http.parts import Parts
from domain.answer_check import AnswerCheck, CheckStatus
from domain.problem_attempt import problem_attempt
from domain.problem_paper import CheckingRuleMismatch


async def judged_again(parts: Parts, check: AnswerCheck) -> Judged:
    """Judge by the rule that the check has kept. Raises CheckingRuleMismatch, Unfit, TooBusy."""
    if check.status is not CheckStatus.FAILED or check.checking_rule_id is None:
        return Judged()
    attempt, _ = await parts.ledger.read(problem_attempt, check.attempt_id)
    paper, rule = await judged_by(parts.ledger, attempt, check.checking_rule_id)
    if rule.rule_version != check.rule_version:
        raise CheckingRuleMismatch("the rule has changed since the check was asked for")
    return await judged(parts.checkers, attempt, paper, check.method)
