"""The ceiling's SQLite store: WAL, `synchronous=FULL`, one transaction a request.

Two ways to commit: on the event loop (`inline`) or in one writer thread (`thread`).
Several processes on one file: SQLite's own busy wait, or a file lock round the transaction.
"""

import asyncio
import fcntl
import os
import queue
import sqlite3
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

from benchmarks.ceiling.model import Kept, VersionMoved

SCHEMA = """
CREATE TABLE IF NOT EXISTS attempt (
  attempt_id TEXT PRIMARY KEY, user_id TEXT NOT NULL, exam_id TEXT NOT NULL,
  status TEXT NOT NULL, version INTEGER NOT NULL, document BLOB NOT NULL);
CREATE TABLE IF NOT EXISTS progress (
  user_id TEXT NOT NULL, exam_id TEXT NOT NULL, attempt_id TEXT NOT NULL, status TEXT NOT NULL,
  answered INTEGER NOT NULL, updated_at TEXT NOT NULL,
  PRIMARY KEY (user_id, exam_id)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS bundle (path TEXT PRIMARY KEY, document BLOB NOT NULL);
"""
INSERT_ATTEMPT = "INSERT INTO attempt VALUES (?, ?, ?, ?, ?, ?)"
INSERT_PROGRESS = "INSERT INTO progress VALUES (?, ?, ?, ?, ?, ?)"
UPDATE_ATTEMPT = (
    "UPDATE attempt SET status = ?, version = ?, document = ? WHERE attempt_id = ? AND version = ?"
)
UPDATE_PROGRESS = (
    "UPDATE progress SET status = ?, answered = ?, updated_at = ? WHERE user_id = ? AND exam_id = ?"
)
INSERT_BUNDLE = "INSERT INTO bundle VALUES (?, ?)"
SELECT_ATTEMPT = "SELECT version, document FROM attempt WHERE attempt_id = ?"
FULL = 2
BUSY_SECONDS = 30.0


class SqliteStore:
    """Commits on the event loop: nothing else runs meanwhile, and nothing is handed over."""

    def __init__(self, folder: Path, *, locked: bool) -> None:
        """Open or create the database in `folder`; `locked` adds the file lock."""
        self.connection = sqlite3.connect(
            folder / "ceiling.db",
            timeout=BUSY_SECONDS,
            isolation_level=None,
            check_same_thread=False,
        )
        self.connection.execute("PRAGMA journal_mode = WAL")
        self.connection.execute("PRAGMA synchronous = FULL")
        if self.connection.execute("PRAGMA synchronous").fetchone() != (FULL,):
            raise RuntimeError("synchronous=FULL did not hold")
        self.connection.executescript(SCHEMA)
        self.lock = os.open(folder / "ceiling.lock", os.O_RDWR | os.O_CREAT) if locked else None

    async def insert(self, kept: Kept, answered: int) -> None:
        """A new attempt row and its progress row."""
        self.write_insert(kept, answered)

    async def update(self, kept: Kept, answered: int) -> None:
        """The attempt row at the version before, and the progress row."""
        self.write_update(kept, answered)

    async def submit(self, kept: Kept, answered: int, bundle: bytes) -> None:
        """As update, and the bundle row."""
        self.write_submit(kept, answered, bundle)

    async def load(self, attempt_id: str) -> tuple[int, bytes] | None:
        """Version and document, or None."""
        row: tuple[int, bytes] | None = self.connection.execute(
            SELECT_ATTEMPT, (attempt_id,)
        ).fetchone()
        return row

    def write_insert(self, kept: Kept, answered: int) -> None:
        """One transaction."""
        it = kept.attempt
        attempt = (it.attempt_id, it.user_id, it.exam_id, it.status, kept.version, kept.document)
        progress = (it.user_id, it.exam_id, it.attempt_id, it.status, answered, it.updated_at)
        self._commit((INSERT_ATTEMPT, attempt), (INSERT_PROGRESS, progress))

    def write_update(self, kept: Kept, answered: int) -> None:
        """One transaction."""
        self._commit(*_changes(kept, answered))

    def write_submit(self, kept: Kept, answered: int, bundle: bytes) -> None:
        """One transaction."""
        self._commit(*_changes(kept, answered), (INSERT_BUNDLE, (kept.attempt.attempt_id, bundle)))

    def _commit(self, *steps: tuple[str, tuple[Any, ...]]) -> None:
        if self.lock is not None:
            fcntl.flock(self.lock, fcntl.LOCK_EX)
        execute = self.connection.execute
        try:
            execute("BEGIN IMMEDIATE")
            for statement, values in steps:
                if execute(statement, values).rowcount != 1:
                    raise VersionMoved  # noqa: TRY301 (the rollback is below)
            execute("COMMIT")
        except BaseException:
            if self.connection.in_transaction:
                execute("ROLLBACK")
            raise
        finally:
            if self.lock is not None:
                fcntl.flock(self.lock, fcntl.LOCK_UN)


class ThreadedSqliteStore(SqliteStore):
    """Commits in one writer thread, still one transaction a request."""

    def __init__(self, folder: Path, *, locked: bool) -> None:
        """Start the writer."""
        super().__init__(folder, locked=locked)
        self.jobs: queue.SimpleQueue[tuple[Callable[..., None], tuple[Any, ...], Any]] = (
            queue.SimpleQueue()
        )
        threading.Thread(target=self._write, daemon=True).start()

    async def insert(self, kept: Kept, answered: int) -> None:
        """A new attempt row and its progress row."""
        await self._hand_over(self.write_insert, kept, answered)

    async def update(self, kept: Kept, answered: int) -> None:
        """The attempt row at the version before, and the progress row."""
        await self._hand_over(self.write_update, kept, answered)

    async def submit(self, kept: Kept, answered: int, bundle: bytes) -> None:
        """As update, and the bundle row."""
        await self._hand_over(self.write_submit, kept, answered, bundle)

    async def _hand_over(self, work: Callable[..., None], *values: object) -> None:
        done = asyncio.get_running_loop().create_future()
        self.jobs.put((work, values, done))
        await done

    def _write(self) -> None:
        while True:
            work, values, done = self.jobs.get()
            try:
                work(*values)
            except Exception as error:  # noqa: BLE001 (the request that waits gets it)
                done.get_loop().call_soon_threadsafe(done.set_exception, error)
            else:
                done.get_loop().call_soon_threadsafe(done.set_result, None)


def _changes(kept: Kept, answered: int) -> tuple[tuple[str, tuple[Any, ...]], ...]:
    it = kept.attempt
    attempt = (it.status, kept.version, kept.document, it.attempt_id, kept.version - 1)
    progress = (it.status, answered, it.updated_at, it.user_id, it.exam_id)
    return (UPDATE_ATTEMPT, attempt), (UPDATE_PROGRESS, progress)
