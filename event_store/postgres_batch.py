"""A batch of transactions as one round trip to PostgreSQL: statements in, positions out."""

from collections.abc import Sequence
from typing import Any, NamedTuple

from eventsourcing.persistence import IntegrityError
from psycopg import pq

from event_store.postgres_arrays import bigint, blobs, integers, texts
from event_store.postgres_link import PostgresLink, Statement
from event_store.store import RowStatement, Transaction

Outcome = list[int | IntegrityError]

_APPEND = "SELECT append_events($1, $2, $3, $4, $5)"
_SEAL = RowStatement(
    "INSERT INTO sealed_streams (stream, allowed)",
    2,
    "ON CONFLICT (stream) DO UPDATE SET allowed = excluded.allowed",
)


class Work(NamedTuple):
    """A batch as statements, and how many events each of its members has."""

    statements: list[Statement]
    counts: list[int]


def fits_together(batch: Sequence[Transaction]) -> bool:
    """Whether a batch may go as one.

    It has events to look for if its answer gets lost, it is of one epoch, and no member follows
    another onto a stream that it seals.
    """
    if len({member.epoch for member in batch} - {None}) > 1:
        return False
    sealed: set[str] = set()
    events = 0
    for member in batch:
        if sealed and any(part.stream in sealed for part in member.appends):
            return False
        sealed.update(part.stream for part in member.appends if part.seal is not None)
        events += sum(len(part.events) for part in member.appends)
    return events > 0


def prepare(link: PostgresLink, batch: Sequence[Transaction]) -> Work:
    """Everything that can be computed before the lock."""
    streams: list[str] = []
    versions: list[int] = []
    tags: list[str] = []
    stored: list[bytes] = []
    rows: dict[RowStatement, list[tuple[Any, ...]]] = {}
    counts: list[int] = []
    [epoch] = {member.epoch for member in batch} - {None} or {None}
    for member in batch:
        before = len(streams)
        for stream, expected, events, seal in member.appends:
            streams += [stream] * len(events)
            versions += range(expected + 1, expected + 1 + len(events))
            for tag, state in events:
                tags.append(tag)
                stored.append(state)
            if seal is not None:
                rows.setdefault(_SEAL, []).append((stream, f" {' '.join(seal)} "))
        for statement, row in member.rows:
            rows.setdefault(statement, []).append(row)
        counts.append(len(streams) - before)
    arrays = (bigint(epoch), texts(streams), integers(versions), texts(tags), blobs(stored))
    upserts = (link.rows(statement, values) for statement, values in rows.items())
    return Work([(link.statement(_APPEND), arrays), *upserts], counts)


def positions(answer: "pq.abc.PGresult", counts: Sequence[int]) -> Outcome:
    """Where each member's last event went, from the head that the database answered."""
    position = int.from_bytes(answer.get_value(0, 0) or b"", signed=True)
    outcome: Outcome = []
    for count in counts:
        position += count
        outcome.append(position)
    return outcome
