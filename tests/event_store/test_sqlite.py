"""What only SQLite has: pragmas, several processes on one file, VACUUM, dump and restore."""

import contextlib
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest

from event_store.sqlite import SQLiteStore, assert_durable
from event_store.store import Append, DiskFull, StoreBusy, StoreUnavailable, Transaction
from tests.event_store.given import event, sql, to, versions

MIGRATE = """
import sys, time
from event_store.open import open_store
while time.time() < float(sys.argv[2]): pass
store = open_store(sys.argv[1])
store.migrate()
store.close()
"""


def placed(path: Path) -> list[tuple[int, str, int]]:
    store = SQLiteStore(path)
    rows = [(e.position, e.stream, e.version) for e in store.read_log()]
    store.close()
    return rows


@pytest.mark.parametrize("writes", [False, True], ids=["a reader's", "the writer's"])
def test_every_connection_is_durable(sqlite_store: SQLiteStore, writes: bool):
    pragmas = ("journal_mode", "synchronous", "foreign_keys", "busy_timeout")
    if writes:
        values = sqlite_store.exclusive(
            lambda cursor: [cursor.execute(f"PRAGMA {name}").fetchone() for name in pragmas]
        )
    else:
        values = [sqlite_store.read(f"PRAGMA {name}")[0] for name in pragmas]
    assert values == [("wal",), (2,), (1,), (5000,)]


@pytest.mark.parametrize("pragma", ["journal_mode=delete", "synchronous=normal", "synchronous=off"])
def test_settings_that_can_lose_an_acknowledged_write_are_refused(tmp_path: Path, pragma: str):
    connection = sqlite3.connect(tmp_path / "log.sqlite3")
    connection.execute("PRAGMA journal_mode=wal")
    connection.execute("PRAGMA synchronous=full")
    assert_durable(connection, memory=False)
    connection.execute(f"PRAGMA {pragma}")
    with pytest.raises(StoreUnavailable, match=r"where .* is needed"):
        assert_durable(connection, memory=False)
    connection.close()


def test_a_file_that_is_no_database_is_refused_and_left_alone(tmp_path: Path):
    path = tmp_path / "log.sqlite3"
    path.write_text("a letter to a friend, longer than a header of a database file would be" * 9)
    before = path.read_bytes()
    store = SQLiteStore(path)
    with pytest.raises(StoreUnavailable, match="not a database"):
        store.migrate()
    store.close()
    assert path.read_bytes() == before


def test_vacuum_keeps_positions(sqlite_store: SQLiteStore):
    sqlite_store.append([to("a-1", 0, seal=["a.x"]), to("b-1", 0), to("a-1", 1, "a.x")])
    sqlite_store.close()
    path = Path(sqlite_store.path)
    before = placed(path)
    with sqlite3.connect(path) as connection:
        connection.execute("VACUUM")
    connection.close()
    assert placed(path) == before == [(1, "a-1", 1), (2, "b-1", 1), (3, "a-1", 2)]


def test_dump_and_restore_keep_positions_and_guards(sqlite_store: SQLiteStore, tmp_path: Path):
    sqlite_store.append([to("a-1", 0), to("b-1", 0), to("a-1", 1, seal=[])])
    sqlite_store.close()
    with sqlite3.connect(sqlite_store.path) as source:
        dump = "\n".join(source.iterdump())
    source.close()
    copy = tmp_path / "copy.sqlite3"
    with sqlite3.connect(copy) as target:
        target.executescript(dump)
    target.close()
    assert placed(copy) == placed(Path(sqlite_store.path))
    restored = SQLiteStore(copy)
    assert restored.append([to("b-1", 1)]) == [4]
    with pytest.raises(Exception, match="append-only"):
        sql(restored, "DELETE FROM stored_events")
    restored.close()


def test_many_processes_may_create_one_file_at_once(tmp_path: Path):
    path = tmp_path / "log.sqlite3"
    start = subprocess.check_output(["date", "+%s"], text=True).strip() + ".0"
    command = [sys.executable, "-c", MIGRATE, str(path), str(float(start) + 2)]
    processes = [subprocess.Popen(command) for _ in range(4)]
    assert [process.wait(60) for process in processes] == [0] * 4
    assert placed(path) == []


def test_a_database_locked_by_another_program_is_busy_and_then_works(
    sqlite_store: SQLiteStore, monkeypatch: pytest.MonkeyPatch
):
    sql(sqlite_store, "PRAGMA busy_timeout=50")
    shell = sqlite3.connect(sqlite_store.path, isolation_level=None)
    shell.execute("BEGIN IMMEDIATE")
    with pytest.raises(StoreBusy):
        sqlite_store.append([to("a-1", 0)])
    shell.execute("ROLLBACK")
    shell.close()
    assert sqlite_store.append([to("a-1", 0)]) == [1]


def test_a_full_database_stores_nothing_of_the_append_and_works_when_there_is_room(
    sqlite_store: SQLiteStore,
):
    sql(sqlite_store, "PRAGMA max_page_count=60")
    large = event(data=b'"' + b"x" * 20_000 + b'"')
    stored = 0
    with contextlib.suppress(DiskFull):
        while stored < 1000:
            sqlite_store.append([Transaction([Append("a-1", stored, [large] * 2)])])
            stored += 2
    assert 0 < stored < 1000
    assert versions(sqlite_store, "a-1") == [*range(1, stored + 1)]
    assert sqlite_store.append([to("b-1", 0)]) == [stored + 1]
    sql(sqlite_store, "PRAGMA max_page_count=1000000")
    again = [Transaction([Append("a-1", stored, [large] * 2)])]
    assert sqlite_store.append(again) == [stored + 3]
