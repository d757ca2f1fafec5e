"""Attempt, check, review and evidence together, through the policies, under any order of commands.

Never two verdicts that count, never a score outside its range, evidence exactly once.
"""

import contextlib
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import msgspec
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from domain.answer_check import (
    CheckCompleted,
    CheckedBy,
    CheckOverridden,
    CheckRequested,
    CheckStatus,
    CompleteCheck,
    FailCheck,
    ManualReviewRequested,
    Marks,
    OverrideCheck,
    RequestManualReview,
    RequeueCheck,
    RetryCheck,
    StartCheck,
    answer_check,
)
from domain.answers.rule import Method
from domain.attempt import AttemptChecked, Phase
from domain.evidence import Basis, EvidenceRecorded, Signal
from domain.kernel import Command, Event, Refused
from domain.manual_review import (
    AssignReview,
    CancelReview,
    ClaimReview,
    CompleteReview,
    ReleaseReview,
    ReturnReview,
    ReviewStatus,
    manual_review,
)
from domain.problem_attempt import CancelAttempt, TakeHint, VoidProblemAttempt, problem_attempt
from tests.domain.check_world import MOST, CheckWorld, check, judged, start, submit, undecided
from tests.domain.problem_world import NOW

MOST_ATTEMPTS = 4
GRADERS = ["kim", "lee"]
BASIS = Basis(topic="algebra", threshold=2)
RESULTS = {Signal.SOLVED, Signal.SOLVED_WITH_HINT, Signal.PARTIALLY_SOLVED, Signal.FAILED}
WAITING = {ReviewStatus.OPEN, ReviewStatus.ASSIGNED, ReviewStatus.RETURNED}
FINAL = {CheckStatus.CHECKED, CheckStatus.OVERRIDDEN}

graders = st.sampled_from(GRADERS)
choices = st.sets(st.sampled_from(["a", "b", "c"]), max_size=3).map(sorted)
hints = st.sampled_from(["h1", "h2", "free"])
fair = st.sampled_from(["0", "0.5", "3.5", "4"]).map(Decimal)
points = fair | fair | st.sampled_from(["-1", "4.000001", "100", "NaN", "Infinity"]).map(Decimal)
verdicts = st.booleans() | st.none()
marks = st.builds(Marks, score=points, is_correct=verdicts)


