"""What the audit log tells of taxonomy, sets, usages and relations: an allow-list by event.

Comments, reasons and documents are not on it.
"""

from collections.abc import Mapping
from typing import Any, Final

from msgspec import UNSET

from domain.kernel import Event
from domain.prerequisites import EdgeAdded, EdgeRemoved
from domain.problem_relation import (
    RelationConfirmed,
    RelationEdited,
    RelationHidden,
    RelationRejected,
    RelationRestored,
    RelationStatus,
    RelationSuggested,
)
from domain.problem_set import (
    SetArchived,
    SetCreated,
    SetEdited,
    SetItemsReplaced,
    SetPublished,
    SetReturnedToDraft,
    SetStatus,
    SetSubmittedForReview,
    SetVersionCreated,
)
from domain.problem_usage import UsageRegistered, UsageReleased, UsageStatus
from domain.taxonomy_link import TaxonomyLinked, TaxonomyLinksReplaced, TaxonomyUnlinked
from domain.taxonomy_node import (
    NodeArchived,
    NodeCreated,
    NodeEdited,
    NodeHidden,
    NodeMoved,
    NodeRenamed,
    NodeShown,
    NodeStatus,
)
from domain.taxonomy_places import NodePlaced, NodeWithdrawn
from projections.told import Tell, Told, status


def _fields(**names: str) -> Tell:
    """An event that tells some of its fields, by these names; what is not set it leaves out."""

    def tell(event: Any) -> Told:
        fields = {told: getattr(event, name) for name, told in names.items()}
        return Told(after={name: value for name, value in fields.items() if value is not UNSET})

    return tell


def _usage(event: UsageRegistered) -> Told:
    context = event.context
    return Told(
        after={
            "status": UsageStatus.ACTIVE,
            "problemVersionId": event.problem_version_id,
            "contextDomain": context.domain,
            "contextType": context.type,
            "contextId": context.id,
            "position": context.position,
        }
    )


_ENDS: Final = {"from_problem_id": "fromProblemId", "to_problem_id": "toProblemId"}
_PLACE: Final = {"parent_id": "parentId", "order": "order"}

TOLD_CONTENT: Final[Mapping[type[Event], Tell]] = {
    NodeCreated: _fields(kind="kind", slug="slug", title="title", **_PLACE),
    NodeRenamed: _fields(slug="slug", title="title"),
    NodeMoved: _fields(**_PLACE),
    NodeEdited: _fields(publishable="publishable", license_status="licenseStatus"),
    NodeHidden: status(NodeStatus.ACTIVE, NodeStatus.HIDDEN),
    NodeShown: status(NodeStatus.HIDDEN, NodeStatus.ACTIVE),
    NodeArchived: status(None, NodeStatus.ARCHIVED),
    NodePlaced: _fields(node_id="nodeId", parent_id="parentId"),
    NodeWithdrawn: lambda event: Told(before={"nodeId": event.node_id}),
    TaxonomyLinked: _fields(link_id="linkId", node_id="nodeId", role="role"),
    TaxonomyUnlinked: lambda event: Told(before={"linkId": event.link_id}),
    TaxonomyLinksReplaced: lambda event: Told(
        after={"nodeIds": [link.node_id for link in event.links]}
    ),
    SetCreated: _fields(slug="slug", title="title", purpose="purpose"),
    SetEdited: _fields(slug="slug", title="title", purpose="purpose"),
    SetItemsReplaced: lambda event: Told(after={"items": len(event.items)}),
    SetSubmittedForReview: status(SetStatus.DRAFT, SetStatus.REVIEW),
    SetReturnedToDraft: status(SetStatus.REVIEW, SetStatus.DRAFT),
    SetPublished: lambda event: Told(
        {"status": SetStatus.REVIEW}, {"status": SetStatus.PUBLISHED, "version": event.version}
    ),
    SetArchived: status(None, SetStatus.ARCHIVED),
    SetVersionCreated: lambda event: Told(
        {"status": SetStatus.PUBLISHED}, {"status": SetStatus.DRAFT, "version": event.n}
    ),
    UsageRegistered: _usage,
    UsageReleased: status(UsageStatus.ACTIVE, UsageStatus.RELEASED),
    RelationSuggested: lambda event: Told(
        after={
            "status": RelationStatus.SUGGESTED,
            "fromProblemId": event.from_problem_id,
            "toProblemId": event.to_problem_id,
            "relationType": event.relation_type,
        }
    ),
    RelationConfirmed: status(RelationStatus.SUGGESTED, RelationStatus.CONFIRMED),
    RelationRejected: status(RelationStatus.SUGGESTED, RelationStatus.REJECTED),
    RelationHidden: status(None, RelationStatus.HIDDEN),
    RelationRestored: status(None, RelationStatus.SUGGESTED),
    RelationEdited: _fields(weight="weight"),
    EdgeAdded: _fields(**_ENDS),
    EdgeRemoved: _fields(**_ENDS),
}
