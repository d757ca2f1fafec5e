"""Content policies: what taxonomy, sets, usages and relations lead to in the same transaction."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

from domain.follow_up import FollowUp
from domain.kernel import Event
from domain.prerequisites import GRAPH, AddEdge, RemoveEdge, prerequisites
from domain.problem import ConfirmProblem, problem
from domain.problem_relation import (
    ProblemRelation,
    RelationConfirmed,
    RelationHidden,
    RelationRejected,
    RelationRestored,
    RelationSuggested,
    RelationType,
    edge_key,
)
from domain.problem_set import (
    ProblemSet,
    SetCreated,
    SetEdited,
    SetItem,
    SetItemsReplaced,
    SetPublished,
    set_slug_key,
)
from domain.problem_usage import (
    ProblemUsage,
    UsageRegistered,
    UsageReleased,
    allows_unpublished,
    position_key,
)
from domain.problem_version import problem_version
from domain.problem_version_use import ConfirmVersion, VersionNeed
from domain.reservation import (
    NameKind,
    Release,
    Reserve,
    relation_edge,
    slug,
    taxonomy_path,
    usage_position,
)
from domain.taxonomy_link import LinkRole, TaxonomyLink, TaxonomyLinked, TaxonomyLinksReplaced
from domain.taxonomy_node import (
    Branch,
    ConfirmNode,
    NodeArchived,
    NodeCreated,
    NodeKind,
    NodeMoved,
    NodeRenamed,
    TaxonomyNode,
    branch_key,
    taxonomy_node,
)
from domain.taxonomy_places import PlaceNode, WithdrawNode, taxonomy_places

FollowUps = Sequence[FollowUp]


# --- taxonomy -----------------------------------------------------------------------------------


def _created(_event: NodeCreated, node: TaxonomyNode) -> FollowUps:
    return [*_placed(node), _branch_taken(node)]


def _moved(_event: NodeMoved | NodeRenamed, node: TaxonomyNode) -> FollowUps:
    former = node.former
    if former is None:
        return []
    there = [] if former.parent_id == node.parent_id else _placed(node)
    if branch_key(node.kind, former) == branch_key(node.kind, node.branch):
        return there
    return [*there, _branch_taken(node), _branch_given_back(node, former)]


def _archived(_event: NodeArchived, node: TaxonomyNode) -> FollowUps:
    withdraw = WithdrawNode(node_id=node.node_id)
    return [
        FollowUp(taxonomy_places.stream(node.kind), withdraw),
        _branch_given_back(node, node.branch),
    ]


def _placed(node: TaxonomyNode) -> list[FollowUp]:
    """The guard of the node's tree, after a word with the parent if there is one."""
    place = PlaceNode(node_id=node.node_id, parent_id=node.parent_id)
    guard = FollowUp(taxonomy_places.stream(node.kind), place)
    if node.parent_id is None:
        return [guard]
    confirm = ConfirmNode(kind=node.kind, path="parentId")
    return [FollowUp(taxonomy_node.stream(node.parent_id), confirm), guard]


def _branch_taken(node: TaxonomyNode) -> FollowUp:
    reserve = Reserve(owner=node.node_id, of=NameKind.TAXONOMY_PATH)
    return FollowUp(taxonomy_path.stream(branch_key(node.kind, node.branch)), reserve)


def _branch_given_back(node: TaxonomyNode, branch: Branch) -> FollowUp:
    give_back = Release(owner=node.node_id)
    return FollowUp(taxonomy_path.stream(branch_key(node.kind, branch)), give_back)


def _linked(event: TaxonomyLinked, _state: object) -> FollowUps:
    return [_confirmed_node(event, "nodeId")]


def _links_replaced(event: TaxonomyLinksReplaced, _state: object) -> FollowUps:
    return [_confirmed_node(link, f"links[{at}].nodeId") for at, link in enumerate(event.links)]


def _confirmed_node(link: TaxonomyLink | TaxonomyLinked, path: str) -> FollowUp:
    kind = NodeKind.TOPIC if link.role is LinkRole.PRIMARY else None
    return FollowUp(taxonomy_node.stream(link.node_id), ConfirmNode(kind=kind, path=path))


# --- sets and usages ----------------------------------------------------------------------------


def _set_created(_event: SetCreated, state: ProblemSet) -> FollowUps:
    return [_slug_taken(state)]


