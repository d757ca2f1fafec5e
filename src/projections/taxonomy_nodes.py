"""One row a taxonomy node, with its parent's id only: paths are resolved at read (row C2.1)."""

import msgspec
from msgspec import UNSET

from domain.instants import Instant
from domain.kernel import Value
from domain.taxonomy_node import (
    NodeArchived,
    NodeCreated,
    NodeEdited,
    NodeHidden,
    NodeKind,
    NodeMoved,
    NodeRenamed,
    NodeShown,
    NodeStatus,
)
from projections.kernel import Fact, Index, IndexKind, Projection


class NodeEntry(Value, frozen=True, kw_only=True):
    """A node as it stands."""

    node_id: str
    kind: NodeKind
    status: NodeStatus
    slug: str
    title: str
    parent_id: str | None = None
    subject_key: str | None = None
    order: int = 0
    publishable: bool | None = None
    license_status: str | None = None
    updated_at: Instant


def project(view: NodeEntry | None, fact: Fact) -> NodeEntry | None:
    """The row after one more event of its node."""
    at = fact.at
    match fact.event, view:
        case NodeCreated() as created, _:
            fields = msgspec.structs.asdict(created)
            return NodeEntry(status=NodeStatus.ACTIVE, updated_at=at, **fields)
        case (NodeRenamed() | NodeMoved() | NodeEdited()) as changed, NodeEntry():
            fields = msgspec.structs.asdict(changed)
            changes = {name: new for name, new in fields.items() if new is not UNSET}
            return msgspec.structs.replace(view, **changes, updated_at=at)
        case NodeHidden(), NodeEntry():
            return msgspec.structs.replace(view, status=NodeStatus.HIDDEN, updated_at=at)
        case NodeShown(), NodeEntry():
            return msgspec.structs.replace(view, status=NodeStatus.ACTIVE, updated_at=at)
        case NodeArchived(), NodeEntry():
            return msgspec.structs.replace(view, status=NodeStatus.ARCHIVED, updated_at=at)
        case _:
            return view


taxonomy_nodes = Projection(
    name="taxonomy_nodes",
    version=1,
    view=NodeEntry,
    reads={
        "taxonomy_node.created": NodeCreated,
        "taxonomy_node.renamed": NodeRenamed,
        "taxonomy_node.moved": NodeMoved,
        "taxonomy_node.edited": NodeEdited,
        "taxonomy_node.hidden": NodeHidden,
        "taxonomy_node.shown": NodeShown,
        "taxonomy_node.archived": NodeArchived,
    },
    project=project,
    indexes={
        "kind": Index(IndexKind.TEXT, lambda view: view.kind),
        "subject_key": Index(IndexKind.TEXT, lambda view: view.subject_key),
        "parent_id": Index(IndexKind.TEXT, lambda view: view.parent_id),
        "status": Index(IndexKind.TEXT, lambda view: view.status),
        "order": Index(IndexKind.INTEGER, lambda view: view.order),
        "title": Index(IndexKind.TEXT, lambda view: view.title),
        "words": Index(IndexKind.WORDS, lambda view: f"{view.title} {view.slug}"),
    },
)
