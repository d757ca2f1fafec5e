"""What a store knows without asking the database: whether others have appended."""

from pathlib import Path

import pytest

from event_store.open import open_store
from event_store.sqlite import SQLiteStore
from event_store.store import Append, NewEvent, Store, Transaction


def append(store: Store, stream: str, version: int = 0) -> int:
    event = NewEvent("thing.happened", b"{}")
    [position] = store.append([Transaction([Append(stream, version, [event])], [], None)])
    assert isinstance(position, int)
    return position


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "log.sqlite3"


def opened(path: Path) -> SQLiteStore:
    store = SQLiteStore(path)
    store.migrate()
    return store


def test_a_lone_store_knows_that_nobody_else_appended(path: Path):
    store = opened(path)
    first = append(store, "thing-1")
    second = append(store, "thing-2")
    assert store.told_head() == second
    assert store.alone_since(first)
    assert store.alone_since(second)
    store.close()


def test_an_append_elsewhere_is_noticed_at_once_and_remembered(path: Path):
    one, other = opened(path), opened(path)
    mine = append(one, "thing-1")
    theirs = append(other, "thing-2")
    assert not one.alone_since(mine)
    assert other.told_head() == one.told_head() == theirs
    again = append(one, "thing-3")
    assert not one.alone_since(mine)  # something lies between
    assert one.alone_since(theirs)
    assert one.alone_since(again)
    assert not other.alone_since(theirs)
    one.close()
    other.close()


def test_a_store_that_only_reads_is_told_too(path: Path):
    reader, writer = opened(path), opened(path)
    assert reader.alone_since(reader.told_head())
    append(writer, "thing-1")
    assert not reader.alone_since(reader.told_head())
    reader.close()
    writer.close()


def test_a_refused_batch_tells_nothing_new(path: Path):
    store = opened(path)
    head = append(store, "thing-1")
    event = NewEvent("thing.happened", b"{}")
    [refusal] = store.append([Transaction([Append("thing-1", 7, [event])], [], None)])
    assert not isinstance(refusal, int)
    assert store.told_head() == head
    assert store.alone_since(head)
    store.close()


def test_migrate_tells_a_head_that_a_killed_writer_could_not_tell(path: Path):
    writer = opened(path)
    head = append(writer, "thing-1")
    alone = opened(path)
    Path(f"{path}-head").write_bytes(bytes(8))  # as if killed between commit and telling
    restarted = opened(path)
    assert restarted.told_head() == head
    for store in (writer, alone, restarted):
        store.close()


def test_a_lost_head_file_costs_a_read_and_nothing_else(path: Path):
    store = opened(path)
    head = append(store, "thing-1")
    store.close()
    Path(f"{path}-head").unlink()
    store = opened(path)
    assert store.told_head() == head
    assert [event.position for event in store.read_log()] == [head]
    store.close()


@pytest.mark.parametrize("where", ["memory:", "postgresql://localhost/log"])
def test_a_store_that_cannot_know_says_no(where: str):
    store = open_store(where)
    assert not store.alone_since(store.told_head())
    store.close()
