"""The filters of the content lists, over rows that real commands made (C2.1, C2.9, C2.13, C4.1)."""

from typing import Any

import pytest

from adapters.http.bank.taxonomy_paths import paths
from adapters.view_query import Condition, Eq, Text
from adapters.views import Views
from domain.kernel import Command
from domain.problem_relation import ConfirmRelation, RelationStatus, RelationType, SuggestRelation
from domain.problem_set import CreateSet, PublishSet, ReplaceSetItems, SetItem, SetPurpose
from domain.problem_set import SubmitSetForReview as Submit
from domain.problem_usage import ContextDomain, RegisterUsage, ReleaseUsage, UsageContext
from domain.taxonomy_node import CreateNode, HideNode, MoveNode, NodeKind
from event_store.store import Store
from projections.kernel import Projection
from projections.problem_relations import problem_relations
from projections.problem_sets import problem_sets
from projections.problem_usages import problem_usages
from projections.registry import PROJECTIONS
from projections.taxonomy_nodes import taxonomy_nodes
from tests.adapters.conftest import address, store
from tests.adapters.histories import Live
from tests.domain.problem_world import NOW

__all__ = ["address", "store"]

ITEM = SetItem(item_id="i1", problem_id="p1", problem_version_id="v1", order=1)


def node(node_id: str, title: str, **fields: Any) -> tuple[str, Command]:
    create = CreateNode(node_id=node_id, kind=NodeKind.TOPIC, slug=node_id, title=title, **fields)
    return node_id, create


def usage(usage_id: str, problem_id: str) -> tuple[str, Command]:
    context = UsageContext(domain=ContextDomain.LMS, type="lesson", id="l1")
    command = RegisterUsage(
        usage_id=usage_id, problem_id=problem_id, problem_version_id="v1", context=context, now=NOW
    )
    return usage_id, command


def relation(relation_id: str, source: str, target: str) -> tuple[str, Command]:
    command = SuggestRelation(
        relation_id=relation_id,
        from_problem_id=source,
        to_problem_id=target,
        relation_type=RelationType.ANALOG,
    )
    return relation_id, command


@pytest.fixture
def views(store: Store) -> Views:
    views = Views(store, PROJECTIONS)
    views.migrate()
    live = Live(store, views)
    for key, command in (
        node("a", "Алгебра", subject_key="mathematics"),
        node("b", "Квадратные уравнения", parent_id="a"),
        node("c", "Geometry"),
        ("c", HideNode()),
        ("c", MoveNode(parent_id="a")),
        ("s1", CreateSet(set_id="s1", slug="w1", title="Week one", purpose=SetPurpose.LESSON)),
        ("s2", CreateSet(set_id="s2", slug="w2", title="Week two", purpose=SetPurpose.MANUAL)),
        ("s2", ReplaceSetItems(items=(ITEM,))),
        ("s2", Submit()),
        ("s2", PublishSet(now=NOW)),
        usage("u1", "p1"),
        usage("u2", "p2"),
        ("u2", ReleaseUsage(now=NOW)),
        relation("r1", "p1", "p2"),
        relation("r2", "p3", "p1"),
        ("r2", ConfirmRelation()),
    ):
        live.do(key, command)
    return views


CASES: list[tuple[Projection[Any], list[Condition], list[str]]] = [
    (taxonomy_nodes, [Eq("parent_id", "a")], ["b", "c"]),
    (taxonomy_nodes, [Eq("parent_id", None)], ["a"]),
    (taxonomy_nodes, [Eq("kind", "topic"), Eq("status", "hidden")], ["c"]),
    (taxonomy_nodes, [Eq("subject_key", "mathematics")], ["a"]),
    (taxonomy_nodes, [Text("words", "уравн")], ["b"]),
    (problem_sets, [Eq("purpose", "lesson")], ["s1"]),
    (problem_sets, [Eq("status", "published"), Text("words", "week")], ["s2"]),
    (problem_sets, [Eq("problem_id", "p1")], ["s2"]),
    (problem_usages, [Eq("problem_id", "p1")], ["u1"]),
    (problem_usages, [Eq("context_domain", "lms"), Eq("context_id", "l1")], ["u1", "u2"]),
    (problem_usages, [Eq("problem_version_id", "v1"), Eq("status", "released")], ["u2"]),
    (problem_relations, [Eq("problem_id", "p1")], ["r1", "r2"]),
    (problem_relations, [Eq("to_problem_id", "p1")], ["r2"]),
    (problem_relations, [Eq("status", RelationStatus.SUGGESTED)], ["r1"]),
    (problem_relations, [Eq("relation_type", "analog"), Eq("from_problem_id", "p1")], ["r1"]),
]


def test_rows_are_found_by_the_filters_of_their_lists(views):
    for projection, where, expected in CASES:
        found = views.find(projection, where)
        assert sorted(key for key, _ in found.rows) == expected, where
        assert views.count(projection, where) == len(expected)


@pytest.mark.parametrize(
    ("projection", "order", "expected"),
    [
        (taxonomy_nodes, ("kind", "parent_id", "order", "title"), ["a", "c", "b"]),
        (taxonomy_nodes, ("-title",), ["b", "a", "c"]),
        (problem_sets, ("-slug",), ["s2", "s1"]),
        (problem_usages, ("registered_at",), ["u1", "u2"]),
        (problem_relations, ("-created_at",), ["r2", "r1"]),
    ],
    ids=lambda value: getattr(value, "name", None),
)
def test_pages_are_in_the_order_of_their_lists(views, projection, order, expected):
    assert [key for key, _ in views.page(projection, (), order).rows] == expected


def test_C2_1_paths_are_resolved_up_to_the_root(views):
    found = views.get_many(taxonomy_nodes, ["b", "c"])
    assert paths(views, found.values()) == {"a": "a", "b": "a/b", "c": "a/c"}
