"""ExamSlot: one active attempt per learner and exam, unless configured otherwise."""

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from domain.exam_attempt import SlotPolicy
from domain.exam_slot import (
    AttemptActive,
    AttemptExists,
    ClaimSlot,
    ExamSlot,
    ReleaseSlot,
    SlotClaimed,
    SlotOutcome,
    SlotReleased,
    exam_slot,
    slot_key,
)
from domain.kernel import Event, Refused, fold
from tests.domain.given import given


def claim(attempt_id: str, **policy: object) -> ClaimSlot:
    return ClaimSlot(attempt_id=attempt_id, policy=SlotPolicy(**policy))  # type: ignore[arg-type]


A, B = SlotClaimed(attempt_id="a"), SlotClaimed(attempt_id="b")
A_DONE = SlotReleased(attempt_id="a", outcome=SlotOutcome.FINISHED)
A_VOID = SlotReleased(attempt_id="a", outcome=SlotOutcome.VOID)


def test_E13_a_second_claim_names_the_active_attempt():
    refusal = given(exam_slot).when(claim("a")).then(A).when(claim("b")).refused(AttemptActive)
    assert refusal.details == {"attemptId": "a"}


def test_E14_a_new_attempt_while_one_is_active_exists():
    given(exam_slot, A).when(claim("b", new=True)).refused(AttemptExists)


def test_E15_a_finished_exam_is_taken_again_only_if_allowed():
    refusal = given(exam_slot, A, A_DONE).when(claim("b")).refused(AttemptExists)
    assert refusal.details == {"attemptId": "a"}
    given(exam_slot, A, A_DONE).when(claim("b", retake=True)).then(B)


def test_E16_up_to_n_active_attempts():
    after = given(exam_slot, A).when(claim("b", new=True, limit=2)).then(B)
    after.when(claim("c", new=True, limit=2)).refused(AttemptExists)


def test_decision15_a_void_attempt_frees_the_slot():
    given(exam_slot, A, A_VOID).when(claim("b")).then(B)


def test_decision15_a_finished_attempt_that_is_voided_counts_no_more():
    void = ReleaseSlot(attempt_id="a", outcome=SlotOutcome.VOID)
    after = given(exam_slot, A, A_DONE).when(void).then(A_VOID)
    after.when(void).nothing()
    after.when(claim("b")).then(B)
    twice = given(exam_slot, A, A_DONE, B, SlotReleased(attempt_id="b", outcome=A_DONE.outcome))
    still = twice.when(ReleaseSlot(attempt_id="b", outcome=SlotOutcome.VOID)).happens()
    assert still.when(claim("c")).refused(AttemptExists).details == {"attemptId": "a"}


def test_a_claim_or_release_repeated_is_silent():
    given(exam_slot, A).when(claim("a")).nothing()
    release = ReleaseSlot(attempt_id="a", outcome=SlotOutcome.FINISHED)
    given(exam_slot, A).when(release).then(A_DONE).when(release).nothing()


def test_E17_the_slot_is_per_exam_and_user():
    keys = {
        slot_key("e", "u"),
        slot_key("e", "v"),
        slot_key("f", "u"),
        slot_key("eu", ""),
        slot_key("", "eu"),
    }
    assert len(keys) == 5


class SlotMachine(RuleBasedStateMachine):
    """Never more active attempts than the limit, whatever is tried in whatever order."""

    def __init__(self) -> None:
        super().__init__()
        self.log: list[Event] = []
        self.state = ExamSlot()
        self.made = 0

    def try_to(self, command: ClaimSlot | ReleaseSlot) -> bool:
        try:
            events = exam_slot.decide(self.state, command)
        except Refused:
            return False
        for event in events:
            self.state = exam_slot.evolve(self.state, event)
        self.log += events
        return True

    @rule(new=st.booleans(), retake=st.booleans(), limit=st.integers(1, 3))
    def claim(self, *, new: bool, retake: bool, limit: int) -> None:
        self.made += 1
        active, finished = len(self.state.active), self.state.finished
        won = self.try_to(claim(f"a{self.made}", new=new, retake=retake, limit=limit))
        allowed = active < limit if active and new else not active and (retake or not finished)
        assert won == allowed

    @rule(data=st.data(), outcome=st.sampled_from(SlotOutcome))
    def release(self, data: st.DataObject, outcome: SlotOutcome) -> None:
        known = [f"a{n}" for n in range(self.made + 1)]
        assert self.try_to(
            ReleaseSlot(attempt_id=data.draw(st.sampled_from(known)), outcome=outcome)
        )

    @invariant()
    def replay_is_live(self) -> None:
        assert fold(exam_slot, self.log) == self.state
        assert len(set(self.state.active)) == len(self.state.active)


SlotMachine.TestCase.settings = settings(max_examples=60, stateful_step_count=30, deadline=None)
TestSlotMachine = SlotMachine.TestCase


@pytest.mark.parametrize("stream", [exam_slot.stream(slot_key("e-1", "u-1"))])
def test_a_category_has_no_dash(stream):
    assert stream.partition("-")[0] == "exam_slot"
