"""The one place between events and stored bytes."""

from collections.abc import Iterable, Mapping
from functools import cache
from typing import Generic, TypeVar

import msgspec

from domain.instants import Instant
from domain.kernel import Event
from domain.registry import EVENTS, SCHEMAS, TAGS
from domain.upcasts import upcast
from event_store import envelope
from event_store.envelope import Actor
from event_store.store import NewEvent, Recorded
from projections.kernel import Fact, Origin

E = TypeVar("E", bound=Event)


class UnreadableEvent(Exception):
    """Stored bytes that this program cannot turn into an event; says which and why."""

    def __init__(self, recorded: Recorded, reason: str) -> None:
        super().__init__(
            f"position {recorded.position} ({recorded.stream}@{recorded.version}, "
            f"{recorded.tag}): {reason}"
        )


class _Outgoing(msgspec.Struct, frozen=True):
    """An `Envelope` whose payload is still an event: encoded in one pass, without a copy.

    The fields are those of `event_store.envelope.Envelope`, in the same order.
    """

    tag: str
    schema: int
    at: Instant
    actor: Actor
    facade: str
    correlation: str
    causation: str | msgspec.UnsetType
    command: str | msgspec.UnsetType
    part: int | msgspec.UnsetType
    data: Event


class _Incoming(msgspec.Struct, Generic[E], frozen=True, gc=False):
    """The part of an envelope that folds read; the decoder skips the rest."""

    at: Instant
    data: E


class _Whole(msgspec.Struct, Generic[E], frozen=True, gc=False):
    """The part of an envelope that folds of origins read."""

    at: Instant
    actor: Actor
    facade: str
    correlation: str
    data: E
    command: str | None = None
    part: int = 0


_UNREADABLE = (msgspec.MsgspecError, UnicodeDecodeError, RecursionError)
_encode = msgspec.json.Encoder().encode
# Bytes that begin so hold a payload of the current shape: no upcast is needed.
_CURRENT = {tag: b'{"tag":"%b","schema":%d,' % (tag.encode(), SCHEMAS[tag]) for tag in EVENTS}


def encode(
    event: Event,
    *,
    at: Instant,
    actor: Actor,
    facade: str,
    correlation: str,
    causation: str | None = None,
    command: str | msgspec.UnsetType = msgspec.UNSET,
    part: int | msgspec.UnsetType = msgspec.UNSET,
) -> NewEvent:
    """The tag and the bytes to store of an event. Raises KeyError for an unregistered type.

    `command` is for the first event of a command, `part` (1, 2 …) for those that follow it.
    """
    tag = TAGS[type(event)]
    cause = msgspec.UNSET if causation is None else causation
    return NewEvent(
        tag,
        _encode(
            _Outgoing(
                tag, SCHEMAS[tag], at, actor, facade, correlation, cause, command, part, event
            )
        ),
    )


def decode(recorded: Recorded, as_type: type[Event] | None = None) -> Event:
    """The event in stored bytes, of its registered type or of `as_type`, a base class of it.

    Raises UnreadableEvent.
    """
    return _incoming(recorded, as_type).data


def fact(recorded: Recorded, as_type: type[Event] | None = None) -> Fact:
    """The event with its place, for a fold. Raises UnreadableEvent."""
    incoming = _incoming(recorded, as_type)
    return Fact(recorded.stream, recorded.version, incoming.at, incoming.data)


Placed = tuple[int, str, Fact]
"""A position of the log, and the tag and the fact that lie there."""


class Reader:
    """Decodes pages of the log: only the tags in `reads`, each to the type named there."""

    def __init__(self, reads: Mapping[str, type[Event]], *, origins: bool = False) -> None:
        """Make the decoders; `origins` says that facts carry where they come from."""
        self.reads = reads
        self.origins = origins
        self._fast = {
            tag: (_CURRENT[tag], _decoder(kind).decode, kind) for tag, kind in reads.items()
        }
        self._whole = {tag: _whole_decoder(kind).decode for tag, kind in reads.items()}
        self._bare = _whole_decoder(Event).decode  # whatever shape the payload has

    def facts(self, page: Iterable[Recorded]) -> list[Placed]:
        """The facts of a page, in order. Raises UnreadableEvent."""
        if self.origins:
            return [
                (one.position, one.tag, self._with_origin(one))
                for one in page
                if one.tag in self.reads
            ]
        found: list[Placed] = []
        for one in page:
            position, stream, version, tag, stored = one
            fast = self._fast.get(tag)
            if fast is None:
                continue
            current, decode, kind = fast
            try:
                incoming = decode(stored) if stored.startswith(current) else _incoming(one, kind)
            except _UNREADABLE as error:
                raise UnreadableEvent(one, str(error)) from error
            found.append((position, tag, Fact(stream, version, incoming.at, incoming.data)))
        return found

    def _with_origin(self, one: Recorded) -> Fact:
        position, stream, version, tag, stored = one
        try:
            if stored.startswith(_CURRENT[tag]):
                whole = self._whole[tag](stored)
                event = whole.data
            else:
                whole = self._bare(stored)
                event = _incoming(one, self.reads[tag]).data
        except _UNREADABLE as error:
            raise UnreadableEvent(one, str(error)) from error
        actor = whole.actor
        origin = Origin(
            position, tag, actor.scheme, actor.subject, actor.roles,
            whole.facade, whole.correlation, whole.command, whole.part,
        )  # fmt: skip
        return Fact(stream, version, whole.at, event, origin)


def _incoming(recorded: Recorded, as_type: type[Event] | None) -> _Incoming[Event]:
    tag, stored = recorded.tag, recorded.stored
    current = _CURRENT.get(tag)
    if current is None:
        raise UnreadableEvent(recorded, "no event of this program has this tag")
    kind = as_type or EVENTS[tag]
    try:
        if stored.startswith(current):
            return _decoder(kind).decode(stored)
        return _lifted(recorded, kind)
    except _UNREADABLE as error:
        raise UnreadableEvent(recorded, str(error)) from error


def _lifted(recorded: Recorded, kind: type[Event]) -> _Incoming[Event]:
    """The slow way: an older shape, or an envelope whose fields stand in another order."""
    whole = envelope.decode(recorded.stored)
    known = SCHEMAS[recorded.tag]
    if whole.schema > known:
        raise UnreadableEvent(
            recorded, f"payload version {whole.schema} is newer than this program's {known}"
        )
    payload = bytes(whole.data)
    if whole.schema < known:
        payload = _encode(upcast(recorded.tag, whole.schema, known, msgspec.json.decode(payload)))
    return _Incoming(whole.at, msgspec.json.decode(payload, type=kind))


@cache
def _whole_decoder(kind: type[E]) -> msgspec.json.Decoder[_Whole[E]]:
    return msgspec.json.Decoder(_Whole[kind])  # type: ignore[valid-type]


@cache
def _decoder(kind: type[E]) -> msgspec.json.Decoder[_Incoming[E]]:
    return msgspec.json.Decoder(_Incoming[kind])  # type: ignore[valid-type]
