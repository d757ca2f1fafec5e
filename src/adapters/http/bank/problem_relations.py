"""Relations between problems: list, suggest, read, edit (rows C4.1 to C4.4, B-43 to B-49)."""

from typing import Annotated, Final, Literal

from litestar import Controller, get, patch, post
from litestar.params import BodyKwarg, FromPath
from msgspec import Meta

from adapters.http.access import one_of
from adapters.http.bank import relation_bodies as bodies
from adapters.http.bank.documentation import READ, WRITE, replies
from adapters.http.bank.envelope import Data, DataPage, data_reply, page_reply
from adapters.http.bank.ids import known_id, new_id
from adapters.http.bank.lists import ListQuery, with_query
from adapters.http.bank.problems import problem_id_of
from adapters.http.bank.relation_bodies import (
    CreateRelationOfProblemRequest,
    CreateRelationRequest,
    EditRelationRequest,
    ProblemRelationDto,
    relation_dto,
)
from adapters.http.bank.requests import BankRequest
from adapters.http.once import once
from adapters.http.replies import Reply
from adapters.ledger import Outcome, Step
from adapters.principals import Role
from adapters.view_query import Eq
from domain.problem_relation import (
    RelationNotFound,
    RelationStatus,
    SuggestRelation,
    problem_relation,
)
from projections.problem_relations import problem_relations

NO_RELATION: Final = "PROBLEM_RELATION_NOT_FOUND: there is none"
CYCLE: Final = "RELATION_CYCLE: prerequisites would form a cycle, `details.path`"
_KEY: Final = "IDEMPOTENCY_KEY_REUSED: the key belongs to another request"
_SELF: Final = f"RELATION_SELF_LINK: a problem is nothing to itself. {_KEY}"
_TWICE: Final = f"{CYCLE}. RELATION_EXISTS: there is this relation already"
_NEITHER: Final = "PROBLEM_NOT_FOUND: there is no such problem at one of the ends"
_CREATE: Final = tuple(status for status in WRITE if status != 412)
_Word = Annotated[str, Meta(min_length=1, max_length=200)]
_Type = Literal[
    "duplicate",
    "analog",
    "parameterized_variant",
    "set_variant",
    "similar",
    "prerequisite",
    "same_method",
]


class RelationsQuery(ListQuery, frozen=True, kw_only=True):
    """Which relations; all that is given must hold. Without `sort` the oldest come first."""

    sort: Literal["createdAt", "-createdAt"] = "createdAt"
    problem_id: Annotated[_Word, Meta(description="At either end")] | None = None
    from_problem_id: _Word | None = None
    to_problem_id: _Word | None = None
    relation_type: _Type | None = None
    status: (
        Annotated[
            Literal["suggested", "confirmed", "rejected", "hidden"],
            Meta(description="Only moderators find any but the confirmed"),
        ]
        | None
    ) = None

    def conditions(self) -> list[Eq]:
        """What a relation must meet."""
        asked = {
            "problem_id": self.problem_id,
            "from_problem_id": self.from_problem_id,
            "to_problem_id": self.to_problem_id,
            "relation_type": self.relation_type,
            "status": self.status,
        }
        return [Eq(name, value) for name, value in asked.items() if value is not None]


class RelationsOfProblemController(Controller):
    """What one problem is to others."""

    path = "/problems/{problem_id:str}/relations"
    tags = ("Problem relations",)

    @post(
        "/",
        operation_id="SuggestRelationOfProblem",
        summary="Suggest what a problem is to another",
        opt={"access": one_of(Role.AUTHOR)},
        responses=replies(
            Data[ProblemRelationDto],
            *_CREATE,
            status=201,
            description="The relation, suggested: it counts when a moderator confirms it",
            s404=_NEITHER,
            s409=_TWICE,
            s422=_SELF,
        ),
    )
    async def create(
        self,
        request: BankRequest,
        problem_id: FromPath[str],
        data: Annotated[CreateRelationOfProblemRequest, BodyKwarg(examples=bodies.OF_PROBLEM)],
    ) -> Reply:
        """Row C4.2."""
        return await _suggested(request, data.suggested(new_id(), problem_id_of(problem_id)))


