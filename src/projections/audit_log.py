"""The audit log: one row for each accepted command, over all streams (B-08, row C6.4).

A command that changed nothing left no event, so it is not here. Events stored before envelopes
named their command are an entry each, whose action is the event's tag.
"""

from typing import Any, Final

import msgspec
from msgspec import UNSET, UnsetType

from domain.instants import Instant
from domain.kernel import Event, Value
from domain.registry import EVENTS
from projections.audit_told import TOLD
from projections.kernel import Fact, Index, IndexKind, Origin, Projection
from projections.periods import periods
from projections.told import NOTHING, Values


class AuditActor(Value, frozen=True, gc=False):
    """Who did it: an identity scheme, an opaque subject inside it, the roles held then."""

    scheme: str
    subject: str
    roles: tuple[str, ...] = ()


class AuditEntry(Value, frozen=True, kw_only=True):
    """A command that was accepted: what it is called, whose it was, what it was about.

    `events` counts what it led to; `before` and `after` hold what may be told of them
    (`projections.audit_told`).
    """

    at: Instant
    actor: AuditActor
    facade: str
    action: str
    entity_type: str
    entity_id: str
    correlation_id: str
    events: int = 1
    before: dict[str, Any] | UnsetType = UNSET
    after: dict[str, Any] | UnsetType = UNSET


def project(view: AuditEntry | None, fact: Fact) -> AuditEntry:
    """The entry of a command after one more of its events."""
    tell = TOLD.get(type(fact.event))
    before, after = NOTHING if tell is None else tell(fact.event)
    if view is not None:
        return msgspec.structs.replace(
            view,
            events=view.events + 1,
            before=_joined(before, view.before),  # the first to tell knows what it was before
            after=_joined(view.after, after),
        )
    origin = _origin(fact)
    entity_type, _, entity_id = fact.stream.partition("-")
    return AuditEntry(
        at=fact.at,
        actor=AuditActor(origin.scheme, origin.subject, origin.roles),
        facade=origin.facade,
        action=origin.command or origin.tag,
        entity_type=entity_type,
        entity_id=entity_id,
        correlation_id=origin.correlation,
        before=dict(before) or UNSET,
        after=dict(after) or UNSET,
    )


def _joined(one: Values | UnsetType, other: Values | UnsetType) -> dict[str, Any] | UnsetType:
    return {**(one or {}), **(other or {})} or UNSET


def entry_id(position: int) -> str:
    """The id of the entry whose first event lies at `position`: a UUID whose order is the log's.

    Version 8 of RFC 9562, whose bits are ours to give. Neighbours in the log are neighbours in
    the index, which random ids would scatter over the whole of it.
    """
    return f"00000000-0000-8000-8{position >> 48:03x}-{position & 0xFFFFFFFFFFFF:012x}"


def _key(fact: Fact) -> str:
    """A command's events follow one another in the log, so all of them know where the first is."""
    origin = _origin(fact)
    return entry_id(origin.position - origin.part)


def _origin(fact: Fact) -> Origin:
    if fact.origin is None:
        raise TypeError("this fold needs facts with their origin")
    return fact.origin


_READS: Final[dict[str, type[Event]]] = {
    tag: kind if kind in TOLD else Event for tag, kind in EVENTS.items()
}

audit_log = Projection(
    name="audit_log",
    version=1,
    view=AuditEntry,
    reads=_READS,
    project=project,
    indexes={
        "periods": Index(IndexKind.MANY, lambda view: periods(view.at)),
        "entity_type": Index(IndexKind.TEXT, lambda view: view.entity_type),
        "entity_id": Index(IndexKind.TEXT, lambda view: view.entity_id),
        "actor_id": Index(IndexKind.TEXT, lambda view: view.actor.subject),
        "action": Index(IndexKind.TEXT, lambda view: view.action),
    },
    inline=False,
    key=_key,
    numbered=True,
    origins=True,
)
