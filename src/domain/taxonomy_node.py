"""TaxonomyNode: a topic, skill, type, source, level or tag, in a tree of its own kind (C2.1–C2.3).

A node knows its parent only; paths are resolved where they are read (domain/taxonomy_tree). The
guard of its tree keeps cycles out, a reservation keeps slugs apart among siblings.
"""

from collections.abc import Mapping, Sequence
from enum import StrEnum
from typing import Any, ClassVar, Final, NamedTuple

import msgspec
from msgspec import UNSET, UnsetType

from domain.kernel import Command, Decider, Event, RefusalKind, Refused, Value
from domain.keys import composite_key, folded
from domain.taxonomy_places import TaxonomyNodeInUse
from domain.transitions import permit


class NodeKind(StrEnum):
    """What a node stands for; a tree has nodes of one kind."""

    TOPIC = "topic"
    SKILL = "skill"
    TYPE = "type"
    SOURCE = "source"
    LEVEL = "level"
    TAG = "tag"


class NodeStatus(StrEnum):
    """Where a node stands; ABSENT is said of none that exists."""

    ABSENT = "absent"
    ACTIVE = "active"
    HIDDEN = "hidden"
    ARCHIVED = "archived"


# --- events -------------------------------------------------------------------------------------


class NodeCreated(Event, frozen=True):
    """A node hangs below its parent, or is a root; siblings are shown by `order`."""

    node_id: str
    kind: NodeKind
    slug: str
    title: str
    parent_id: str | None = None
    subject_key: str | None = None
    order: int = 0
    publishable: bool | None = None
    license_status: str | None = None


class NodeRenamed(Event, frozen=True):
    """It has another slug or another title."""

    slug: str | UnsetType = UNSET
    title: str | UnsetType = UNSET


class NodeMoved(Event, frozen=True):
    """It hangs elsewhere, with everything below it, or stands elsewhere among its siblings."""

    parent_id: str | UnsetType | None = UNSET
    order: int | UnsetType = UNSET


class NodeEdited(Event, frozen=True):
    """It has another licence, or may or may not be published; null takes one away."""

    publishable: bool | UnsetType | None = UNSET
    license_status: str | UnsetType | None = UNSET


class NodeHidden(Event, frozen=True):
    """It is kept out of sight."""


class NodeShown(Event, frozen=True):
    """It is in sight again."""


class NodeArchived(Event, frozen=True):
    """It is history: nothing hangs below it or is linked to it any more, and its path is free."""


NodeEvent = (
    NodeCreated | NodeRenamed | NodeMoved | NodeEdited | NodeHidden | NodeShown | NodeArchived
)


# --- commands -----------------------------------------------------------------------------------


class CreateNode(Command, frozen=True):
    """Begin a node under a newly made id."""

    founds: ClassVar[bool] = True

    node_id: str
    kind: NodeKind
    slug: str
    title: str
    parent_id: str | None = None
    subject_key: str | None = None
    order: int = 0
    publishable: bool | None = None
    license_status: str | None = None


class RenameNode(Command, frozen=True):
    """Give it another slug or title."""

    slug: str | UnsetType = UNSET
    title: str | UnsetType = UNSET


class MoveNode(Command, frozen=True):
    """Hang it elsewhere (`parent_id` None: make it a root), or give it another order."""

    parent_id: str | UnsetType | None = UNSET
    order: int | UnsetType = UNSET


class EditNode(Command, frozen=True):
    """Change what is set; None takes it away."""

    publishable: bool | UnsetType | None = UNSET
    license_status: str | UnsetType | None = UNSET


class HideNode(Command, frozen=True):
    """Keep it out of sight."""


class ShowNode(Command, frozen=True):
    """Bring it back into sight."""


class ArchiveNode(Command, frozen=True):
    """End it; `links` is how many problems the caller found linked to it.

    A problem that is linked in the same moment keeps its link to an archived node, which reads on.
    """

    links: int = 0


class ConfirmNode(Command, frozen=True):
    """Refuse unless another may refer to it, and unless it is of a `kind` if one is given."""

    path: str
    kind: NodeKind | None = None


NodeCommand = (
    CreateNode | RenameNode | MoveNode | EditNode | HideNode | ShowNode | ArchiveNode | ConfirmNode
)


# --- state --------------------------------------------------------------------------------------


class Branch(NamedTuple):
    """What a node's path ends in: its slug, below its parent."""

    parent_id: str | None
    slug: str


class TaxonomyNode(Value, frozen=True):
    """A node as it stands; `former` is the branch that the last event took it from, if any."""

    node_id: str = ""
    kind: NodeKind = NodeKind.TOPIC
    status: NodeStatus = NodeStatus.ABSENT
    slug: str = ""
    title: str = ""
    parent_id: str | None = None
    subject_key: str | None = None
    order: int = 0
    publishable: bool | None = None
    license_status: str | None = None
    former: Branch | None = None

    @property
    def branch(self) -> Branch:
        """Where it hangs now."""
        return Branch(self.parent_id, self.slug)


