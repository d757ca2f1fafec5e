"""ProblemVariant: another face of a problem's version, made by hand or generated (B-22 to B-25)."""

from collections.abc import Mapping, Sequence
from typing import ClassVar

import msgspec

from domain.documents import EMPTY, Document, record
from domain.kernel import Command, Decider, Event, RefusalKind, Refused, Value

# --- events -------------------------------------------------------------------------------------


class ProblemVariantCreated(Event, frozen=True):
    """Somebody made a variant by hand."""

    variant_id: str
    problem_id: str
    key: str
    version_id: str
    settings: Document


class ProblemVariantGenerated(Event, frozen=True):
    """A generator made a variant; everything it takes to make the same one again (B-24).

    `params` are the values by name, `recipe` what they were drawn from (domain/variants), and
    `statement_hash` the sha-256 of the statement's canonical JSON.
    """

    variant_id: str
    problem_id: str
    key: str
    version_id: str
    generator: str
    generator_version: str
    seed: str | int
    params: Document
    recipe: Document
    statement_hash: str


class VariantSettingsEdited(Event, frozen=True):
    """A variant made by hand has other settings."""

    settings: Document


class VariantEquivalenceMarked(Event, frozen=True):
    """Either variant may stand for the other; the other's stream says the same."""

    other: str
    basis: str | None = None


class VariantEquivalenceUnmarked(Event, frozen=True):
    """The two may no longer stand for each other."""

    other: str


VariantEvent = (
    ProblemVariantCreated
    | ProblemVariantGenerated
    | VariantSettingsEdited
    | VariantEquivalenceMarked
    | VariantEquivalenceUnmarked
)


# --- commands: the first two are for a policy, once the problem has given out the key ------------


class CreateVariant(Command, frozen=True):
    """Make a variant by hand, under a newly made id."""

    founds: ClassVar[bool] = True

    variant_id: str
    problem_id: str
    key: str
    version_id: str
    settings: Document = EMPTY


class GenerateVariant(Command, frozen=True):
    """Keep a variant that was generated, under a newly made id."""

    founds: ClassVar[bool] = True

    variant_id: str
    problem_id: str
    key: str
    version_id: str
    generator: str
    generator_version: str
    seed: str | int
    params: Document
    recipe: Document
    statement_hash: str


class EditVariantSettings(Command, frozen=True):
    """Give a variant made by hand other settings."""

    settings: Document


class MarkEquivalent(Command, frozen=True):
    """Say that another variant may stand for this one, and this one for it.

    `in_return`: a policy says so to the other one.
    """

    other: str
    basis: str | None = None
    in_return: bool = False


class UnmarkEquivalent(Command, frozen=True):
    """Take that back, for both."""

    other: str


VariantCommand = (
    CreateVariant | GenerateVariant | EditVariantSettings | MarkEquivalent | UnmarkEquivalent
)


# --- state --------------------------------------------------------------------------------------


class Generation(Value, frozen=True):
    """How a variant was generated."""

    generator: str
    generator_version: str
    seed: str | int
    params: Document
    recipe: Document
    statement_hash: str


class ProblemVariant(Value, frozen=True):
    """A variant as it stands; `generation` is absent of one made by hand.

    `equivalents` are the ids of the variants that may stand for it, with what that rests on.
    """

    variant_id: str = ""
    problem_id: str = ""
    key: str = ""
    version_id: str = ""
    settings: Document = EMPTY
    generation: Generation | None = None
    equivalents: Mapping[str, str | None] = {}


# --- refusals -----------------------------------------------------------------------------------


class VariantNotFound(Refused):
    """There is no such variant."""

    code, kind = "PROBLEM_VARIANT_NOT_FOUND", RefusalKind.UNKNOWN


class UnknownVariant(Refused):
    """The other variant does not exist (C1.28)."""

    code, kind = "UNKNOWN_VARIANT", RefusalKind.UNFIT


class VariantIdTaken(Refused):
    """The id made for a new variant is in use: make another."""

    code, kind = "PROBLEM_VARIANT_EXISTS", RefusalKind.CONFLICT


