"""Usages: where versions of problems are used (rows C2.13 to C2.16, K32)."""

from collections.abc import Sequence
from typing import Annotated, Final, Literal

from litestar import Controller, get, post
from litestar.openapi.spec import Example
from litestar.params import BodyKwarg, FromPath
from msgspec import UNSET, Meta, UnsetType

from adapters.http.access import one_of
from adapters.http.bank import problem_bodies as bodies
from adapters.http.bank.documentation import READ, WRITE, replies
from adapters.http.bank.envelope import Data, DataPage, data_reply, page_reply
from adapters.http.bank.ids import known_id, new_id
from adapters.http.bank.lists import ListQuery, with_query
from adapters.http.bank.problem_bodies import Id, ReasonRequest, Strict, Word
from adapters.http.bank.requests import BankRequest
from adapters.http.bank.version_bodies import or_nothing
from adapters.http.once import once
from adapters.http.replies import Reply
from adapters.ledger import Outcome, Step
from adapters.principals import Role
from adapters.view_query import Eq
from domain.documents import NOTHING, Document, absent
from domain.kernel import Value
from domain.problem_content import VersionContent
from domain.problem_usage import (
    ContextDomain,
    ProblemUsage,
    RegisterUsage,
    ReleaseUsage,
    UsageContext,
    UsageNotFound,
    UsageStatus,
    check_domain,
    problem_usage,
)
from domain.problem_version import problem_version
from projections.problem_usages import UsageEntry, problem_usages

_Word = Annotated[str, Meta(min_length=1, max_length=200)]
_NO_USAGE: Final = "USAGE_NOT_FOUND: there is none"
_KEY: Final = "IDEMPOTENCY_KEY_REUSED: the key belongs to another request"
_OTHERS: Final = "DOMAIN_MISMATCH: a service speaks for its own domain only"


class CreateProblemUsageRequest(Strict, frozen=True, kw_only=True):
    """A version that is used, and where (B-41).

    Without `scoringRuleSnapshot` it is the scoring rule that the version has now (B-42). A
    `visibilityPolicy` with `allowUnpublished: true` lets a version be used before publication.
    """

    problem_version_id: Id
    context_domain: ContextDomain
    context_type: Word
    context_id: Word
    position: Annotated[int, Meta(ge=0, le=1_000_000)] | None = None
    scoring_rule_snapshot: Document | UnsetType = UNSET
    visibility_policy: Document | UnsetType = UNSET

    def context(self) -> UsageContext:
        """Where it is used, in the domain's words."""
        return UsageContext(
            domain=self.context_domain,
            type=self.context_type,
            id=self.context_id,
            position=self.position,
        )


class ProblemUsageDto(Value, frozen=True, kw_only=True):
    """A usage: all but its status is as it was registered."""

    id: str
    problem_version_id: str
    context_domain: ContextDomain
    context_type: str
    context_id: str
    position: int | None = None
    scoring_rule_snapshot: Document | UnsetType = UNSET
    visibility_policy: Document | UnsetType = UNSET
    created_at: str
    status: UsageStatus


class UsagesQuery(ListQuery, frozen=True, kw_only=True):
    """Which usages; all that is given must hold. Without `sort` the newest come first."""

    sort: Literal["createdAt", "-createdAt"] = "-createdAt"
    problem_id: _Word | None = None
    problem_version_id: _Word | None = None
    context_domain: Literal["lms", "competitions", "management", "storefront", "manual"] | None = (
        None
    )
    context_type: _Word | None = None
    context_id: _Word | None = None
    status: Literal["active", "released"] | None = None

    def conditions(self) -> list[Eq]:
        """What a usage must meet."""
        asked = {
            "problem_id": self.problem_id,
            "problem_version_id": self.problem_version_id,
            "context_domain": self.context_domain,
            "context_type": self.context_type,
            "context_id": self.context_id,
            "status": self.status,
        }
        return [Eq(name, value) for name, value in asked.items() if value is not None]


def _examples(*values: object) -> Sequence[Example]:
    return [Example(value=value) for value in values]


_VERSION: Final = "0b6f1c1e-6d0a-4d0c-9a77-1f6f2a1d9a10"
_CREATE: Final = _examples(
    {
        "problemVersionId": _VERSION,
        "contextDomain": "lms",
        "contextType": "lesson",
        "contextId": "17",
    },
    {
        "problemVersionId": _VERSION,
        "contextDomain": "lms",
        "contextType": "assignment",
        "contextId": "18",
        "scoringRuleSnapshot": {"maxScore": 3},
        "visibilityPolicy": {"allowUnpublished": True},
    },
)


