"""Reservation: a name that only one owner may hold at a time (`username-…`, later codes, slugs)."""

from collections.abc import Sequence
from typing import ClassVar

from domain.kernel import Command, Decider, Event, RefusalKind, Refused, Value

# --- events -------------------------------------------------------------------------------------


class Reserved(Event, frozen=True):
    """An owner holds the name."""

    owner: str


class Released(Event, frozen=True):
    """Nobody holds the name."""

    owner: str


ReservationEvent = Reserved | Released


# --- commands -----------------------------------------------------------------------------------


class Reserve(Command, frozen=True):
    """Take the name for an owner."""

    founds: ClassVar[bool] = True

    owner: str


class Release(Command, frozen=True):
    """Give the name back."""

    owner: str


ReservationCommand = Reserve | Release


# --- state --------------------------------------------------------------------------------------


class Reservation(Value, frozen=True):
    """Who holds the name, if anybody does."""

    owner: str | None = None


# --- refusals -----------------------------------------------------------------------------------


class NameTaken(Refused):
    """Another owner holds the name."""

    code, kind = "NAME_TAKEN", RefusalKind.CONFLICT


# --- decisions ----------------------------------------------------------------------------------


def decide(state: Reservation, command: ReservationCommand) -> Sequence[ReservationEvent]:
    """What a command makes happen, or a refusal."""
    match command:
        case Reserve(owner=owner):
            if state.owner is None:
                return [Reserved(owner=owner)]
            if state.owner == owner:
                return []
            raise NameTaken("the name is taken")
        case Release(owner=owner):
            return [Released(owner=owner)] if state.owner == owner else []


# --- the fold -----------------------------------------------------------------------------------


def evolve(_state: Reservation, event: ReservationEvent) -> Reservation:
    """The state after one more event."""
    match event:
        case Reserved(owner=owner):
            return Reservation(owner=owner)
        case Released():
            return Reservation()


username: Decider[Reservation] = Decider("username", Reservation(), decide, evolve)
