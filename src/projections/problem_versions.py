"""One row a version: what it says and asks, never its key, rules or solutions (C1.10 to C1.13)."""

import msgspec

from domain.documents import Document, absent, parsed
from domain.instants import Instant
from domain.kernel import Value
from domain.problem_content import Statement
from domain.problem_version import (
    ProblemVersionDrafted,
    ProblemVersionEdited,
    ProblemVersionPublished,
    ProblemVersionRetired,
    ProblemVersionReturnedToDraft,
    ProblemVersionSubmittedForReview,
    VersionStatus,
)
from projections.kernel import Fact, Index, IndexKind, Projection


class VersionEntry(Value, frozen=True, kw_only=True):
    """A version for anybody who may look at content; `answer_type` is the schema's."""

    version_id: str
    problem_id: str
    version: int
    status: VersionStatus
    statement: Statement
    answer_schema: Document
    metadata: Document
    visibility: Document
    answer_type: str
    drafted_at: Instant


def project(view: VersionEntry | None, fact: Fact) -> VersionEntry | None:
    """The row after one more event of its version."""
    match fact.event, view:
        case ProblemVersionDrafted() as drafted, _:
            return VersionEntry(
                version_id=drafted.version_id,
                problem_id=drafted.problem_id,
                version=drafted.version,
                status=VersionStatus.DRAFT,
                statement=drafted.statement,
                answer_schema=drafted.answer_schema,
                metadata=drafted.metadata,
                visibility=drafted.visibility,
                answer_type=_type(drafted.answer_schema),
                drafted_at=fact.at,
            )
        case ProblemVersionEdited() as edited, VersionEntry():
            return _edited(view, edited)
        case ProblemVersionSubmittedForReview(), VersionEntry():
            return msgspec.structs.replace(view, status=VersionStatus.REVIEW)
        case ProblemVersionReturnedToDraft(), VersionEntry():
            return msgspec.structs.replace(view, status=VersionStatus.DRAFT)
        case ProblemVersionPublished(), VersionEntry():
            return msgspec.structs.replace(view, status=VersionStatus.PUBLISHED)
        case ProblemVersionRetired(), VersionEntry():
            return msgspec.structs.replace(view, status=VersionStatus.RETIRED)
        case _:
            return view


def _edited(view: VersionEntry, event: ProblemVersionEdited) -> VersionEntry:
    if event.statement is not None:
        view = msgspec.structs.replace(view, statement=event.statement)
    if not absent(event.answer_schema):
        view = msgspec.structs.replace(
            view, answer_schema=event.answer_schema, answer_type=_type(event.answer_schema)
        )
    if not absent(event.metadata):
        view = msgspec.structs.replace(view, metadata=event.metadata)
    if not absent(event.visibility):
        view = msgspec.structs.replace(view, visibility=event.visibility)
    return view


def _type(schema: Document) -> str:
    return str(parsed(schema)["type"])


problem_versions = Projection(
    name="problem_versions",
    version=1,
    view=VersionEntry,
    reads={
        "problem_version.drafted": ProblemVersionDrafted,
        "problem_version.edited": ProblemVersionEdited,
        "problem_version.submitted_for_review": ProblemVersionSubmittedForReview,
        "problem_version.returned_to_draft": ProblemVersionReturnedToDraft,
        "problem_version.published": ProblemVersionPublished,
        "problem_version.retired": ProblemVersionRetired,
    },
    project=project,
    indexes={
        "problem_id": Index(IndexKind.TEXT, lambda view: view.problem_id),
        "status": Index(IndexKind.TEXT, lambda view: view.status),
        "answer_type": Index(IndexKind.TEXT, lambda view: view.answer_type),
        "number": Index(IndexKind.INTEGER, lambda view: view.version),
        "drafted_at": Index(IndexKind.TEXT, lambda view: view.drafted_at),
    },
)
