"""TaxonomyPlaces: the guard stream of all parent edges of one kind of node: trees stay trees.

A node's own stream says what the node is; this one, keyed by the kind, is appended with its
expected version whenever a node is created, moved or archived, so that two moves that would close
a cycle together cannot both happen, nor an archiving and a new child.
"""

from collections.abc import Sequence
from typing import Final, NamedTuple

from domain.kernel import Command, Decider, Event, RefusalKind, Refused, Value
from domain.persistent_map import PersistentMap

MOST_LEVELS: Final = 100

# --- events -------------------------------------------------------------------------------------


class NodePlaced(Event, frozen=True):
    """A node hangs below a parent from now on, or is a root."""

    node_id: str
    parent_id: str | None = None


class NodeWithdrawn(Event, frozen=True):
    """A node without children is archived: nothing can hang below it."""

    node_id: str


PlacesEvent = NodePlaced | NodeWithdrawn


# --- commands: for policies, when a node is created, moved or archived ---------------------------


class PlaceNode(Command, frozen=True):
    """Hang a node, with all that is below it, below a parent or make it a root."""

    node_id: str
    parent_id: str | None = None


class WithdrawNode(Command, frozen=True):
    """Take a node away, unless something hangs below it."""

    node_id: str


PlacesCommand = PlaceNode | WithdrawNode


# --- state --------------------------------------------------------------------------------------


class Place(NamedTuple):
    """Where a node hangs, and how many hang right below it."""

    parent_id: str | None = None
    children: int = 0


class TaxonomyPlaces(Value, frozen=True):
    """The places of every node of the kind that is not archived."""

    places: PersistentMap[Place] = PersistentMap()


# --- refusals -----------------------------------------------------------------------------------


class TaxonomyCycle(Refused):
    """A node cannot hang below itself; `details.path` leads from it down to the new parent."""

    code, kind = "TAXONOMY_CYCLE", RefusalKind.CONFLICT


class TaxonomyTooDeep(Refused):
    """The node would hang more than a hundred levels deep; what hangs below it is not looked at."""

    code, kind = "TAXONOMY_TOO_DEEP", RefusalKind.UNFIT


class TaxonomyNodeInUse(Refused):
    """Nodes hang below it, or problems are linked to it (C2.3)."""

    code, kind = "TAXONOMY_NODE_IN_USE", RefusalKind.CONFLICT


class ParentGone(Refused):
    """The parent was archived a moment ago."""

    code, kind = "UNKNOWN_TAXONOMY_NODE", RefusalKind.UNFIT


# --- decisions ----------------------------------------------------------------------------------


def decide(state: TaxonomyPlaces, command: PlacesCommand) -> Sequence[PlacesEvent]:
    """What a command makes happen, or a refusal."""
    place = state.places.get(command.node_id)
    match command:
        case PlaceNode(node_id=node_id, parent_id=parent_id):
            if place is not None and place.parent_id == parent_id:
                return []
            if parent_id is not None:
                _check(state, node_id, parent_id)
            return [NodePlaced(node_id=node_id, parent_id=parent_id)]
        case WithdrawNode(node_id=node_id):
            if place is None:
                return []
            if place.children:
                raise TaxonomyNodeInUse(
                    f"{place.children} nodes hang below the node", children=place.children
                )
            return [NodeWithdrawn(node_id=node_id)]


def _check(state: TaxonomyPlaces, node_id: str, parent_id: str) -> None:
    """Raise unless the way up from the new parent leads to a root and not through the node."""
    way = [parent_id]
    while way[-1] != node_id:
        place = state.places.get(way[-1])
        if place is None:
            raise ParentGone("parentId: there is no such node any more", path="parentId")
        if place.parent_id is None:
            if len(way) >= MOST_LEVELS:
                raise TaxonomyTooDeep(
                    f"parentId: a tree has {MOST_LEVELS} levels at most", path="parentId"
                )
            return
        way.append(place.parent_id)
    raise TaxonomyCycle("parentId: the node would hang below itself", path=way[::-1])


# --- the fold -----------------------------------------------------------------------------------


def evolve(state: TaxonomyPlaces, event: PlacesEvent) -> TaxonomyPlaces:
    """The state after one more event."""
    places = state.places
    place = places.get(event.node_id) or Place()
    places = _counted(places, place.parent_id, -1)
    match event:
        case NodePlaced(node_id=node_id, parent_id=parent_id):
            places = _counted(places, parent_id, 1)
            return TaxonomyPlaces(places=places.put(node_id, place._replace(parent_id=parent_id)))
        case NodeWithdrawn(node_id=node_id):
            return TaxonomyPlaces(places=places.without(node_id))


def _counted(
    places: PersistentMap[Place], parent_id: str | None, more: int
) -> PersistentMap[Place]:
    """The places with one child more or less of a parent."""
    if parent_id is None:
        return places
    parent = places.get(parent_id) or Place()
    return places.put(parent_id, parent._replace(children=parent.children + more))


taxonomy_places: Decider[TaxonomyPlaces] = Decider(
    "taxonomy_places", TaxonomyPlaces(), decide, evolve
)
