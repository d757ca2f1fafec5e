"""Which addresses mean which store, and what is said to a wrong one."""

from pathlib import Path

import pytest

from event_store.memory import MemoryStore
from event_store.open import open_store
from event_store.postgres import PostgresStore
from event_store.sqlite import SQLiteStore
from event_store.store import Store, StoreUnavailable


def kind(where: str | Path) -> type[Store]:
    store = open_store(where)
    store.close()
    return type(store)


def test_paths_and_sqlite_urls_mean_a_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.chdir(tmp_path)
    for where in (tmp_path / "a", str(tmp_path / "b"), f"sqlite:///{tmp_path}/c", "sqlite:///d"):
        assert kind(where) is SQLiteStore
    names = {path.name for path in tmp_path.iterdir()}
    assert names == {f"{name}-{file}" for name in "abcd" for file in ("lock", "head")}


def test_other_urls_mean_what_they_say():
    assert kind("memory:") is MemoryStore
    assert kind("postgresql://user:pw@localhost:1/log") is PostgresStore
    assert kind("postgres:///log?host=/run/sockets") is PostgresStore


@pytest.mark.parametrize(
    ("where", "says"),
    [
        ("mysql://root:secret@host/db", "bad database URL mysql://"),
        ("sqlite://relative", "bad database URL sqlite://"),
        ("postgresql://host:port/db", "bad database URL"),
        ("postgresql://host", "names no database"),
        ("postgresql://host/db?nonsense=1", "bad database URL"),
        ("", "names no file"),
        ("/", "names no file"),
        ("sqlite:///", "names no file"),
        ("/no/such/folder/log", "folder does not exist"),
    ],
)
def test_a_bad_address_is_refused_in_one_clear_line(where: str, says: str):
    with pytest.raises(ValueError, match=says) as caught:
        open_store(where)
    assert "secret" not in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_server_that_cannot_be_reached_is_reported_in_one_exception():
    store = open_store("postgresql://user:secret@127.0.0.1:1/log")
    with pytest.raises(StoreUnavailable, match="cannot be reached") as caught:
        store.migrate()
    assert "secret" not in str(caught.value)
    store.close()
