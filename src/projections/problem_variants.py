"""One row a variant: which version of which problem it is of, and how it came about (C1.25)."""

import re
from collections.abc import Mapping

import msgspec

from domain.documents import EMPTY, Document
from domain.instants import Instant
from domain.kernel import Value
from domain.problem_variant import (
    Generation,
    ProblemVariantCreated,
    ProblemVariantGenerated,
    VariantEquivalenceMarked,
    VariantEquivalenceUnmarked,
    VariantSettingsEdited,
)
from projections.kernel import Fact, Index, IndexKind, Projection


class VariantEntry(Value, frozen=True, kw_only=True):
    """A variant; a generated one has a `generation` in place of settings of its own.

    `equivalents` are the ids of the variants that may stand for it, with what that rests on.
    """

    variant_id: str
    problem_id: str
    key: str
    version_id: str
    settings: Document = EMPTY
    generation: Generation | None = None
    equivalents: Mapping[str, str | None] = {}
    created_at: Instant


def project(view: VariantEntry | None, fact: Fact) -> VariantEntry | None:
    """The row after one more event of its variant."""
    match fact.event, view:
        case ProblemVariantCreated() as created, _:
            return VariantEntry(
                variant_id=created.variant_id,
                problem_id=created.problem_id,
                key=created.key,
                version_id=created.version_id,
                settings=created.settings,
                created_at=fact.at,
            )
        case ProblemVariantGenerated() as generated, _:
            return VariantEntry(
                variant_id=generated.variant_id,
                problem_id=generated.problem_id,
                key=generated.key,
                version_id=generated.version_id,
                generation=Generation(
                    generator=generated.generator,
                    generator_version=generated.generator_version,
                    seed=generated.seed,
                    params=generated.params,
                    recipe=generated.recipe,
                    statement_hash=generated.statement_hash,
                ),
                created_at=fact.at,
            )
        case VariantSettingsEdited(settings=settings), VariantEntry():
            return msgspec.structs.replace(view, settings=settings)
        case VariantEquivalenceMarked(other=other, basis=basis), VariantEntry():
            more = {**view.equivalents, other: basis}
            return msgspec.structs.replace(view, equivalents=more)
        case VariantEquivalenceUnmarked(other=other), VariantEntry():
            rest = {key: value for key, value in view.equivalents.items() if key != other}
            return msgspec.structs.replace(view, equivalents=rest)
        case _:
            return view


def _in_order(key: str) -> str:
    """v2 comes before v10."""
    return re.sub(r"[0-9]{1,9}", lambda found: found[0].rjust(9, "0"), key)


problem_variants = Projection(
    name="problem_variants",
    version=1,
    view=VariantEntry,
    reads={
        "problem_variant.created": ProblemVariantCreated,
        "problem_variant.generated": ProblemVariantGenerated,
        "problem_variant.settings_edited": VariantSettingsEdited,
        "problem_variant.equivalence_marked": VariantEquivalenceMarked,
        "problem_variant.equivalence_unmarked": VariantEquivalenceUnmarked,
    },
    project=project,
    indexes={
        "problem_id": Index(IndexKind.TEXT, lambda view: view.problem_id),
        "variant_key": Index(IndexKind.TEXT, lambda view: _in_order(view.key)),
        "created_at": Index(IndexKind.TEXT, lambda view: view.created_at),
    },
)
