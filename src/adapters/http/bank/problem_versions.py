"""Versions of problems: lists, reading and drafting (rows C1.10 to C1.14, C1.19)."""

from typing import Annotated, Literal

from litestar import Controller, get, patch, post
from litestar.params import BodyKwarg, FromPath
from msgspec import UNSET, Meta

from adapters.http.access import one_of
from adapters.http.bank import version_bodies as bodies
from adapters.http.bank.documentation import READ, WRITE, replies
from adapters.http.bank.envelope import Data, DataPage, data_reply, page_reply
from adapters.http.bank.ids import known_id, new_id
from adapters.http.bank.lists import ListQuery, with_query
from adapters.http.bank.problems import NO_PROBLEM, problem_id_of
from adapters.http.bank.requests import BankRequest
from adapters.http.bank.version_bodies import (
    CreateProblemVersionRequest,
    EditProblemVersionRequest,
    or_nothing,
)
from adapters.http.bank.version_dtos import ProblemVersionDto, listed_dto, version_dto
from adapters.http.once import once
from adapters.http.replies import Reply
from adapters.ledger import Outcome, Step
from adapters.principals import Role
from adapters.view_query import Condition, Eq
from domain.problem import TakeVersionNumber, problem
from domain.problem import known as known_problem
from domain.problem_content import VersionContent, copied
from domain.problem_version import (
    EditVersion,
    ProblemVersion,
    VersionNotFound,
    known,
    problem_version,
)
from projections.problem_versions import problem_versions

Status = Literal["draft", "review", "published", "retired"]

NO_VERSION = "PROBLEM_VERSION_NOT_FOUND: there is none"
NOT_A_DRAFT = (
    "VERSION_IMMUTABLE: it was published; make a new version. VERSION_IN_REVIEW: return it to "
    "draft first"
)
KEY_REUSED = "IDEMPOTENCY_KEY_REUSED: the key belongs to another request"
CREATE = tuple(status for status in WRITE if status != 412)


class VersionsOfProblemQuery(ListQuery, frozen=True, kw_only=True):
    """Which of a problem's versions; `latest` is the newest of them only."""

    sort: Literal["-version", "version"] = "-version"
    status: Status | None = None
    latest: bool = False


class VersionsQuery(ListQuery, frozen=True, kw_only=True):
    """Which versions; without `sort` in the order of their making."""

    sort: Literal["draftedAt", "-draftedAt"] = "draftedAt"
    problem_id: Annotated[str, Meta(max_length=100)] | None = None
    status: Status | None = None
    answer_type: Annotated[str, Meta(max_length=100)] | None = None


def version_id_of(text: str) -> str:
    """A version's id in an address. Raises VersionNotFound for what cannot be one."""
    return known_id(text, VersionNotFound)


async def read_version(request: BankRequest, version_id: str) -> tuple[ProblemVersion, int]:
    """A version and its revision. Raises VersionNotFound."""
    ledger = request.parts.ledger
    state, revision = await ledger.read(problem_version, version_id_of(version_id))
    return known(state), revision


def version_reply(outcome: Outcome, stream: str, status: int = 200) -> Reply:
    """The version as a call left it."""
    state, revision = outcome.states[stream], outcome.versions[stream]
    return data_reply(version_dto(state), status, revision=revision)


class VersionsOfProblemController(Controller):
    """The versions of one problem."""

    path = "/problems/{problem_id:str}/versions"
    tags = ("Problem versions",)

    @get(
        "/",
        operation_id="ListVersionsOfProblem",
        summary="List a problem's versions, the newest first",
        opt={"access": one_of(Role.VIEWER)},
        operation_class=with_query(VersionsOfProblemQuery),
        responses=replies(
            DataPage[ProblemVersionDto], *READ, description="Versions", s404=NO_PROBLEM
        ),
    )
    async def listed(self, request: BankRequest, problem_id: FromPath[str]) -> Reply:
        """Row C1.10."""
        query, parts = request.query(VersionsOfProblemQuery), request.parts
        state, _ = await parts.ledger.read(problem, problem_id_of(problem_id))
        where: list[Condition] = [Eq("problem_id", known_problem(state).problem_id)]
        if query.status is not None:
            where.append(Eq("status", query.status))
        page = (1, 1) if query.latest else (query.page, query.per_page)
        order = ("-number",) if query.latest or query.sort == "-version" else ("number",)
        found = await parts.ledger.query(parts.views.page, problem_versions, where, order, *page)
        total = len(found.rows) if query.latest else found.total
        return page_reply([listed_dto(row) for _, row in found.rows], query, total)

    @post(
        "/",
        operation_id="CreateProblemVersion",
        summary="Begin a version",
        opt={"access": one_of(Role.AUTHOR)},
        responses=replies(
            Data[ProblemVersionDto],
            *CREATE,
            status=201,
            description="The version, a draft with the next number",
            s400="STATEMENT_REQUIRED, ANSWER_SCHEMA_REQUIRED: a version needs both",
            s404=NO_PROBLEM,
            s409="PROBLEM_RETIRED: a retired problem gets no more versions. INVALID_TRANSITION: "
            "it is archived",
            s422=f"ANSWER_SCHEMA_INVALID: `details.path` says where. {KEY_REUSED}",
        ),
    )
    async def create(
        self,
        request: BankRequest,
        problem_id: FromPath[str],
        data: Annotated[CreateProblemVersionRequest, BodyKwarg(examples=bodies.DRAFT)],
    ) -> Reply:
        """Row C1.11."""
        return await _drafted(request, problem_id_of(problem_id), data.content())


