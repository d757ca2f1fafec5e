"""Every store in turn: whoever asks for `store` is tested on memory, SQLite and PostgreSQL."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from event_store.open import open_store
from event_store.sqlite import SQLiteStore
from event_store.store import Store
from tests.postgres_server import postgres_database, postgres_server

__all__ = ["postgres_database", "postgres_server"]


def new_address(kind: str, request: pytest.FixtureRequest) -> str:
    """Where an empty log of this kind may be made."""
    if kind == "postgresql":
        return str(request.getfixturevalue("postgres_database"))
    if kind == "sqlite":
        return f"sqlite:///{request.getfixturevalue('tmp_path')}/log.sqlite3"
    return "memory:"


@pytest.fixture(params=["memory", "sqlite", "postgresql"])
def address(request: pytest.FixtureRequest) -> str:
    """Where an empty log may be made, of each kind."""
    return new_address(request.param, request)


@pytest.fixture(params=["sqlite", "postgresql"])
def shared_address(request: pytest.FixtureRequest) -> str:
    """Where an empty log may be made, of each kind that several processes can open."""
    return new_address(request.param, request)


@pytest.fixture
def store(address: str) -> Iterator[Store]:
    """An empty log."""
    store = open_store(address)
    store.migrate()
    yield store
    store.close()


@pytest.fixture
def sqlite_store(tmp_path: Path) -> Iterator[SQLiteStore]:
    """An empty log in a file."""
    store = SQLiteStore(tmp_path / "log.sqlite3")
    store.migrate()
    yield store
    store.close()
