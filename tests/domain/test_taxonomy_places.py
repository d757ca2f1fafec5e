"""TaxonomyPlaces: trees stay trees, whatever the interleaving of moves."""

from typing import Any

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from domain.kernel import fold
from domain.taxonomy_places import (
    NodePlaced,
    NodeWithdrawn,
    ParentGone,
    PlaceNode,
    TaxonomyCycle,
    TaxonomyNodeInUse,
    TaxonomyTooDeep,
    WithdrawNode,
    taxonomy_places,
)
from tests.domain.given import given
from tests.domain.racing import Racing


def placed(node_id: str, parent_id: str | None = None) -> NodePlaced:
    return NodePlaced(node_id=node_id, parent_id=parent_id)


def place(node_id: str, parent_id: str | None = None) -> PlaceNode:
    return PlaceNode(node_id=node_id, parent_id=parent_id)


ABC = given(taxonomy_places, placed("A"), placed("B", "A"), placed("C", "B"))


def test_C2_3_a_node_does_not_hang_below_itself():
    refusal = ABC.when(place("A", "C")).refused(TaxonomyCycle)
    assert (refusal.code, refusal.kind) == ("TAXONOMY_CYCLE", "conflict")
    assert refusal.details == {"path": ["A", "B", "C"]}
    assert ABC.when(place("A", "A")).refused(TaxonomyCycle).details == {"path": ["A"]}


def test_C2_3_a_move_takes_everything_below_along_in_one_event():
    after = ABC.when(place("B")).then(placed("B"))
    after.when(place("B")).nothing()
    after.when(place("A", "C")).then(placed("A", "C"))


def test_C2_3_a_node_with_children_is_in_use_and_one_without_can_go():
    refusal = ABC.when(WithdrawNode(node_id="B")).refused(TaxonomyNodeInUse)
    assert refusal.details == {"children": 1}
    after = ABC.when(WithdrawNode(node_id="C")).then(NodeWithdrawn(node_id="C"))
    after.when(WithdrawNode(node_id="C")).nothing()
    after.when(place("D", "C")).refused(ParentGone)
    after.when(WithdrawNode(node_id="B")).then(NodeWithdrawn(node_id="B"))


def test_a_tree_has_a_hundred_levels_at_most():
    chain = [placed("n1"), *(placed(f"n{at}", f"n{at - 1}") for at in range(2, 101))]
    deep = given(taxonomy_places, *chain)
    refusal = deep.when(place("x", "n100")).refused(TaxonomyTooDeep)
    assert (refusal.code, refusal.kind) == ("TAXONOMY_TOO_DEEP", "unfit")
    deep.when(place("x", "n99")).then(placed("x", "n99"))


NODES = "ABCDEF"


class PlacesMachine(RuleBasedStateMachine):
    """Three processes on one guard stream; the model is a dict of parents."""

    def __init__(self) -> None:
        super().__init__()
        self.racing = Racing(taxonomy_places, 3)
        self.parents: dict[str, str | None] = {}

    def above(self, node_id: str | None) -> list[str]:
        found: list[str] = []
        while node_id is not None:
            assert node_id not in found, "a cycle"
            found.append(node_id)
            node_id = self.parents[node_id]
        return found

    @rule(data=st.data(), writer=st.integers(0, 2), node=st.sampled_from(NODES))
    def place(self, data: Any, writer: int, node: str) -> None:
        parent = data.draw(st.none() | st.sampled_from(NODES))
        unknown = parent is not None and parent != node and parent not in self.parents
        possible = not unknown and parent != node and node not in self.above(parent)
        assert self.racing.do(writer, place(node, parent)) == possible
        if possible:
            self.parents[node] = parent

    @rule(writer=st.integers(0, 2), node=st.sampled_from(NODES))
    def withdraw(self, writer: int, node: str) -> None:
        possible = node not in self.parents.values()
        assert self.racing.do(writer, WithdrawNode(node_id=node)) == possible
        if possible:
            self.parents.pop(node, None)

    @rule(writer=st.integers(0, 2))
    def catch_up(self, writer: int) -> None:
        self.racing.catch_up(writer)

    @invariant()
    def every_node_hangs_below_a_root(self) -> None:
        places = dict(fold(taxonomy_places, self.racing.log).places.items())
        assert {node: one.parent_id for node, one in places.items()} == self.parents
        for node in self.parents:
            self.above(node)
        for node, one in places.items():
            assert one.children == [*self.parents.values()].count(node)


PlacesMachine.TestCase.settings = settings(stateful_step_count=30, deadline=None)
TestPlacesMachine = PlacesMachine.TestCase