class ProblemVersionsController(Controller):
    """Versions of any problem."""

    path = "/problem-versions"
    tags = ("Problem versions",)

    @get(
        "/",
        operation_id="ListProblemVersions",
        summary="Look for versions",
        opt={"access": one_of(Role.VIEWER)},
        operation_class=with_query(VersionsQuery),
        responses=replies(DataPage[ProblemVersionDto], *READ, description="Versions"),
    )
    async def listed(self, request: BankRequest) -> Reply:
        """Row C1.12."""
        query, parts = request.query(VersionsQuery), request.parts
        asked = {
            "problem_id": query.problem_id,
            "status": query.status,
            "answer_type": query.answer_type,
        }
        where = [Eq(name, value) for name, value in asked.items() if value is not None]
        found = await parts.ledger.query(
            parts.views.page, problem_versions, where, query.order, query.page, query.per_page
        )
        return page_reply([listed_dto(row) for _, row in found.rows], query, found.total)

    @get(
        "/{version_id:str}",
        operation_id="GetProblemVersion",
        summary="Read a version",
        opt={"access": one_of(Role.VIEWER)},
        responses=replies(
            Data[ProblemVersionDto], *READ, description="The version", s404=NO_VERSION
        ),
    )
    async def read(self, request: BankRequest, version_id: FromPath[str]) -> Reply:
        """Row C1.13."""
        state, revision = await read_version(request, version_id)
        return data_reply(version_dto(state), revision=revision)

    @patch(
        "/{version_id:str}",
        operation_id="EditProblemVersion",
        summary="Edit a draft",
        opt={"access": one_of(Role.AUTHOR)},
        responses=replies(
            Data[ProblemVersionDto],
            *WRITE,
            description="The version as it is now",
            s404=NO_VERSION,
            s409=NOT_A_DRAFT,
            s422="ANSWER_SCHEMA_INVALID: `details.path` says where",
        ),
    )
    async def edit(
        self,
        request: BankRequest,
        version_id: FromPath[str],
        data: Annotated[EditProblemVersionRequest, BodyKwarg(examples=bodies.EDIT)],
    ) -> Reply:
        """Row C1.14."""
        stream = problem_version.stream(version_id_of(version_id))
        command = EditVersion(
            statement=None if data.statement is UNSET else data.statement.statement(),
            answer_schema=or_nothing(data.answer_schema),
            metadata=or_nothing(data.metadata),
            visibility=or_nothing(data.visibility),
        )
        step = Step(stream, command, request.revision)
        outcome = await request.parts.ledger.execute(request.call(), step)
        return version_reply(outcome, stream)

    @post(
        "/{version_id:str}/new-version",
        operation_id="CopyProblemVersion",
        summary="Begin a version that is a copy of this one, key, rules and solutions included",
        opt={"access": one_of(Role.AUTHOR)},
        responses=replies(
            Data[ProblemVersionDto],
            *CREATE,
            status=201,
            description="The copy, a draft with the next number",
            s404=NO_VERSION,
            s409="PROBLEM_RETIRED: a retired problem gets no more versions. INVALID_TRANSITION: "
            "it is archived",
            s422=KEY_REUSED,
        ),
    )
    async def copy(self, request: BankRequest, version_id: FromPath[str]) -> Reply:
        """Row C1.19."""
        state, _ = await read_version(request, version_id)
        parts = len(state.content.rules) + len(state.content.solutions)
        content = copied(state.content, tuple(new_id() for _ in range(parts)))
        return await _drafted(request, state.problem_id, content, state.version_id)


async def _drafted(
    request: BankRequest, problem_id: str, content: VersionContent, copied_from: str | None = None
) -> Reply:
    """A new draft of a problem."""
    version_id = new_id()
    stream = problem_version.stream(version_id)
    command = TakeVersionNumber(version_id=version_id, content=content, copied_from=copied_from)

    def answer(outcome: Outcome) -> Reply:
        return version_reply(outcome, stream, 201)

    return await once(request, [Step(problem.stream(problem_id), command)], answer)
