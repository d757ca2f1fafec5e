"""Attempt under two tabs, reordered, stale, late and repeated saves: no text is ever dropped."""

from collections.abc import Mapping
from typing import Any

import msgspec
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from domain.attempt import (
    Answer,
    AnswersBranched,
    AnswersSaved,
    Attempt,
    AttemptNotActive,
    AttemptVoid,
    Phase,
    StaleRevision,
)
from domain.attempt_branches import refuse_branch
from domain.exam_attempt import SaveAnswers, SubmitAttempt, VoidAttempt, attempt
from domain.kernel import Command, Event, Refused, fold
from domain.registry import EVENTS, TAGS
from tests.domain.test_attempt import DOCUMENT, STARTED

QUESTIONS = ["q1", "q2", "q3"]
TABS = ["tab-1", "tab-2"]
responses = st.none() | st.booleans() | st.sampled_from([0, 1, 1.0, "", "A", "B", [], ["A"], {}])


class AttemptMachine(RuleBasedStateMachine):
    """The model is a plain dict of what was acknowledged last; the log is all events."""

    def __init__(self) -> None:
        super().__init__()
        self.log: list[Event] = [STARTED]
        self.live: Attempt = fold(attempt, self.log)
        self.acknowledged: dict[str, Any] = {}
        self.offline: list[dict[str, Any]] = []
        self.seen = dict.fromkeys(TABS, 1)  # the revision each tab was told last
        self.typed: list[tuple[str, bytes]] = []
        self.clock = 0

    def execute(self, command: Command) -> list[Event]:
        before = self.live
        events = list(attempt.decide(self.live, command))
        assert self.live is before  # deciding changes nothing
        for event in events:
            self.live = attempt.evolve(self.live, event)
        self.log += events
        try:
            again = list(attempt.decide(self.live, command))
        except Refused:
            again = []
        assert again == []  # the same again is silent
        return events

    def save(self, answers: dict[str, Any], tab: str | None = None) -> None:
        """Save, without a tab as a client that knows of no revisions."""
        changes = tuple(Answer(q, r) for q, r in answers.items())
        base = None if tab is None else self.seen[tab]
        before, known = self.live, self.acknowledged
        self.typed += [(q, msgspec.json.encode(r)) for q, r in answers.items() if _says(r)]
        try:
            events = self.execute(
                SaveAnswers(changes=changes, now=self.now(), base_revision=base, client_id=tab)
            )
            refuse_branch(self.live, events)
        except AttemptNotActive:
            assert self.live.phase is not Phase.STARTED
        except StaleRevision as refusal:
            self.refused(refusal.details, known, answers)
            assert base is not None
            assert base < before.revision
        else:
            assert self.live.phase is Phase.STARTED
            self.acknowledged = known | answers
            if tab is not None:
                self.seen[tab] = self.live.revision

    def refused(
        self, details: Mapping[str, Any], known: dict[str, Any], answers: dict[str, Any]
    ) -> None:
        assert details["revision"] == self.live.revision
        assert details["kept"]
        assert details["questionIds"]
        for question in details["questionIds"]:
            assert msgspec.json.encode(known[question]) != msgspec.json.encode(answers[question])

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

    @rule(
        tab=st.sampled_from(TABS),
        answers=st.dictionaries(st.sampled_from(QUESTIONS), responses, min_size=1, max_size=3),
    )
    def a_tab_that_knows_its_revision_saves(self, tab: str, answers: dict[str, Any]) -> None:
        self.save(answers, tab)

    @rule(tab=st.sampled_from(TABS))
    def a_tab_reloads(self, tab: str) -> None:
        self.seen[tab] = self.live.revision

    @precondition(lambda self: self.offline)
    @rule(data=st.data())
    def an_offline_save_arrives_late_perhaps_out_of_order(self, data: st.DataObject) -> None:
        index = data.draw(st.integers(0, len(self.offline) - 1))
        self.save(self.offline.pop(index))

    @rule(answers=st.dictionaries(st.sampled_from(QUESTIONS), responses, max_size=2))
    def submit(self, answers: dict[str, Any]) -> None:
        changes = tuple(Answer(q, r) for q, r in answers.items())
        before = self.live.phase
        try:
            self.execute(SubmitAttempt(document=DOCUMENT, now=self.now(), changes=changes))
        except AttemptNotActive:
            assert before is Phase.VOID
            return
        assert self.live.phase is Phase.FINISHED
        self.typed += [(q, msgspec.json.encode(r)) for q, r in answers.items() if _says(r)]
        if before is Phase.STARTED:
            self.acknowledged |= answers

    @precondition(lambda self: len(self.log) > 10)
    @rule()
    def staff_void_it(self) -> None:
        before = self.live.phase
        try:
            self.execute(VoidAttempt(reason="a power cut", now=self.now()))
        except AttemptVoid:
            assert before is Phase.VOID
        assert self.live.phase is Phase.VOID

    @invariant()
    def nothing_acknowledged_is_lost(self) -> None:
        now = {q: answer.response for q, answer in self.live.answers.items()}
        assert msgspec.json.encode(now, order="sorted") == msgspec.json.encode(
            self.acknowledged, order="sorted"
        )

    @invariant()
    def no_text_was_ever_dropped(self) -> None:
        kept = {
            (answer.item_id, msgspec.json.encode(answer.response))
            for event in self.log
            if isinstance(event, AnswersSaved | AnswersBranched)
            for answer in event.changes
        }
        assert set(self.typed) <= kept

    @invariant()
    def every_event_counts_as_one_revision(self) -> None:
        assert self.live.revision == len(self.log)

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
            for field in ("started_at", "updated_at", "submitted_at", "finished_at", "voided_at")
            if hasattr(event, field)
        ]
        assert times == sorted(set(times))


def _says(response: Any) -> bool:
    return response is not None and response not in ("", [], {})


AttemptMachine.TestCase.settings = settings(max_examples=60, stateful_step_count=30, deadline=None)
TestAttemptMachine = AttemptMachine.TestCase
