"""What every log promises, on memory, SQLite and PostgreSQL alike."""

import threading
import time
from collections.abc import Callable
from typing import Any

import pytest
from eventsourcing.persistence import IntegrityError

from event_store.memory import MemoryStore
from event_store.open import open_store
from event_store.store import (
    Append,
    Cursor,
    EpochMoved,
    Read,
    RowStatement,
    RowTaken,
    Store,
    StreamSealed,
    Transaction,
    VersionConflict,
)
from tests.event_store.given import by_hand, event, notes, sql, to, together, versions

SOME = 20


def refused(store: Store, *batch: Transaction) -> IntegrityError:
    [result] = store.append(batch)
    assert isinstance(result, IntegrityError)
    return result


# --- appending ------------------------------------------------------------------------------------


def test_a_new_log_is_empty(store: Store):
    assert (store.head(), store.read_log(), store.read_stream("a-1")) == (0, [], [])


def test_positions_count_the_log_and_versions_the_stream(store: Store):
    assert store.append([to("a-1", 0, "a.x", "a.y"), to("b-1", 0, "b.x")]) == [2, 3]
    assert store.append([to("a-1", 2, "a.z")]) == [4]
    placed = [(e.position, e.stream, e.version, e.tag) for e in store.read_log()]
    assert placed == [
        (1, "a-1", 1, "a.x"), (2, "a-1", 2, "a.y"), (3, "b-1", 1, "b.x"), (4, "a-1", 3, "a.z"),
    ]  # fmt: skip
    assert [e.position for e in store.read_stream("a-1", after=1)] == [2, 4]
    assert store.head() == 4


def test_bytes_come_back_as_they_were_stored(store: Store):
    stored = event(data='{"текст":"ё\\u0000","n":1e400}'.encode()).stored + bytes(range(256))
    store.append([Transaction([Append("a-1", 0, [event()._replace(stored=stored)])])])
    assert store.read_stream("a-1")[0].stored == stored


@pytest.mark.parametrize("expected", [0, 2])
def test_another_expected_version_is_a_conflict_and_stores_nothing(store: Store, expected: int):
    store.append([to("a-1", 0)])
    conflict = refused(store, to("a-1", expected))
    assert isinstance(conflict, VersionConflict)
    assert conflict.stream == "a-1"
    assert versions(store, "a-1") == [1]


def test_events_of_several_streams_are_stored_together_or_not_at_all(store: Store):
    store.append([to("b-1", 0)])
    conflict = refused(store, together(to("a-1", 0), to("b-1", 0), to("c-1", 0)))
    assert isinstance(conflict, VersionConflict)
    assert conflict.stream == "b-1"
    assert (versions(store, "a-1"), versions(store, "c-1"), store.head()) == ([], [], 1)
    assert store.append([together(to("a-1", 0), to("b-1", 1), to("c-1", 0))]) == [4]


def test_one_conflict_in_a_batch_leaves_the_others(store: Store):
    results = store.append([to("a-1", 0), to("a-1", 0), to("b-1", 3), to("a-1", 1), to("c-1", 0)])
    assert [type(result) for result in results] == [
        int, VersionConflict, VersionConflict, int, int,
    ]  # fmt: skip
    assert [e.position for e in store.read_log()] == [1, 2, 3]
    assert versions(store, "a-1") == [1, 2]


def test_a_batch_may_append_to_one_stream_again_and_again(store: Store):
    assert store.append([to("a-1", version) for version in range(SOME)]) == [*range(1, SOME + 1)]


def test_a_batch_of_thousands_of_events_is_stored_in_order(store: Store):
    many = Transaction([Append("a-1", 0, [event()] * 7000)])
    assert store.append([many, to("b-1", 0)]) == [7000, 7001]
    assert [e.position for e in store.read_log(limit=9000)] == [*range(1, 7002)]


def test_a_transaction_without_events_answers_with_the_head(store: Store):
    assert store.append([Transaction([])]) == [0]
    assert store.append([to("a-1", 0), Transaction([]), to("b-1", 0)]) == [1, 1, 2]
    assert store.append([]) == []


def test_what_was_appended_survives_closing(shared_address: str):
    first = open_store(shared_address)
    first.migrate()
    first.append([to("a-1", 0)])
    first.close()
    second = open_store(shared_address)
    assert versions(second, "a-1") == [1]
    second.close()


