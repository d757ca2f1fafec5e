"""Attempt under a deadline, any order of saves, extensions and clocks: it never moves by itself."""

import msgspec
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from domain.attempt import (
    Answer,
    AnswersBranched,
    AnswersSaved,
    Attempt,
    AttemptExtended,
    AttemptNotActive,
    Phase,
)
from domain.exam_attempt import (
    AccommodateAttempt,
    AllowExtension,
    ExpireAttempt,
    ExtendAttempt,
    SaveAnswers,
    SubmitAttempt,
    attempt,
)
from domain.instants import plus
from domain.kernel import Command, Event, fold
from domain.registry import EVENTS, TAGS
from domain.time_limit import Allowance, EndedBy, ExamExtension
from tests.domain.test_attempt import DOCUMENT, T0
from tests.domain.test_attempt_deadline import TIMED

GRACE = 10


class DeadlineMachine(RuleBasedStateMachine):
    """The model is the deadline in seconds after the start, moved by granted extensions only."""

    def __init__(self) -> None:
        super().__init__()
        self.log: list[Event] = [TIMED]
        self.live: Attempt = fold(attempt, self.log)
        self.deadline = 600
        self.granted = 0
        self.clock = 0
        self.typed: list[str] = []
        self.counted: list[str] = []

    def execute(self, command: Command) -> list[Event]:
        events = list(attempt.decide(self.live, command))
        for event in events:
            self.live = attempt.evolve(self.live, event)
        self.log += events
        return events

    @property
    def open(self) -> bool:
        return self.live.phase is Phase.STARTED

    def in_time(self, at: int) -> bool:
        return at <= self.deadline + GRACE

    def now(self) -> str:
        return plus(T0, self.clock)

    @rule(step=st.integers(-100, 400))
    def time_passes_or_the_clock_steps_back(self, step: int) -> None:
        self.clock = max(0, self.clock + step)

    @rule(waited=st.integers(0, 60))
    def save(self, waited: int) -> None:
        text = f"text {len(self.typed)}"
        arrived = max(0, self.clock - waited)
        counts = self.open and self.in_time(arrived)
        self.typed.append(text)
        command = SaveAnswers(
            changes=(Answer("q1", text),), now=self.now(), arrived=plus(T0, arrived)
        )
        [event] = self.execute(command)
        assert isinstance(event, AnswersSaved) is counts
        assert isinstance(event, AnswersBranched) is not counts
        if counts:
            self.counted.append(text)

    @rule()
    def the_sweeper_or_a_reader_looks(self) -> None:
        over = self.open and not self.in_time(self.clock)
        events = self.execute(ExpireAttempt(document=DOCUMENT, now=self.now()))
        assert bool(events) is over
        if over:
            assert self.live.ended_by is EndedBy.DEADLINE

    @rule(waited=st.integers(0, 60))
    def submit(self, waited: int) -> None:
        arrived = max(0, self.clock - waited)
        expected = EndedBy.LEARNER if self.in_time(arrived) else EndedBy.DEADLINE
        before = self.open
        self.execute(SubmitAttempt(document=DOCUMENT, now=self.now(), arrived=plus(T0, arrived)))
        assert not self.open
        if before:
            assert self.live.ended_by is expected

    @rule(minutes=st.integers(1, 10))
    def staff_extend_the_attempt(self, minutes: int) -> None:
        extension_id = f"one {len(self.log)}"
        active = self.open and self.in_time(self.clock)
        command = ExtendAttempt(
            extension_id=extension_id, minutes=minutes, reason="r", now=self.now()
        )
        try:
            self.execute(command)
        except AttemptNotActive:
            assert not active
        else:
            assert active
            self.deadline += minutes * 60
            assert self.execute(command) == []

    @rule(minutes=st.integers(1, 10), ago=st.integers(0, 120))
    def staff_extended_the_exam(self, minutes: int, ago: int) -> None:
        at = max(0, self.clock - ago)
        extension = ExamExtension(
            extension_id=f"all {len(self.log)}", minutes=minutes, at=plus(T0, at), reason="r"
        )
        reaches = self.open and self.in_time(at)
        events = self.execute(AllowExtension(extension=extension))
        assert bool(events) is reaches
        if reaches:
            self.deadline += minutes * 60
            assert self.execute(AllowExtension(extension=extension)) == []

    @rule(minutes=st.integers(0, 30))
    def the_learner_is_accommodated(self, minutes: int) -> None:
        reaches = self.open and self.in_time(self.clock) and minutes > self.granted
        command = AccommodateAttempt(
            allowance=Allowance(minutes=minutes), reason="r", now=self.now()
        )
        assert bool(self.execute(command)) is reaches
        if reaches:
            self.deadline += (minutes - self.granted) * 60
            self.granted = minutes

    @invariant()
    def the_deadline_moved_by_extensions_only(self) -> None:
        assert self.live.limit is not None
        assert self.live.limit.expires_at == plus(T0, self.deadline)
        assert self.live.limit.closes_at == plus(T0, self.deadline + GRACE)
        moves = [event for event in self.log if isinstance(event, AttemptExtended)]
        assert self.deadline == 600 + sum(event.seconds for event in moves)

    @invariant()
    def what_counts_is_the_last_save_in_time_and_no_text_was_dropped(self) -> None:
        answer = self.live.answers.get("q1")
        assert (answer.response if answer else None) == (self.counted[-1] if self.counted else None)
        kept = {
            answer.response
            for event in self.log
            if isinstance(event, AnswersSaved | AnswersBranched)
            for answer in event.changes
        }
        assert kept == set(self.typed)

    @invariant()
    def replay_from_bytes_is_the_live_state(self) -> None:
        stored = [(TAGS[type(event)], msgspec.json.encode(event)) for event in self.log]
        replayed = [msgspec.json.decode(data, type=EVENTS[tag]) for tag, data in stored]
        assert fold(attempt, replayed) == self.live


DeadlineMachine.TestCase.settings = settings(max_examples=60, stateful_step_count=40, deadline=None)
TestDeadlineMachine = DeadlineMachine.TestCase
