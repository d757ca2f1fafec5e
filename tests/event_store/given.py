"""A small vocabulary for tests of the log: transactions, rows beside it, inserts by hand."""

from collections.abc import Callable, Sequence
from typing import Any

from msgspec import Raw

from event_store.envelope import Actor, Envelope, encode
from event_store.store import Append, Cursor, NewEvent, RowStatement, Store, Transaction

TAG = "thing.done"


def event(tag: str = TAG, data: bytes = b"{}") -> NewEvent:
    """An event whose envelope is complete."""
    envelope = Envelope(
        tag=tag,
        schema=1,
        at="2026-01-02T03:04:05.678Z",
        actor=Actor("exam", "u1"),
        facade="exams",
        correlation="c1",
        data=Raw(data),
    )
    return NewEvent(tag, encode(envelope))


def to(
    stream: str,
    expected: int,
    *tags: str,
    seal: Sequence[str] | None = None,
    rows: Sequence[tuple[RowStatement, tuple[Any, ...]]] = (),
    epoch: int | None = None,
) -> Transaction:
    """A transaction that appends events with `tags` (one `thing.done` by default) to a stream."""
    events = [event(tag) for tag in tags or (TAG,)]
    return Transaction([Append(stream, expected, events, seal)], rows, epoch)


def together(*transactions: Transaction) -> Transaction:
    """One transaction instead of several."""
    return Transaction(
        [append for member in transactions for append in member.appends],
        [row for member in transactions for row in member.rows],
    )


def by_hand(
    store: Store, stream: str, version: int, *, position: int | None = None, tag: str = TAG
) -> None:
    """Insert an event with plain SQL, as no code of ours does."""
    place = "rowid" if store.dialect == "sqlite" else "notification_id"
    marks = ",".join([store.placeholder] * 5)
    sql = (
        f"INSERT INTO stored_events (originator_id, originator_version, topic, state, {place}) "
        f"VALUES ({marks})"
    )
    at = position if position is not None else store.head() + 1
    store.exclusive(lambda cursor: cursor.execute(sql, (stream, version, tag, b"{}", at)))


def sql(store: Store, statement: str) -> None:
    """Run a statement under the append lock."""
    run: Callable[[Cursor], Any] = lambda cursor: cursor.execute(statement)  # noqa: E731
    store.exclusive(run)


def notes(store: Store) -> RowStatement:
    """Make a table beside the log; the statement keeps the newest row of each key."""
    sql(store, "CREATE TABLE notes (id text PRIMARY KEY, version bigint NOT NULL, body text)")
    return RowStatement(
        "INSERT INTO notes (id, version, body)",
        3,
        "ON CONFLICT (id) DO UPDATE SET version = excluded.version, body = excluded.body "
        "WHERE notes.version < excluded.version",
    )


def versions(store: Store, stream: str) -> list[int]:
    """The versions that a stream holds."""
    return [recorded.version for recorded in store.read_stream(stream)]
