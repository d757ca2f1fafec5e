"""Problem sets: list, begin, read, edit, and their items (rows C2.9 to C2.11)."""

from typing import Annotated, Literal

import msgspec
from litestar import Controller, get, patch, post, put
from litestar.params import BodyKwarg, FromPath
from msgspec import Meta

from adapters.http.access import one_of
from adapters.http.bank import problem_set_bodies as bodies
from adapters.http.bank.documentation import READ, WRITE, replies
from adapters.http.bank.envelope import Data, DataPage, data_reply, page_reply
from adapters.http.bank.ids import known_id, new_id
from adapters.http.bank.lists import ListQuery, with_query
from adapters.http.bank.problem_set_bodies import (
    CreateSetRequest,
    EditSetRequest,
    ProblemSetDto,
    ProblemSetItemDto,
    ReplaceItemsRequest,
    item_dto,
    published_dto,
    set_dto,
)
from adapters.http.bank.requests import BankRequest
from adapters.http.once import once
from adapters.http.replies import Reply
from adapters.ledger import Outcome, Step
from adapters.principals import Role
from adapters.view_query import Condition, Eq, Text
from domain.problem_set import (
    CreateSet,
    EditSet,
    ProblemSet,
    ProblemSetNotFound,
    PublishedSet,
    ReplaceSetItems,
    SetStatus,
    problem_set,
)
from projections.problem_sets import problem_sets

NO_SET = "PROBLEM_SET_NOT_FOUND: there is none, or no such version"
_TAKEN = "SLUG_EXISTS: another set has this slug"
_IMMUTABLE = (
    "SET_IMMUTABLE: it was published or archived; make a new version. INVALID_TRANSITION: it is "
    "in review"
)


class SetsQuery(ListQuery, frozen=True, kw_only=True):
    """Which sets; without `sort` by title."""

    sort: Literal["title", "-title", "slug", "-slug", "updatedAt", "-updatedAt"] = "title"
    purpose: (
        Literal["homework", "lesson", "competition", "diagnostic", "training", "manual"] | None
    ) = None
    status: Literal["draft", "review", "published", "archived"] | None = None
    q: (
        Annotated[
            str,
            Meta(
                min_length=1,
                max_length=200,
                description="Words or their beginnings: in the title or the slug",
            ),
        ]
        | None
    ) = None

    def conditions(self) -> list[Condition]:
        """What a set must meet."""
        asked = {"purpose": self.purpose, "status": self.status}
        where: list[Condition] = [
            Eq(name, value) for name, value in asked.items() if value is not None
        ]
        return where if self.q is None else [*where, Text("words", self.q)]


class VersionQuery(
    msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, rename="camel"
):
    """Which version: one that was published, or the latest, as without it."""

    version: Annotated[int, Meta(ge=1, le=1_000_000)] | None = None


