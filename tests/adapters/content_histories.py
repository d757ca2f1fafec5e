"""Random commands for taxonomy, sets, usages and relations, each with the key of its aggregate."""

from collections.abc import Callable
from typing import Any

from hypothesis import strategies as st

from domain.kernel import Command
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
from domain.taxonomy_link import EditTaxonomyLinks, LinkTaxonomy, TaxonomyLink, UnlinkTaxonomy
from domain.taxonomy_node import (
    ArchiveNode,
    CreateNode,
    EditNode,
    HideNode,
    MoveNode,
    NodeKind,
    RenameNode,
    ShowNode,
)
from tests.domain.problem_world import NOW, raw

WORDS = st.text(max_size=5)
_ITEM = SetItem(item_id="i1", problem_id="p1", problem_version_id="v1", order=1)
_LINK = TaxonomyLink(link_id="l1", node_id="n1", weight=0.5)


def _with_key(made: Callable[..., Command], keys: list[str], *parts: Any) -> Any:
    return st.sampled_from(keys).flatmap(
        lambda key: st.tuples(st.just(key), st.builds(made, st.just(key), *parts))
    )


def _node(key: str, title: str, parent: str | None) -> Command:
    return CreateNode(node_id=key, kind=NodeKind.TAG, slug=key, title=title, parent_id=parent)


def _set(key: str, title: str) -> Command:
    return CreateSet(set_id=key, slug=key, title=title, purpose=SetPurpose.LESSON)


def _usage(key: str, context: str, position: int | None) -> Command:
    return RegisterUsage(
        usage_id=key,
        problem_id="p1",
        problem_version_id="v1",
        context=UsageContext(
            domain=ContextDomain.LMS, type="lesson", id=context, position=position
        ),
        scoring_rule_snapshot=raw({"maxScore": 1.5}),
        now=NOW,
    )


def _relation(key: str, kind: RelationType, weight: float | None) -> Command:
    return SuggestRelation(
        relation_id=key, from_problem_id="p1", to_problem_id="p2", relation_type=kind, weight=weight
    )


_NODES, _SETS, _USAGES, _RELATIONS = ["n1", "n2"], ["s1", "s2"], ["u1", "u2"], ["r1", "r2"]
_NODE_COMMANDS: list[Command] = [
    RenameNode(title="Other", slug="other"),
    MoveNode(parent_id="n1", order=2),
    MoveNode(parent_id=None),
    EditNode(publishable=False, license_status="cc-by"),
    HideNode(),
    ShowNode(),
    ArchiveNode(),
]
_SET_COMMANDS: list[Command] = [
    EditSet(title="Other", purpose=SetPurpose.TRAINING),
    ReplaceSetItems(items=(_ITEM,)),
    SubmitSetForReview(),
    ReturnSetToDraft(),
    PublishSet(now=NOW),
    CreateSetVersion(),
    ArchiveSet(),
]
_RELATION_COMMANDS: list[Command] = [
    ConfirmRelation(),
    RejectRelation(comment="no"),
    HideRelation(),
    RestoreRelation(),
    EditRelation(weight=2, metadata=raw({"by": "hand"})),
    EditRelation(weight=None),
]
_LINK_COMMANDS: list[Command] = [
    LinkTaxonomy(link=_LINK),
    UnlinkTaxonomy(link_id="l1"),
    EditTaxonomyLinks(add=(_LINK,)),
]

CONTENT_COMMANDS_FOR_KEYS: st.SearchStrategy[tuple[str, Command]] = st.one_of(
    _with_key(_node, _NODES, WORDS, st.none() | st.just("n1")),
    st.tuples(st.sampled_from(_NODES), st.sampled_from(_NODE_COMMANDS)),
    _with_key(_set, _SETS, WORDS),
    st.tuples(st.sampled_from(_SETS), st.sampled_from(_SET_COMMANDS)),
    _with_key(_usage, _USAGES, WORDS, st.none() | st.integers(0, 3)),
    st.tuples(st.sampled_from(_USAGES), st.just(ReleaseUsage(now=NOW))),
    _with_key(_relation, _RELATIONS, st.sampled_from(RelationType), st.none() | st.floats(0, 1)),
    st.tuples(st.sampled_from(_RELATIONS), st.sampled_from(_RELATION_COMMANDS)),
    st.tuples(st.just("p1"), st.sampled_from(_LINK_COMMANDS)),
)
