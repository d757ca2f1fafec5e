"""One row a problem set: what lists show and filter by (row C2.9); its items are its stream's."""

import msgspec
from msgspec import UNSET

from domain.instants import Instant
from domain.kernel import Value
from domain.problem_set import (
    SetArchived,
    SetCreated,
    SetEdited,
    SetItemsReplaced,
    SetPublished,
    SetPurpose,
    SetReturnedToDraft,
    SetStatus,
    SetSubmittedForReview,
    SetVersionCreated,
)
from projections.kernel import Fact, Index, IndexKind, Projection


class SetEntry(Value, frozen=True, kw_only=True):
    """A set as its latest version stands; `published_version` is the last that was published."""

    set_id: str
    slug: str
    title: str
    purpose: SetPurpose
    status: SetStatus
    version: int = 1
    published_version: int | None = None
    problem_ids: tuple[str, ...] = ()
    created_at: Instant
    updated_at: Instant


def project(view: SetEntry | None, fact: Fact) -> SetEntry | None:
    """The row after one more event of its set."""
    at = fact.at
    match fact.event, view:
        case SetCreated() as created, _:
            fields = msgspec.structs.asdict(created)
            return SetEntry(status=SetStatus.DRAFT, created_at=at, updated_at=at, **fields)
        case SetEdited() as edited, SetEntry():
            fields = msgspec.structs.asdict(edited)
            changes = {name: new for name, new in fields.items() if new is not UNSET}
            return msgspec.structs.replace(view, **changes, updated_at=at)
        case SetItemsReplaced(items=items), SetEntry():
            ids = tuple(dict.fromkeys(item.problem_id for item in items))
            return msgspec.structs.replace(view, problem_ids=ids, updated_at=at)
        case SetSubmittedForReview(), SetEntry():
            return _moved(view, SetStatus.REVIEW, at)
        case SetReturnedToDraft(), SetEntry():
            return _moved(view, SetStatus.DRAFT, at)
        case SetPublished(version=version), SetEntry():
            published = msgspec.structs.replace(view, published_version=version)
            return _moved(published, SetStatus.PUBLISHED, at)
        case SetArchived(), SetEntry():
            return _moved(view, SetStatus.ARCHIVED, at)
        case SetVersionCreated(n=n), SetEntry():
            return _moved(msgspec.structs.replace(view, version=n), SetStatus.DRAFT, at)
        case _:
            return view


def _moved(view: SetEntry, status: SetStatus, at: Instant) -> SetEntry:
    return msgspec.structs.replace(view, status=status, updated_at=at)


problem_sets = Projection(
    name="problem_sets",
    version=1,
    view=SetEntry,
    reads={
        "problem_set.created": SetCreated,
        "problem_set.edited": SetEdited,
        "problem_set.items_replaced": SetItemsReplaced,
        "problem_set.submitted_for_review": SetSubmittedForReview,
        "problem_set.returned_to_draft": SetReturnedToDraft,
        "problem_set.published": SetPublished,
        "problem_set.archived": SetArchived,
        "problem_set.version_created": SetVersionCreated,
    },
    project=project,
    indexes={
        "purpose": Index(IndexKind.TEXT, lambda view: view.purpose),
        "status": Index(IndexKind.TEXT, lambda view: view.status),
        "slug": Index(IndexKind.TEXT, lambda view: view.slug),
        "title": Index(IndexKind.TEXT, lambda view: view.title),
        "problem_id": Index(IndexKind.MANY, lambda view: view.problem_ids),
        "updated_at": Index(IndexKind.TEXT, lambda view: view.updated_at),
        "words": Index(IndexKind.WORDS, lambda view: f"{view.title} {view.slug}"),
    },
)
