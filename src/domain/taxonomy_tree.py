"""TaxonomyTree: paths, trails and descendants, worked out from what each node knows of itself."""

from collections.abc import Iterable, Iterator, Mapping
from typing import NamedTuple

_SEPARATOR = "/"


class Leaf(NamedTuple):
    """What a tree needs to know of a node."""

    node_id: str
    parent_id: str | None
    slug: str
    order: int = 0


class TaxonomyTree:
    """The trees that some nodes form, frozen at one moment; a lookup costs the node's depth.

    A node whose parent is not among them counts as a root.
    """

    def __init__(self, leaves: Iterable[Leaf]) -> None:
        self._leaves: Mapping[str, Leaf] = {leaf.node_id: leaf for leaf in leaves}
        below: dict[str | None, list[Leaf]] = {}
        for leaf in self._leaves.values():
            parent = leaf.parent_id if leaf.parent_id in self._leaves else None
            below.setdefault(parent, []).append(leaf)
        self._below: Mapping[str | None, tuple[str, ...]] = {
            parent: tuple(leaf.node_id for leaf in sorted(leaves, key=_rank))
            for parent, leaves in below.items()
        }

    def __contains__(self, node_id: str) -> bool:
        return node_id in self._leaves

    def children(self, node_id: str | None) -> tuple[str, ...]:
        """The nodes right below one, or the roots, by order, slug and id."""
        return self._below.get(node_id, ())

    def trail(self, node_id: str) -> tuple[str, ...]:
        """The nodes from a root down to this one, which is the last."""
        trail: list[str] = []
        leaf = self._leaves.get(node_id)
        while leaf is not None and leaf.node_id not in trail:
            trail.append(leaf.node_id)
            leaf = self._leaves.get(leaf.parent_id or "")
        return tuple(reversed(trail))

    def path(self, node_id: str) -> str:
        """The slugs along the trail: `algebra/equations/quadratic`."""
        return _SEPARATOR.join(self._leaves[one].slug for one in self.trail(node_id))

    def paths(self) -> Mapping[str, str]:
        """The path of every node: once through the trees, whatever their depth."""
        paths: dict[str, str] = {}
        for node_id in self.descendants(None):
            leaf = self._leaves[node_id]
            above = None if leaf.parent_id is None else paths.get(leaf.parent_id)
            paths[node_id] = leaf.slug if above is None else above + _SEPARATOR + leaf.slug
        return paths

    def at(self, path: str) -> str | None:
        """The node at a path, None if there is none."""
        at: str | None = None
        for slug in path.split(_SEPARATOR):
            found = [one for one in self.children(at) if self._leaves[one].slug == slug]
            if not found:
                return None
            at = found[0]
        return at

    def descendants(self, node_id: str | None) -> Iterator[str]:
        """Everything below a node, or every node: parents before children, siblings in order."""
        waiting = [*reversed(self.children(node_id))]
        while waiting:
            one = waiting.pop()
            yield one
            waiting.extend(reversed(self.children(one)))


def _rank(leaf: Leaf) -> tuple[int, str, str]:
    return leaf.order, leaf.slug, leaf.node_id
