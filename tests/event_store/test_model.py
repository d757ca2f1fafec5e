"""The log against a plain model of lists and dicts, in any order of operations."""

from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from eventsourcing.persistence import IntegrityError
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    rule,
    run_state_machine_as_test,
)

from event_store.open import open_store
from event_store.store import (
    Append,
    EpochMoved,
    RowStatement,
    Store,
    StreamSealed,
    Transaction,
    VersionConflict,
)
from tests.event_store.given import event, notes, sql
from tests.postgres_server import PostgresServer

STREAMS = ["a-1", "b-1", "c-1"]
TAGS = ["t.one", "t.two"]

# One append of a member: stream, how far `expected` is off, tags, tags allowed after a seal.
appends = st.tuples(
    st.sampled_from(STREAMS),
    st.sampled_from([0, 0, 0, 0, 1, -1]),
    st.lists(st.sampled_from(TAGS), min_size=1, max_size=3),
    st.sampled_from([None, None, None, None, ["t.one"], []]),
)
rows = st.tuples(st.sampled_from("xyz"), st.integers(1, 5))
members = st.tuples(
    st.lists(appends, max_size=3, unique_by=lambda part: part[0]),
    st.lists(rows, max_size=2, unique_by=lambda row: row[0]),
    st.sampled_from([None, 0, 0, 0, 1]),  # how far the epoch is off
)


class LogMachine(RuleBasedStateMachine):
    """Appends of every kind; after each step the store equals the model."""

    store: Store
    keep: RowStatement

    def __init__(self) -> None:
        super().__init__()
        self.log: list[tuple[str, int, str]] = []
        self.sealed: dict[str, list[str]] = {}
        self.notes: dict[str, int] = {}
        self.epoch = 1

    def open(self) -> Store:
        return open_store("memory:")

    @initialize()
    def begin(self):
        self.store = self.open()
        self.store.migrate()
        self.keep = notes(self.store)

    def version(self, stream: str) -> int:
        return sum(1 for known, _, _ in self.log if known == stream)

    @rule(batch=st.lists(members, min_size=1, max_size=6))
    def append(self, batch: list[tuple[Any, ...]]):
        transactions: list[Transaction] = []
        wanted: list[int | set[type[IntegrityError]]] = []
        for parts, written, epoch_off in batch:
            epoch = None if epoch_off is None else self.epoch + epoch_off
            built = [
                Append(
                    stream, max(0, self.version(stream) + off), [event(tag) for tag in tags], seal
                )
                for stream, off, tags, seal in parts
            ]
            stored_rows = [(self.keep, (key, version, "")) for key, version in written]
            transactions.append(Transaction(built, stored_rows, epoch))
            wanted.append(self.apply(transactions[-1]))
        for result, want in zip(self.store.append(transactions), wanted, strict=True):
            assert result == want if isinstance(want, int) else type(result) in want

    def apply(self, member: Transaction) -> int | set[type[IntegrityError]]:
        if member.epoch not in {None, self.epoch}:
            return {EpochMoved}
        refusals: set[type[IntegrityError]] = set()
        for stream, expected, events, _ in member.appends:
            if any(tag not in self.sealed.get(stream, TAGS) for tag, _ in events):
                refusals.add(StreamSealed)
            if expected != self.version(stream):
                refusals.add(VersionConflict)
        if refusals:
            return refusals
        for stream, expected, events, seal in member.appends:
            self.log += [(stream, expected + n, tag) for n, (tag, _) in enumerate(events, 1)]
            if seal is not None:
                self.sealed[stream] = [*seal]
        for _, (key, version, _) in member.rows:
            self.notes[key] = max(version, self.notes.get(key, 0))
        return len(self.log)

    @rule()
    def move_epoch(self):
        sql(self.store, "UPDATE view_epoch SET epoch = epoch + 1")
        self.epoch += 1

    @rule()
    def reopen(self):
        if type(self) is not OnMemory:
            self.store.close()
            self.store = self.open()

    @rule(after=st.integers(0, 30), limit=st.integers(1, 10), to=st.none() | st.integers(0, 30))
    def read_log(self, after: int, limit: int, to: int | None):
        read = [(e.position, e.stream, e.version, e.tag) for e in
                self.store.read_log(after, limit, to)]  # fmt: skip
        known = [(position, *entry) for position, entry in enumerate(self.log, 1)]
        assert (
            read == [e for e in known if after < e[0] <= (to if to is not None else 99999)][:limit]
        )

    @rule(stream=st.sampled_from(STREAMS), after=st.integers(0, 5))
    def read_stream(self, stream: str, after: int):
        read = [(e.version, e.tag) for e in self.store.read_stream(stream, after)]
        assert read == [(v, tag) for known, v, tag in self.log if known == stream and v > after]

    @invariant()
    def same_head_epoch_and_rows(self):
        if hasattr(self, "store"):
            assert (self.store.head(), self.store.epoch()) == (len(self.log), self.epoch)
            assert dict(self.store.read("SELECT id, version FROM notes")) == self.notes

    def teardown(self):
        if hasattr(self, "store"):
            self.store.close()


class OnMemory(LogMachine):
    """The log in memory."""


class OnSQLite(LogMachine):
    def __init__(self) -> None:
        super().__init__()
        self.folder = TemporaryDirectory()

    def open(self) -> Store:
        return open_store(Path(self.folder.name) / "log.sqlite3")

    def teardown(self):
        super().teardown()
        self.folder.cleanup()


TestOnMemory = OnMemory.TestCase
TestOnSQLite = OnSQLite.TestCase


@pytest.mark.ci
def test_on_postgresql(postgres_server: PostgresServer):
    class OnPostgreSQL(LogMachine):
        def __init__(self) -> None:
            super().__init__()
            self.database = postgres_server.database()
            self.url = self.database.__enter__()

        def open(self) -> Store:
            return open_store(self.url)

        def teardown(self):
            super().teardown()
            self.database.__exit__(None, None, None)

    run_state_machine_as_test(OnPostgreSQL, settings=settings(max_examples=30))
