"""Checking for tests: a rule, judgements of the real engine, and attempts with their policies."""

from collections.abc import Sequence
from decimal import Decimal
from typing import Any

from domain.answer_check import AnswerCheck, answer_check
from domain.answers.answer import read_answer
from domain.answers.judging import judge
from domain.answers.key import read_key
from domain.answers.rule import Method, ScoringRule, read_rule
from domain.answers.schema import read_schema
from domain.answers.verdict import Judgement
from domain.attempt import Attempt, Learner, Subject
from domain.documents import NOTHING
from domain.evidence import PLAIN, Basis, EvidenceRecorded, EvidenceSuperseded, Signal, evidence
from domain.frozen_rule import FrozenRule
from domain.kernel import Command, Event
from domain.manual_review import ManualReview, manual_review
from domain.problem_attempt import (
    CheckAttempt,
    StartProblemAttempt,
    SubmitProblemAttempt,
    TakeHint,
    problem_attempt,
)
from domain.problem_version import VersionStatus
from tests.domain.problem_world import NOW, World, raw

ANN = Learner("bank", "ann")
VERSION = Subject("problem_version", "v1", "0" * 64, "1")
MOST = Decimal(4)
SCORING = ScoringRule(
    max_score=MOST,
    partial_credit=True,
    hint_penalty={"h1": Decimal("0.5"), "h2": Decimal(3)},
)
RUBRIC = raw({"criteria": [{"name": "idea", "maxPoints": 3}, {"name": "proof"}]})
SCHEMA = read_schema(
    {
        "type": "multiple_select",
        "options": [{"key": key, "label": key} for key in ("a", "b", "c", "d")],
    }
)
KEY = read_key(SCHEMA, {"choices": ["a", "b"]})
PROOF = read_schema({"type": "proof", "rubricRequired": True})


def answer_of(*choices: str) -> Any:
    return raw({"choices": choices})


def judged(*choices: str, hints: Sequence[str] = ()) -> Judgement:
    """What the engine says of the choices: right are `a` and `b`."""
    answer = read_answer(SCHEMA, {"choices": list(choices)})
    return judge(SCHEMA, KEY, read_rule(SCHEMA, {}), answer, scoring=SCORING, hints=hints)


def undecided() -> Judgement:
    """What the engine says of a proof: nothing."""
    answer = read_answer(PROOF, {"text": "obvious"})
    return judge(PROOF, read_key(PROOF, {}), read_rule(PROOF, {}), answer, scoring=SCORING)


def frozen(method: Method = Method.AUTO, **parts: Any) -> FrozenRule:
    given = {"scoring": SCORING, "rule_id": "r1", "rule_version": 2, "rubric": NOTHING, **parts}
    return FrozenRule(method=method, **given)


def start(attempt_id: str = "a1", learner: Learner = ANN, **parts: Any) -> StartProblemAttempt:
    given = {"problem_id": "p1", "version_status": VersionStatus.PUBLISHED, "now": NOW, **parts}
    return StartProblemAttempt(attempt_id=attempt_id, learner=learner, subject=VERSION, **given)


def submit(*choices: str, basis: Basis = PLAIN) -> SubmitProblemAttempt:
    return SubmitProblemAttempt(answer=answer_of(*choices), schema=SCHEMA, basis=basis, now=NOW)


def check(check_id: str = "c1", method: Method = Method.AUTO, **parts: Any) -> CheckAttempt:
    given = {"rule": frozen(method), "now": NOW, **parts}
    return CheckAttempt(check_id=check_id, **given)


class CheckWorld(World):
    """Attempts, checks, reviews and evidence, addressed by their ids."""

    def attempt(self, attempt_id: str = "a1") -> Attempt:
        found: Attempt = self.state(problem_attempt.stream(attempt_id))
        return found

    def check(self, check_id: str = "c1") -> AnswerCheck:
        found: AnswerCheck = self.state(answer_check.stream(check_id))
        return found

    def review(self, check_id: str = "c1") -> ManualReview:
        """The review of a check."""
        found: ManualReview = self.state(manual_review.stream(self.check(check_id).review_id or ""))
        return found

    def on_attempt(self, command: Command, attempt_id: str = "a1") -> Sequence[Event]:
        return self.do(problem_attempt.stream(attempt_id), command)

    def on_check(self, command: Command, check_id: str = "c1") -> Sequence[Event]:
        return self.do(answer_check.stream(check_id), command)

    def on_review(self, command: Command, check_id: str = "c1") -> Sequence[Event]:
        return self.do(manual_review.stream(self.check(check_id).review_id or ""), command)

    def said(self, learner: str = "ann") -> list[Signal]:
        """The signals in force, oldest first."""
        return [one.signal for one in self.in_force(learner)]

    def in_force(self, learner: str = "ann") -> list[EvidenceRecorded]:
        events = self.logs[evidence.stream(learner)]
        gone = {one.evidence_id for one in events if isinstance(one, EvidenceSuperseded)}
        return [
            one
            for one in events
            if isinstance(one, EvidenceRecorded) and one.evidence_id not in gone
        ]


def submitted(*choices: str, hints: Sequence[str] = (), basis: Basis = PLAIN) -> CheckWorld:
    """Attempt `a1` of Ann's, handed in."""
    world = CheckWorld()
    hand_in(world, "a1", *choices, hints=hints, basis=basis)
    return world


def hand_in(
    world: CheckWorld,
    attempt_id: str,
    *choices: str,
    hints: Sequence[str] = (),
    basis: Basis = PLAIN,
) -> None:
    world.on_attempt(start(attempt_id), attempt_id)
    for hint in hints:
        world.on_attempt(TakeHint(hint_key=hint, now=NOW), attempt_id)
    world.on_attempt(submit(*choices, basis=basis), attempt_id)
