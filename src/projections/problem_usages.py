"""One row a usage: where versions of problems are used, released usages too (rows C2.13, C2.15)."""

import msgspec

from domain.documents import NOTHING, Document
from domain.instants import Instant
from domain.kernel import Value
from domain.problem_usage import UsageContext, UsageRegistered, UsageReleased, UsageStatus
from projections.kernel import Fact, Index, IndexKind, Projection


class UsageEntry(Value, frozen=True, kw_only=True):
    """A usage as it stands; all but its end is as it was registered."""

    usage_id: str
    status: UsageStatus
    problem_id: str
    problem_version_id: str
    context: UsageContext
    scoring_rule_snapshot: Document = NOTHING
    visibility_policy: Document = NOTHING
    registered_at: Instant
    released_at: Instant | None = None


def project(view: UsageEntry | None, fact: Fact) -> UsageEntry | None:
    """The row after one more event of its usage."""
    match fact.event, view:
        case UsageRegistered() as registered, _:
            return UsageEntry(status=UsageStatus.ACTIVE, **msgspec.structs.asdict(registered))
        case UsageReleased(released_at=at), UsageEntry():
            return msgspec.structs.replace(view, status=UsageStatus.RELEASED, released_at=at)
        case _:
            return view


problem_usages = Projection(
    name="problem_usages",
    version=1,
    view=UsageEntry,
    reads={
        "problem_usage.registered": UsageRegistered,
        "problem_usage.released": UsageReleased,
    },
    project=project,
    indexes={
        "problem_id": Index(IndexKind.TEXT, lambda view: view.problem_id),
        "problem_version_id": Index(IndexKind.TEXT, lambda view: view.problem_version_id),
        "context_domain": Index(IndexKind.TEXT, lambda view: view.context.domain),
        "context_type": Index(IndexKind.TEXT, lambda view: view.context.type),
        "context_id": Index(IndexKind.TEXT, lambda view: view.context.id),
        "status": Index(IndexKind.TEXT, lambda view: view.status),
        "registered_at": Index(IndexKind.TEXT, lambda view: view.registered_at),
    },
)
