"""TaxonomyNode: create, rename, move, hide, show and archive, with its guards (C2.2, C2.3)."""

import pytest

from domain.kernel import fold
from domain.registry import decider_of
from domain.reservation import TaxonomyPathExists
from domain.taxonomy_node import (
    ArchiveNode,
    Branch,
    ConfirmNode,
    CreateNode,
    EditNode,
    HideNode,
    MoveNode,
    NodeArchived,
    NodeCreated,
    NodeEdited,
    NodeHidden,
    NodeIdTaken,
    NodeKind,
    NodeMoved,
    NodeRenamed,
    NodeShown,
    NodeStatus,
    RenameNode,
    ShowNode,
    TaxonomyKindMismatch,
    TaxonomyNodeNotFound,
    UnknownTaxonomyNode,
    branch_key,
    taxonomy_node,
)
from domain.taxonomy_places import NodePlaced, TaxonomyCycle, TaxonomyNodeInUse
from domain.transitions import InvalidTransition
from tests.domain.given import given
from tests.domain.problem_world import World

CREATED = NodeCreated(node_id="a", kind=NodeKind.TOPIC, slug="algebra", title="Алгебра")
ALGEBRA = given(taxonomy_node, CREATED)
stream = taxonomy_node.stream


def create(node_id: str, parent_id: str | None = None, **fields: object) -> CreateNode:
    given_fields = {"kind": NodeKind.TOPIC, "slug": node_id, "title": node_id, **fields}
    return CreateNode(node_id=node_id, parent_id=parent_id, **given_fields)  # type: ignore[arg-type]


def world(*nodes: str) -> World:
    """Topics by id; `ba` is `b` below `a`."""
    made = World()
    for node in nodes:
        made.do(stream(node[0]), create(node[0], node[1:] or None))
    return made


def test_C2_2_a_node_is_created_once():
    command = CreateNode(node_id="a", kind=NodeKind.TOPIC, slug="algebra", title="Алгебра")
    after = given(taxonomy_node).when(command).then(CREATED)
    assert after.state.status is NodeStatus.ACTIVE
    after.when(command).refused(NodeIdTaken)


def test_C2_3_rename_move_and_edit_tell_only_what_changed():
    same = RenameNode(slug="algebra", title="Алгебра")
    ALGEBRA.when(same).nothing()
    renamed = ALGEBRA.when(RenameNode(slug="alg", title="Алгебра")).then(NodeRenamed(slug="alg"))
    assert renamed.state.former == Branch(None, "algebra")
    moved = renamed.when(MoveNode(parent_id="m", order=3)).then(NodeMoved(parent_id="m", order=3))
    assert moved.state.former == Branch(None, "alg")
    assert moved.when(MoveNode(order=4)).then(NodeMoved(order=4)).state.former is None
    moved.when(MoveNode(parent_id=None)).then(NodeMoved(parent_id=None))
    edited = EditNode(publishable=True, license_status="cc-by")
    licensed = moved.when(edited).then(NodeEdited(publishable=True, license_status="cc-by"))
    licensed.when(edited).nothing()
    licensed.when(EditNode(license_status=None)).then(NodeEdited(license_status=None))


def test_C2_3_hide_show_and_archive():
    ALGEBRA.when(ShowNode()).nothing()
    hidden = ALGEBRA.when(HideNode()).then(NodeHidden())
    hidden.when(HideNode()).nothing()
    hidden.when(ShowNode()).then(NodeShown())
    archived = hidden.when(ArchiveNode()).then(NodeArchived())
    for command in (ShowNode(), HideNode(), ArchiveNode(), RenameNode(slug="x"), MoveNode()):
        assert archived.when(command).refused(InvalidTransition).details["from"] == "archived"


@pytest.mark.parametrize("command", [RenameNode(), MoveNode(), EditNode(), HideNode(), ShowNode()])
def test_an_unknown_node_is_not_found(command):
    given(taxonomy_node).when(command).refused(TaxonomyNodeNotFound)


def test_C2_3_a_node_with_linked_problems_is_in_use():
    refusal = ALGEBRA.when(ArchiveNode(links=2)).refused(TaxonomyNodeInUse)
    assert (refusal.code, refusal.details) == ("TAXONOMY_NODE_IN_USE", {"links": 2})


