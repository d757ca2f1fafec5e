"""A check read from its events: who has overridden it, when, and what was there before (B-97)."""

from collections.abc import Iterable, Iterator
from typing import NamedTuple

from adapters import codec
from domain.answer_check import CheckOverridden
from domain.instants import Instant
from event_store import envelope
from event_store.envelope import Actor
from event_store.store import Recorded


class Overriding(NamedTuple):
    """An override with its time and its actor."""

    at: Instant
    actor: Actor
    event: CheckOverridden


def overrides_of(recorded: Iterable[Recorded]) -> list[Overriding]:
    """Every override of a check, oldest first. Raises UnreadableEvent."""
    return list(_overridings(recorded))


def _overridings(recorded: Iterable[Recorded]) -> Iterator[Overriding]:
    for one in recorded:
        event = codec.decode(one)
        if isinstance(event, CheckOverridden):
            whole = envelope.decode(one.stored)
            yield Overriding(whole.at, whole.actor, event)