# --- refusals -----------------------------------------------------------------------------------


class TaxonomyNodeNotFound(Refused):
    """There is no such node."""

    code, kind = "TAXONOMY_NODE_NOT_FOUND", RefusalKind.UNKNOWN


class NodeIdTaken(Refused):
    """The id made for a new node is in use: make another."""

    code, kind = "TAXONOMY_NODE_EXISTS", RefusalKind.CONFLICT


class UnknownTaxonomyNode(Refused):
    """The node that something refers to is none, or is archived."""

    code, kind = "UNKNOWN_TAXONOMY_NODE", RefusalKind.UNFIT


class TaxonomyKindMismatch(Refused):
    """The node is of another kind than what refers to it needs (C2.2)."""

    code, kind = "TAXONOMY_KIND_MISMATCH", RefusalKind.UNFIT


# --- decisions ----------------------------------------------------------------------------------

_CHANGES: Final = frozenset({"rename", "move", "edit", "archive"})
_MOVES: Final[Mapping[NodeStatus, frozenset[str]]] = {
    NodeStatus.ACTIVE: _CHANGES | {"hide"},
    NodeStatus.HIDDEN: _CHANGES | {"show"},
    NodeStatus.ARCHIVED: frozenset(),
}


def decide(state: TaxonomyNode, command: NodeCommand) -> Sequence[NodeEvent]:
    """What a command makes happen, or a refusal."""
    match command:
        case CreateNode():
            if state.status is not NodeStatus.ABSENT:
                raise NodeIdTaken("there is a node with this id already")
            return [NodeCreated(**msgspec.structs.asdict(command))]
        case RenameNode():
            _permit(state, "rename")
            changes = _changes(state, command)
            return [NodeRenamed(**changes)] if changes else []
        case MoveNode():
            _permit(state, "move")
            changes = _changes(state, command)
            return [NodeMoved(**changes)] if changes else []
        case EditNode():
            _permit(state, "edit")
            changes = _changes(state, command)
            return [NodeEdited(**changes)] if changes else []
        case HideNode():
            if state.status is NodeStatus.HIDDEN:
                return []
            _permit(state, "hide")
            return [NodeHidden()]
        case ShowNode():
            if state.status is NodeStatus.ACTIVE:
                return []
            _permit(state, "show")
            return [NodeShown()]
        case ArchiveNode(links=links):
            _permit(state, "archive")
            if links:
                raise TaxonomyNodeInUse(f"{links} problems are linked to the node", links=links)
            return [NodeArchived()]
        case ConfirmNode():
            _confirm(state, command)
            return []


def _confirm(state: TaxonomyNode, command: ConfirmNode) -> None:
    path = command.path
    if state.status is NodeStatus.ABSENT:
        raise UnknownTaxonomyNode(f"{path}: there is no such node", path=path)
    if command.kind not in {None, state.kind}:
        raise TaxonomyKindMismatch(
            f"{path}: must be a {command.kind}, the node is a {state.kind}", path=path
        )
    if state.status is NodeStatus.ARCHIVED:
        raise UnknownTaxonomyNode(f"{path}: the node is archived", path=path)


def _changes(state: TaxonomyNode, command: RenameNode | MoveNode | EditNode) -> dict[str, Any]:
    """The fields that a command gives another value."""
    return {
        name: new
        for name in command.__struct_fields__
        if (new := getattr(command, name)) is not UNSET and new != getattr(state, name)
    }


def _permit(state: TaxonomyNode, command: str) -> None:
    if state.status is NodeStatus.ABSENT:
        raise TaxonomyNodeNotFound("no such taxonomy node")
    permit(_MOVES, state.status, command)


def branch_key(kind: NodeKind, branch: Branch) -> str:
    """The key of the reservation that makes a path unique: its slug among siblings."""
    return composite_key(kind, branch.parent_id or "", folded(branch.slug))


# --- the fold -----------------------------------------------------------------------------------


def evolve(state: TaxonomyNode, event: NodeEvent) -> TaxonomyNode:
    """The state after one more event."""
    match event:
        case NodeCreated():
            return TaxonomyNode(status=NodeStatus.ACTIVE, **msgspec.structs.asdict(event))
        case NodeRenamed() | NodeMoved() | NodeEdited():
            changes = {
                name: new
                for name in event.__struct_fields__
                if (new := getattr(event, name)) is not UNSET
            }
            after = msgspec.structs.replace(state, **changes, former=None)
            if after.branch != state.branch:
                return msgspec.structs.replace(after, former=state.branch)
            return after
        case NodeHidden():
            return msgspec.structs.replace(state, status=NodeStatus.HIDDEN, former=None)
        case NodeShown():
            return msgspec.structs.replace(state, status=NodeStatus.ACTIVE, former=None)
        case NodeArchived():
            return msgspec.structs.replace(state, status=NodeStatus.ARCHIVED, former=None)


taxonomy_node: Decider[TaxonomyNode] = Decider("taxonomy_node", TaxonomyNode(), decide, evolve)