def test_several_stores_append_to_one_log(shared_address: str):
    stores = [open_store(shared_address) for _ in range(3)]
    stores[0].migrate()
    failures: list[BaseException] = []

    def write(store: Store, name: str):
        try:
            for version in range(SOME):
                assert isinstance(store.append([to(name, version)])[0], int)
        except BaseException as error:  # noqa: BLE001 - reported below
            failures.append(error)

    threads = [
        threading.Thread(target=write, args=(store, f"a-{number}"))
        for number, store in enumerate(stores)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []
    assert [e.position for e in stores[0].read_log()] == [*range(1, 3 * SOME + 1)]
    for store in stores:
        store.close()


# --- what the database itself refuses -------------------------------------------------------------


def test_a_sealed_stream_takes_only_the_tags_still_allowed(store: Store):
    store.append([to("a-1", 0, "a.made", seal=["a.noted", "a.ended"])])
    sealed = refused(store, to("a-1", 1, "a.noted", "a.changed"))
    assert isinstance(sealed, StreamSealed)
    assert sealed.stream == "a-1"
    assert store.append([to("a-1", 1, "a.noted"), to("a-2", 0, "a.changed")]) == [2, 3]
    store.append([to("a-1", 2, "a.ended", seal=[])])
    assert isinstance(refused(store, to("a-1", 3, "a.noted")), StreamSealed)


def test_a_seal_holds_for_those_who_come_later_in_the_same_batch(store: Store):
    results = store.append([to("a-1", 0, "a.made", seal=[]), to("a-1", 1, "a.changed")])
    assert [type(result) for result in results] == [int, StreamSealed]


def test_a_seal_falls_with_its_transaction(store: Store):
    store.append([to("b-1", 0)])
    refused(store, together(to("a-1", 0, seal=[]), to("b-1", 0)))
    assert store.append([to("a-1", 0)]) == [2]


def test_a_seal_stops_plain_sql_too(store: Store):
    store.append([to("a-1", 0, seal=["a.noted"])])
    with pytest.raises(IntegrityError, match="sealed"):
        by_hand(store, "a-1", 2, tag="a.changed")
    with pytest.raises(IntegrityError, match="append-only"):
        sql(store, "DELETE FROM sealed_streams")
    by_hand(store, "a-1", 2, tag="a.noted")


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE stored_events SET state = ''",
        "DELETE FROM stored_events",
        "DELETE FROM stored_events WHERE originator_id = 'a-1'",
    ],
)
def test_history_can_neither_be_changed_nor_deleted(store: Store, statement: str):
    store.append([to("a-1", 0)])
    with pytest.raises(IntegrityError, match="append-only"):
        sql(store, statement)
    assert versions(store, "a-1") == [1]


def test_no_other_statement_replaces_history(store: Store):
    store.append([to("a-1", 0), to("a-1", 1)])
    if store.dialect == "postgresql":
        with pytest.raises(IntegrityError, match="append-only"):
            sql(store, "TRUNCATE stored_events")
    else:
        for place in (2, 3):
            with pytest.raises(IntegrityError, match="out of turn"):
                sql(
                    store,
                    f"INSERT OR REPLACE INTO stored_events VALUES ({place}, 'a-1', 2, 't', '')",
                )


@pytest.mark.parametrize(("version", "position"), [(3, 2), (2, 3), (0, 2), (2, 1), (1, 2)])
def test_neither_versions_nor_positions_may_leave_a_gap_or_repeat(
    store: Store, version: int, position: int
):
    store.append([to("a-1", 0)])
    with pytest.raises(IntegrityError):
        by_hand(store, "a-1", version, position=position)
    by_hand(store, "a-1", 2, position=2)


# --- the view epoch and rows beside the log -------------------------------------------------------


def test_an_append_computed_for_another_epoch_is_refused(store: Store):
    assert store.epoch() == 1
    assert store.append([to("a-1", 0, epoch=1)]) == [1]
    sql(store, "UPDATE view_epoch SET epoch = epoch + 1")
    assert store.epoch() == 2
    results = store.append([to("b-1", 0, epoch=1), to("c-1", 0), to("d-1", 0, epoch=2)])
    assert [type(result) for result in results] == [EpochMoved, int, int]
    assert isinstance(results[0], EpochMoved)
    assert results[0].epoch == 2


def test_rows_for_a_table_that_another_epoch_dropped_are_of_a_moved_epoch(store: Store):
    gone = RowStatement("INSERT INTO gone (id)", 1)
    sql(store, "UPDATE view_epoch SET epoch = epoch + 1")
    results = store.append([to("a-1", 0, rows=[(gone, ("x",))], epoch=1), to("b-1", 0)])
    assert [type(result) for result in results] == [EpochMoved, int]
    for epoch in (2, None):  # no epoch explains it: a program that does not fit its database
        with pytest.raises(Exception, match="gone"):
            store.append([to("a-1", 0, rows=[(gone, ("x",))], epoch=epoch)])
    assert store.append([to("a-1", 0)]) == [2]


