"""The traps of the eventsourcing library that DESIGN lists: one test each, by its number.

Trap 6 (a runner that handles one event a transaction) is the projector's, not the store's.
"""

import os
import sqlite3
import subprocess
import sys
import threading
import time

import psycopg
import pytest
from eventsourcing.postgres import PostgresDatastore

from event_store.open import open_store
from event_store.postgres import PostgresStore
from event_store.sqlite import SQLiteStore
from event_store.store import Cursor, Store
from tests.event_store.given import to

WRITERS = 3
APPENDS = 40


def test_trap_1_a_tailing_reader_misses_nothing_while_others_write(shared_address: str):
    store = open_store(shared_address)
    store.migrate()

    def write(name: str):
        writer = open_store(shared_address)
        for version in range(0, 2 * APPENDS, 2):
            writer.append([to(name, version, "a.x", "a.y")])
        writer.close()

    threads = [threading.Thread(target=write, args=(f"a-{n}",)) for n in range(WRITERS)]
    for thread in threads:
        thread.start()
    seen: list[int] = []
    while any(thread.is_alive() for thread in threads) or store.head() > len(seen):
        seen += [event.position for event in store.read_log(len(seen))]
    for thread in threads:
        thread.join()
    assert seen == [*range(1, 2 * WRITERS * APPENDS + 1)]
    store.close()


def test_trap_1_the_library_s_own_insert_functions_stay_off(postgres_database: str):
    store = PostgresStore(postgres_database)
    assert isinstance(store._datastore, PostgresDatastore)
    assert store._datastore.enable_db_functions is False
    assert "POSTGRES_ENABLE_DB_FUNCTIONS" not in os.environ
    store.close()


@pytest.fixture
def postgres(postgres_database: str):
    store = PostgresStore(postgres_database)
    store.migrate()
    yield store
    store.close()


def wait_in_background(store: Store) -> tuple[threading.Thread, list[float]]:
    woken: list[float] = []

    def wait():
        if store.wait(0, timeout=30):
            woken.append(time.monotonic())

    thread = threading.Thread(target=wait)
    thread.start()
    return thread, woken


def test_trap_2_many_waiters_are_woken_by_one_append(postgres: PostgresStore):
    waiting = [wait_in_background(postgres) for _ in range(3)]
    time.sleep(0.3)
    begin = time.monotonic()
    postgres.append([to("a-1", 0)])
    for thread, woken in waiting:
        thread.join(10)
        assert woken[0] - begin < 0.5  # by the notification: polling alone takes up to a second


def test_trap_2_a_wake_up_that_never_arrives_is_made_up_for(
    postgres: PostgresStore, postgres_database: str
):
    thread, woken = wait_in_background(postgres)
    time.sleep(0.3)
    with psycopg.connect(postgres_database, autocommit=True) as admin:
        cut = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE query LIKE 'LISTEN%'"
        assert len(admin.execute(cut).fetchall()) == 1
    postgres.append([to("a-1", 0)])
    thread.join(10)
    assert woken
    thread, woken = wait_in_background(postgres)  # … and the listener came back
    thread.join(10)
    assert woken


def test_trap_3_the_store_has_no_tracking_table_of_its_own(shared_address: str):
    # The library's is keyed by less than a projection's name and version; the projector keeps its
    # own, in the transactions it is given.
    store = open_store(shared_address)
    store.migrate()
    if store.dialect == "sqlite":
        tables = store.read("SELECT name FROM sqlite_master WHERE type = 'table'")
    else:
        tables = store.read("SELECT tablename::text FROM pg_tables WHERE schemaname = 'public'")
    assert {name for (name,) in tables} == {"stored_events", "sealed_streams", "view_epoch"}
    store.close()


def test_trap_4_reading_and_then_writing_in_one_transaction_works(sqlite_store: SQLiteStore):
    other = SQLiteStore(sqlite_store.path)
    began = threading.Event()

    def append():
        began.wait()
        other.append([to("b-1", 0)])

    def read_then_write(cursor: Cursor):
        cursor.execute("SELECT max(rowid) FROM stored_events").fetchone()
        began.set()
        time.sleep(0.2)  # the other one would commit in between, if it could
        cursor.execute("CREATE TABLE notes (id)")

    thread = threading.Thread(target=append)
    thread.start()
    sqlite_store.exclusive(read_then_write)
    thread.join()
    assert other.head() == 1
    other.close()


def test_trap_4_is_real(sqlite_store: SQLiteStore):
    deferred = sqlite3.connect(sqlite_store.path, isolation_level=None)
    deferred.execute("BEGIN")
    deferred.execute("SELECT max(rowid) FROM stored_events").fetchone()
    sqlite_store.append([to("a-1", 0)])
    with pytest.raises(sqlite3.OperationalError, match="database is locked"):
        deferred.execute("CREATE TABLE notes (id)")
    deferred.close()


MIGRATE = """
import sys
from event_store.open import open_store
sys.stdin.readline()
store = open_store(sys.argv[1])
store.migrate()
store.close()
"""


def test_trap_5_several_processes_may_migrate_at_once(shared_address: str):
    command = [sys.executable, "-c", MIGRATE, shared_address]
    processes = [subprocess.Popen(command, stdin=subprocess.PIPE) for _ in range(3)]
    for process in processes:
        process.communicate(b"go\n", timeout=60)
    assert [process.returncode for process in processes] == [0] * 3
    store = open_store(shared_address)
    assert store.append([to("a-1", 0)]) == [1]
    store.close()


# Trap 7, the ambiguous commit: test_postgres.py, `test_a_commit_whose_answer_was_lost_…`.


def test_trap_8_rows_are_plain_tuples_and_no_port_can_be_asked_with_isinstance(store: Store):
    store.append([to("a-1", 0)])
    assert type(store.read("SELECT originator_id FROM stored_events")[0]) is tuple
    kinds = store.exclusive(
        lambda cursor: [type(row) for row in cursor.execute("SELECT 1").fetchall()]
    )
    assert kinds == [tuple]
    with pytest.raises(TypeError):
        isinstance(store, Cursor)  # type: ignore[misc]