class ProblemRelationsController(Controller):
    """Relations between problems."""

    path = "/problem-relations"
    tags = ("Problem relations",)

    @get(
        "/",
        operation_id="ListProblemRelations",
        summary="List relations; for moderators also those that are not confirmed",
        opt={"access": one_of(Role.VIEWER)},
        operation_class=with_query(RelationsQuery),
        responses=replies(DataPage[ProblemRelationDto], *READ, description="Relations"),
    )
    async def listed(self, request: BankRequest) -> Reply:
        """Row C4.1."""
        query, parts = request.query(RelationsQuery), request.parts
        where = query.conditions()
        if not request.principal.has(Role.MODERATOR):
            where.append(Eq("status", RelationStatus.CONFIRMED))
        page = (query.page, query.per_page)
        found = await parts.ledger.query(
            parts.views.page, problem_relations, where, query.order, *page
        )
        return page_reply([relation_dto(row) for _, row in found.rows], query, found.total)

    @post(
        "/",
        operation_id="SuggestRelation",
        summary="Suggest what one problem is to another",
        opt={"access": one_of(Role.AUTHOR)},
        responses=replies(
            Data[ProblemRelationDto],
            *_CREATE,
            status=201,
            description="The relation, suggested: it counts when a moderator confirms it",
            s404=_NEITHER,
            s409=_TWICE,
            s422=_SELF,
        ),
    )
    async def create(
        self,
        request: BankRequest,
        data: Annotated[CreateRelationRequest, BodyKwarg(examples=bodies.CREATE)],
    ) -> Reply:
        """Row C4.3."""
        return await _suggested(request, data.suggested(new_id(), data.from_problem_id))

    @get(
        "/{relation_id:str}",
        operation_id="GetProblemRelation",
        summary="Read a relation",
        opt={"access": one_of(Role.VIEWER)},
        responses=replies(
            Data[ProblemRelationDto],
            *READ,
            description="The relation",
            s404=f"{NO_RELATION} for this caller: only moderators see any but the confirmed",
        ),
    )
    async def read(self, request: BankRequest, relation_id: FromPath[str]) -> Reply:
        """Row C4.4."""
        known_id(relation_id, RelationNotFound)
        state, revision = await request.parts.ledger.read(problem_relation, relation_id)
        moderates = request.principal.has(Role.MODERATOR)
        seen = state.status is RelationStatus.CONFIRMED or moderates
        if state.status is RelationStatus.ABSENT or not seen:
            raise RelationNotFound("no such relation")
        return data_reply(relation_dto(state), revision=revision)

    @patch(
        "/{relation_id:str}",
        operation_id="EditProblemRelation",
        summary="Give a relation another weight or metadata",
        opt={"access": one_of(Role.MODERATOR)},
        responses=replies(
            Data[ProblemRelationDto],
            *WRITE,
            description="The relation as it is now",
            s404=NO_RELATION,
        ),
    )
    async def edit(
        self,
        request: BankRequest,
        relation_id: FromPath[str],
        data: Annotated[EditRelationRequest, BodyKwarg(examples=bodies.EDIT)],
    ) -> Reply:
        """Row C4.4."""
        stream = relation_stream(relation_id)
        step = Step(stream, data.command(), request.revision)
        outcome = await request.parts.ledger.execute(request.call(), step)
        return relation_reply(outcome, stream)


def relation_stream(relation_id: str) -> str:
    """The stream of the relation in an address. Raises RelationNotFound for what is no id."""
    return problem_relation.stream(known_id(relation_id, RelationNotFound))


def relation_reply(outcome: Outcome, stream: str, status: int = 200) -> Reply:
    """The relation as a call left it."""
    dto = relation_dto(outcome.states[stream])
    return data_reply(dto, status, revision=outcome.versions[stream])


async def _suggested(request: BankRequest, command: SuggestRelation) -> Reply:
    stream = problem_relation.stream(command.relation_id)
    return await once(
        request, [Step(stream, command)], lambda outcome: relation_reply(outcome, stream, 201)
    )
