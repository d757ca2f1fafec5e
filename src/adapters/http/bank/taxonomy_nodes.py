"""Taxonomy nodes: list or tree, create, rename, move, hide, archive (rows C2.1 to C2.3)."""

from collections.abc import Iterator, Sequence
from typing import Annotated, Final, Literal

import msgspec
from litestar import Controller, get, patch, post
from litestar.params import BodyKwarg, FromPath
from msgspec import UNSET, Meta

from adapters.http.access import one_of
from adapters.http.bank import taxonomy_bodies as bodies
from adapters.http.bank.documentation import READ, WRITE, replies
from adapters.http.bank.envelope import Data, DataPage, data_reply, page_reply
from adapters.http.bank.ids import known_id, new_id
from adapters.http.bank.lists import ListQuery, with_query
from adapters.http.bank.requests import BankRequest
from adapters.http.bank.taxonomy_bodies import (
    CreateNodeRequest,
    EditNodeRequest,
    TaxonomyNodeDto,
    node_dto,
)
from adapters.http.bank.taxonomy_paths import paths, tree_of
from adapters.http.once import once
from adapters.http.replies import Reply
from adapters.ledger import Outcome, Step
from adapters.principals import Role
from adapters.view_query import Condition, Eq, Text
from adapters.views import Views
from domain.kernel import Command
from domain.taxonomy_node import (
    ArchiveNode,
    CreateNode,
    EditNode,
    HideNode,
    MoveNode,
    RenameNode,
    ShowNode,
    TaxonomyNodeNotFound,
    taxonomy_node,
)
from projections.problem_list import problem_list
from projections.taxonomy_nodes import NodeEntry, taxonomy_nodes

_Word = Annotated[str, Meta(min_length=1, max_length=200)]
_CHUNK: Final = 1000
_UNSAID: Final = (UNSET, UNSET)
_DEEPEST: Final = 50  # levels of an answer, whatever the depth of the tree
_PLACE = (
    "UNKNOWN_TAXONOMY_NODE: there is no such parent, or it is archived. TAXONOMY_KIND_MISMATCH: "
    "the parent is of another kind. TAXONOMY_TOO_DEEP: a tree has 100 levels at most"
)


class NodesQuery(ListQuery, frozen=True, kw_only=True):
    """Which nodes; all that is given must hold. Without `sort` by kind, parent and order."""

    sort: Literal["", "title", "-title", "order", "-order"] = ""
    kind: Literal["topic", "skill", "type", "source", "level", "tag"] | None = None
    subject_key: _Word | None = None
    parent_id: (
        Annotated[
            str,
            Meta(
                max_length=100,
                description="The node right above; empty: none, so the roots. In a tree, the node "
                "above all of it",
            ),
        ]
        | None
    ) = None
    status: Literal["active", "hidden", "archived"] | None = None
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
    tree: (
        Annotated[
            Literal["true", "false"],
            Meta(
                description="The trees that the found nodes form, siblings by their order whatever "
                "`sort` says: pages count roots, the others are in `children`, down to level 50"
            ),
        ]
        | None
    ) = None

    @property
    def above(self) -> str | None:
        """The node right above, None for that of a root."""
        return self.parent_id or None

    def conditions(self) -> list[Condition]:
        """What a node must meet, its place apart."""
        asked = {"kind": self.kind, "subject_key": self.subject_key, "status": self.status}
        where: list[Condition] = [
            Eq(name, value) for name, value in asked.items() if value is not None
        ]
        return where if self.q is None else [*where, Text("words", self.q)]


