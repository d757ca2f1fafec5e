"""Bodies of the set rows: what is sent, within bounds, and what is told of sets and items."""

from collections.abc import Sequence
from decimal import Decimal
from typing import Annotated, Final

from litestar.openapi.spec import Example
from msgspec import UNSET, Meta, UnsetType

from adapters.http.bank.problem_bodies import Id, Strict, Word
from adapters.http.problems import invalid
from domain.installation_settings import Slug
from domain.kernel import Value
from domain.problem_set import ProblemSet, PublishedSet, SetItem, SetPurpose, SetStatus
from projections.problem_sets import SetEntry

MOST_ITEMS: Final = 500
_MOST_POINTS: Final = 1_000_000
_FINEST: Final = -6  # digits after the point


class CreateSetRequest(Strict, frozen=True, kw_only=True):
    """A set to begin."""

    slug: Slug
    title: Word
    purpose: SetPurpose


class EditSetRequest(Strict, frozen=True):
    """What changes in a draft."""

    slug: Slug | UnsetType = UNSET
    title: Word | UnsetType = UNSET
    purpose: SetPurpose | UnsetType = UNSET


class SetItemRequest(Strict, frozen=True, kw_only=True):
    """A version of a problem at its place; `points` have at most six decimals."""

    id: Id | None = None
    problem_id: Id
    problem_version_id: Id
    order: Annotated[int, Meta(ge=0, le=1_000_000)]
    role: Word | None = None
    points: Decimal | None = None

    def item(self, item_id: str, path: str) -> SetItem:
        """The same in the domain's words. Raises Problem."""
        points = self.points
        if points is not None and not _are_points(points):
            place = f"{path}.points"
            raise invalid(f"{place}: must be from 0 to {_MOST_POINTS}, in millionths", path=place)
        return SetItem(
            item_id=self.id or item_id,
            problem_id=self.problem_id,
            problem_version_id=self.problem_version_id,
            order=self.order,
            role=self.role,
            points=points,
        )


class ReplaceItemsRequest(Strict, frozen=True):
    """All items there are to be."""

    items: Annotated[tuple[SetItemRequest, ...], Meta(max_length=MOST_ITEMS)]


class ProblemSetDto(Value, frozen=True, kw_only=True):
    """A set in one of its versions."""

    id: str
    slug: str
    title: str
    purpose: SetPurpose
    status: SetStatus
    version: int


class ProblemSetItemDto(Value, frozen=True, kw_only=True):
    """A version of a problem in a set."""

    id: str
    problem_id: str
    problem_version_id: str
    order: int
    role: str | None = None
    points: Decimal | None = None


def _are_points(given: Decimal) -> bool:
    if not given.is_finite() or not 0 <= given <= _MOST_POINTS:
        return False
    exponent = given.as_tuple().exponent
    return isinstance(exponent, int) and exponent >= _FINEST


def set_dto(found: ProblemSet | SetEntry) -> ProblemSetDto:
    """What is told of a set as its latest version stands."""
    return ProblemSetDto(
        id=found.set_id,
        slug=found.slug,
        title=found.title,
        purpose=found.purpose,
        status=found.status,
        version=found.version,
    )


def published_dto(set_id: str, found: PublishedSet) -> ProblemSetDto:
    """What is told of a version as it was published."""
    return ProblemSetDto(
        id=set_id,
        slug=found.slug,
        title=found.title,
        purpose=found.purpose,
        status=SetStatus.PUBLISHED,
        version=found.version,
    )


def item_dto(item: SetItem) -> ProblemSetItemDto:
    """What is told of an item."""
    return ProblemSetItemDto(
        id=item.item_id,
        problem_id=item.problem_id,
        problem_version_id=item.problem_version_id,
        order=item.order,
        role=item.role,
        points=item.points,
    )


def _examples(*values: object) -> Sequence[Example]:
    return [Example(value=value) for value in values]


_PROBLEM: Final = "0b6f1c1e-6d0a-4d0c-9a77-1f6f2a1d9a11"
_VERSION: Final = "0b6f1c1e-6d0a-4d0c-9a77-1f6f2a1d9a10"
CREATE: Final = _examples({"slug": "week-1", "title": "Week 1", "purpose": "homework"})
EDIT: Final = _examples({"title": "The first week"}, {"purpose": "training"})
ITEMS: Final = _examples(
    {
        "items": [
            {
                "problemId": _PROBLEM,
                "problemVersionId": _VERSION,
                "order": 1,
                "role": "warm-up",
                "points": 2.5,
            }
        ]
    },
    {"items": []},
)