def test_rows_are_stored_with_their_events_or_not_at_all(store: Store):
    keep = notes(store)
    store.append(
        [
            to("a-1", 0, rows=[(keep, ("x", 1, "first")), (keep, ("y", 1, None))]),
            to("a-1", 0, rows=[(keep, ("x", 9, "of a conflict"))]),
            Transaction([], [(keep, ("z", 1, "alone"))]),
        ]
    )
    assert store.read("SELECT * FROM notes ORDER BY id") == [
        ("x", 1, "first"), ("y", 1, None), ("z", 1, "alone"),
    ]  # fmt: skip
    store.append([to("a-1", 1, rows=[(keep, ("x", 2, "newer"))])])
    store.append([to("a-1", 2, rows=[(keep, ("x", 1, "older"))])])
    assert store.read("SELECT body FROM notes WHERE id = 'x'") == [("newer",)]


def test_a_row_that_is_there_already_refuses_its_transaction_and_no_other(store: Store):
    once = notes(store)._replace(tail="")
    store.append([to("a-1", 0, rows=[(once, ("x", 1, "first"))])])
    results = store.append(
        [
            to("b-1", 0, rows=[(once, ("x", 2, "second"))]),
            Transaction([], [(once, ("x", 3, "without events"))]),
            to("c-1", 0, rows=[(once, ("y", 1, "free"))]),
            to("d-1", 0, rows=[(once, ("y", 1, "taken in this batch"))]),
        ]
    )
    assert [type(result) for result in results] == [RowTaken, RowTaken, int, RowTaken]
    assert (versions(store, "b-1"), versions(store, "d-1")) == ([], [])
    assert store.read("SELECT id, body FROM notes ORDER BY id") == [("x", "first"), ("y", "free")]


def test_a_conflict_of_versions_is_told_before_a_taken_row(store: Store):
    once = notes(store)._replace(tail="")
    store.append([to("a-1", 0, rows=[(once, ("x", 1, "first"))])])
    both = refused(store, to("a-1", 0, rows=[(once, ("x", 2, "second"))]))
    assert isinstance(both, VersionConflict)


def test_members_of_a_batch_may_write_the_same_row(store: Store):
    keep = notes(store)
    batch = [to("a-1", n, rows=[(keep, ("x", n + 1, f"body {n}"))]) for n in range(SOME)]
    assert store.append(batch) == [*range(1, SOME + 1)]
    assert store.read("SELECT version FROM notes") == [(SOME,)]


def test_two_statements_that_begin_alike_keep_their_ends(store: Store):
    keep = notes(store)
    first_wins = RowStatement(keep.head, 3, "ON CONFLICT (id) DO NOTHING")
    store.append([to("a-1", 0, rows=[(keep, ("x", 1, "one"))])])
    store.append([to("a-1", 1, rows=[(first_wins, ("x", 2, "two"))])])
    store.append([to("a-1", 2, rows=[(keep, ("x", 3, "three"))])])
    assert store.read("SELECT body FROM notes") == [("three",)]


def test_rows_hold_every_plain_kind_of_value(store: Store):
    blob = "bytea" if store.dialect == "postgresql" else "blob"
    sql(
        store,
        f"CREATE TABLE kinds (id integer PRIMARY KEY, t text, b {blob}, s smallint, "
        "l bigint, f double precision, y boolean, d varchar(20))",
    )
    statement = RowStatement("INSERT INTO kinds (id, t, b, s, l, f, y, d)", 8)
    full = (1, "ё'%s", b"\x00\xff", -3, 2**63 - 1, 0.1, True, "2026-01-02")
    bare = (2, *[None] * 7)
    store.append([to("a-1", 0, rows=[(statement, full), (statement, bare)])])
    assert store.read("SELECT * FROM kinds ORDER BY id") == [full, bare]


@pytest.mark.parametrize(
    "value", ["\ud800", 2**70, "not unique"], ids=["surrogate", "too large", "not unique"]
)
def test_a_value_that_cannot_be_stored_harms_only_its_own_transaction(
    store: Store, value: str | int
):
    sql(store, "CREATE TABLE kinds (id bigint, t text UNIQUE)")
    statement = RowStatement("INSERT INTO kinds (id, t)", 2)
    row = (value, "a") if isinstance(value, int) else (1, value)
    results = store.append(
        [
            to("a-1", 0, rows=[(statement, (0, "not unique"))]),
            to("b-1", 0, rows=[(statement, row)]),
            to("c-1", 0),
        ]
    )
    assert isinstance(results[1], IntegrityError)
    assert (results[0], results[2], versions(store, "b-1")) == (1, 2, [])