class TaxonomyNodesController(Controller):
    """The trees that problems are sorted by."""

    path = "/taxonomy/nodes"
    tags = ("Taxonomy",)

    @get(
        "/",
        operation_id="ListTaxonomyNodes",
        summary="List taxonomy nodes, or the trees they form",
        opt={"access": one_of(Role.VIEWER)},
        operation_class=with_query(NodesQuery),
        responses=replies(DataPage[TaxonomyNodeDto], *READ, description="Nodes"),
    )
    async def listed(self, request: BankRequest) -> Reply:
        """Row C2.1."""
        query, parts = request.query(NodesQuery), request.parts
        work = _trees if query.tree == "true" else _page
        rows, total = await parts.ledger.query(work, parts.views, query)
        return page_reply(rows, query, total)

    @post(
        "/",
        operation_id="CreateTaxonomyNode",
        summary="Create a taxonomy node",
        opt={"access": one_of(Role.MODERATOR)},
        responses=replies(
            Data[TaxonomyNodeDto],
            *(status for status in WRITE if status != 412),
            status=201,
            description="The node, active",
            s409="TAXONOMY_PATH_EXISTS: a sibling has this slug",
            s422=f"{_PLACE}. IDEMPOTENCY_KEY_REUSED: the key belongs to another request",
        ),
    )
    async def create(
        self,
        request: BankRequest,
        data: Annotated[CreateNodeRequest, BodyKwarg(examples=bodies.CREATE)],
    ) -> Reply:
        """Row C2.2."""
        node_id = new_id()
        stream = taxonomy_node.stream(node_id)
        command = CreateNode(node_id=node_id, **msgspec.structs.asdict(data))
        above = "" if data.parent_id is None else await _path(request, data.parent_id)

        def answer(outcome: Outcome) -> Reply:
            node = outcome.states[stream]
            path = f"{above}/{node.slug}" if above else node.slug
            return data_reply(node_dto(node, path), 201, revision=outcome.versions[stream])

        return await once(request, [Step(stream, command)], answer)

    @patch(
        "/{node_id:str}",
        operation_id="EditTaxonomyNode",
        summary="Rename, move, hide, show or archive a taxonomy node",
        opt={"access": one_of(Role.MODERATOR)},
        responses=replies(
            Data[TaxonomyNodeDto],
            *WRITE,
            description="The node as it is now; what hangs below it has moved along",
            s404="TAXONOMY_NODE_NOT_FOUND: there is none",
            s409="TAXONOMY_PATH_EXISTS: a sibling has this slug. TAXONOMY_CYCLE: it would hang "
            "below itself. TAXONOMY_NODE_IN_USE: nodes hang below it, or problems are linked to "
            "it, so it is not archived. INVALID_TRANSITION: it is archived",
            s422=_PLACE,
        ),
    )
    async def edit(
        self,
        request: BankRequest,
        node_id: FromPath[str],
        data: Annotated[EditNodeRequest, BodyKwarg(examples=bodies.EDIT)],
    ) -> Reply:
        """Row C2.3: all of the changes, or none."""
        stream = taxonomy_node.stream(known_id(node_id, TaxonomyNodeNotFound))
        links = await _linked(request, node_id) if data.status == "archived" else 0
        steps = [Step(stream, command, request.revision) for command in _commands(data, links)]
        outcome = await request.parts.ledger.execute(request.call(), *steps)
        node = node_dto(outcome.states[stream], await _path(request, node_id))
        return data_reply(node, revision=outcome.versions[stream])


def _commands(data: EditNodeRequest, links: int) -> Sequence[Command]:
    """What a change of several fields consists of; of none, a command that changes nothing."""
    found: list[Command] = []
    if (data.parent_id, data.order) != _UNSAID:
        found.append(MoveNode(parent_id=data.parent_id, order=data.order))
    if (data.publishable, data.license_status) != _UNSAID:
        found.append(EditNode(publishable=data.publishable, license_status=data.license_status))
    if not found or (data.slug, data.title) != _UNSAID:
        found.append(RenameNode(slug=data.slug, title=data.title))
    match data.status:
        case "active":
            found.append(ShowNode())
        case "hidden":
            found.append(HideNode())
        case "archived":
            found.append(ArchiveNode(links=links))
        case _:
            pass
    return found


async def _linked(request: BankRequest, node_id: str) -> int:
    """How many problems are linked to a node."""
    parts = request.parts
    await parts.followed.caught_up(problem_list)
    where = [Eq("taxonomy_node", node_id)]
    found = await parts.ledger.query(parts.views.page, problem_list, where, (), 1, 1)
    return found.total


async def _path(request: BankRequest, node_id: str) -> str:
    """Where a node hangs, empty if there is none."""
    return await request.parts.ledger.query(_path_of, request.parts.views, node_id)


def _path_of(views: Views, node_id: str) -> str:
    node = views.get(taxonomy_nodes, node_id)
    return "" if node is None else paths(views, [node])[node_id]


# --- lists and trees: in a reader thread ---------------------------------------------------------


def _page(views: Views, query: NodesQuery) -> tuple[list[TaxonomyNodeDto], int]:
    where = query.conditions()
    if query.parent_id is not None:
        where.append(Eq("parent_id", query.above))
    order = query.order or ("kind", "parent_id", "order", "title")
    found = views.page(taxonomy_nodes, where, order, query.page, query.per_page)
    nodes = [node for _, node in found.rows]
    at = paths(views, nodes)
    return [node_dto(node, at[node.node_id]) for node in nodes], found.total


def _trees(views: Views, query: NodesQuery) -> tuple[list[TaxonomyNodeDto], int]:
    found = {node.node_id: node for node in _every(views, query.conditions())}
    tree = tree_of(found.values())
    roots = tree.children(None)  # also those whose parent was not found
    if query.parent_id is not None:
        ordered = (*roots, *tree.children(query.parent_id))
        roots = tuple(one for one in ordered if found[one].parent_id == query.above)
    skip = (query.page - 1) * query.per_page
    wanted = roots[skip : skip + query.per_page]
    levels: list[list[str]] = [list(wanted)]
    while levels[-1] and len(levels) < _DEEPEST:
        levels.append([child for one in levels[-1] for child in tree.children(one)])
    at = paths(views, [found[one] for level in levels for one in level])
    told: dict[str, TaxonomyNodeDto] = {}
    for one in (one for level in reversed(levels) for one in level):
        children = [told[child] for child in tree.children(one) if child in told]
        dto = node_dto(found[one], at[one])
        told[one] = msgspec.structs.replace(dto, children=children) if children else dto
    return [told[one] for one in wanted], len(roots)


def _every(views: Views, where: Sequence[Condition]) -> Iterator[NodeEntry]:
    """All nodes that meet the conditions."""
    after: str | None = None
    while True:
        found = views.find(taxonomy_nodes, where, (), after, _CHUNK)
        yield from (node for _, node in found.rows)
        after = found.next
        if after is None:
            return
