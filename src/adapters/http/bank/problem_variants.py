"""Problem variants: read, edit, what they ask, mark equivalent, make again (C1.27 to C1.29)."""

import asyncio
from typing import Annotated

from litestar import Controller, get, patch, post
from litestar.params import BodyKwarg, FromPath
from msgspec import UNSET

from adapters.http.access import one_of
from adapters.http.bank import variant_bodies as bodies
from adapters.http.bank.documentation import READ, WRITE, replies
from adapters.http.bank.envelope import Data, data_reply
from adapters.http.bank.ids import known_id
from adapters.http.bank.requests import BankRequest
from adapters.http.bank.variant_bodies import (
    EditVariantRequest,
    EquivalenceRequest,
    ProblemVariantDto,
    ReproductionDto,
    VariantContentDto,
    variant_dto,
)
from adapters.http.bank.version_dtos import statement_dto
from adapters.http.once import Once, carried_out, once
from adapters.http.replies import Reply
from adapters.ledger import Outcome, Step
from adapters.principals import Role
from domain.documents import absent
from domain.kernel import Command
from domain.problem_content import VersionContent
from domain.problem_variant import (
    EditVariantSettings,
    MarkEquivalent,
    ProblemVariant,
    UnmarkEquivalent,
    VariantNotFound,
    VariantNotGenerated,
    problem_variant,
)
from domain.problem_version import problem_version
from domain.variants.generation import again, reproduced

_NO_VARIANT = "PROBLEM_VARIANT_NOT_FOUND: there is none"
_KEY = "IDEMPOTENCY_KEY_REUSED: the key belongs to another request"
_OTHER = (
    "VARIANT_SELF_EQUIVALENCE: both are the same variant. UNKNOWN_VARIANT: there is no such other"
)
_CANNOT = "GENERATOR_INVALID: the version has changed so that it cannot be made again"