class VariantSettingsLocked(Refused):
    """The settings of a generated variant are what it was generated from (C1.27)."""

    code, kind = "VARIANT_SETTINGS_LOCKED", RefusalKind.CONFLICT


class VariantSelfEquivalence(Refused):
    """A variant stands for itself anyway (C1.28)."""

    code, kind = "VARIANT_SELF_EQUIVALENCE", RefusalKind.UNFIT


class VariantNotGenerated(Refused):
    """A variant made by hand cannot be made again (C1.29)."""

    code, kind = "VARIANT_NOT_GENERATED", RefusalKind.UNFIT


# --- decisions ----------------------------------------------------------------------------------


def decide(state: ProblemVariant, command: VariantCommand) -> Sequence[VariantEvent]:
    """What a command makes happen, or a refusal."""
    match command:
        case CreateVariant():
            _new(state)
            return [
                ProblemVariantCreated(
                    variant_id=command.variant_id,
                    problem_id=command.problem_id,
                    key=command.key,
                    version_id=command.version_id,
                    settings=record(command.settings, "settings"),
                )
            ]
        case GenerateVariant():
            _new(state)
            return [
                ProblemVariantGenerated(
                    variant_id=command.variant_id,
                    problem_id=command.problem_id,
                    key=command.key,
                    version_id=command.version_id,
                    generator=command.generator,
                    generator_version=command.generator_version,
                    seed=command.seed,
                    params=record(command.params, "params"),
                    recipe=record(command.recipe, "recipe"),
                    statement_hash=command.statement_hash,
                )
            ]
        case EditVariantSettings(settings=given):
            _known(state)
            if state.generation is not None:
                raise VariantSettingsLocked("the settings of a generated variant do not change")
            settings = record(given, "settings")
            return [] if settings == state.settings else [VariantSettingsEdited(settings=settings)]
        case MarkEquivalent(other=other, basis=basis, in_return=in_return):
            if in_return and not state.variant_id:
                raise UnknownVariant("otherVariantId: no such variant", path="otherVariantId")
            _other(state, other)
            if other in state.equivalents and state.equivalents[other] == basis:
                return []
            return [VariantEquivalenceMarked(other=other, basis=basis)]
        case UnmarkEquivalent(other=other):
            _other(state, other)
            return [VariantEquivalenceUnmarked(other=other)] if other in state.equivalents else []


def _new(state: ProblemVariant) -> None:
    if state.variant_id:
        raise VariantIdTaken("there is a variant with this id already")


def _known(state: ProblemVariant) -> None:
    if not state.variant_id:
        raise VariantNotFound("no such variant")


def _other(state: ProblemVariant, other: str) -> None:
    _known(state)
    if other == state.variant_id:
        raise VariantSelfEquivalence(
            "otherVariantId: names the variant itself", path="otherVariantId"
        )


# --- the fold -----------------------------------------------------------------------------------


def evolve(state: ProblemVariant, event: VariantEvent) -> ProblemVariant:
    """The state after one more event."""
    match event:
        case ProblemVariantCreated():
            return ProblemVariant(
                variant_id=event.variant_id,
                problem_id=event.problem_id,
                key=event.key,
                version_id=event.version_id,
                settings=event.settings,
            )
        case ProblemVariantGenerated():
            return ProblemVariant(
                variant_id=event.variant_id,
                problem_id=event.problem_id,
                key=event.key,
                version_id=event.version_id,
                generation=Generation(
                    generator=event.generator,
                    generator_version=event.generator_version,
                    seed=event.seed,
                    params=event.params,
                    recipe=event.recipe,
                    statement_hash=event.statement_hash,
                ),
            )
        case VariantSettingsEdited(settings=settings):
            return msgspec.structs.replace(state, settings=settings)
        case VariantEquivalenceMarked(other=other, basis=basis):
            return msgspec.structs.replace(state, equivalents={**state.equivalents, other: basis})
        case VariantEquivalenceUnmarked(other=other):
            rest = {key: value for key, value in state.equivalents.items() if key != other}
            return msgspec.structs.replace(state, equivalents=rest)


problem_variant: Decider[ProblemVariant] = Decider(
    "problem_variant", ProblemVariant(), decide, evolve
)
