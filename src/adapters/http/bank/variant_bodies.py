"""Bodies of the variant rows: what is sent, within bounds, and what is told of a variant."""

from collections.abc import Sequence
from typing import Annotated, Any, Final

import msgspec
from litestar.openapi.spec import Example
from msgspec import UNSET, Meta, UnsetType

from adapters.http.bank.problem_bodies import Id, Strict, Word
from adapters.http.bank.version_dtos import ProblemStatementDto
from domain.documents import EMPTY, Document, parsed
from domain.kernel import Value
from domain.problem_variant import Generation, ProblemVariant
from domain.variants.generation import GENERATOR, MAX_COUNT, shown
from projections.problem_variants import VariantEntry

Basis = Annotated[str, Meta(min_length=1, max_length=2000)]
Seed = Annotated[str, Meta(max_length=200)] | Annotated[int, Meta(ge=-(2**53) + 1, le=2**53 - 1)]
Constraint = Annotated[str, Meta(min_length=1, max_length=1000)]

_encode: Final = msgspec.json.Encoder(decimal_format="number").encode


class CreateVariantRequest(Strict, frozen=True, kw_only=True):
    """A variant made by hand; its settings are whatever its reader understands."""

    key: Word
    problem_version_id: Id
    settings: Document = msgspec.field(default_factory=lambda: EMPTY)


class GenerateVariantsRequest(Strict, frozen=True, kw_only=True):
    """Variants to be drawn: what from, by which seed, how many, called what (docs/variants.md)."""

    problem_version_id: Id
    generator: Annotated[str, Meta(max_length=100)] = GENERATOR
    params: Document
    constraints: Annotated[tuple[Constraint, ...], Meta(max_length=50)] = ()
    seed: Seed | None = None
    count: Annotated[int, Meta(ge=1, le=MAX_COUNT)]
    key_prefix: Annotated[str, Meta(min_length=1, max_length=100)] | None = None


class EditVariantRequest(Strict, frozen=True):
    """Other settings for a variant made by hand."""

    settings: Document


class EquivalenceRequest(Strict, frozen=True):
    """Which variant may stand for this one, and what that rests on."""

    other_variant_id: Id
    basis: Basis | None = None


class Equivalent(Value, frozen=True):
    """A variant that may stand for this one, and what that rests on."""

    variant_id: str
    basis: str | None = None


class ProblemVariantDto(Value, frozen=True, kw_only=True):
    """A variant. `settings` of a generated one are how it was generated.

    `{generator, generatorVersion, seed, params, statementHash}` and, for callers with the
    permission `keys`, the `recipe`. Without it, `params` leaves out what tells of the answer.
    """

    id: str
    problem_id: str
    key: str
    problem_version_id: str
    settings: Document
    equivalents: tuple[Equivalent, ...] = ()


class ReproductionDto(msgspec.Struct, frozen=True, rename="camel"):
    """Whether the variant's statement came out as it was when generated, and its hash now."""

    same: bool
    statement_hash: str


class VariantContentDto(Value, frozen=True, kw_only=True):
    """What a variant asks; its answer key for callers with the permission `keys` only."""

    variant_id: str
    statement: ProblemStatementDto
    answer_schema: Document
    answer_key: Document | UnsetType = UNSET


def variant_dto(variant: ProblemVariant | VariantEntry, *, keys: bool) -> ProblemVariantDto:
    """What is told of a variant."""
    generation = variant.generation
    return ProblemVariantDto(
        id=variant.variant_id,
        problem_id=variant.problem_id,
        key=variant.key,
        problem_version_id=variant.version_id,
        settings=variant.settings if generation is None else _settings(generation, keys=keys),
        equivalents=tuple(
            Equivalent(variant_id=other, basis=basis)
            for other, basis in sorted(variant.equivalents.items())
        ),
    )


def _settings(generation: Generation, *, keys: bool) -> Document:
    settings: dict[str, Any] = {
        "generator": generation.generator,
        "generatorVersion": generation.generator_version,
        "seed": generation.seed,
        "params": parsed(generation.params) if keys else shown(generation),
        "statementHash": generation.statement_hash,
    }
    if keys:
        settings["recipe"] = parsed(generation.recipe)
    return Document(_encode(settings))


def _examples(*values: object) -> Sequence[Example]:
    return [Example(value=value) for value in values]


_VERSION: Final = "0b6f1c1e-6d0a-4d0c-9a77-1f6f2a1d9a10"
_VARIANT: Final = "5a1d5c52-35a5-4a5f-8f0f-0c9e5a2a7b11"
CREATE: Final = _examples(
    {"key": "A", "problemVersionId": _VERSION},
    {"key": "B", "problemVersionId": _VERSION, "settings": {"shuffleOptions": True}},
)
GENERATE: Final = _examples(
    {
        "problemVersionId": _VERSION,
        "generator": GENERATOR,
        "params": {
            "a": {"choices": [2, 4, 6, 8]},
            "b": {"min": -9, "max": 9},
            "c": {"min": 1, "max": 20},
            "x": {"expr": "2*(c - b)/a"},
        },
        "constraints": ["b != 0", "is_integer(x)", "1 < x < 10"],
        "seed": 42,
        "count": 3,
        "keyPrefix": "A-",
    },
    {
        "problemVersionId": _VERSION,
        "generator": GENERATOR,
        "params": {"a": {"min": 0, "max": 1, "step": 0.25}},
        "count": 2,
    },
)
EDIT: Final = _examples({"settings": {"shuffleOptions": False}})
MARK: Final = _examples({"otherVariantId": _VARIANT, "basis": "the same numbers in another order"})
UNMARK: Final = _examples({"otherVariantId": _VARIANT})
