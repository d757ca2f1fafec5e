"""ProblemSet: problems in an order, in versions that keep the set's id (B-40, C2.9–C2.12)."""

from collections.abc import Mapping, Sequence
from decimal import Decimal
from enum import StrEnum
from typing import ClassVar, Final

import msgspec
from msgspec import UNSET, UnsetType

from domain.instants import Instant
from domain.kernel import Command, Decider, Erased, Event, Personal, RefusalKind, Refused, Value
from domain.keys import composite_key, folded
from domain.transitions import InvalidTransition, permit


class SetPurpose(StrEnum):
    """What a set is for."""

    HOMEWORK = "homework"
    LESSON = "lesson"
    COMPETITION = "competition"
    DIAGNOSTIC = "diagnostic"
    TRAINING = "training"
    MANUAL = "manual"


class SetStatus(StrEnum):
    """Where a set's latest version stands; ABSENT is said of a set that does not exist."""

    ABSENT = "absent"
    DRAFT = "draft"
    REVIEW = "review"
    PUBLISHED = "published"
    ARCHIVED = "archived"


class SetItem(Value, frozen=True, kw_only=True):
    """A version of a problem in a set; `order` is its alone there."""

    item_id: str
    problem_id: str
    problem_version_id: str
    order: int
    role: str | None = None
    points: Decimal | None = None


# --- events -------------------------------------------------------------------------------------


class SetCreated(Event, frozen=True):
    """A set began, as an empty draft of its first version."""

    set_id: str
    slug: str
    title: str
    purpose: SetPurpose


class SetEdited(Event, frozen=True):
    """The fields that changed."""

    slug: str | UnsetType = UNSET
    title: str | UnsetType = UNSET
    purpose: SetPurpose | UnsetType = UNSET


class SetItemsReplaced(Event, frozen=True):
    """These items, by their order, are all there are."""

    items: tuple[SetItem, ...]


class SetSubmittedForReview(Event, frozen=True):
    """Its author asks for a review."""


class SetReturnedToDraft(Event, frozen=True):
    """The review asks for changes."""

    comment: Personal[str | Erased | None] = None


class SetPublished(Event, frozen=True):
    """This version may be used, and does not change any more."""

    version: int
    published_at: Instant


class SetArchived(Event, frozen=True):
    """The set is hidden."""

    reason: Personal[str | Erased | None] = None


class SetVersionCreated(Event, frozen=True):
    """The next version began, as a draft that says what the published one says."""

    n: int


SetEvent = (
    SetCreated
    | SetEdited
    | SetItemsReplaced
    | SetSubmittedForReview
    | SetReturnedToDraft
    | SetPublished
    | SetArchived
    | SetVersionCreated
)


# --- commands -----------------------------------------------------------------------------------


class CreateSet(Command, frozen=True):
    """Begin a set under a newly made id."""

    founds: ClassVar[bool] = True

    set_id: str
    slug: str
    title: str
    purpose: SetPurpose


class EditSet(Command, frozen=True):
    """Change what is given."""

    slug: str | UnsetType = UNSET
    title: str | UnsetType = UNSET
    purpose: SetPurpose | UnsetType = UNSET


class ReplaceSetItems(Command, frozen=True):
    """Put these items in place of all."""

    items: tuple[SetItem, ...]


class SubmitSetForReview(Command, frozen=True):
    """Ask for a review."""


class ReturnSetToDraft(Command, frozen=True):
    """Ask for changes."""

    comment: str | None = None


class PublishSet(Command, frozen=True):
    """Let this version be used."""

    now: Instant


class ArchiveSet(Command, frozen=True):
    """Hide the set."""

    reason: str | None = None


class CreateSetVersion(Command, frozen=True):
    """Begin the next version."""


SetCommand = (
    CreateSet
    | EditSet
    | ReplaceSetItems
    | SubmitSetForReview
    | ReturnSetToDraft
    | PublishSet
    | ArchiveSet
    | CreateSetVersion
)


# --- state --------------------------------------------------------------------------------------


class PublishedSet(Value, frozen=True):
    """A version as it was published, for ever."""

    version: int
    slug: str
    title: str
    purpose: SetPurpose
    items: tuple[SetItem, ...]
    published_at: Instant


class ProblemSet(Value, frozen=True):
    """A set as its latest version stands; `published` are the versions that were, oldest first.

    `former_slug` is the one the last event replaced, if it did.
    """

    set_id: str = ""
    status: SetStatus = SetStatus.ABSENT
    version: int = 1
    slug: str = ""
    title: str = ""
    purpose: SetPurpose = SetPurpose.MANUAL
    items: tuple[SetItem, ...] = ()
    published: tuple[PublishedSet, ...] = ()
    former_slug: str | None = None


# --- refusals -----------------------------------------------------------------------------------


class ProblemSetNotFound(Refused):
    """There is no such set."""

    code, kind = "PROBLEM_SET_NOT_FOUND", RefusalKind.UNKNOWN


class SetIdTaken(Refused):
    """The id made for a new set is in use: make another."""

    code, kind = "PROBLEM_SET_EXISTS", RefusalKind.CONFLICT


class SetImmutable(Refused):
    """A published or archived set does not change: make a new version (C2.10)."""

    code, kind = "SET_IMMUTABLE", RefusalKind.CONFLICT


