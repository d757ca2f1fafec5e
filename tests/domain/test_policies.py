"""Policies and the registry: what follows from what, and that nothing is left out."""

from domain import exam_attempt as attempts
from domain.attempt import AttemptFinished, AttemptVoided
from domain.exam_attempt import SlotPolicy, StartAttempt
from domain.exam_slot import ClaimSlot, ReleaseSlot, SlotOutcome, exam_slot, slot_key
from domain.follow_up import FollowUp
from domain.kernel import fold
from domain.policies import follow_ups
from domain.registry import COMMANDS, DECIDERS, EVENTS, SCHEMAS, TAGS, decider_of
from domain.upcasts import upcast
from tests.domain.test_attempt import STARTED, T1

SLOT = exam_slot.stream(slot_key("e1", "ann"))


def test_starting_an_exam_claims_its_slot_and_finishing_releases_it():
    state = fold(attempts.attempt, [STARTED])
    policy = SlotPolicy(limit=2, new=True)
    start = StartAttempt(
        attempt_id=STARTED.attempt_id,
        kind=STARTED.kind,
        learner=STARTED.learner,
        subject=STARTED.subject,
        item_ids=STARTED.item_ids,
        now=T1,
        slot=policy,
    )
    claim = ClaimSlot(attempt_id="ann-e1-1", policy=policy)
    assert follow_ups(start, state, STARTED) == [FollowUp(SLOT, claim)]
    finished = AttemptFinished(output_path="x", bundle_sha256="y", finished_at=T1)
    release = ReleaseSlot(attempt_id="ann-e1-1", outcome=SlotOutcome.FINISHED)
    assert follow_ups(start, state, finished) == [FollowUp(SLOT, release)]
    voided = AttemptVoided(reason="x", voided_at=T1)
    void = ReleaseSlot(attempt_id="ann-e1-1", outcome=SlotOutcome.VOID)
    assert follow_ups(start, state, voided) == [FollowUp(SLOT, void)]


def test_other_events_lead_to_nothing():
    state = fold(attempts.attempt, [STARTED])
    assert not follow_ups(attempts.SaveAnswers(changes=(), now=T1), state, STARTED)


def test_every_event_has_one_tag_and_every_command_one_decider():
    assert len(TAGS) == len(EVENTS) == len(SCHEMAS)
    assert {decider.category for decider in COMMANDS.values()} <= set(DECIDERS)
    assert all("-" not in category for category in DECIDERS)
    assert decider_of("attempt-a-b-c") is DECIDERS["attempt"]


def test_an_old_payload_is_lifted_step_by_step():
    steps = {
        ("x", 1): lambda payload: {**payload, "b": payload["a"] + 1},
        ("x", 2): lambda payload: {**payload, "c": payload["b"] + 1},
    }
    assert upcast("x", 1, 3, {"a": 1}, steps) == {"a": 1, "b": 2, "c": 3}
    assert upcast("x", 3, 3, {"a": 1}, steps) == {"a": 1}
