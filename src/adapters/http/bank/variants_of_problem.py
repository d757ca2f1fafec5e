"""The variants of a problem: list, make by hand, generate (rows C1.25 and C1.26)."""

import asyncio
import secrets
from typing import Annotated, Final, Literal

from litestar import Controller, get, post
from litestar.params import BodyKwarg, FromPath

from adapters.http.access import one_of
from adapters.http.bank import variant_bodies as bodies
from adapters.http.bank.documentation import READ, WRITE, replies
from adapters.http.bank.envelope import Data, DataPage, data_reply, page_reply
from adapters.http.bank.ids import new_id
from adapters.http.bank.lists import ListQuery, with_query
from adapters.http.bank.problems import NO_PROBLEM, problem_id_of
from adapters.http.bank.requests import BankRequest
from adapters.http.bank.variant_bodies import (
    CreateVariantRequest,
    GenerateVariantsRequest,
    ProblemVariantDto,
    variant_dto,
)
from adapters.http.once import Once, carried_out, once
from adapters.http.replies import Reply
from adapters.ledger import Outcome, Step
from adapters.principals import Role
from adapters.view_query import Eq
from domain.documents import parsed, record
from domain.problem import (
    Problem,
    ProblemNotFound,
    ProblemStatus,
    TakeVariantKey,
    VersionNotOfProblem,
    problem,
)
from domain.problem_content import VersionContent
from domain.problem_variant import CreateVariant, GenerateVariant, problem_variant
from domain.problem_version import problem_version
from domain.variants.generation import Variant, generate
from domain.variants.invalid import GeneratorInvalid, KeyInvalid
from projections.problem_variants import problem_variants

_ONCE = tuple(status for status in WRITE if status != 412)
_NOT_OF_PROBLEM = "VERSION_NOT_OF_PROBLEM: the version belongs to no problem or to another"
_KEY_EXISTS = "VARIANT_KEY_EXISTS: the problem has a variant of this key; `details.path` says which"


_ORDERS: Final = {
    "key": ("variant_key",),
    "-key": ("-variant_key",),
    "createdAt": ("created_at", "variant_key"),
    "-createdAt": ("-created_at", "-variant_key"),
}


class VariantsQuery(ListQuery, frozen=True):
    """How to list variants: as they were made unless `sort` says otherwise."""

    sort: Literal["key", "-key", "createdAt", "-createdAt"] = "createdAt"