class ProblemSetsController(Controller):
    """Sets of problems."""

    path = "/problem-sets"
    tags = ("Problem sets",)

    @get(
        "/",
        operation_id="ListProblemSets",
        summary="List sets as their latest versions stand",
        opt={"access": one_of(Role.VIEWER)},
        operation_class=with_query(SetsQuery),
        responses=replies(DataPage[ProblemSetDto], *READ, description="Sets"),
    )
    async def listed(self, request: BankRequest) -> Reply:
        """Row C2.9."""
        query, parts = request.query(SetsQuery), request.parts
        where, page = query.conditions(), (query.page, query.per_page)
        found = await parts.ledger.query(parts.views.page, problem_sets, where, query.order, *page)
        return page_reply([set_dto(row) for _, row in found.rows], query, found.total)

    @post(
        "/",
        operation_id="CreateProblemSet",
        summary="Begin a set",
        opt={"access": one_of(Role.AUTHOR)},
        responses=replies(
            Data[ProblemSetDto],
            *(status for status in WRITE if status != 412),
            status=201,
            description="The set, an empty draft",
            s409=_TAKEN,
            s422="IDEMPOTENCY_KEY_REUSED: the key belongs to another request",
        ),
    )
    async def create(
        self,
        request: BankRequest,
        data: Annotated[CreateSetRequest, BodyKwarg(examples=bodies.CREATE)],
    ) -> Reply:
        """Row C2.9."""
        set_id = new_id()
        stream = problem_set.stream(set_id)
        command = CreateSet(set_id=set_id, **msgspec.structs.asdict(data))

        def answer(outcome: Outcome) -> Reply:
            return set_reply(outcome, stream, 201)

        return await once(request, [Step(stream, command)], answer)

    @get(
        "/{set_id:str}",
        operation_id="GetProblemSet",
        summary="Read a set, in an old version if one is asked for",
        opt={"access": one_of(Role.VIEWER)},
        operation_class=with_query(VersionQuery),
        responses=replies(Data[ProblemSetDto], *READ, description="The set", s404=NO_SET),
    )
    async def read(self, request: BankRequest, set_id: FromPath[str]) -> Reply:
        """Row C2.10."""
        found, revision = await _read(request, set_id)
        dto = set_dto(found) if isinstance(found, ProblemSet) else published_dto(set_id, found)
        return data_reply(dto, revision=revision)

    @patch(
        "/{set_id:str}",
        operation_id="EditProblemSet",
        summary="Edit a draft",
        opt={"access": one_of(Role.AUTHOR)},
        responses=replies(
            Data[ProblemSetDto],
            *WRITE,
            description="The set as it is now",
            s404=NO_SET,
            s409=f"{_TAKEN}. {_IMMUTABLE}",
        ),
    )
    async def edit(
        self,
        request: BankRequest,
        set_id: FromPath[str],
        data: Annotated[EditSetRequest, BodyKwarg(examples=bodies.EDIT)],
    ) -> Reply:
        """Row C2.10."""
        stream = set_stream(set_id)
        step = Step(stream, EditSet(**msgspec.structs.asdict(data)), request.revision)
        outcome = await request.parts.ledger.execute(request.call(), step)
        return set_reply(outcome, stream)

    @get(
        "/{set_id:str}/items",
        operation_id="ListProblemSetItems",
        summary="List a set's items in their order",
        opt={"access": one_of(Role.VIEWER)},
        operation_class=with_query(VersionQuery),
        responses=replies(
            Data[list[ProblemSetItemDto]], *READ, description="All items", s404=NO_SET
        ),
    )
    async def items(self, request: BankRequest, set_id: FromPath[str]) -> Reply:
        """Row C2.11."""
        found, revision = await _read(request, set_id)
        return data_reply([item_dto(item) for item in found.items], revision=revision)

    @put(
        "/{set_id:str}/items",
        operation_id="ReplaceProblemSetItems",
        summary="Replace all items of a draft",
        opt={"access": one_of(Role.AUTHOR)},
        responses=replies(
            Data[list[ProblemSetItemDto]],
            *WRITE,
            description="All items as they are now",
            s404=NO_SET,
            s409=_IMMUTABLE,
            s422="DUPLICATE_ORDER: two items have the same place. VERSION_NOT_OF_PROBLEM: the "
            "problem has no such version",
        ),
    )
    async def replace_items(
        self,
        request: BankRequest,
        set_id: FromPath[str],
        data: Annotated[ReplaceItemsRequest, BodyKwarg(examples=bodies.ITEMS)],
    ) -> Reply:
        """Row C2.11."""
        stream = set_stream(set_id)
        items = tuple(one.item(new_id(), f"items[{at}]") for at, one in enumerate(data.items))
        step = Step(stream, ReplaceSetItems(items=items), request.revision)
        outcome = await request.parts.ledger.execute(request.call(), step)
        told = [item_dto(item) for item in outcome.states[stream].items]
        return data_reply(told, revision=outcome.versions[stream])


def set_stream(set_id: str) -> str:
    """The stream of the set in an address. Raises ProblemSetNotFound for what cannot be one."""
    return problem_set.stream(known_id(set_id, ProblemSetNotFound))


def set_reply(outcome: Outcome, stream: str, status: int = 200) -> Reply:
    """The set as a call left it."""
    return data_reply(set_dto(outcome.states[stream]), status, revision=outcome.versions[stream])


async def _read(request: BankRequest, set_id: str) -> tuple[ProblemSet | PublishedSet, int]:
    """The set in an address, in the version asked for, and its revision.

    Raises ProblemSetNotFound.
    """
    asked = request.query(VersionQuery).version
    known_id(set_id, ProblemSetNotFound)
    state, revision = await request.parts.ledger.read(problem_set, set_id)
    if state.status is SetStatus.ABSENT:
        raise ProblemSetNotFound("no such problem set")
    if asked in {None, state.version}:
        return state, revision
    for version in state.published:
        if version.version == asked:
            return version, revision
    raise ProblemSetNotFound(f"the problem set has no version {asked}")