class ProblemUsagesController(Controller):
    """Where versions of problems are used."""

    path = "/usages"
    tags = ("Usages",)

    @get(
        "/",
        operation_id="ListUsages",
        summary="List where problems are used, the newest first",
        opt={"access": one_of(Role.VIEWER)},
        operation_class=with_query(UsagesQuery),
        responses=replies(DataPage[ProblemUsageDto], *READ, description="Usages"),
    )
    async def listed(self, request: BankRequest) -> Reply:
        """Row C2.13."""
        query, parts = request.query(UsagesQuery), request.parts
        order = ("registered_at",) if query.sort == "createdAt" else ("-registered_at",)
        where, page = query.conditions(), (query.page, query.per_page)
        found = await parts.ledger.query(parts.views.page, problem_usages, where, order, *page)
        return page_reply([_dto(row) for _, row in found.rows], query, found.total)

    @post(
        "/",
        operation_id="RegisterUsage",
        summary="Say that a version is used",
        opt={"access": one_of(Role.AUTHOR, Role.SERVICE)},
        responses=replies(
            Data[ProblemUsageDto],
            *(status for status in WRITE if status != 412),
            status=201,
            description="The usage",
            s403=_OTHERS,
            s409="VERSION_NOT_USABLE: there is no such version, it is retired, or it is not "
            "published and not explicitly allowed. USAGE_POSITION_TAKEN: another usage is at this "
            "position of the context",
            s422=_KEY,
        ),
    )
    async def register(
        self,
        request: BankRequest,
        data: Annotated[CreateProblemUsageRequest, BodyKwarg(examples=_CREATE)],
    ) -> Reply:
        """Row C2.14."""
        version, _ = await request.parts.ledger.read(problem_version, data.problem_version_id)
        rule = or_nothing(data.scoring_rule_snapshot)
        usage_id, call = new_id(), request.call()
        stream = problem_usage.stream(usage_id)
        command = RegisterUsage(
            usage_id=usage_id,
            problem_id=version.problem_id,
            problem_version_id=data.problem_version_id,
            context=data.context(),
            scoring_rule_snapshot=_scoring(version.content) if absent(rule) else rule,
            visibility_policy=or_nothing(data.visibility_policy),
            caller_domain=_caller_domain(request),
            now=call.now,
        )

        def answer(outcome: Outcome) -> Reply:
            return _reply(outcome, stream, 201)

        return await once(request, [Step(stream, command)], answer, call=call)

    @get(
        "/{usage_id:str}",
        operation_id="GetUsage",
        summary="Read a usage",
        opt={"access": one_of(Role.VIEWER, Role.SERVICE)},
        responses=replies(
            Data[ProblemUsageDto], *READ, description="The usage", s403=_OTHERS, s404=_NO_USAGE
        ),
    )
    async def read(self, request: BankRequest, usage_id: FromPath[str]) -> Reply:
        """Row C2.15."""
        known_id(usage_id, UsageNotFound)
        state, revision = await request.parts.ledger.read(problem_usage, usage_id)
        if state.status is UsageStatus.ABSENT:
            raise UsageNotFound("no such usage")
        if not request.principal.has(Role.VIEWER):
            check_domain(_caller_domain(request), state.context)
        return data_reply(_dto(state), revision=revision)

    @post(
        "/{usage_id:str}/release",
        operation_id="ReleaseUsage",
        summary="Say that a version is not used there any more",
        status_code=200,
        opt={"access": one_of(Role.AUTHOR, Role.SERVICE)},
        responses=replies(
            Data[ProblemUsageDto],
            *WRITE,
            description="The usage, released; it is never deleted",
            s403=_OTHERS,
            s404=_NO_USAGE,
            s422=_KEY,
        ),
    )
    async def release(
        self,
        request: BankRequest,
        usage_id: FromPath[str],
        data: Annotated[ReasonRequest | None, BodyKwarg(examples=bodies.REASON)] = None,
    ) -> Reply:
        """Row C2.16."""
        call = request.call()
        stream = problem_usage.stream(known_id(usage_id, UsageNotFound))
        command = ReleaseUsage(
            reason=None if data is None else data.reason,
            caller_domain=_caller_domain(request),
            now=call.now,
        )
        step = Step(stream, command, request.revision)
        return await once(request, [step], lambda outcome: _reply(outcome, stream), call=call)


def _caller_domain(request: BankRequest) -> str | None:
    """The one domain that the caller speaks for; None: for any, as the bank's own authors do."""
    principal = request.principal
    return None if principal.has(Role.AUTHOR) else principal.domain or ""


def _scoring(content: VersionContent) -> Document:
    """The scoring rule that answers to a version are judged by unless another is named."""
    return content.rules[0].scoring_rule if content.rules else NOTHING


def _reply(outcome: Outcome, stream: str, status: int = 200) -> Reply:
    return data_reply(_dto(outcome.states[stream]), status, revision=outcome.versions[stream])


def _dto(usage: ProblemUsage | UsageEntry) -> ProblemUsageDto:
    rule, policy = usage.scoring_rule_snapshot, usage.visibility_policy
    return ProblemUsageDto(
        id=usage.usage_id,
        problem_version_id=usage.problem_version_id,
        context_domain=usage.context.domain,
        context_type=usage.context.type,
        context_id=usage.context.id,
        position=usage.context.position,
        scoring_rule_snapshot=UNSET if absent(rule) else rule,
        visibility_policy=UNSET if absent(policy) else policy,
        created_at=usage.registered_at,
        status=usage.status,
    )