class SetEmpty(Refused):
    """A set without items is not reviewed or published."""

    code, kind = "SET_EMPTY", RefusalKind.CONFLICT


class DuplicateOrder(Refused):
    """Two items have the same place."""

    code, kind = "DUPLICATE_ORDER", RefusalKind.UNFIT


class DuplicateItem(Refused):
    """Two items have the same id."""

    code = "VALIDATION_ERROR"


# --- decisions ----------------------------------------------------------------------------------

_MOVES: Final[Mapping[SetStatus, frozenset[str]]] = {
    SetStatus.DRAFT: frozenset({"edit", "submit-for-review", "archive"}),
    SetStatus.REVIEW: frozenset({"return-to-draft", "publish"}),
    SetStatus.PUBLISHED: frozenset({"archive", "new-version"}),
    SetStatus.ARCHIVED: frozenset(),
}


def decide(state: ProblemSet, command: SetCommand) -> Sequence[SetEvent]:
    """What a command makes happen, or a refusal."""
    match command:
        case CreateSet():
            if state.status is not SetStatus.ABSENT:
                raise SetIdTaken("there is a set with this id already")
            return [SetCreated(**msgspec.structs.asdict(command))]
        case EditSet():
            _editable(state)
            changes = {
                name: new
                for name in command.__struct_fields__
                if (new := getattr(command, name)) is not UNSET and new != getattr(state, name)
            }
            return [SetEdited(**changes)] if changes else []
        case ReplaceSetItems(items=given):
            _editable(state)
            items = _ordered(given)
            return [] if items == state.items else [SetItemsReplaced(items=items)]
        case SubmitSetForReview():
            _permit(state, "submit-for-review")
            _filled(state)
            return [SetSubmittedForReview()]
        case ReturnSetToDraft(comment=comment):
            _permit(state, "return-to-draft")
            return [SetReturnedToDraft(comment=comment)]
        case PublishSet(now=now):
            _permit(state, "publish")
            _filled(state)
            return [SetPublished(version=state.version, published_at=now)]
        case ArchiveSet(reason=reason):
            _permit(state, "archive")
            return [SetArchived(reason=reason)]
        case CreateSetVersion():
            _permit(state, "new-version")
            return [SetVersionCreated(n=state.version + 1)]


def _ordered(given: Sequence[SetItem]) -> tuple[SetItem, ...]:
    """The items by their order. Raises DuplicateOrder, DuplicateItem."""
    orders: set[int] = set()
    ids: set[str] = set()
    for at, item in enumerate(given):
        if item.order in orders:
            path = f"items[{at}].order"
            raise DuplicateOrder(f"{path}: another item has the order {item.order}", path=path)
        if item.item_id in ids:
            path = f"items[{at}].id"
            raise DuplicateItem(f"{path}: another item has this id", path=path)
        orders.add(item.order)
        ids.add(item.item_id)
    return tuple(sorted(given, key=lambda item: item.order))


def _editable(state: ProblemSet) -> None:
    try:
        _permit(state, "edit")
    except InvalidTransition:
        if state.status is SetStatus.REVIEW:
            raise
        raise SetImmutable(f"a {state.status} set does not change") from None


def _filled(state: ProblemSet) -> None:
    if not state.items:
        raise SetEmpty("the set has no items")


def _permit(state: ProblemSet, command: str) -> None:
    if state.status is SetStatus.ABSENT:
        raise ProblemSetNotFound("no such problem set")
    permit(_MOVES, state.status, command)


def set_slug_key(slug: str) -> str:
    """The key of the reservation that makes a slug unique among sets."""
    return composite_key("problem_set", folded(slug))


# --- the fold -----------------------------------------------------------------------------------


def evolve(state: ProblemSet, event: SetEvent) -> ProblemSet:
    """The state after one more event."""
    match event:
        case SetCreated():
            return ProblemSet(status=SetStatus.DRAFT, **msgspec.structs.asdict(event))
        case SetEdited():
            changes = {
                name: new
                for name in event.__struct_fields__
                if (new := getattr(event, name)) is not UNSET
            }
            former = state.slug if "slug" in changes else None
            return msgspec.structs.replace(state, **changes, former_slug=former)
        case SetItemsReplaced(items=items):
            return msgspec.structs.replace(state, items=items)
        case SetSubmittedForReview():
            return msgspec.structs.replace(state, status=SetStatus.REVIEW)
        case SetReturnedToDraft():
            return msgspec.structs.replace(state, status=SetStatus.DRAFT)
        case SetPublished(version=version, published_at=at):
            frozen = PublishedSet(
                version=version,
                slug=state.slug,
                title=state.title,
                purpose=state.purpose,
                items=state.items,
                published_at=at,
            )
            return msgspec.structs.replace(
                state, status=SetStatus.PUBLISHED, published=(*state.published, frozen)
            )
        case SetArchived():
            return msgspec.structs.replace(state, status=SetStatus.ARCHIVED)
        case SetVersionCreated(n=n):
            return msgspec.structs.replace(state, status=SetStatus.DRAFT, version=n)


problem_set: Decider[ProblemSet] = Decider("problem_set", ProblemSet(), decide, evolve)
