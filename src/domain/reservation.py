"""Reservation: a name that only one owner may hold at a time (`username-…`, `problem_code-…`)."""

from collections.abc import Mapping, Sequence
from enum import StrEnum
from typing import ClassVar, Final

from domain.kernel import Command, Decider, Event, RefusalKind, Refused, Value


class NameKind(StrEnum):
    """What is named."""

    USERNAME = "username"
    EMAIL = "email"
    PROBLEM_CODE = "problem code"
    SLUG = "slug"
    TAXONOMY_PATH = "taxonomy path"
    USAGE_POSITION = "position"
    RELATION = "relation"


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
    """Take the name for an owner; `of` says what kind of name it is to whoever comes too late."""

    founds: ClassVar[bool] = True

    owner: str
    of: NameKind = NameKind.USERNAME


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


class UsernameTaken(NameTaken):
    """Somebody else has this user name."""

    code = "USERNAME_TAKEN"


class EmailTaken(NameTaken):
    """Somebody else has this address."""

    code = "EMAIL_TAKEN"


class ProblemCodeExists(NameTaken):
    """Another problem has this code (B-12)."""

    code = "PROBLEM_CODE_EXISTS"


class SlugExists(NameTaken):
    """Another set or template of the kind has this slug."""

    code = "SLUG_EXISTS"


class TaxonomyPathExists(NameTaken):
    """Another node has this slug below the same parent (C2.2)."""

    code = "TAXONOMY_PATH_EXISTS"


class UsagePositionTaken(NameTaken):
    """Another usage has this position in the context (C2.14)."""

    code = "USAGE_POSITION_TAKEN"


class RelationExists(NameTaken):
    """The same edge was drawn before, or its reverse where that says the same (B-48)."""

    code = "RELATION_EXISTS"


_TAKEN: Final[Mapping[NameKind, type[NameTaken]]] = {
    NameKind.USERNAME: UsernameTaken,
    NameKind.EMAIL: EmailTaken,
    NameKind.PROBLEM_CODE: ProblemCodeExists,
    NameKind.SLUG: SlugExists,
    NameKind.TAXONOMY_PATH: TaxonomyPathExists,
    NameKind.USAGE_POSITION: UsagePositionTaken,
    NameKind.RELATION: RelationExists,
}


# --- decisions ----------------------------------------------------------------------------------


def decide(state: Reservation, command: ReservationCommand) -> Sequence[ReservationEvent]:
    """What a command makes happen, or a refusal."""
    match command:
        case Reserve(owner=owner, of=of):
            if state.owner is None:
                return [Reserved(owner=owner)]
            if state.owner == owner:
                return []
            raise _TAKEN[of](f"this {of} is taken")
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
email_address: Decider[Reservation] = Decider("email", Reservation(), decide, evolve)
problem_code: Decider[Reservation] = Decider("problem_code", Reservation(), decide, evolve)
slug: Decider[Reservation] = Decider("slug", Reservation(), decide, evolve)
taxonomy_path: Decider[Reservation] = Decider("taxonomy_path", Reservation(), decide, evolve)
usage_position: Decider[Reservation] = Decider("usage_position", Reservation(), decide, evolve)
relation_edge: Decider[Reservation] = Decider("relation_edge", Reservation(), decide, evolve)
