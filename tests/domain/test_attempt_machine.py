"""Attempt under two tabs, reordered and repeated saves: nothing acknowledged is lost."""

from typing import Any

import msgspec
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from domain.attempt import (
    Answer,
    Attempt,
    AttemptNotActive,
    Phase,
    SaveAnswers,
    SubmitAttempt,
    attempt,
)
from domain.kernel import Command, Event, fold
from domain.registry import EVENTS, TAGS
from tests.domain.test_attempt import DOCUMENT, STARTED

QUESTIONS = ["q1", "q2", "q3"]
responses = st.none() | st.booleans() | st.sampled_from([0, 1, 1.0, "", "A", "B", [], ["A"], {}])


class AttemptMachine(RuleBasedStateMachine):
    """The model is a plain dict of what was acknowledged last; the log is all events."""

    def __init__(self) -> None:
        super().__init__()
        self.log: list[Event] = [STARTED]
        self.live: Attempt = fold(attempt, self.log)
        self.acknowledged: dict[str, Any] = {}
        self.offline: list[dict[str, Any]] = []
        self.clock = 0

    def execute(self, command: Command) -> list[Event]:
        before = self.live
        events = list(attempt.decide(self.live, command))
        assert self.live is before  # deciding changes nothing
        for event in events:
            self.live = attempt.evolve(self.live, event)
        self.log += events
        assert list(attempt.decide(self.live, command)) == []  # the same again is silent
        return events

    def save(self, answers: dict[str, Any]) -> None:
        changes = tuple(Answer(q, r) for q, r in answers.items())
        try:
            self.execute(SaveAnswers(changes=changes, now=self.now()))
        except AttemptNotActive:
            assert self.live.phase is Phase.FINISHED
        else:
            self.acknowledged |= answers

    def now(self) -> str:
        return f"2026-01-05T09:{self.clock // 60:02}:{self.clock % 60:02}.000Z"

    @rule(step=st.integers(-5, 30))
    def time_moves_or_steps_back(self, step: int) -> None:
        self.clock = min(3599, max(0, self.clock + step))

    @rule(answers=st.dictionaries(st.sampled_from(QUESTIONS), responses, max_size=3))
    def one_tab_saves(self, answers: dict[str, Any]) -> None:
        self.save(answers)

    @rule(answers=st.dictionaries(st.sampled_from(QUESTIONS), responses, min_size=1, max_size=3))
    def another_tab_saves_while_offline(self, answers: dict[str, Any]) -> None:
        self.offline.append(answers)

    @precondition(lambda self: self.offline)
    @rule(data=st.data())
    def an_offline_save_arrives_late_perhaps_out_of_order(self, data: st.DataObject) -> None:
        index = data.draw(st.integers(0, len(self.offline) - 1))
        self.save(self.offline.pop(index))

    @rule()
    def submit(self) -> None:
        self.execute(SubmitAttempt(document=DOCUMENT, now=self.now()))
        assert self.live.phase is Phase.FINISHED

    @invariant()
    def nothing_acknowledged_is_lost(self) -> None:
        now = {q: answer.response for q, answer in self.live.answers.items()}
        assert msgspec.json.encode(now, order="sorted") == msgspec.json.encode(
            self.acknowledged, order="sorted"
        )

    @invariant()
    def replay_from_bytes_is_the_live_state(self) -> None:
        stored = [(TAGS[type(event)], msgspec.json.encode(event)) for event in self.log]
        replayed = [msgspec.json.decode(data, type=EVENTS[tag]) for tag, data in stored]
        assert fold(attempt, replayed) == self.live

    @invariant()
    def updated_at_grows_with_every_change(self) -> None:
        times = [
            getattr(event, field)
            for event in self.log
            for field in ("started_at", "updated_at", "submitted_at", "finished_at")
            if hasattr(event, field)
        ]
        assert times == sorted(set(times))


AttemptMachine.TestCase.settings = settings(max_examples=60, stateful_step_count=30, deadline=None)
TestAttemptMachine = AttemptMachine.TestCase
