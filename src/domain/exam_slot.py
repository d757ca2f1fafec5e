"""ExamSlot: which attempts of one learner at one exam are active (E-13 to E-18).

Claimed in the transaction that starts an attempt, released in the one that ends it, so no two
processes can start two.
"""

from collections.abc import Sequence
from enum import StrEnum
from typing import ClassVar

import msgspec

from domain.exam_attempt import SlotPolicy
from domain.kernel import Command, Decider, Event, RefusalKind, Refused, Value
from domain.keys import composite_key


class SlotOutcome(StrEnum):
    """How an attempt ended: a finished one counts against a retake, a void one does not."""

    FINISHED = "finished"
    VOID = "void"


# --- events -------------------------------------------------------------------------------------


class SlotClaimed(Event, frozen=True):
    """An attempt became active."""

    attempt_id: str


class SlotReleased(Event, frozen=True):
    """An attempt is active no more."""

    attempt_id: str
    outcome: SlotOutcome


SlotEvent = SlotClaimed | SlotReleased


# --- commands -----------------------------------------------------------------------------------


class ClaimSlot(Command, frozen=True):
    """Make a new attempt active if the policy allows one more."""

    founds: ClassVar[bool] = True

    attempt_id: str
    policy: SlotPolicy


class ReleaseSlot(Command, frozen=True):
    """End an attempt's claim; `void` also takes back that it was finished."""

    attempt_id: str
    outcome: SlotOutcome


SlotCommand = ClaimSlot | ReleaseSlot


# --- state --------------------------------------------------------------------------------------


class ExamSlot(Value, frozen=True):
    """The active and the finished attempts that are not void, oldest first."""

    active: tuple[str, ...] = ()
    finished: tuple[str, ...] = ()


# --- refusals -----------------------------------------------------------------------------------


class AttemptActive(Refused):
    """There is an attempt to go on with (E-10)."""

    code, kind = "ATTEMPT_EXISTS", RefusalKind.CONFLICT


class AttemptExists(Refused):
    """No further attempt is allowed (E-14, E-15, E-16)."""

    code, kind = "ATTEMPT_EXISTS", RefusalKind.CONFLICT


# --- decisions ----------------------------------------------------------------------------------


def decide(state: ExamSlot, command: SlotCommand) -> Sequence[SlotEvent]:
    """What a command makes happen, or a refusal."""
    match command:
        case ClaimSlot():
            return _claim(state, command)
        case ReleaseSlot():
            void = command.outcome is SlotOutcome.VOID and command.attempt_id in state.finished
            if not void and command.attempt_id not in state.active:
                return []
            return [SlotReleased(attempt_id=command.attempt_id, outcome=command.outcome)]


def _claim(state: ExamSlot, command: ClaimSlot) -> Sequence[SlotEvent]:
    policy = command.policy
    if command.attempt_id in state.active:
        return []
    if state.active and not policy.new:
        raise AttemptActive("an attempt is active", attemptId=state.active[-1])
    if len(state.active) >= policy.limit:
        raise AttemptExists("an attempt is active already", attemptId=state.active[-1])
    if state.finished and not policy.retake and not state.active:
        raise AttemptExists("the exam has been finished", attemptId=state.finished[-1])
    return [SlotClaimed(attempt_id=command.attempt_id)]


# --- the fold -----------------------------------------------------------------------------------


def evolve(state: ExamSlot, event: SlotEvent) -> ExamSlot:
    """The state after one more event."""
    match event:
        case SlotClaimed():
            return msgspec.structs.replace(state, active=(*state.active, event.attempt_id))
        case SlotReleased(attempt_id=attempt_id, outcome=outcome):
            finished = _without(state.finished, attempt_id)
            if outcome is SlotOutcome.FINISHED:
                finished = (*finished, attempt_id)
            return ExamSlot(active=_without(state.active, attempt_id), finished=finished)


def _without(attempts: tuple[str, ...], attempt_id: str) -> tuple[str, ...]:
    return tuple(one for one in attempts if one != attempt_id)


exam_slot: Decider[ExamSlot] = Decider("exam_slot", ExamSlot(), decide, evolve)


def slot_key(exam_id: str, user_id: str) -> str:
    """The slot of one learner at one exam (E-17)."""
    return composite_key(exam_id, user_id)
