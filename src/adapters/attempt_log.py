"""An attempt read from its events: as it stood at a moment, as it was handed in, how it came so."""

from collections.abc import Iterable, Sequence
from itertools import takewhile

from adapters import codec
from domain.attempt import Attempt, AttemptFinished
from domain.exam_attempt import attempt
from domain.instants import Instant
from domain.kernel import fold
from event_store import envelope
from event_store.store import Recorded
from projections.attempt_history import Entry, Happening, Who, history


def state_at(recorded: Iterable[Recorded], at: Instant) -> tuple[Attempt, int]:
    """The attempt and its revision after everything that came before the first later event."""
    by_then = takewhile(lambda fact: fact.at <= at, map(codec.fact, recorded))
    state = fold(attempt, [fact.event for fact in by_then])
    return state, state.revision


def handed_in(recorded: Iterable[Recorded]) -> Attempt | None:
    """The attempt as its bundle shows it, whatever came after; None if it is not finished."""
    state = attempt.initial
    for one in recorded:
        event = codec.decode(one)
        state = attempt.evolve(state, event)
        if isinstance(event, AttemptFinished):
            return state
    return None


def history_of(recorded: Sequence[Recorded]) -> list[Entry]:
    """Every event of the attempt with its actor. Raises UnreadableEvent."""
    return history(map(_happening, recorded))


def _happening(one: Recorded) -> Happening:
    whole = envelope.decode(one.stored)
    who = Who(whole.actor.scheme, whole.actor.subject, whole.actor.roles)
    return Happening(one.version, whole.at, one.tag, who, codec.decode(one))