def test_C2_2_what_refers_to_a_node_needs_one_that_is_there_and_of_the_kind():
    topic = ConfirmNode(kind=NodeKind.TOPIC, path="parentId")
    ALGEBRA.when(topic).nothing()
    ALGEBRA.when(ConfirmNode(path="nodeId")).nothing()
    given(taxonomy_node).when(topic).refused(UnknownTaxonomyNode)
    given(taxonomy_node, CREATED, NodeArchived()).when(topic).refused(UnknownTaxonomyNode)
    skill = ALGEBRA.when(ConfirmNode(kind=NodeKind.SKILL, path="parentId"))
    refusal = skill.refused(TaxonomyKindMismatch)
    assert (refusal.code, refusal.details) == ("TAXONOMY_KIND_MISMATCH", {"path": "parentId"})


def test_C2_2_a_child_is_of_its_parents_kind_and_its_parent_is_there():
    made = world("a")
    with pytest.raises(TaxonomyKindMismatch):
        made.do(stream("b"), create("b", "a", kind=NodeKind.SKILL))
    with pytest.raises(UnknownTaxonomyNode):
        made.do(stream("b"), create("b", "nobody"))
    assert made.state(stream("b")).status is NodeStatus.ABSENT


def test_C2_2_a_slug_is_alone_among_siblings_of_its_kind():
    made = world("a", "b", "ca")
    with pytest.raises(TaxonomyPathExists) as caught:
        made.do(stream("d"), create("d", "a", slug="C"))
    assert caught.value.code == "TAXONOMY_PATH_EXISTS"
    made.do(stream("d"), create("d", "b", slug="c"))
    made.do(stream("s"), create("s", kind=NodeKind.SKILL, slug="a"))
    with pytest.raises(TaxonomyPathExists):
        made.do(stream("d"), MoveNode(parent_id="a"))
    made.do(stream("d"), RenameNode(slug="d"))
    made.do(stream("d"), MoveNode(parent_id="a"))


def test_C2_3_a_slug_that_is_left_is_free_again():
    made = world("a", "ba")
    made.do(stream("b"), RenameNode(slug="other"))
    made.do(stream("c"), create("c", "a", slug="b"))
    made.do(stream("b"), MoveNode(parent_id=None))
    made.do(stream("d"), create("d", "a", slug="other"))
    made.do(stream("d"), ArchiveNode())
    made.do(stream("e"), create("e", "a", slug="other"))
    made.do(stream("e"), RenameNode(slug="OTHER"))  # its own name in other letters


def test_C2_3_moves_that_would_close_a_cycle_are_refused_whole():
    made = world("a", "ba", "cb")
    before = {name: [*log] for name, log in made.logs.items()}
    with pytest.raises(TaxonomyCycle) as caught:
        made.do(stream("a"), MoveNode(parent_id="c"))
    assert caught.value.details["path"] == ["a", "b", "c"]
    assert made.logs == before


def test_C2_3_moving_a_node_with_descendants_is_one_event_of_the_tree():
    made = world("a", "b", "ca", *(f"{leaf}c" for leaf in "defghij"))
    events = made.do(stream("c"), MoveNode(parent_id="b"))
    assert [event for event in events if isinstance(event, NodeMoved | NodePlaced)] == [
        NodeMoved(parent_id="b"),
        NodePlaced(node_id="c", parent_id="b"),
    ]
    assert len(events) == 4  # and the two reservations


def test_C2_3_a_node_with_children_is_not_archived_and_nothing_hangs_below_an_archived_one():
    made = world("a", "ba")
    with pytest.raises(TaxonomyNodeInUse):
        made.do(stream("a"), ArchiveNode())
    made.do(stream("b"), ArchiveNode())
    with pytest.raises(UnknownTaxonomyNode):
        made.do(stream("c"), create("c", "b"))
    made.do(stream("a"), ArchiveNode())


def test_the_states_are_what_the_stored_bytes_say():
    made = world("a", "b", "ca")
    made.do(stream("c"), MoveNode(parent_id="b", order=2))
    made.do(stream("c"), RenameNode(slug="x"))
    made.do(stream("c"), ArchiveNode())
    for name in made.logs:
        assert made.replayed(name) == made.state(name) == fold(decider_of(name), made.logs[name])


def test_keys_of_branches_differ_by_kind_parent_and_slug():
    one = Branch("a", "b")
    keys = {
        branch_key(NodeKind.TOPIC, one),
        branch_key(NodeKind.TAG, one),
        branch_key(NodeKind.TOPIC, Branch(None, "b")),
        branch_key(NodeKind.TOPIC, Branch("b", "b")),
    }
    assert len(keys) == 4
    assert branch_key(NodeKind.TOPIC, one) == branch_key(NodeKind.TOPIC, Branch("a", "B"))
