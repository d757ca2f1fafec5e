"""Prerequisites: never a cycle, whatever the interleaving, and the offending path (B-44, B-45)."""

from graphlib import CycleError, TopologicalSorter
from itertools import pairwise

import pytest
from hypothesis import given as given_any
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from domain.kernel import Event, fold
from domain.prerequisites import (
    GRAPH,
    AddEdge,
    EdgeAdded,
    EdgeRemoved,
    Prerequisites,
    RelationCycle,
    RemoveEdge,
    prerequisites,
)
from tests.domain.given import Scenario, given
from tests.domain.racing import Racing


def add(edge: str) -> AddEdge:
    return AddEdge(from_problem_id=edge[0], to_problem_id=edge[1])


def remove(edge: str) -> RemoveEdge:
    return RemoveEdge(from_problem_id=edge[0], to_problem_id=edge[1])


def added(edge: str) -> EdgeAdded:
    return EdgeAdded(from_problem_id=edge[0], to_problem_id=edge[1])


def removed(edge: str) -> EdgeRemoved:
    return EdgeRemoved(from_problem_id=edge[0], to_problem_id=edge[1])


def graph(*edges: str) -> Scenario:
    return given(prerequisites, *map(added, edges))


def test_B44_an_edge_has_a_direction():
    after = graph().when(add("AB")).then(added("AB"))
    assert (after.state.after("A"), after.state.before("A")) == (("B",), ())
    assert (after.state.after("B"), after.state.before("B")) == ((), ("A",))
    after.when(add("AB")).nothing()


@pytest.mark.parametrize(
    ("edges", "last", "path"),
    [
        (["AB"], "BA", "BAB"),
        (["AB", "BC"], "CA", "CABC"),
        (["AB", "BC", "CD", "DE"], "EA", "EABCDE"),
        (["AX", "AB", "BY", "BC"], "CA", "CABC"),
        ([], "AA", "AA"),
    ],
)
def test_B45_an_edge_that_closes_a_cycle_is_refused_with_the_path(edges, last, path):
    refusal = graph(*edges).when(add(last)).refused(RelationCycle)
    assert (refusal.code, refusal.kind) == ("RELATION_CYCLE", "conflict")
    assert refusal.details == {"path": list(path)}


def test_B45_two_ways_to_one_problem_are_no_cycle():
    graph("AB", "BD", "AC").when(add("CD")).then(added("CD")).when(add("AD")).then(added("AD"))


def test_B45_an_edge_that_no_longer_counts_closes_nothing():
    after = graph("AB", "BC").when(remove("AB")).then(removed("AB"))
    after.when(remove("AB")).nothing()
    after.when(add("CA")).then(added("CA")).when(add("AB")).refused(RelationCycle)


def test_a_long_path_is_told_shortly_and_given_whole():
    chain = "ABCDEFGHIJKLMNOP"
    edges = [one + other for one, other in pairwise(chain)]
    refusal = graph(*edges).when(add("PA")).refused(RelationCycle)
    assert refusal.details["path"] == ["P", *chain]
    assert "…" in refusal.message


def test_a_problem_without_edges_is_not_remembered():
    after = graph("AB", "BC").when(remove("AB")).happens().when(remove("BC")).happens()
    assert after.state.ways == Prerequisites().ways


def named(source: int, target: int) -> EdgeAdded:
    return EdgeAdded(from_problem_id=str(source), to_problem_id=str(target))


@pytest.mark.parametrize("length", [10, 200])
def test_B45_a_chain_that_grows_at_its_start_is_checked_with_levels_and_without(length):
    state = fold(prerequisites, [named(at, at + 1) for at in reversed(range(length))])
    assert (state.credit < 0) == (length > 100), "levels are given up when they cost too much"
    closing = AddEdge(from_problem_id=str(length), to_problem_id="0")
    with pytest.raises(RelationCycle) as caught:
        prerequisites.decide(state, closing)
    assert len(caught.value.details["path"]) == length + 2
    shortcut = AddEdge(from_problem_id="0", to_problem_id=str(length))
    assert prerequisites.decide(state, shortcut) == [named(0, length)]


NODES = "ABCDEF"
EDGES = st.lists(st.sampled_from(NODES), min_size=2, max_size=2).map("".join)


def acyclic(edges: set[str]) -> bool:
    sorter: TopologicalSorter[str] = TopologicalSorter()
    for edge in edges:
        sorter.add(edge[0], edge[1])
    try:
        sorter.prepare()
    except CycleError:
        return False
    return True


@given_any(st.lists(EDGES, max_size=40))
def test_B45_refused_is_exactly_what_would_close_a_cycle_by_a_real_path(edges):
    drawn: set[str] = set()
    log: list[Event] = []
    for edge in edges:
        state = fold(prerequisites, log)
        try:
            log += prerequisites.decide(state, add(edge))
        except RelationCycle as refusal:
            assert not acyclic({*drawn, edge})
            path = refusal.details["path"]
            steps = {one + other for one, other in pairwise(path)}
            assert edge == path[0] + path[1]
            assert path[0] == path[-1]
            assert steps - {edge} <= drawn
        else:
            drawn.add(edge)
            assert acyclic(drawn)


class GraphMachine(RuleBasedStateMachine):
    """Three processes on one guard stream, each deciding on what it last saw."""

    def __init__(self) -> None:
        super().__init__()
        self.racing = Racing(prerequisites, 3)
        self.edges: set[str] = set()

    @rule(writer=st.integers(0, 2), edge=EDGES)
    def add(self, writer: int, edge: str) -> None:
        possible = acyclic({*self.edges, edge})
        assert self.racing.do(writer, add(edge)) == possible
        if possible:
            self.edges.add(edge)

    @rule(writer=st.integers(0, 2), edge=EDGES)
    def remove(self, writer: int, edge: str) -> None:
        assert self.racing.do(writer, remove(edge))
        self.edges.discard(edge)

    @rule(writer=st.integers(0, 2))
    def catch_up(self, writer: int) -> None:
        self.racing.catch_up(writer)

    @invariant()
    def the_graph_has_no_cycle_and_is_what_the_log_says(self) -> None:
        assert acyclic(self.edges)
        state = fold(prerequisites, self.racing.log)
        found = {one + other for one in NODES for other in state.after(one)}
        back = {other + one for one in NODES for other in state.before(one)}
        assert found == back == self.edges
        assert all(state.of(edge[0]).level < state.of(edge[1]).level for edge in found)


GraphMachine.TestCase.settings = settings(stateful_step_count=30, deadline=None)
TestGraphMachine = GraphMachine.TestCase


def test_the_graph_is_one_stream():
    assert prerequisites.stream(GRAPH) == "prerequisites-graph"