class CheckMachine(RuleBasedStateMachine):
    """The log is the model: everything is asked of the events that were accepted."""

    def __init__(self) -> None:
        super().__init__()
        self.world = CheckWorld()
        self.attempts: list[str] = []
        self.checks: list[str] = []

    def execute(self, do: Callable[[Command, str], object], command: Command, key: str) -> bool:
        """Whether it was accepted; refused, it leaves no trace; the same again changes nothing."""
        world = self.world
        before = {stream: tuple(log) for stream, log in world.logs.items() if log}
        states = dict(world.states)
        try:
            do(command, key)
        except Refused:
            after = {stream: tuple(log) for stream, log in world.logs.items() if log}
            assert after == before
            assert world.states == states
            return False
        count = sum(map(len, world.logs.values()))
        with contextlib.suppress(Refused):
            do(command, key)
        assert sum(map(len, world.logs.values())) == count
        return True

    def on_attempt(self, data: st.DataObject, command: Command, *phases: Phase) -> str | None:
        """The attempt that took the command: most often one in one of the phases."""
        likely = [one for one in self.attempts if self.world.attempt(one).phase in phases]
        found = _one_of(data, likely, self.attempts)
        return found if self.execute(self.world.on_attempt, command, found) else None

    def on_check(self, data: st.DataObject, command: Command, *statuses: CheckStatus) -> None:
        likely = [one for one in self.checks if self.world.check(one).status in statuses]
        self.execute(self.world.on_check, command, _one_of(data, likely, self.checks))

    def on_review(self, data: st.DataObject, command: Command, *statuses: ReviewStatus) -> None:
        likely = [one for one in self.checks if self.world.review(one).status in statuses]
        self.execute(self.world.on_review, command, _one_of(data, likely, self.checks))

    @precondition(lambda self: len(self.attempts) < MOST_ATTEMPTS)
    @rule(hints=st.sets(hints), chosen=choices)
    def a_learner_hands_in(self, hints: set[str], chosen: list[str]) -> None:
        attempt_id = f"a{len(self.attempts) + 1}"
        self.attempts.append(attempt_id)
        taken = [TakeHint(hint_key=one, now=NOW) for one in sorted(hints)]
        for command in [start(attempt_id), *taken, submit(*chosen, basis=BASIS)]:
            assert self.execute(self.world.on_attempt, command, attempt_id)

    @precondition(lambda self: len(self.attempts) < MOST_ATTEMPTS)
    @rule(gives_up=st.booleans())
    def a_learner_starts(self, gives_up: bool) -> None:
        attempt_id = f"a{len(self.attempts) + 1}"
        self.attempts.append(attempt_id)
        assert self.execute(self.world.on_attempt, start(attempt_id), attempt_id)
        if gives_up:
            assert self.execute(self.world.on_attempt, CancelAttempt(now=NOW), attempt_id)

    @precondition(lambda self: self.attempts)
    @rule(data=st.data(), hint=hints, chosen=choices)
    def they_go_on(self, data: st.DataObject, hint: str, chosen: list[str]) -> None:
        self.on_attempt(data, TakeHint(hint_key=hint, now=NOW), Phase.STARTED)
        self.on_attempt(data, submit(*chosen, basis=BASIS), Phase.STARTED)

    def ask(
        self, data: st.DataObject, method: Method, chosen: list[str] | None, **parts: Any
    ) -> None:
        finding = undecided() if chosen is None else judged(*chosen)
        command = check(
            f"c{len(self.checks) + 1}",
            method,
            **{"judgement": finding, "again": True, "basis": BASIS, **parts},
        )
        if self.on_attempt(data, command, Phase.SUBMITTED, Phase.CHECKED):
            self.checks.append(command.check_id)

    @precondition(lambda self: self.attempts)
    @rule(data=st.data(), chosen=choices, again=st.booleans())
    def a_machine_judges(self, data: st.DataObject, chosen: list[str], again: bool) -> None:
        self.ask(data, Method.AUTO, chosen, again=again)

    @precondition(lambda self: self.attempts)
    @rule(
        data=st.data(),
        method=st.sampled_from([Method.MANUAL, Method.HYBRID]),
        chosen=st.none() | choices,
    )
    def a_person_is_to_judge(
        self, data: st.DataObject, method: Method, chosen: list[str] | None
    ) -> None:
        self.ask(data, method, chosen)

    @precondition(lambda self: self.attempts)
    @rule(data=st.data(), method=st.sampled_from(Method), mode=st.none() | st.sampled_from(Method))
    def a_check_is_to_wait(self, data: st.DataObject, method: Method, mode: Method | None) -> None:
        self.ask(data, method, None, mode=mode, judgement=None)

    @precondition(lambda self: len(self.checks) > 4)
    @rule(data=st.data())
    def staff_annul(self, data: st.DataObject) -> None:
        annul = VoidProblemAttempt(reason="a leak", now=NOW)
        self.on_attempt(data, annul, Phase.CHECKING, Phase.CHECKED)

    @precondition(lambda self: self.checks)
    @rule(data=st.data(), chosen=st.none() | choices)
    def a_machine_finds_out_late(self, data: st.DataObject, chosen: list[str] | None) -> None:
        finding = undecided() if chosen is None else judged(*chosen)
        command = CompleteCheck(finding=finding, by=CheckedBy.AUTO, basis=BASIS, now=NOW)
        self.on_check(data, command, CheckStatus.PENDING)

    @precondition(lambda self: self.checks)
    @rule(data=st.data(), marks=marks, by=st.sampled_from(CheckedBy))
    def a_service_reports(self, data: st.DataObject, marks: Marks, by: CheckedBy) -> None:
        command = CompleteCheck(finding=marks, by=by, basis=BASIS, now=NOW)
        self.on_check(data, command, CheckStatus.PENDING)

    @precondition(lambda self: self.checks)
    @rule(data=st.data(), try_no=st.integers(1, 3), will_retry=st.booleans())
    def a_try_fails(self, data: st.DataObject, try_no: int, will_retry: bool) -> None:
        begin = StartCheck(worker_id="w", try_no=try_no, now=NOW)
        fail = FailCheck(error="down", try_no=try_no, will_retry=will_retry)
        self.on_check(data, begin, CheckStatus.PENDING)
        self.on_check(data, fail, CheckStatus.PENDING)

    @precondition(lambda self: self.checks)
    @rule(data=st.data(), chosen=st.none() | choices, requeue=st.booleans())
    def retry(self, data: st.DataObject, chosen: list[str] | None, requeue: bool) -> None:
        finding = None if chosen is None else judged(*chosen)
        again = RetryCheck(judgement=finding, basis=BASIS, now=NOW)
        command = RequeueCheck(queue_id="q2") if requeue else again
        self.on_check(data, command, CheckStatus.FAILED)

    @precondition(lambda self: self.checks)
    @rule(data=st.data())
    def ask_for_a_person(self, data: st.DataObject) -> None:
        self.on_check(data, RequestManualReview(basis=BASIS), CheckStatus.PENDING)

    @precondition(lambda self: self.checks)
    @rule(data=st.data(), score=points, is_correct=verdicts)
    def override(self, data: st.DataObject, score: Decimal, is_correct: bool | None) -> None:
        command = OverrideCheck(
            score=score, is_correct=is_correct, reason="a fair doubt", basis=BASIS, now=NOW
        )
        self.on_check(data, command, CheckStatus.CHECKED, CheckStatus.NEEDS_MANUAL_REVIEW)

    @precondition(lambda self: self.checks)
    @rule(data=st.data(), by=graders, to=st.none() | graders)
    def take(self, data: st.DataObject, by: str, to: str | None) -> None:
        command = ClaimReview(by=by) if to is None else AssignReview(to, by=by)
        self.on_review(data, command, ReviewStatus.OPEN, ReviewStatus.RETURNED)

    @precondition(lambda self: self.checks)
    @rule(data=st.data(), by=graders, for_others=st.booleans())
    def release(self, data: st.DataObject, by: str, for_others: bool) -> None:
        self.on_review(data, ReleaseReview(by, for_others=for_others), ReviewStatus.ASSIGNED)

    @precondition(lambda self: self.checks)
    @rule(data=st.data(), by=graders, marks=marks)
    def complete(self, data: st.DataObject, by: str, marks: Marks) -> None:
        command = CompleteReview(by=by, marks=marks, basis=BASIS, now=NOW)
        self.on_review(data, command, ReviewStatus.ASSIGNED)

    @precondition(lambda self: self.checks)
    @rule(by=graders, score=fair, once_more=st.booleans())
    def a_person_decides(self, by: str, score: Decimal, once_more: bool) -> None:
        waits = [one for one in self.checks if self.world.review(one).status in WAITING]
        for check_id in waits[:1]:
            owner = self.world.review(check_id).assignee or by
            result = CompleteReview(by=owner, marks=Marks(score=score), basis=BASIS, now=NOW)
            redo = [ReturnReview(reason="too quick", basis=BASIS)] if once_more else []
            for command in [ClaimReview(by=owner), result, *redo]:
                assert self.execute(self.world.on_review, command, check_id)

    @precondition(lambda self: self.checks)
    @rule(data=st.data())
    def ask_for_it_once_more(self, data: st.DataObject) -> None:
        self.on_review(data, ReturnReview(reason="too quick", basis=BASIS), ReviewStatus.CHECKED)

    @precondition(lambda self: self.checks)
    @rule(data=st.data())
    def take_it_out_of_the_queue(self, data: st.DataObject) -> None:
        self.on_review(data, CancelReview(reason="a duplicate"), ReviewStatus.OPEN)

    # --- what holds ---------------------------------------------------------------------------

    @invariant()
    def B97_no_check_has_two_verdicts_unless_it_was_reopened_or_overridden(self) -> None:
        for check_id in self.checks:
            decided = False
            for event in self.world.logs[answer_check.stream(check_id)]:
                match event:
                    case CheckRequested() | ManualReviewRequested():
                        decided = False
                    case CheckCompleted():
                        assert not decided
                        decided = True
                    case CheckOverridden():
                        decided = True
                    case _:
                        pass

    @invariant()
    def B39_no_score_lies_outside_its_range(self) -> None:
        for log in self.world.logs.values():
            for event in log:
                score = getattr(event, "score", None)
                assert score is None or 0 <= score <= MOST

    @invariant()
    def B36_what_a_person_must_decide_no_machine_decides(self) -> None:
        for check_id in self.checks:
            state = self.world.check(check_id)
            if state.method in {Method.MANUAL, Method.HYBRID}:
                assert state.by in {None, CheckedBy.MANUAL}

    @invariant()
    def B99_each_attempt_with_a_result_has_one_result_evidence_that_counts(self) -> None:
        counted: dict[str, list[Decimal | None]] = {name: [] for name in self.attempts}
        for one in self.world.in_force():
            if one.signal in RESULTS:
                counted[one.attempt_id].append(one.score)
        for name in self.attempts:
            state = self.world.attempt(name)
            gone = not state.problem.results or state.phase is Phase.VOID
            assert len(counted[name]) == (0 if gone else 1)
            outcome = state.problem.outcome
            assert gone or outcome is None or counted[name] == [outcome.score]

    @invariant()
    def B99_every_result_led_to_one_evidence_and_every_submit_to_one(self) -> None:
        recorded = [
            one for one in self.world.logs["evidence-ann"] if isinstance(one, EvidenceRecorded)
        ]
        assert len(recorded) == len({one.evidence_id for one in recorded})
        results = [one for one in recorded if one.signal in RESULTS]
        assert len(results) == len(self.of_kind(AttemptChecked))
        submits = [one for one in self.world.in_force() if one.signal is Signal.ATTEMPTED]
        handed_in = [
            name for name in self.attempts if self.world.attempt(name).submitted_at is not None
        ]
        assert sorted(one.attempt_id for one in submits) == handed_in
        waits = [one for one in self.world.in_force() if one.signal is Signal.NEEDS_REVIEW]
        assert len(waits) == len(self.of_kind(ManualReviewRequested))

    @invariant()
    def B98_difficulty_is_repeated_while_its_failure_counts(self) -> None:
        in_force = self.world.in_force()
        repeated = [one for one in in_force if one.signal is Signal.REPEATED_DIFFICULTY]
        failed = {one.attempt_id for one in in_force if one.signal is Signal.FAILED}
        assert {one.attempt_id for one in repeated} <= failed
        assert len(repeated) <= len(failed)

    @invariant()
    def the_attempt_stands_where_its_check_stands(self) -> None:
        for name in self.attempts:
            state = self.world.attempt(name)
            if state.problem.check_id is None:
                assert state.phase not in {Phase.CHECKING, Phase.CHECKED}
                continue
            status = self.world.check(state.problem.check_id).status
            waiting = {CheckStatus.PENDING, CheckStatus.NEEDS_MANUAL_REVIEW}
            match state.phase:
                case Phase.CHECKING:
                    assert status in waiting
                case Phase.CHECKED:
                    assert status in FINAL
                case Phase.SUBMITTED:
                    assert status is CheckStatus.FAILED
                case _:
                    assert state.phase is Phase.VOID
                    assert status not in waiting
            outcome = state.problem.outcome
            if state.phase is Phase.CHECKED:
                assert outcome is not None
                counts = self.world.check(outcome.check_id)
                assert (counts.score, counts.is_correct) == (outcome.score, outcome.is_correct)

    @invariant()
    def a_review_waits_as_long_as_its_check_does(self) -> None:
        for check_id in self.checks:
            state = self.world.check(check_id)
            waits = state.status is CheckStatus.NEEDS_MANUAL_REVIEW
            found = [
                self.world.state(stream)
                for stream in self.world.logs
                if stream.startswith(manual_review.category)
                and self.world.state(stream).check_id == check_id
            ]
            waiting = [one.review_id for one in found if one.status in WAITING]
            assert waiting == ([state.review_id] if waits else [])

    @invariant()
    def B101_the_answer_is_in_its_attempt_alone(self) -> None:
        for stream, log in self.world.logs.items():
            if not stream.startswith(problem_attempt.category):
                assert b'"raw":' not in msgspec.json.encode(log)

    @invariant()
    def replay_from_bytes_is_the_live_state(self) -> None:
        for stream, state in self.world.states.items():
            assert self.world.replayed(stream) == state

    def of_kind(self, kind: type[Event]) -> list[Event]:
        logs = self.world.logs.values()
        return [event for log in logs for event in log if isinstance(event, kind)]


def _one_of(data: st.DataObject, likely: list[str], every: list[str]) -> str:
    usual = bool(likely) and data.draw(st.integers(0, 5)) > 0
    return data.draw(st.sampled_from(likely if usual else every))


CheckMachine.TestCase.settings = settings(max_examples=80, stateful_step_count=50, deadline=None)
TestCheckMachine = CheckMachine.TestCase