def _set_edited(_event: SetEdited, state: ProblemSet) -> FollowUps:
    former = state.former_slug
    if former is None or set_slug_key(former) == set_slug_key(state.slug):
        return []
    give_back = Release(owner=state.set_id)
    return [_slug_taken(state), FollowUp(slug.stream(set_slug_key(former)), give_back)]


def _slug_taken(state: ProblemSet) -> FollowUp:
    reserve = Reserve(owner=state.set_id, of=NameKind.SLUG)
    return FollowUp(slug.stream(set_slug_key(state.slug)), reserve)


def _items_replaced(event: SetItemsReplaced, _state: ProblemSet) -> FollowUps:
    return _versions_confirmed(event.items, VersionNeed.OF_PROBLEM)


def _set_published(_event: SetPublished, state: ProblemSet) -> FollowUps:
    return _versions_confirmed(state.items, VersionNeed.PUBLISHED)


def _versions_confirmed(items: Sequence[SetItem], need: VersionNeed) -> FollowUps:
    return [
        FollowUp(
            problem_version.stream(item.problem_version_id),
            ConfirmVersion(
                problem_id=item.problem_id, need=need, path=f"items[{at}].problemVersionId"
            ),
        )
        for at, item in enumerate(items)
    ]


def _usage_registered(event: UsageRegistered, _state: ProblemUsage) -> FollowUps:
    allowed = allows_unpublished(event.visibility_policy)
    confirm = ConfirmVersion(
        problem_id=event.problem_id,
        need=VersionNeed.ALLOWED if allowed else VersionNeed.USABLE,
        path="problemVersionId",
    )
    follows = [FollowUp(problem_version.stream(event.problem_version_id), confirm)]
    if event.context.position is not None:
        reserve = Reserve(owner=event.usage_id, of=NameKind.USAGE_POSITION)
        follows.append(FollowUp(usage_position.stream(position_key(event.context)), reserve))
    return follows


def _usage_released(_event: UsageReleased, state: ProblemUsage) -> FollowUps:
    if state.context.position is None:
        return []
    give_back = Release(owner=state.usage_id)
    return [FollowUp(usage_position.stream(position_key(state.context)), give_back)]


# --- relations ----------------------------------------------------------------------------------


def _suggested(_event: RelationSuggested, state: ProblemRelation) -> FollowUps:
    kind, one, other = state.relation_type, state.from_problem_id, state.to_problem_id
    reserve = Reserve(owner=state.relation_id, of=NameKind.RELATION)
    return [
        FollowUp(problem.stream(one), ConfirmProblem(path=None)),
        FollowUp(problem.stream(other), ConfirmProblem(path=None)),
        FollowUp(relation_edge.stream(edge_key(kind, one, other)), reserve),
        *_counts(_event, state),
    ]


def _counts(_event: Event, state: ProblemRelation) -> FollowUps:
    if state.relation_type is not RelationType.PREREQUISITE:
        return []
    one, other = state.from_problem_id, state.to_problem_id
    add = AddEdge(from_problem_id=one, to_problem_id=other)
    return [FollowUp(prerequisites.stream(GRAPH), add)]


def _counts_no_more(_event: Event, state: ProblemRelation) -> FollowUps:
    if state.relation_type is not RelationType.PREREQUISITE:
        return []
    one, other = state.from_problem_id, state.to_problem_id
    remove = RemoveEdge(from_problem_id=one, to_problem_id=other)
    return [FollowUp(prerequisites.stream(GRAPH), remove)]


CONTENT_POLICIES: Final[Mapping[type[Event], Callable[[Any, Any], FollowUps]]] = {
    NodeCreated: _created,
    NodeRenamed: _moved,
    NodeMoved: _moved,
    NodeArchived: _archived,
    TaxonomyLinked: _linked,
    TaxonomyLinksReplaced: _links_replaced,
    SetCreated: _set_created,
    SetEdited: _set_edited,
    SetItemsReplaced: _items_replaced,
    SetPublished: _set_published,
    UsageRegistered: _usage_registered,
    UsageReleased: _usage_released,
    RelationSuggested: _suggested,
    RelationConfirmed: _counts,
    RelationRestored: _counts,
    RelationRejected: _counts_no_more,
    RelationHidden: _counts_no_more,
}
"""The follow-ups of an event, from it and the state of its stream after it."""
