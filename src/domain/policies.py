"""Policies: what must happen in the same transaction because something else did."""

from collections.abc import Sequence
from typing import Any, NamedTuple

from domain.attempt import Attempt, AttemptFinished, AttemptStarted, AttemptVoided, StartAttempt
from domain.exam_slot import ClaimSlot, ReleaseSlot, SlotOutcome, exam_slot, slot_key
from domain.kernel import Command, Event


class FollowUp(NamedTuple):
    """A command that a policy asks for, and the stream it is for."""

    stream: str
    command: Command


def follow_ups(command: Command, state: Any, event: Event) -> Sequence[FollowUp]:
    """What follows from `event`, which `command` caused and which led to `state`."""
    match event, command, state:
        case AttemptStarted(), StartAttempt(slot=policy), Attempt():
            claim = ClaimSlot(attempt_id=event.attempt_id, policy=policy)
            return [FollowUp(_slot(state), claim)]
        case AttemptFinished(), _, Attempt():
            release = ReleaseSlot(attempt_id=state.attempt_id, outcome=SlotOutcome.FINISHED)
            return [FollowUp(_slot(state), release)]
        case AttemptVoided(), _, Attempt():
            void = ReleaseSlot(attempt_id=state.attempt_id, outcome=SlotOutcome.VOID)
            return [FollowUp(_slot(state), void)]
        case _:
            return []


def _slot(state: Attempt) -> str:
    return exam_slot.stream(slot_key(state.subject.id, state.learner.id))
