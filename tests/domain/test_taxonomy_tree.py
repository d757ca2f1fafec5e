"""TaxonomyTree: paths, trails and descendants from parents' ids alone."""

from hypothesis import given
from hypothesis import strategies as st

from domain.taxonomy_tree import Leaf, TaxonomyTree

ALGEBRA = TaxonomyTree(
    [
        Leaf("q", "e", "quadratic", 2),
        Leaf("l", "e", "linear", 1),
        Leaf("e", "a", "equations"),
        Leaf("a", None, "algebra"),
        Leaf("g", None, "geometry"),
        Leaf("x", "gone", "orphan"),
    ]
)


def test_paths_and_trails_lead_down_from_a_root():
    assert ALGEBRA.path("q") == "algebra/equations/quadratic"
    assert ALGEBRA.trail("q") == ("a", "e", "q")
    assert ALGEBRA.trail("nobody") == ()
    assert ALGEBRA.at("algebra/equations/linear") == "l"
    assert ALGEBRA.at("algebra/linear") is None
    assert "q" in ALGEBRA
    assert "nobody" not in ALGEBRA


def test_siblings_stand_in_their_order_and_a_node_of_unknown_parents_is_a_root():
    assert ALGEBRA.children("e") == ("l", "q")
    assert ALGEBRA.children(None) == ("a", "g", "x")
    assert [*ALGEBRA.descendants("a")] == ["e", "l", "q"]
    assert ALGEBRA.path("x") == "orphan"


PARENTS = st.lists(st.integers(-1, 30), max_size=30)


@given(PARENTS)
def test_every_way_of_asking_for_a_path_agrees(parents):
    leaves = [
        Leaf(str(at), None if parent < 0 or at == 0 else str(parent % at), f"s{at}")
        for at, parent in enumerate(parents)
    ]
    tree = TaxonomyTree(leaves)
    paths = tree.paths()
    assert paths == {leaf.node_id: tree.path(leaf.node_id) for leaf in leaves}
    assert len(set(paths.values())) == len(paths)
    for node_id, path in paths.items():
        assert tree.at(path) == node_id
        below = {other for other in paths if node_id in tree.trail(other)[:-1]}
        assert {*tree.descendants(node_id)} == below
