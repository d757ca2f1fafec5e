"""The envelope: who did what, when and why, in the same bytes as the event itself.

These bytes are the storage format. A field may be added, never renamed or removed.
"""

from typing import Any

import msgspec


class Actor(msgspec.Struct, frozen=True, omit_defaults=True):
    """Who caused an event.

    An identity scheme (`exam`, `challenge`, `bank`, `system`), an opaque subject inside it, and
    the roles held at that moment.
    """

    scheme: str
    subject: str
    roles: tuple[str, ...] = ()


class Envelope(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, rename="camel"):
    """Everything known of one event except its place in the log (CONTRACT §5).

    `tag` is the event's stable name (`attempt.answers_saved`), `schema` the version of its
    payload's shape, `at` an ISO-8601 UTC instant with milliseconds, `correlation` the id shared
    by all events of one request, `causation` the `stream@version` of the event that led to this
    one through a policy. `command` names the command that led to this event and is on the first
    of its events only; `part` says how many events of the same command stand right before this
    one. `data` is the payload, kept as JSON bytes until somebody wants it.
    """

    tag: str
    schema: int
    at: str
    actor: Actor
    facade: str
    correlation: str
    causation: str | None = None
    command: str | None = None
    part: int = 0
    data: msgspec.Raw


_encoder = msgspec.json.Encoder()
_decoder = msgspec.json.Decoder(Envelope)


def encode(envelope: Envelope) -> bytes:
    """The bytes to store."""
    return _encoder.encode(envelope)


def decode(stored: bytes) -> Envelope:
    """The envelope in stored bytes; its payload stays undecoded."""
    return _decoder.decode(stored)


def event_id(stream: str, version: int) -> str:
    """The id of the event at `version` of `stream`, unique in the log."""
    return f"{stream}@{version}"


def document(stored: bytes) -> dict[str, Any]:
    """The whole envelope with its payload as plain values, for people who read the log."""
    value: dict[str, Any] = msgspec.json.decode(stored)
    return value
