"""The commands of taxonomy, sets, usages and relations, each with a way to get it accepted."""

from collections.abc import Mapping, Sequence
from typing import Final

from adapters.ledger import Step
from domain.kernel import Command
from domain.prerequisites import AddEdge, RemoveEdge
from domain.problem import CreateProblem, TakeVersionNumber
from domain.problem_relation import (
    ConfirmRelation,
    EditRelation,
    HideRelation,
    RejectRelation,
    RelationType,
    RestoreRelation,
    SuggestRelation,
)
from domain.problem_set import (
    ArchiveSet,
    CreateSet,
    CreateSetVersion,
    EditSet,
    PublishSet,
    ReplaceSetItems,
    ReturnSetToDraft,
    SetItem,
    SetPurpose,
    SubmitSetForReview,
)
from domain.problem_usage import ContextDomain, RegisterUsage, ReleaseUsage, UsageContext
from domain.problem_version import PublishVersion, SubmitVersionForReview
from domain.problem_version_use import ConfirmVersion
from domain.taxonomy_link import (
    EditTaxonomyLinks,
    LinkRole,
    LinkTaxonomy,
    ReplaceTaxonomyLinks,
    TaxonomyLink,
    UnlinkTaxonomy,
)
from domain.taxonomy_node import (
    ArchiveNode,
    ConfirmNode,
    CreateNode,
    EditNode,
    HideNode,
    MoveNode,
    NodeKind,
    RenameNode,
    ShowNode,
)
from domain.taxonomy_places import PlaceNode, WithdrawNode
from tests.domain.problem_world import NOW, READY, raw

SECRET: Final = "SECRET-5d1c"


def _node(command: Command, node_id: str = "n1") -> Step:
    return Step(f"taxonomy_node-{node_id}", command)


def _problem(command: Command, problem_id: str = "p1") -> Step:
    return Step(f"problem-{problem_id}", command)


def _version(command: Command) -> Step:
    return Step("problem_version-v1", command)


def _set(command: Command) -> Step:
    return Step("problem_set-s1", command)


def _usage(command: Command) -> Step:
    return Step("problem_usage-u1", command)


def _relation(command: Command) -> Step:
    return Step("relation-r1", command)


def _created(node_id: str) -> Step:
    create = CreateNode(node_id=node_id, kind=NodeKind.TOPIC, slug=node_id, title=node_id)
    return _node(create, node_id)


def _begun(problem_id: str) -> Step:
    create = CreateProblem(problem_id=problem_id, code=problem_id, subject_key="mathematics")
    return _problem(create, problem_id)


_LINK = TaxonomyLink(link_id="l1", node_id="n1", role=LinkRole.PRIMARY)
_ITEM = SetItem(item_id="i1", problem_id="p1", problem_version_id="v1", order=1)
_NODES = [_created("n1"), _created("n2")]
_LINKED = [*_NODES, _begun("p1"), _problem(LinkTaxonomy(link=_LINK))]
_PUBLISHED = [
    _begun("p1"),
    _problem(TakeVersionNumber(version_id="v1", content=READY)),
    _version(SubmitVersionForReview()),
    _version(PublishVersion(now=NOW)),
]
_SET = [
    *_PUBLISHED,
    _set(CreateSet(set_id="s1", slug="week-1", title="Week 1", purpose=SetPurpose.HOMEWORK)),
    _set(ReplaceSetItems(items=(_ITEM,))),
]
_SET_IN_REVIEW = [*_SET, _set(SubmitSetForReview())]
_SET_PUBLISHED = [*_SET_IN_REVIEW, _set(PublishSet(now=NOW))]
_USED = [
    *_PUBLISHED,
    _usage(
        RegisterUsage(
            usage_id="u1",
            problem_id="p1",
            problem_version_id="v1",
            context=UsageContext(domain=ContextDomain.LMS, type="lesson", id="l1", position=1),
            scoring_rule_snapshot=raw({"note": SECRET}),
            visibility_policy=raw({"note": SECRET}),
            now=NOW,
        )
    ),
]
_SUGGESTED = [
    _begun("p1"),
    _begun("p2"),
    _relation(
        SuggestRelation(
            relation_id="r1",
            from_problem_id="p1",
            to_problem_id="p2",
            relation_type=RelationType.PREREQUISITE,
            metadata=raw({"note": SECRET}),
        )
    ),
]
_HIDDEN = [*_SUGGESTED, _relation(HideRelation(comment=SECRET))]
_EDIT = EditRelation(weight=2, metadata=raw({"other": SECRET}))

CONTENT_WAYS: Final[Mapping[type[Command], Sequence[Step]]] = {
    CreateNode: _NODES,
    RenameNode: [*_NODES, _node(RenameNode(slug="other"))],
    MoveNode: [*_NODES, _node(MoveNode(parent_id="n2"))],
    EditNode: [*_NODES, _node(EditNode(publishable=True))],
    HideNode: [*_NODES, _node(HideNode())],
    ShowNode: [*_NODES, _node(HideNode()), _node(ShowNode())],
    ArchiveNode: [*_NODES, _node(ArchiveNode())],
    PlaceNode: _NODES,
    WithdrawNode: [*_NODES, _node(ArchiveNode())],
    LinkTaxonomy: _LINKED,
    UnlinkTaxonomy: [*_LINKED, _problem(UnlinkTaxonomy(link_id="l1"))],
    ReplaceTaxonomyLinks: [*_LINKED, _problem(ReplaceTaxonomyLinks(links=()))],
    EditTaxonomyLinks: [*_LINKED, _problem(EditTaxonomyLinks(remove=("n1",)))],
    CreateSet: _SET,
    EditSet: [*_SET, _set(EditSet(title="Other"))],
    ReplaceSetItems: _SET,
    SubmitSetForReview: _SET_IN_REVIEW,
    ReturnSetToDraft: [*_SET_IN_REVIEW, _set(ReturnSetToDraft(comment=SECRET))],
    PublishSet: _SET_PUBLISHED,
    ArchiveSet: [*_SET, _set(ArchiveSet(reason=SECRET))],
    CreateSetVersion: [*_SET_PUBLISHED, _set(CreateSetVersion())],
    RegisterUsage: _USED,
    ReleaseUsage: [*_USED, _usage(ReleaseUsage(reason=SECRET, now=NOW))],
    SuggestRelation: _SUGGESTED,
    ConfirmRelation: [*_SUGGESTED, _relation(ConfirmRelation(comment=SECRET))],
    RejectRelation: [*_SUGGESTED, _relation(RejectRelation(comment=SECRET))],
    HideRelation: _HIDDEN,
    RestoreRelation: [*_HIDDEN, _relation(RestoreRelation(comment=SECRET))],
    EditRelation: [*_SUGGESTED, _relation(_EDIT)],
    AddEdge: _SUGGESTED,
    RemoveEdge: _HIDDEN,
}

CONTENT_SILENT: Final = frozenset({ConfirmNode, ConfirmVersion})
