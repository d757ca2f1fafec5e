"""The log in the memory of one process, for tests and trials: gone when it is closed."""

import sqlite3
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from threading import RLock
from typing import Any, TypeVar

from event_store.sqlite import SQLiteStore
from event_store.store import Read, ReadRows

T = TypeVar("T")


class MemoryStore(SQLiteStore):
    """The SQLite log on one private in-memory connection that readers and the writer share."""

    def __init__(self) -> None:
        """Open an empty log."""
        self._lock = RLock()
        super().__init__(":memory:")
        self._connection = self._datastore.pool.get_connection(is_writer=True)
        self._cursor: sqlite3.Cursor = self._connection.cursor().sqlite_cursor

    def _open_lock(self) -> int | None:
        return None

    def _open_head(self) -> None:
        return None

    def _open_checkpointer(self) -> None:
        return None

    @contextmanager
    def _locked(self) -> Iterator[None]:
        with self._lock:
            yield

    def read(self, sql: str, parameters: Sequence[Any] = ()) -> ReadRows:
        """See `Store.read`."""
        with self._lock:
            return self._cursor.execute(sql, parameters).fetchall()

    def snapshot(self, work: Callable[[Read], T]) -> T:
        """See `Store.snapshot`."""
        with self._lock:
            return work(self.read)
