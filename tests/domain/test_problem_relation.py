"""ProblemRelation: suggested, moderated, drawn once, prerequisites acyclic (B-43 to B-49)."""

from graphlib import TopologicalSorter
from typing import Any

import msgspec
import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from domain.kernel import Command, Refused
from domain.prerequisites import GRAPH, RelationCycle, prerequisites
from domain.problem import ConfirmProblem, CreateProblem, ProblemNotFound, problem
from domain.problem_relation import (
    DIRECTED,
    ConfirmRelation,
    EditRelation,
    HideRelation,
    RejectRelation,
    RelationConfirmed,
    RelationEdited,
    RelationHidden,
    RelationIdTaken,
    RelationNotFound,
    RelationRejected,
    RelationRestored,
    RelationSelfLink,
    RelationStatus,
    RelationSuggested,
    RelationType,
    RestoreRelation,
    SuggestRelation,
    edge_key,
    problem_relation,
)
from domain.reservation import RelationExists
from domain.transitions import InvalidTransition
from tests.domain.given import given
from tests.domain.problem_world import World, raw

SIMILAR, PREREQUISITE = RelationType.SIMILAR, RelationType.PREREQUISITE
NODES = "ABCDE"


def suggest(edge: str, kind: RelationType = PREREQUISITE, **parts: Any) -> SuggestRelation:
    """`edge` names two problems; the relation is called after it and its type."""
    return SuggestRelation(
        relation_id=f"{edge}-{kind}",
        from_problem_id=edge[0],
        to_problem_id=edge[1],
        relation_type=kind,
        **parts,
    )


def stream(edge: str, kind: RelationType = PREREQUISITE) -> str:
    return problem_relation.stream(f"{edge}-{kind}")


def suggested(kind: RelationType = SIMILAR) -> RelationSuggested:
    return RelationSuggested(
        relation_id=f"AB-{kind}", from_problem_id="A", to_problem_id="B", relation_type=kind
    )


def world() -> World:
    made = World()
    for name in NODES:
        create = CreateProblem(problem_id=name, code=name, subject_key="mathematics")
        made.do(problem.stream(name), create)
    return made


def draw(made: World, *edges: str) -> None:
    for edge in edges:
        made.do(stream(edge), suggest(edge))


@pytest.mark.parametrize("kind", RelationType)
def test_B43_a_problem_is_nothing_to_itself(kind):
    refusal = given(problem_relation).when(suggest("AA", kind)).refused(RelationSelfLink)
    assert (refusal.code, refusal.kind) == ("RELATION_SELF_LINK", "unfit")


@pytest.mark.parametrize("kind", RelationType)
def test_B47_whatever_is_created_is_only_suggested(kind):
    after = given(problem_relation).when(suggest("AB", kind)).then(suggested(kind))
    assert after.state.status is RelationStatus.SUGGESTED
    after.when(suggest("AB", kind)).refused(RelationIdTaken)


def test_C4_5_moderation():
    start = given(problem_relation, suggested())
    confirmed = start.when(ConfirmRelation(comment="yes")).then(RelationConfirmed(comment="yes"))
    rejected = start.when(RejectRelation(comment="no")).then(RelationRejected(comment="no"))
    hidden = confirmed.when(HideRelation()).then(RelationHidden())
    for away in (rejected, hidden):
        back = away.when(RestoreRelation()).then(RelationRestored())
        assert back.state.status is RelationStatus.SUGGESTED
        away.when(ConfirmRelation()).refused(InvalidTransition)
    confirmed.when(RejectRelation()).refused(InvalidTransition)
    confirmed.when(ConfirmRelation()).refused(InvalidTransition)
    start.when(RestoreRelation()).refused(InvalidTransition)
    given(problem_relation).when(ConfirmRelation()).refused(RelationNotFound)


def test_C4_4_weight_and_metadata_are_edited_and_nothing_else():
    start = given(problem_relation, suggested())
    edit = EditRelation(weight=0.5, metadata=raw({"by": "hand"}))
    after = start.when(edit).then(RelationEdited(weight=0.5, metadata=raw({"by": "hand"})))
    after.when(edit).nothing()
    after.when(EditRelation(weight=None)).then(RelationEdited(weight=None))
    after.when(EditRelation(metadata=raw(None))).then(RelationEdited(metadata=raw(None)))
    assert after.state.status is RelationStatus.SUGGESTED
    given(problem_relation).when(edit).refused(RelationNotFound)