class VariantsOfProblemController(Controller):
    """All variants of one problem."""

    path = "/problems/{problem_id:str}/variants"
    tags = ("Problem variants",)

    @get(
        "/",
        operation_id="ListProblemVariants",
        operation_class=with_query(VariantsQuery),
        summary="List the variants of a problem",
        opt={"access": one_of(Role.VIEWER)},
        responses=replies(
            DataPage[ProblemVariantDto], *READ, description="A page of variants", s404=NO_PROBLEM
        ),
    )
    async def every(self, request: BankRequest, problem_id: FromPath[str]) -> Reply:
        """Row C1.25."""
        await _known_problem(request, problem_id)
        asked = request.query(VariantsQuery)
        parts = request.parts
        found = await parts.ledger.query(
            parts.views.page,
            problem_variants,
            [Eq("problem_id", problem_id)],
            _ORDERS[asked.sort],
            asked.page,
            asked.per_page,
        )
        keys = request.principal.has(Role.KEYS)
        rows = [variant_dto(entry, keys=keys) for _, entry in found.rows]
        return page_reply(rows, asked, found.total)

    @post(
        "/",
        operation_id="CreateProblemVariant",
        summary="Make a variant by hand",
        opt={"access": one_of(Role.AUTHOR)},
        responses=replies(
            Data[ProblemVariantDto],
            *_ONCE,
            status=201,
            description="The variant",
            s404=NO_PROBLEM,
            s409=_KEY_EXISTS,
            s422=_NOT_OF_PROBLEM,
        ),
    )
    async def create(
        self,
        request: BankRequest,
        problem_id: FromPath[str],
        data: Annotated[CreateVariantRequest, BodyKwarg(examples=bodies.CREATE)],
    ) -> Reply:
        """Row C1.25."""
        stream = problem.stream(problem_id_of(problem_id))
        variant = CreateVariant(
            variant_id=new_id(),
            problem_id=problem_id,
            key=data.key,
            version_id=data.problem_version_id,
            settings=data.settings,
        )
        made = problem_variant.stream(variant.variant_id)

        def answer(outcome: Outcome) -> Reply:
            dto = variant_dto(outcome.states[made], keys=True)
            return data_reply(dto, 201, revision=outcome.versions[made])

        return await once(request, [Step(stream, TakeVariantKey(variant=variant))], answer)

    @post(
        "/generate",
        operation_id="GenerateProblemVariants",
        summary="Generate variants by a seed",
        description="The version's statement, labels, key and solutions are a template: "
        "`{@a@}` in them becomes the drawn value of the parameter `a`, `{@a:tex,comma@}` the same "
        "written for LaTeX with a decimal comma. The version itself does not change.",
        opt={"access": one_of(Role.AUTHOR)},
        responses=replies(
            Data[list[ProblemVariantDto]],
            *_ONCE,
            status=201,
            description="The variants, no two with the same values; all or none are made",
            s404=NO_PROBLEM,
            s409=_KEY_EXISTS,
            s422=f"GENERATOR_INVALID: `details.path` says what cannot be. {_NOT_OF_PROBLEM}",
        ),
    )
    async def generate(
        self,
        request: BankRequest,
        problem_id: FromPath[str],
        data: Annotated[GenerateVariantsRequest, BodyKwarg(examples=bodies.GENERATE)],
    ) -> Reply:
        """Row C1.26."""
        state = await _known_problem(request, problem_id)

        async def work(way: Once) -> Reply:
            content = await _content(request, state, data.problem_version_id)
            variants = await asyncio.to_thread(_generated, content, data, keys=_keys(request))
            commands = [
                GenerateVariant(
                    variant_id=new_id(),
                    problem_id=problem_id,
                    key="" if data.key_prefix is None else f"{data.key_prefix}{number}",
                    version_id=data.problem_version_id,
                    generator=variant.generation.generator,
                    generator_version=variant.generation.generator_version,
                    seed=variant.generation.seed,
                    params=variant.generation.params,
                    recipe=variant.generation.recipe,
                    statement_hash=variant.generation.statement_hash,
                )
                for number, variant in enumerate(variants, 1)
            ]
            stream = problem.stream(problem_id)
            steps = [Step(stream, TakeVariantKey(variant=command)) for command in commands]
            made = [problem_variant.stream(command.variant_id) for command in commands]

            def answer(outcome: Outcome) -> Reply:
                # Whoever wrote the formulas may see what came of them.
                rows = [variant_dto(outcome.states[stream], keys=True) for stream in made]
                return data_reply(rows, 201)

            _, reply = await way.execute(*steps, answer=answer)
            return reply

        return await carried_out(request, request.call(), work)


def _keys(request: BankRequest) -> bool:
    return request.principal.has(Role.KEYS)


def _generated(
    content: VersionContent, data: GenerateVariantsRequest, *, keys: bool
) -> list[Variant]:
    """The variants. Raises GeneratorInvalid, which tells of the key only whom it may."""
    seed = secrets.randbelow(2**48) if data.seed is None else data.seed
    params = parsed(record(data.params, "params"))
    try:
        return generate(
            content, params, data.constraints, seed, data.count, generator=data.generator
        )
    except KeyInvalid as error:
        if keys:
            raise
        raise GeneratorInvalid(
            error.path.partition(".")[0].partition("[")[0],
            "does not go with these parameters; who has the permission `keys` is told why",
        ) from None


async def _known_problem(request: BankRequest, problem_id: str) -> Problem:
    """The problem of an address. Raises ProblemNotFound."""
    state, _ = await request.parts.ledger.read(problem, problem_id_of(problem_id))
    if state.status is ProblemStatus.ABSENT:
        raise ProblemNotFound("no such problem")
    return state


async def _content(request: BankRequest, state: Problem, version_id: str) -> VersionContent:
    """What one of the problem's versions holds. Raises VersionNotOfProblem (B-25)."""
    if version_id not in state.versions:
        raise VersionNotOfProblem(
            "problemVersionId: no version of this problem", path="problemVersionId"
        )
    version, _ = await request.parts.ledger.read(problem_version, version_id)
    return version.content
