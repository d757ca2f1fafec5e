"""Generation: variants of a version's content by the generator `template`, and the same again."""

from collections.abc import Mapping, Sequence
from typing import Any, Final, NamedTuple

import msgspec

from domain.documents import parsed
from domain.problem_content import VersionContent, statement_hash
from domain.problem_variant import Generation
from domain.variants.arithmetic import Quantity, Work
from domain.variants.drawing import GENERATOR_VERSION, draw
from domain.variants.formats import as_json
from domain.variants.invalid import GeneratorInvalid
from domain.variants.parameters import read_parameters
from domain.variants.varied import Template, written

GENERATOR: Final = "template"
MAX_COUNT: Final = 200  # variants of one request
MAX_SEED: Final = 200  # characters
_DRAWS: Final = 50  # for each variant asked for, until they are all different
_STEPS: Final = 300_000  # of work in one request
_MAX_RECIPE: Final = 20_000  # bytes, kept with every variant
_MAX_TEXT: Final = 4_000_000  # bytes of template in one request, once for each variant


class Recipe(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """What a variant was drawn from: `number` counts the draws of a seed, from 1.

    `hidden` are the names whose values tell something of the key: those in key or solutions, and
    all that is derived, unless the statement or a label shows them anyway.
    """

    params: dict[str, Any]
    constraints: list[str] = []
    number: int = 1
    hidden: list[str] = []


class Variant(NamedTuple):
    """A generated variant: how it came about, and what it says, asks and accepts."""

    generation: Generation
    content: VersionContent


def generate(
    content: VersionContent,
    params: Mapping[str, Any],
    constraints: Sequence[str],
    seed: str | int,
    count: int,
    *,
    generator: str = GENERATOR,
) -> list[Variant]:
    """So many variants, no two with the same values. Raises GeneratorInvalid.

    They are the first of the seed's draws, those left out that repeat an earlier one: a larger
    count begins with the variants of a smaller one.
    """
    if generator != GENERATOR:
        raise GeneratorInvalid("generator", f"there is only {GENERATOR!r}, no {generator[:100]!r}")
    if not 1 <= count <= MAX_COUNT:
        raise GeneratorInvalid("count", f"must be 1 to {MAX_COUNT}")
    if len(str(seed)) > MAX_SEED:
        raise GeneratorInvalid("seed", f"longer than {MAX_SEED} characters")
    parameters = read_parameters(params, constraints)
    if len(msgspec.json.encode([params, constraints])) > _MAX_RECIPE:
        raise GeneratorInvalid("params", f"longer than {_MAX_RECIPE} bytes with the constraints")
    template = Template(content)
    if count > 1 and template.size * count > _MAX_TEXT:
        most = max(1, _MAX_TEXT // template.size)
        raise GeneratorInvalid("count", f"at most {most} at once of so long a version")
    hidden = sorted(template.telling() | (parameters.derived.keys() - template.showing()))
    work = Work(_STEPS)
    made: list[Variant] = []
    seen = set[tuple[tuple[str, Quantity], ...]]()
    for number in range(1, _DRAWS * count + 1):
        values = draw(parameters, str(seed), number, work)
        face = tuple(sorted(values.items()))
        if face not in seen:
            seen.add(face)
            varied = template.content(values)
            recipe = Recipe(dict(params), list(constraints), number, hidden)
            made.append(Variant(_generation(varied, values, seed, recipe), varied))
        if len(made) == count:
            return made
    raise GeneratorInvalid("count", f"there are only {len(made)} different variants")


def again(content: VersionContent, kept: Generation) -> VersionContent:
    """What the variant says, asks and accepts, made once more. Raises GeneratorInvalid."""
    return Template(content).content(_drawn_again(kept))


def reproduced(content: VersionContent, kept: Generation) -> str:
    """The hash of the statement as it comes out now (B-24). Raises GeneratorInvalid."""
    return statement_hash(Template(content).statement(_drawn_again(kept)))


def shown(kept: Generation) -> dict[str, Any]:
    """The drawn values that tell nothing of the key, by name."""
    hidden = set(parsed(kept.recipe).get("hidden", ()))
    return {name: value for name, value in parsed(kept.params).items() if name not in hidden}


def _drawn_again(kept: Generation) -> dict[str, Quantity]:
    if (kept.generator, kept.generator_version) != (GENERATOR, GENERATOR_VERSION):
        name = f"{kept.generator} {kept.generator_version}"
        raise GeneratorInvalid("generator", f"there is no {name[:100]!r} here")
    recipe = msgspec.convert(parsed(kept.recipe), Recipe)
    parameters = read_parameters(recipe.params, recipe.constraints)
    return draw(parameters, str(kept.seed), recipe.number, Work(_STEPS))


def _generation(
    varied: VersionContent, values: Mapping[str, Quantity], seed: str | int, recipe: Recipe
) -> Generation:
    assert varied.statement is not None  # noqa: S101 -- a drafted version has one
    return Generation(
        generator=GENERATOR,
        generator_version=GENERATOR_VERSION,
        seed=seed,
        params=written({name: as_json(values[name]) for name in sorted(values)}),
        recipe=written(recipe),
        statement_hash=statement_hash(varied.statement),
    )
