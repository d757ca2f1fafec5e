"""ProblemRelation: an edge between two problems that people moderate (B-43 to B-49).

Whoever creates one only suggests it. Prerequisites count in their graph (domain/prerequisites)
while they are suggested or confirmed.
"""

from collections.abc import Mapping, Sequence
from enum import StrEnum
from typing import ClassVar, Final

import msgspec
from msgspec import UNSET, UnsetType

from domain.documents import NOTHING, Document, record_or_nothing
from domain.kernel import Command, Decider, Erased, Event, Personal, RefusalKind, Refused, Value
from domain.keys import composite_key
from domain.transitions import permit


class RelationType(StrEnum):
    """What one problem is to another."""

    DUPLICATE = "duplicate"
    ANALOG = "analog"
    PARAMETERIZED_VARIANT = "parameterized_variant"
    SET_VARIANT = "set_variant"
    SIMILAR = "similar"
    PREREQUISITE = "prerequisite"
    SAME_METHOD = "same_method"


DIRECTED: Final = frozenset({RelationType.PREREQUISITE, RelationType.PARAMETERIZED_VARIANT})
"""The types whose reverse is another statement; the others are symmetric."""


class RelationStatus(StrEnum):
    """Where a relation stands; ABSENT is said of none that exists."""

    ABSENT = "absent"
    SUGGESTED = "suggested"
    CONFIRMED = "confirmed"
    REJECTED = "rejected"
    HIDDEN = "hidden"


# --- events -------------------------------------------------------------------------------------


class RelationSuggested(Event, frozen=True):
    """Somebody, or a comparison of statements, says so; nobody has looked at it yet."""

    relation_id: str
    from_problem_id: str
    to_problem_id: str
    relation_type: RelationType
    weight: int | float | None = None
    metadata: Document = NOTHING


class RelationConfirmed(Event, frozen=True):
    """A moderator says so too."""

    comment: Personal[str | Erased | None] = None


class RelationRejected(Event, frozen=True):
    """A moderator says that it is not so."""

    comment: Personal[str | Erased | None] = None


class RelationHidden(Event, frozen=True):
    """It does not count, whether or not it is so."""

    comment: Personal[str | Erased | None] = None


class RelationRestored(Event, frozen=True):
    """It is suggested again."""

    comment: Personal[str | Erased | None] = None


class RelationEdited(Event, frozen=True):
    """The fields that changed; null takes one away."""

    weight: int | float | UnsetType | None = UNSET
    metadata: Document | UnsetType = UNSET


RelationEvent = (
    RelationSuggested
    | RelationConfirmed
    | RelationRejected
    | RelationHidden
    | RelationRestored
    | RelationEdited
)


# --- commands -----------------------------------------------------------------------------------


class SuggestRelation(Command, frozen=True):
    """Say that one problem is something to another, under a newly made id."""

    founds: ClassVar[bool] = True

    relation_id: str
    from_problem_id: str
    to_problem_id: str
    relation_type: RelationType
    weight: int | float | None = None
    metadata: Document = NOTHING


class ConfirmRelation(Command, frozen=True):
    """Say that it is so."""

    comment: str | None = None


class RejectRelation(Command, frozen=True):
    """Say that it is not so."""

    comment: str | None = None


class HideRelation(Command, frozen=True):
    """Let it not count."""

    comment: str | None = None


class RestoreRelation(Command, frozen=True):
    """Let it be suggested again."""

    comment: str | None = None


class EditRelation(Command, frozen=True):
    """Change what is set; None takes a weight away, NOTHING metadata."""

    weight: int | float | UnsetType | None = UNSET
    metadata: Document | UnsetType = UNSET


RelationCommand = (
    SuggestRelation
    | ConfirmRelation
    | RejectRelation
    | HideRelation
    | RestoreRelation
    | EditRelation
)


# --- state --------------------------------------------------------------------------------------


class ProblemRelation(Value, frozen=True):
    """A relation as it stands."""

    relation_id: str = ""
    status: RelationStatus = RelationStatus.ABSENT
    from_problem_id: str = ""
    to_problem_id: str = ""
    relation_type: RelationType = RelationType.SIMILAR
    weight: int | float | None = None
    metadata: Document = NOTHING


# --- refusals -----------------------------------------------------------------------------------