class ProblemVariantController(Controller):
    """One variant."""

    path = "/problem-variants/{variant_id:str}"
    tags = ("Problem variants",)

    @get(
        "/",
        operation_id="GetProblemVariant",
        summary="Read a variant",
        opt={"access": one_of(Role.VIEWER)},
        responses=replies(
            Data[ProblemVariantDto], *READ, description="The variant", s404=_NO_VARIANT
        ),
    )
    async def read(self, request: BankRequest, variant_id: FromPath[str]) -> Reply:
        """Row C1.27."""
        variant, revision = await _known(request, variant_id)
        return data_reply(variant_dto(variant, keys=_keys(request)), revision=revision)

    @patch(
        "/",
        operation_id="EditProblemVariant",
        summary="Give a variant made by hand other settings",
        opt={"access": one_of(Role.AUTHOR)},
        responses=replies(
            Data[ProblemVariantDto],
            *WRITE,
            description="The variant as it is now",
            s404=_NO_VARIANT,
            s409="VARIANT_SETTINGS_LOCKED: a generated variant keeps what it was generated from",
        ),
    )
    async def edit(
        self,
        request: BankRequest,
        variant_id: FromPath[str],
        data: Annotated[EditVariantRequest, BodyKwarg(examples=bodies.EDIT)],
    ) -> Reply:
        """Row C1.27."""
        stream = _stream(variant_id)
        step = Step(stream, EditVariantSettings(settings=data.settings), request.revision)
        outcome = await request.parts.ledger.execute(request.call(), step)
        return _told(request, outcome, stream)

    @get(
        "/content",
        operation_id="GetProblemVariantContent",
        summary="See what a variant asks",
        opt={"access": one_of(Role.VIEWER)},
        responses=replies(
            Data[VariantContentDto],
            *READ,
            description="The version's statement and schema, a generated variant's with its values",
            s404=_NO_VARIANT,
            s422=_CANNOT,
        ),
    )
    async def content(self, request: BankRequest, variant_id: FromPath[str]) -> Reply:
        """What learners will meet, the answer key besides for callers with `keys`."""
        variant, _ = await _known(request, variant_id)
        content = await _version(request, variant)
        if variant.generation is not None:
            content = await asyncio.to_thread(again, content, variant.generation)
        assert content.statement is not None  # noqa: S101 -- a drafted version has one
        return data_reply(
            VariantContentDto(
                variant_id=variant.variant_id,
                statement=statement_dto(content.statement),
                answer_schema=content.answer_schema,
                answer_key=UNSET if absent(content.key) or not _keys(request) else content.key,
            )
        )

    @post(
        "/mark-equivalent",
        operation_id="MarkVariantsEquivalent",
        summary="Let another variant stand for this one, and this one for it",
        status_code=200,
        opt={"access": one_of(Role.MODERATOR)},
        responses=replies(
            Data[ProblemVariantDto],
            *WRITE,
            description="The variant with its `equivalents`; the other's name this one",
            s404=_NO_VARIANT,
            s422=f"{_OTHER}. {_KEY}",
        ),
    )
    async def mark(
        self,
        request: BankRequest,
        variant_id: FromPath[str],
        data: Annotated[EquivalenceRequest, BodyKwarg(examples=bodies.MARK)],
    ) -> Reply:
        """Row C1.28."""
        command = MarkEquivalent(other=data.other_variant_id, basis=data.basis)
        return await _done(request, variant_id, command)

    @post(
        "/unmark-equivalent",
        operation_id="UnmarkVariantsEquivalent",
        summary="Take an equivalence back, for both",
        status_code=200,
        opt={"access": one_of(Role.MODERATOR)},
        responses=replies(
            Data[ProblemVariantDto],
            *WRITE,
            description="The variant as it is now",
            s404=_NO_VARIANT,
            s422=f"{_OTHER}. {_KEY}",
        ),
    )
    async def unmark(
        self,
        request: BankRequest,
        variant_id: FromPath[str],
        data: Annotated[EquivalenceRequest, BodyKwarg(examples=bodies.UNMARK)],
    ) -> Reply:
        """Row C1.28."""
        return await _done(request, variant_id, UnmarkEquivalent(other=data.other_variant_id))

    @post(
        "/reproduce",
        operation_id="ReproduceProblemVariant",
        summary="Make a generated variant again and compare",
        status_code=200,
        opt={"access": one_of(Role.AUTHOR)},
        responses=replies(
            Data[ReproductionDto],
            *(status for status in WRITE if status != 412),
            description="Whether the same statement came out; not so only if the version was a "
            "draft and has changed since",
            s404=_NO_VARIANT,
            s422=f"VARIANT_NOT_GENERATED: it was made by hand. {_CANNOT}. {_KEY}",
        ),
    )
    async def reproduce(self, request: BankRequest, variant_id: FromPath[str]) -> Reply:
        """Row C1.29."""

        async def work(_: Once) -> Reply:
            variant, _version_of_it = await _known(request, variant_id)
            if variant.generation is None:
                raise VariantNotGenerated("the variant was made by hand")
            content = await _version(request, variant)
            now = await asyncio.to_thread(reproduced, content, variant.generation)
            return data_reply(ReproductionDto(now == variant.generation.statement_hash, now))

        return await carried_out(request, request.call(), work)


def _stream(variant_id: str) -> str:
    return problem_variant.stream(known_id(variant_id, VariantNotFound))


def _keys(request: BankRequest) -> bool:
    return request.principal.has(Role.KEYS)


def _told(request: BankRequest, outcome: Outcome, stream: str) -> Reply:
    dto = variant_dto(outcome.states[stream], keys=_keys(request))
    return data_reply(dto, revision=outcome.versions[stream])


async def _done(request: BankRequest, variant_id: str, command: Command) -> Reply:
    stream = _stream(variant_id)
    step = Step(stream, command, request.revision)
    return await once(request, [step], lambda outcome: _told(request, outcome, stream))


async def _known(request: BankRequest, variant_id: str) -> tuple[ProblemVariant, int]:
    """The variant of an address and its revision. Raises VariantNotFound."""
    known_id(variant_id, VariantNotFound)
    variant, revision = await request.parts.ledger.read(problem_variant, variant_id)
    if not variant.variant_id:
        raise VariantNotFound("no such variant")
    return variant, revision


async def _version(request: BankRequest, variant: ProblemVariant) -> VersionContent:
    version, _ = await request.parts.ledger.read(problem_version, variant.version_id)
    return version.content