@pytest.mark.parametrize("kind", RelationType)
def test_B48_an_edge_is_drawn_once_also_reversed_where_that_says_the_same(kind):
    made = world()
    made.do(stream("AB", kind), suggest("AB", kind))
    again = problem_relation.stream("again")
    command = msgspec.structs.replace(suggest("AB", kind), relation_id="again")
    with pytest.raises(RelationExists) as caught:
        made.do(again, command)
    assert caught.value.code == "RELATION_EXISTS"
    made.do(stream("AB", kind), RejectRelation())
    with pytest.raises(RelationExists):
        made.do(again, command)
    if kind not in DIRECTED:
        with pytest.raises(RelationExists):
            made.do(stream("BA", kind), suggest("BA", kind))
    else:
        made.do(stream("BA", kind), suggest("BA", kind))
    other = next(one for one in RelationType if one is not kind)
    made.do(stream("AB", other), suggest("AB", other))


def test_C4_2_both_problems_exist():
    made = world()
    for edge in ("AX", "XA"):
        with pytest.raises(ProblemNotFound):
            made.do(stream(edge, SIMILAR), suggest(edge, SIMILAR))
    assert made.state(stream("AX", SIMILAR)).status is RelationStatus.ABSENT
    made.do(problem.stream("A"), ConfirmProblem(path=None))


def test_B44_B45_a_prerequisite_is_directed_and_acyclic():
    made = world()
    draw(made, "AB", "BC")
    with pytest.raises(RelationCycle) as caught:
        draw(made, "CA")
    assert caught.value.details["path"] == ["C", "A", "B", "C"]
    with pytest.raises(RelationCycle):
        draw(made, "BA")
    draw(made, "AC")
    assert made.state(prerequisites.stream(GRAPH)).after("A") == ("B", "C")


def test_B45_only_prerequisites_form_a_graph():
    made = world()
    made.do(stream("AB"), suggest("AB"))
    kind = RelationType.PARAMETERIZED_VARIANT
    made.do(stream("BA", kind), suggest("BA", kind))
    made.do(stream("BA", kind), ConfirmRelation())
    assert made.state(prerequisites.stream(GRAPH)).after("B") == ()


@pytest.mark.parametrize("away", [RejectRelation(), HideRelation()])
def test_B45_rejected_and_hidden_edges_do_not_count_and_are_checked_when_restored(away):
    made = world()
    draw(made, "AB", "BC")
    made.do(stream("AB"), away)
    draw(made, "CA")
    with pytest.raises(RelationCycle) as caught:
        made.do(stream("AB"), RestoreRelation())
    assert caught.value.details["path"] == ["A", "B", "C", "A"]
    assert made.state(stream("AB")).status in {RelationStatus.REJECTED, RelationStatus.HIDDEN}
    made.do(stream("CA"), ConfirmRelation())
    made.do(stream("BC"), HideRelation())
    made.do(stream("AB"), RestoreRelation())
    made.do(stream("AB"), ConfirmRelation())


@pytest.mark.parametrize("kind", RelationType)
def test_keys_of_edges_know_the_types_that_have_a_direction(kind):
    assert (edge_key(kind, "A", "B") == edge_key(kind, "B", "A")) == (kind not in DIRECTED)


class RelationMachine(RuleBasedStateMachine):
    """Relations, their moderation and the graph together: what counts never forms a cycle."""

    def __init__(self) -> None:
        super().__init__()
        self.world = world()
        self.drawn: set[str] = set()

    @rule(
        edge=st.lists(st.sampled_from(NODES), min_size=2, max_size=2, unique=True).map("".join),
        command=st.sampled_from(
            [None, ConfirmRelation(), RejectRelation(), HideRelation(), RestoreRelation()]
        ),
    )
    def do(self, edge: str, command: Command | None) -> None:
        before = {name: [*log] for name, log in self.world.logs.items()}
        try:
            self.world.do(stream(edge), command or suggest(edge))
        except Refused:
            assert {name: log for name, log in self.world.logs.items() if log} == before
            return
        self.drawn.add(edge)

    @invariant()
    def what_counts_is_the_graph_and_has_no_cycle(self) -> None:
        states = {edge: self.world.state(stream(edge)) for edge in self.drawn}
        counts = {RelationStatus.SUGGESTED, RelationStatus.CONFIRMED}
        edges = {edge for edge, state in states.items() if state.status in counts}
        graph = self.world.state(prerequisites.stream(GRAPH))
        assert {one + other for one in NODES for other in graph.after(one)} == edges
        sorter: TopologicalSorter[str] = TopologicalSorter()
        for edge in edges:
            sorter.add(edge[0], edge[1])
        sorter.prepare()  # raises for a cycle


RelationMachine.TestCase.settings = settings(stateful_step_count=30, deadline=None)
TestRelationMachine = RelationMachine.TestCase
