"""Taxonomy paths: resolved at read, from what each node knows of its parent (C2.1)."""

from collections.abc import Iterable, Mapping

from adapters.views import Views
from domain.taxonomy_tree import Leaf, TaxonomyTree
from projections.taxonomy_nodes import NodeEntry, taxonomy_nodes


def paths(views: Views, nodes: Iterable[NodeEntry]) -> Mapping[str, str]:
    """The paths of some nodes and of all above them; one read of the view for each level."""
    known = {node.node_id: node for node in nodes}
    missing = _parents(known.values()) - known.keys()
    while missing:
        above = views.get_many(taxonomy_nodes, sorted(missing))
        known |= above
        missing = _parents(above.values()) - known.keys()
    return tree_of(known.values()).paths()


def tree_of(nodes: Iterable[NodeEntry]) -> TaxonomyTree:
    """The trees that some nodes form."""
    return TaxonomyTree(Leaf(node.node_id, node.parent_id, node.slug, node.order) for node in nodes)


def _parents(nodes: Iterable[NodeEntry]) -> set[str]:
    return {node.parent_id for node in nodes if node.parent_id is not None}
