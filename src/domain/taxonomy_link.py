"""TaxonomyLink: what a problem is about: links to taxonomy nodes, one of them its primary topic.

The events lie on the problem's stream (CONTRACT §5.5); domain/problem hands them on to here.
"""

from collections.abc import Sequence
from enum import StrEnum

import msgspec

from domain.kernel import Command, Event, RefusalKind, Refused, Value


class LinkRole(StrEnum):
    """What a node is to a problem."""

    PRIMARY = "primary"
    SECONDARY = "secondary"


class TaxonomyLink(Value, frozen=True):
    """A node that a problem is about; `weight` says how much."""

    link_id: str
    node_id: str
    role: LinkRole = LinkRole.SECONDARY
    weight: int | float | None = None


Links = tuple[TaxonomyLink, ...]


# --- events -------------------------------------------------------------------------------------


class TaxonomyLinked(Event, frozen=True):
    """The problem is about one more node."""

    link_id: str
    node_id: str
    role: LinkRole = LinkRole.SECONDARY
    weight: int | float | None = None


class TaxonomyUnlinked(Event, frozen=True):
    """A link is gone."""

    link_id: str


class TaxonomyLinksReplaced(Event, frozen=True):
    """These links are all there are."""

    links: tuple[TaxonomyLink, ...]


LinkEvent = TaxonomyLinked | TaxonomyUnlinked | TaxonomyLinksReplaced


# --- commands: `public` says that the problem is shown to everybody, so needs a primary topic ----


class LinkTaxonomy(Command, frozen=True):
    """Link one more node, under a newly made id."""

    link: TaxonomyLink


class UnlinkTaxonomy(Command, frozen=True):
    """Take a link away."""

    link_id: str
    public: bool = False


class ReplaceTaxonomyLinks(Command, frozen=True):
    """Put these in place of all; a node that stays linked keeps the id of its link."""

    links: tuple[TaxonomyLink, ...]
    public: bool = False


class EditTaxonomyLinks(Command, frozen=True):
    """Take nodes away, then add others; what is so already is passed over (C2.8)."""

    add: tuple[TaxonomyLink, ...] = ()
    remove: tuple[str, ...] = ()
    public: bool = False


LinkCommand = LinkTaxonomy | UnlinkTaxonomy | ReplaceTaxonomyLinks | EditTaxonomyLinks


# --- refusals -----------------------------------------------------------------------------------


class TaxonomyLinkNotFound(Refused):
    """The problem has no such link."""

    code, kind = "TAXONOMY_LINK_NOT_FOUND", RefusalKind.UNKNOWN


class TaxonomyLinkExists(Refused):
    """The node is linked already."""

    code, kind = "TAXONOMY_LINK_EXISTS", RefusalKind.CONFLICT


class LinkIdTaken(Refused):
    """Two links have the same id."""

    code = "VALIDATION_ERROR"


class PrimaryTopicExists(Refused):
    """A problem has one primary topic."""

    code, kind = "PRIMARY_TOPIC_EXISTS", RefusalKind.CONFLICT


class PrimaryTopicRequired(Refused):
    """A problem that everybody sees has a primary topic (C2.6)."""

    code, kind = "PRIMARY_TOPIC_REQUIRED", RefusalKind.UNFIT


# --- decisions ----------------------------------------------------------------------------------


def decide_links(links: Links, command: LinkCommand) -> Sequence[LinkEvent]:
    """What a command for a problem with these links makes happen, or a refusal."""
    match command:
        case LinkTaxonomy(link=link):
            return [_linked(links, link)]
        case UnlinkTaxonomy(link_id=link_id, public=public):
            if link_id not in {link.link_id for link in links}:
                raise TaxonomyLinkNotFound("the problem has no such link")
            gone = TaxonomyUnlinked(link_id=link_id)
            _check_public(evolve_links(links, gone), public=public)
            return [gone]
        case ReplaceTaxonomyLinks(links=given, public=public):
            return _replaced(links, given, public=public)
        case EditTaxonomyLinks():
            return _edited(links, command)


def _linked(links: Links, link: TaxonomyLink) -> TaxonomyLinked:
    """One more link. Raises TaxonomyLinkExists, PrimaryTopicExists."""
    for other in links:
        if other.node_id == link.node_id:
            raise TaxonomyLinkExists(
                "nodeId: the node is linked already", path="nodeId", linkId=other.link_id
            )
        if link.role is other.role is LinkRole.PRIMARY:
            raise PrimaryTopicExists(
                "role: there is a primary topic already", path="role", linkId=other.link_id
            )
    return TaxonomyLinked(**msgspec.structs.asdict(link))


def _replaced(links: Links, given: Links, *, public: bool) -> Sequence[LinkEvent]:
    ids = {link.node_id: link.link_id for link in links}
    kept: Links = ()
    for link in given:
        same = msgspec.structs.replace(link, link_id=ids.get(link.node_id, link.link_id))
        if same.link_id in {other.link_id for other in kept}:
            path = f"links[{len(kept)}].id"
            raise LinkIdTaken(f"{path}: another link has this id", path=path)
        kept = evolve_links(kept, _linked(kept, same))
    _check_public(kept, public=public)
    return [] if kept == links else [TaxonomyLinksReplaced(links=kept)]


def _edited(links: Links, command: EditTaxonomyLinks) -> Sequence[LinkEvent]:
    events: list[LinkEvent] = [
        TaxonomyUnlinked(link_id=link.link_id) for link in links if link.node_id in command.remove
    ]
    for event in events:
        links = evolve_links(links, event)
    for link in command.add:
        if _meant(link) not in map(_meant, links):
            linked = _linked(links, link)
            links = evolve_links(links, linked)
            events.append(linked)
    _check_public(links, public=command.public and bool(events))
    return events


def _meant(link: TaxonomyLink) -> tuple[str, LinkRole, float | None]:
    return link.node_id, link.role, link.weight


def _check_public(links: Links, *, public: bool) -> None:
    if public and all(link.role is not LinkRole.PRIMARY for link in links):
        raise PrimaryTopicRequired("a problem that is public needs a primary topic")


# --- the fold -----------------------------------------------------------------------------------


def evolve_links(links: Links, event: LinkEvent) -> Links:
    """A problem's links after one more event."""
    match event:
        case TaxonomyLinked():
            return (*links, TaxonomyLink(**msgspec.structs.asdict(event)))
        case TaxonomyUnlinked(link_id=gone):
            return tuple(link for link in links if link.link_id != gone)
        case TaxonomyLinksReplaced(links=given):
            return given
