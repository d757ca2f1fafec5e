"""Moves committed pages from SQLite's write-ahead log into the database, beside the writer.

Left to SQLite, the commit that fills the log does this work and everybody waits for it. Here a
thread of its own does most of it early; what SQLite then does at its own threshold is little.
"""

import sqlite3
from collections.abc import Callable
from contextlib import suppress
from threading import Event, Thread

_EVERY_BYTES = 4 * 1024 * 1024
_PAUSE_SECONDS = 0.05


class Checkpointer:
    """Checkpoints one database whenever about 4 MB have been committed to it."""

    def __init__(self, connect: Callable[[], sqlite3.Connection]) -> None:
        """`connect` opens a connection for the thread alone; it is called when first needed."""
        self._connect = connect
        self._bytes = 0
        self._due = Event()
        self._closing = Event()
        self._thread: Thread | None = None

    def committed(self, size: int) -> None:
        """Another `size` bytes, about, are committed."""
        self._bytes += size
        if self._bytes < _EVERY_BYTES:
            return
        self._bytes = 0
        self._due.set()
        if self._thread is None:
            self._thread = Thread(target=self._run, name="sqlite-checkpoint", daemon=True)
            self._thread.start()

    def close(self) -> None:
        """End the thread; what is left is checkpointed when the last connection closes."""
        self._closing.set()
        self._due.set()
        if self._thread is not None:
            self._thread.join()

    def _run(self) -> None:
        connection = self._connect()
        try:
            while self._due.wait() and not self._closing.is_set():
                self._due.clear()
                with suppress(sqlite3.OperationalError):  # busy: another process does it
                    connection.execute("PRAGMA wal_checkpoint(PASSIVE)").fetchall()
                self._closing.wait(_PAUSE_SECONDS)
        finally:
            connection.close()