# --- exclusive work -------------------------------------------------------------------------------


def test_exclusive_work_sees_a_log_that_stands_still_and_returns_its_result(store: Store):
    store.append([to("a-1", 0)])
    count: Callable[[Cursor], Any] = lambda cursor: cursor.execute(  # noqa: E731
        "SELECT count(*) FROM stored_events"
    ).fetchone()
    assert store.exclusive(count) == (1,)


def test_exclusive_work_that_fails_leaves_no_trace(store: Store):
    notes(store)

    def work(cursor: Cursor):
        cursor.execute("INSERT INTO notes VALUES ('x', 1, 'b')")
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        store.exclusive(work)
    assert store.read("SELECT * FROM notes") == []
    assert store.append([to("a-1", 0)]) == [1]


def test_exclusive_work_meets_constraints_as_integrity_errors(store: Store):
    notes(store)
    with pytest.raises(IntegrityError):
        sql(store, "INSERT INTO notes VALUES ('x', 1, ''), ('x', 2, '')")
    assert store.append([to("a-1", 0)]) == [1]


# --- reading --------------------------------------------------------------------------------------


def test_the_log_is_read_page_by_page(store: Store):
    store.append([to("a-1", version) for version in range(SOME)])
    assert [e.position for e in store.read_log(after=3, limit=2)] == [4, 5]
    assert [e.position for e in store.read_log(after=3, to=6)] == [4, 5, 6]
    assert store.read_log(after=SOME) == []
    for page in (1, 3, SOME, SOME + 1):
        assert [e.position for e in store.scan(after=2, page=page)] == [*range(3, SOME + 1)]
    assert [e.position for e in store.scan(to=5, page=2)] == [1, 2, 3, 4, 5]


def test_people_read_the_log_in_a_view_of_that_name(store: Store):
    store.append([Transaction([Append("a-1", 0, [event("a.x", b'{"n":7}')])])])
    [row] = store.read("SELECT position, stream, version, tag, at, actor, data FROM log")
    assert row[:6] == (1, "a-1", 1, "a.x", "2026-01-02T03:04:05.678Z", "u1")
    assert row[6] in ('{"n":7}', {"n": 7})


def test_waiting_ends_at_once_when_the_log_is_longer(store: Store):
    store.append([to("a-1", 0)])
    assert store.wait(0, timeout=60) == 1


def test_waiting_ends_with_its_time(store: Store):
    begin = time.monotonic()
    assert store.wait(0, timeout=0.1) == 0
    assert 0.1 <= time.monotonic() - begin < 1


def test_waiting_ends_with_the_next_append(store: Store, address: str):
    other = store if isinstance(store, MemoryStore) else open_store(address)
    waited: list[int] = []
    thread = threading.Thread(target=lambda: waited.append(store.wait(0, timeout=30)))
    thread.start()
    time.sleep(0.1)
    other.append([to("a-1", 0)])
    thread.join(timeout=10)
    assert waited == [1]
    if other is not store:
        other.close()


def test_a_snapshot_answers_from_one_state_while_others_append(store: Store, address: str):
    store.append([to("a-1", 0)])
    alone = isinstance(store, MemoryStore)  # whoever reads there keeps all others waiting
    other = store if alone else open_store(address)
    count = "SELECT count(*) FROM stored_events"

    def look(read: Read) -> list[int]:
        [(before,)] = read(count, ())
        if not alone:
            other.append([to("a-1", 1)])
        [(after,)] = read(count, ())
        return [before, after]

    assert store.snapshot(look) == [1, 1]
    assert store.head() == (1 if alone else 2)
    if not alone:
        other.close()


def test_a_failed_snapshot_leaves_the_next_reads_as_they_were(store: Store):
    store.append([to("a-1", 0)])
    for _ in range(20):  # more than there are connections
        with pytest.raises(ZeroDivisionError):
            store.snapshot(lambda read: read("SELECT 1", ())[0][0] / 0)
        with pytest.raises(Exception, match="nowhere"):
            store.snapshot(lambda read: read("SELECT * FROM nowhere", ()))
    assert store.snapshot(lambda read: read("SELECT 1", ())) == [(1,)]
    assert store.append([to("a-1", 1)]) == [2]


def test_a_log_may_be_migrated_again(store: Store):
    store.append([to("a-1", 0)])
    store.migrate()
    assert (store.head(), store.epoch()) == (1, 1)
