"""Attempt judging: the command that has an answer judged, a machine's finding in it (C5.5, C5.12).

Judging happens before the transaction and may be repeated; attempt, check and evidence then change
together in it.
"""

from time import perf_counter
from typing import Final, NamedTuple

from adapters.checkers.on_demand import Checkers
from adapters.ledger import Ledger
from domain.answers.rule import Method
from domain.answers.verdict import Judgement
from domain.attempt import Attempt
from domain.evidence import Basis
from domain.frozen_rule import FrozenRule, method_for, paper_for_check
from domain.instants import Instant
from domain.problem import problem
from domain.problem_attempt import CheckAttempt, refuse_to_check
from domain.problem_paper import Paper
from domain.problem_version import known, problem_version

_BY_MACHINE: Final = frozenset({Method.AUTO, Method.HYBRID})


class Judged(NamedTuple):
    """What a machine made of an answer, and how long it took."""

    judgement: Judgement | None = None
    duration_ms: int = 0


class Wanted(NamedTuple):
    """How an answer is to be judged: by which rule of its version, by whom, perhaps once more.

    `learner` is named where it is they who ask: each has a share of the workers.
    """

    rule_id: str | None = None
    mode: Method | None = None
    again: bool = False
    learner: str | None = None


async def check_command(
    ledger: Ledger,
    checkers: Checkers,
    attempt: Attempt,
    wanted: Wanted,
    *,
    check_id: str,
    basis: Basis,
    now: Instant,
) -> CheckAttempt:
    """The command that starts a check, with what a machine found where the method asks for one.

    Raises AttemptNotSubmitted, CheckingRuleRequired, CheckingRuleMismatch, ModeNotAllowed, Unfit,
    TooBusy.
    """
    refuse_to_check(attempt, again=wanted.again)
    paper, rule = await judged_by(ledger, attempt, wanted.rule_id)
    method = method_for(rule, wanted.mode)
    found = await judged(checkers, attempt, paper, method, wanted.learner)
    about, _ = await ledger.read(problem, attempt.problem.problem_id)
    return CheckAttempt(
        check_id=check_id,
        rule=rule,
        mode=wanted.mode,
        subject_key=about.subject_key or None,
        judgement=found.judgement,
        duration_ms=found.duration_ms,
        again=wanted.again,
        basis=basis,
        now=now,
    )


async def judged_by(
    ledger: Ledger, attempt: Attempt, rule_id: str | None
) -> tuple[Paper, FrozenRule]:
    """What the answer of an attempt is judged by: a rule of its version, by default the first.

    Raises CheckingRuleRequired, CheckingRuleMismatch, Unfit.
    """
    version, _ = await ledger.read(problem_version, attempt.subject.id)
    return paper_for_check(known(version).content, rule_id)


async def judged(
    checkers: Checkers, attempt: Attempt, paper: Paper, method: Method, learner: str | None = None
) -> Judged:
    """What a machine makes of the answer, if the method asks for one. Raises Unfit, TooBusy."""
    if method not in _BY_MACHINE:
        return Judged()
    began = perf_counter()
    work = attempt.problem
    judgement = await checkers.judge(paper, work.answer, work.hints, learner=learner)
    return Judged(judgement, round((perf_counter() - began) * 1000))
