"""One row a relation between problems, and so the moderation queue (row C4.1)."""

import msgspec
from msgspec import UNSET

from domain.documents import NOTHING, Document
from domain.instants import Instant
from domain.kernel import Value
from domain.problem_relation import (
    RelationConfirmed,
    RelationEdited,
    RelationHidden,
    RelationRejected,
    RelationRestored,
    RelationStatus,
    RelationSuggested,
    RelationType,
)
from projections.kernel import Fact, Index, IndexKind, Projection


class RelationEntry(Value, frozen=True, kw_only=True):
    """A relation as it stands."""

    relation_id: str
    from_problem_id: str
    to_problem_id: str
    relation_type: RelationType
    status: RelationStatus
    weight: int | float | None = None
    metadata: Document = NOTHING
    created_at: Instant
    updated_at: Instant


def project(view: RelationEntry | None, fact: Fact) -> RelationEntry | None:
    """The row after one more event of its relation."""
    at = fact.at
    match fact.event, view:
        case RelationSuggested() as suggested, _:
            fields = msgspec.structs.asdict(suggested)
            status = RelationStatus.SUGGESTED
            return RelationEntry(status=status, created_at=at, updated_at=at, **fields)
        case RelationConfirmed(), RelationEntry():
            return _moved(view, RelationStatus.CONFIRMED, at)
        case RelationRejected(), RelationEntry():
            return _moved(view, RelationStatus.REJECTED, at)
        case RelationHidden(), RelationEntry():
            return _moved(view, RelationStatus.HIDDEN, at)
        case RelationRestored(), RelationEntry():
            return _moved(view, RelationStatus.SUGGESTED, at)
        case RelationEdited() as edited, RelationEntry():
            fields = msgspec.structs.asdict(edited)
            changes = {name: new for name, new in fields.items() if new is not UNSET}
            return msgspec.structs.replace(view, **changes, updated_at=at)
        case _:
            return view


def _moved(view: RelationEntry, status: RelationStatus, at: Instant) -> RelationEntry:
    return msgspec.structs.replace(view, status=status, updated_at=at)


problem_relations = Projection(
    name="problem_relations",
    version=1,
    view=RelationEntry,
    reads={
        "relation.suggested": RelationSuggested,
        "relation.confirmed": RelationConfirmed,
        "relation.rejected": RelationRejected,
        "relation.hidden": RelationHidden,
        "relation.restored": RelationRestored,
        "relation.edited": RelationEdited,
    },
    project=project,
    indexes={
        "from_problem_id": Index(IndexKind.TEXT, lambda view: view.from_problem_id),
        "to_problem_id": Index(IndexKind.TEXT, lambda view: view.to_problem_id),
        "problem_id": Index(
            IndexKind.MANY, lambda view: (view.from_problem_id, view.to_problem_id)
        ),
        "relation_type": Index(IndexKind.TEXT, lambda view: view.relation_type),
        "status": Index(IndexKind.TEXT, lambda view: view.status),
        "created_at": Index(IndexKind.TEXT, lambda view: view.created_at),
    },
)
