"""Bodies of the taxonomy rows: what is sent, within bounds, and what is told of nodes and links."""

from collections.abc import Sequence
from typing import Annotated, Final, Literal

from litestar.openapi.spec import Example
from msgspec import UNSET, Meta, UnsetType

from adapters.http.bank.problem_bodies import Id, Strict, Word
from domain.installation_settings import Slug
from domain.kernel import Value
from domain.taxonomy_link import LinkRole, TaxonomyLink
from domain.taxonomy_node import NodeKind, NodeStatus, TaxonomyNode
from projections.taxonomy_nodes import NodeEntry

Order = Annotated[int, Meta(ge=-1_000_000, le=1_000_000)]
Weight = Annotated[int, Meta(ge=0, le=1000)] | Annotated[float, Meta(ge=0, le=1000)]
MOST_LINKS: Final = 200


class CreateNodeRequest(Strict, frozen=True, kw_only=True):
    """A node to begin, below a parent of its kind or as a root."""

    kind: NodeKind
    parent_id: Id | None = None
    slug: Slug
    title: Word
    subject_key: Slug | None = None
    order: Order = 0
    publishable: bool | None = None
    license_status: Word | None = None


class EditNodeRequest(Strict, frozen=True):
    """What changes; a null parent makes it a root, other nulls take away."""

    slug: Slug | UnsetType = UNSET
    title: Word | UnsetType = UNSET
    parent_id: Id | UnsetType | None = UNSET
    order: Order | UnsetType = UNSET
    publishable: bool | UnsetType | None = UNSET
    license_status: Word | UnsetType | None = UNSET
    status: Literal["active", "hidden", "archived"] | UnsetType = UNSET


class TaxonomyNodeDto(Value, frozen=True, kw_only=True):
    """A node; `path` is made of the slugs from its root down, `children` only in a tree."""

    id: str
    kind: NodeKind
    subject_key: str | None = None
    parent_id: str | None = None
    slug: str
    path: str
    title: str
    status: NodeStatus
    publishable: bool | None = None
    license_status: str | None = None
    order: int
    children: "list[TaxonomyNodeDto] | UnsetType" = UNSET


class LinkRequest(Strict, frozen=True, kw_only=True):
    """A node that a problem is about; a `primary` one is its primary topic."""

    node_id: Id
    role: LinkRole = LinkRole.SECONDARY
    weight: Weight | None = None

    def link(self, link_id: str) -> TaxonomyLink:
        """The same in the domain's words."""
        return TaxonomyLink(
            link_id=link_id, node_id=self.node_id, role=self.role, weight=self.weight
        )


class ListedLinkRequest(LinkRequest, frozen=True, kw_only=True):
    """One of all links; a node that stays linked keeps the id it had."""

    id: Id | None = None


class ReplaceLinksRequest(Strict, frozen=True):
    """All links there are to be."""

    links: Annotated[tuple[ListedLinkRequest, ...], Meta(max_length=MOST_LINKS)]


class BulkTaxonomyRequest(Strict, frozen=True, kw_only=True):
    """Which problems, the links to add, and the ids of nodes not to be linked any more."""

    problem_ids: Annotated[tuple[Id, ...], Meta(min_length=1, max_length=1000)]
    add: Annotated[tuple[LinkRequest, ...], Meta(max_length=50)] = ()
    remove: Annotated[tuple[Id, ...], Meta(max_length=50)] = ()


class TaxonomyLinkDto(Value, frozen=True, kw_only=True):
    """A node that a problem is about, and how much."""

    id: str
    problem_id: str
    node_id: str
    role: LinkRole
    weight: int | float | None = None


class BulkFailure(Value, frozen=True, kw_only=True):
    """A problem that stayed as it was, and why."""

    problem_id: str
    code: str
    message: str


class BulkReport(Value, frozen=True, kw_only=True):
    """How many problems have their links now as was asked, and those that have not."""

    updated: int
    failed: list[BulkFailure]


def node_dto(node: TaxonomyNode | NodeEntry, path: str) -> TaxonomyNodeDto:
    """What is told of a node at a path."""
    return TaxonomyNodeDto(
        id=node.node_id,
        kind=node.kind,
        subject_key=node.subject_key,
        parent_id=node.parent_id,
        slug=node.slug,
        path=path,
        title=node.title,
        status=node.status,
        publishable=node.publishable,
        license_status=node.license_status,
        order=node.order,
    )


def link_dto(problem_id: str, link: TaxonomyLink) -> TaxonomyLinkDto:
    """What is told of a link."""
    return TaxonomyLinkDto(
        id=link.link_id,
        problem_id=problem_id,
        node_id=link.node_id,
        role=link.role,
        weight=link.weight,
    )


def _examples(*values: object) -> Sequence[Example]:
    return [Example(value=value) for value in values]


_NODE: Final = "6f3d1c1e-0d0a-4d0c-9a77-1f6f2a1d9a21"
_OTHER: Final = "6f3d1c1e-0d0a-4d0c-9a77-1f6f2a1d9a22"
_PROBLEM: Final = "0b6f1c1e-6d0a-4d0c-9a77-1f6f2a1d9a11"
CREATE: Final = _examples(
    {"kind": "topic", "slug": "algebra", "title": "Algebra", "subjectKey": "mathematics"},
    {"kind": "source", "slug": "olympiad", "title": "City olympiad", "licenseStatus": "cleared"},
)
EDIT: Final = _examples({"title": "Algebra and numbers", "order": 2}, {"status": "hidden"})
LINK: Final = _examples({"nodeId": _NODE, "role": "primary"}, {"nodeId": _NODE, "weight": 0.5})
REPLACE: Final = _examples({"links": [{"nodeId": _NODE, "role": "primary"}]}, {"links": []})
BULK: Final = _examples(
    {"problemIds": [_PROBLEM], "add": [{"nodeId": _NODE}], "remove": [_OTHER]},
)