class RelationNotFound(Refused):
    """There is no such relation."""

    code, kind = "PROBLEM_RELATION_NOT_FOUND", RefusalKind.UNKNOWN


class RelationIdTaken(Refused):
    """The id made for a new relation is in use: make another."""

    code, kind = "PROBLEM_RELATION_EXISTS", RefusalKind.CONFLICT


class RelationSelfLink(Refused):
    """A problem is nothing to itself (B-43)."""

    code, kind = "RELATION_SELF_LINK", RefusalKind.UNFIT


# --- decisions ----------------------------------------------------------------------------------

_MOVES: Final[Mapping[RelationStatus, frozenset[str]]] = {
    RelationStatus.SUGGESTED: frozenset({"confirm", "reject", "hide"}),
    RelationStatus.CONFIRMED: frozenset({"hide"}),
    RelationStatus.REJECTED: frozenset({"restore"}),
    RelationStatus.HIDDEN: frozenset({"restore"}),
}


def decide(state: ProblemRelation, command: RelationCommand) -> Sequence[RelationEvent]:
    """What a command makes happen, or a refusal."""
    match command:
        case SuggestRelation():
            return _suggest(state, command)
        case ConfirmRelation(comment=comment):
            _permit(state, "confirm")
            return [RelationConfirmed(comment=comment)]
        case RejectRelation(comment=comment):
            _permit(state, "reject")
            return [RelationRejected(comment=comment)]
        case HideRelation(comment=comment):
            _permit(state, "hide")
            return [RelationHidden(comment=comment)]
        case RestoreRelation(comment=comment):
            _permit(state, "restore")
            return [RelationRestored(comment=comment)]
        case EditRelation(weight=weight, metadata=given):
            _known(state)
            changes: dict[str, object] = {}
            if weight is not UNSET and weight != state.weight:
                changes["weight"] = weight
            if given is not UNSET:
                metadata = record_or_nothing(given, "metadata")
                if metadata != state.metadata:
                    changes["metadata"] = metadata
            return [msgspec.structs.replace(RelationEdited(), **changes)] if changes else []


def _suggest(state: ProblemRelation, command: SuggestRelation) -> Sequence[RelationEvent]:
    if command.from_problem_id == command.to_problem_id:
        raise RelationSelfLink("toProblemId: is the problem itself", path="toProblemId")
    if state.status is not RelationStatus.ABSENT:
        raise RelationIdTaken("there is a relation with this id already")
    return [
        RelationSuggested(
            relation_id=command.relation_id,
            from_problem_id=command.from_problem_id,
            to_problem_id=command.to_problem_id,
            relation_type=command.relation_type,
            weight=command.weight,
            metadata=record_or_nothing(command.metadata, "metadata"),
        )
    ]


def _known(state: ProblemRelation) -> None:
    if state.status is RelationStatus.ABSENT:
        raise RelationNotFound("no such relation")


def _permit(state: ProblemRelation, command: str) -> None:
    _known(state)
    permit(_MOVES, state.status, command)


def edge_key(relation_type: RelationType, from_problem_id: str, to_problem_id: str) -> str:
    """The key of the reservation that lets an edge be drawn once (B-48).

    It is never given back: a rejected relation is restored, not suggested anew.
    """
    ends = [from_problem_id, to_problem_id]
    return composite_key(relation_type, *(ends if relation_type in DIRECTED else sorted(ends)))


# --- the fold -----------------------------------------------------------------------------------


def evolve(state: ProblemRelation, event: RelationEvent) -> ProblemRelation:
    """The state after one more event."""
    match event:
        case RelationSuggested():
            return ProblemRelation(status=RelationStatus.SUGGESTED, **msgspec.structs.asdict(event))
        case RelationConfirmed():
            return msgspec.structs.replace(state, status=RelationStatus.CONFIRMED)
        case RelationRejected():
            return msgspec.structs.replace(state, status=RelationStatus.REJECTED)
        case RelationHidden():
            return msgspec.structs.replace(state, status=RelationStatus.HIDDEN)
        case RelationRestored():
            return msgspec.structs.replace(state, status=RelationStatus.SUGGESTED)
        case RelationEdited():
            changes = {
                name: new
                for name in event.__struct_fields__
                if (new := getattr(event, name)) is not UNSET
            }
            return msgspec.structs.replace(state, **changes)


problem_relation: Decider[ProblemRelation] = Decider("relation", ProblemRelation(), decide, evolve)
