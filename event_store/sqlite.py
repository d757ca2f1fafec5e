"""The log in one SQLite file, shared by any number of processes of one machine."""

import fcntl
import os
import sqlite3
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NoReturn, TypeVar

from eventsourcing.persistence import IntegrityError, ProgrammingError, StoredEvent
from eventsourcing.sqlite import (
    SQLiteApplicationRecorder,
    SQLiteConnection,
    SQLiteConnectionPool,
    SQLiteCursor,
    SQLiteDatastore,
)

from event_store.shared_head import SharedHead
from event_store.sqlite_checkpoint import Checkpointer
from event_store.sqlite_schema import SCHEMA
from event_store.store import (
    Cursor,
    Dialect,
    DiskFull,
    EpochMoved,
    Read,
    ReadRows,
    Recorded,
    RowTaken,
    Store,
    StoreBusy,
    StoreUnavailable,
    StreamSealed,
    Transaction,
    VersionConflict,
)

T = TypeVar("T")

BUSY_SECONDS = 5
_READERS = 4
_STATEMENTS = 512
_CHECKPOINT_PAGES = 8000  # the checkpointer has done most of it by then
_TRANSACTION_BYTES = 32 * 1024  # the pages that every commit writes again, about
_PARAMETERS = 30_000  # below SQLite's limit of 32,766 a statement
_PRAGMAS = {
    "journal_mode": "wal",
    "synchronous": 2,  # FULL: the write-ahead log is synced at every commit
    "foreign_keys": 1,
    "temp_store": 2,  # MEMORY: or every large statement makes a file for its own undoing
    "wal_autocheckpoint": _CHECKPOINT_PAGES,
    "busy_timeout": BUSY_SECONDS * 1000,
}

# What one member of a batch is to blame for; the rest can be stored without it.
_ONE_MEMBER = (
    sqlite3.IntegrityError,
    sqlite3.DataError,
    sqlite3.InterfaceError,  # a value of a type that SQLite does not know
    sqlite3.ProgrammingError,  # … as later versions of Python say it
    UnicodeEncodeError,
    OverflowError,
)

_REPEATED = {sqlite3.SQLITE_CONSTRAINT_UNIQUE, sqlite3.SQLITE_CONSTRAINT_PRIMARYKEY}
_EVENTS = "SELECT rowid, originator_id, originator_version, topic, state FROM stored_events WHERE "


class _Pool(SQLiteConnectionPool):
    """The library's pool with durable settings and a statement cache worth the name."""

    def _create_connection(self) -> SQLiteConnection:
        try:
            connection = self.connect()
        except sqlite3.Error as error:
            raise _failure(error) from error
        return SQLiteConnection(sqlite_conn=connection, max_age=self.max_age)

    def connect(self) -> sqlite3.Connection:
        """A connection outside the pool, with the same settings."""
        connection = sqlite3.connect(
            self.db_name,
            uri=True,
            check_same_thread=False,
            isolation_level=None,
            cached_statements=_STATEMENTS,
            timeout=BUSY_SECONDS,
        )
        try:
            for name, value in _PRAGMAS.items():
                connection.execute(f"PRAGMA {name}={value}").fetchall()
            assert_durable(connection, memory=self.is_sqlite_memory_mode)
        except BaseException:
            connection.close()
            raise
        return connection


class _Datastore(SQLiteDatastore):
    """The library's datastore over our pool."""

    def __init__(self, db_name: str) -> None:
        super().__init__(db_name, originator_id_type="text")
        self.pool.close()
        self.pool: _Pool = _Pool(db_name=db_name, pool_size=_READERS, max_overflow=_READERS)


class LibraryRecorder(SQLiteApplicationRecorder):
    """The library's recorder over our table, for its `Application` and notification log.

    It reads; the one way to write is `SQLiteStore.append`, which assigns positions.
    """

    def construct_create_table_statements(self) -> list[str]:
        """The log's whole schema, its guards included."""
        return list(SCHEMA)

    def _insert_events(
        self,
        c: SQLiteCursor,  # noqa: ARG002
        stored_events: Sequence[StoredEvent],  # noqa: ARG002
        **_: Any,
    ) -> NoReturn:
        raise ProgrammingError("append through the store")


class SQLiteStore(Store):
    """The log in the file `path`: write-ahead logging, `synchronous=FULL`, one writer at a time.

    Processes take turns by a file lock beside the database, which is fairer and quicker than
    SQLite's own waiting.
    """

    dialect: Dialect = "sqlite"
    placeholder = "?"

    def __init__(self, path: Path | str) -> None:
        """Open or create the database file; `migrate` makes its tables."""
        self.path = str(path)
        self._datastore = _Datastore(self.path)
        self._lock_file = self._open_lock()
        self._shared_head = self._open_head()
        self._told = self.told_head()  # by this store
        self._others_until = self._told  # where others appended last
        self._new_head: int | None = None  # of the open transaction
        self._connection: SQLiteConnection | None = None
        self._statements: dict[tuple[str, str, int], str] = {}
        self._size = 0  # of what the transaction stores, in bytes
        self._checkpointer = self._open_checkpointer()

    def _open_lock(self) -> int | None:
        return os.open(f"{self.path}-lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)

    def _open_head(self) -> SharedHead | None:
        return SharedHead(f"{self.path}-head")

    def _open_checkpointer(self) -> Checkpointer | None:
        return Checkpointer(self._datastore.pool.connect)

    def migrate(self) -> None:
        """Create tables, guards and the `log` view for people; safe to repeat."""
        with self._writing() as cursor:
            for statement in SCHEMA:
                cursor.execute(statement)
            self._new_head = self._stand(cursor)[0]

    # --- writing ----------------------------------------------------------------------------

    def append(self, batch: Sequence[Transaction]) -> list[int | IntegrityError]:
        """See `Store.append`."""
        with self._writing() as cursor:
            head, epoch = self._stand(cursor)
            if head != self._told:
                self._others_until = head
            results = self._append(cursor, batch, head, epoch)
            self._new_head = max(head, *(one for one in results if isinstance(one, int)), 0)
            return results

    def _append(
        self, cursor: sqlite3.Cursor, batch: Sequence[Transaction], head: int, epoch: int
    ) -> list[int | IntegrityError]:
        if _fits_together(batch, epoch):
            try:
                return self._insert(cursor, batch, head)
            except _ONE_MEMBER:  # begin again, each member for itself
                cursor.execute("ROLLBACK")
                cursor.execute("BEGIN IMMEDIATE")
        return [self._append_one(cursor, transaction, epoch) for transaction in batch]

    def _append_one(
        self, cursor: sqlite3.Cursor, transaction: Transaction, epoch: int
    ) -> int | IntegrityError:
        if transaction.epoch not in {None, epoch}:
            return EpochMoved(epoch)
        cursor.execute("SAVEPOINT one")
        try:
            head, _ = self._stand(cursor)
            [position] = self._insert(cursor, [transaction], head)
        except _ONE_MEMBER as error:
            cursor.execute("ROLLBACK TO one")
            cursor.execute("RELEASE one")
            return _refusal(cursor, transaction, error)
        cursor.execute("RELEASE one")
        return position

    def _insert(
        self, cursor: sqlite3.Cursor, batch: Sequence[Transaction], head: int
    ) -> list[int | IntegrityError]:
        events: list[Any] = []
        rows: dict[Any, list[Any]] = {}
        seals: list[tuple[str, str]] = []
        positions: list[int | IntegrityError] = []
        for transaction in batch:
            for stream, expected, new, seal in transaction.appends:
                version = expected
                for tag, stored in new:
                    head += 1
                    version += 1
                    events += (head, stream, version, tag, stored)
                    self._size += len(stored)
                if seal is not None:
                    seals.append((stream, f" {' '.join(seal)} "))
            for statement, row in transaction.rows:
                rows.setdefault(statement, []).extend(row)
            positions.append(head)
        self._insert_rows(cursor, "INSERT INTO stored_events VALUES", 5, "", events)
        for (row_head, width, tail), values in rows.items():
            self._insert_rows(cursor, f"{row_head} VALUES", width, tail, values)
        if seals:
            cursor.executemany(
                "INSERT INTO sealed_streams VALUES (?, ?) "
                "ON CONFLICT (stream) DO UPDATE SET allowed = excluded.allowed",
                seals,
            )
        return positions

    def _insert_rows(
        self, cursor: sqlite3.Cursor, head: str, width: int, tail: str, values: list[Any]
    ) -> None:
        """One statement for many rows: sqlite3 gives up the interpreter lock at every step."""
        most = _PARAMETERS // width * width
        for start in range(0, len(values), most):
            part = values[start : start + most] if len(values) > most else values
            key = (head, tail, len(part))
            sql = self._statements.get(key)
            if sql is None:
                row = f"({','.join('?' * width)})"
                sql = f"{head} {','.join([row] * (len(part) // width))} {tail}"
                self._statements[key] = sql
            cursor.execute(sql, part)

    @staticmethod
    def _stand(cursor: sqlite3.Cursor) -> tuple[int, int]:
        head, epoch = cursor.execute(
            "SELECT (SELECT max(rowid) FROM stored_events), epoch FROM view_epoch"
        ).fetchone()
        return head or 0, epoch

    def exclusive(self, work: Callable[[Cursor], T]) -> T:
        """See `Store.exclusive`."""
        with self._writing() as cursor:
            return work(cursor)

    @contextmanager
    def _writing(self) -> Iterator[sqlite3.Cursor]:
        """One durable transaction under the lock; what cannot be undone for sure is fatal."""
        with self._locked():
            if self._connection is None:
                self._connection = self._datastore.pool.get_connection(is_writer=True)
            cursor = self._connection.cursor().sqlite_cursor
            try:
                cursor.execute("BEGIN IMMEDIATE")
                self._size, self._new_head = 0, None
                yield cursor
                cursor.execute("COMMIT")
                self._tell()
                if self._checkpointer is not None:
                    self._checkpointer.committed(self._size + _TRANSACTION_BYTES)
            except sqlite3.Error as error:
                raise self._rolled_back(cursor, error) from error
            except BaseException:
                if cursor.connection.in_transaction:
                    cursor.execute("ROLLBACK")
                raise

    def _tell(self) -> None:
        """Put the new head where all processes see it, while the lock is still held."""
        if self._new_head is not None and self._shared_head is not None:
            self._told = self._new_head
            self._shared_head.put(self._new_head)

    @staticmethod
    def _rolled_back(cursor: sqlite3.Cursor, error: sqlite3.Error) -> Exception:
        """Undo a failed transaction and say which kind of failure it was."""
        try:
            if cursor.connection.in_transaction:
                cursor.execute("ROLLBACK")
        except sqlite3.Error as second:
            return StoreUnavailable(f"{error}; and the rollback failed: {second}")
        return _failure(error)

    @contextmanager
    def _locked(self) -> Iterator[None]:
        if self._lock_file is None:
            yield
            return
        fcntl.flock(self._lock_file, fcntl.LOCK_EX)
        try:
            yield
        finally:
            fcntl.flock(self._lock_file, fcntl.LOCK_UN)

    # --- reading ----------------------------------------------------------------------------

    def read(self, sql: str, parameters: Sequence[Any] = ()) -> ReadRows:
        """See `Store.read`."""
        pool = self._datastore.pool
        connection = pool.get_connection(is_writer=False)
        try:
            return connection.cursor().sqlite_cursor.execute(sql, parameters).fetchall()
        except sqlite3.Error as error:
            raise _failure(error) from error
        finally:
            pool.put_connection(connection)

    def snapshot(self, work: Callable[[Read], T]) -> T:
        """See `Store.snapshot`."""
        pool = self._datastore.pool
        connection = pool.get_connection(is_writer=False)
        cursor = connection.cursor().sqlite_cursor

        def read(sql: str, parameters: Sequence[Any] = ()) -> ReadRows:
            return cursor.execute(sql, parameters).fetchall()

        try:
            cursor.execute("BEGIN")
            return work(read)
        except sqlite3.Error as error:
            raise _failure(error) from error
        finally:
            if cursor.connection.in_transaction:
                cursor.execute("ROLLBACK")
            pool.put_connection(connection)

    def read_stream(self, stream: str, after: int = 0) -> Sequence[Recorded]:
        """See `Store.read_stream`."""
        rows = self.read(
            f"{_EVENTS} originator_id=? AND originator_version>? ORDER BY originator_version",
            (stream, after),
        )
        return [Recorded(*row) for row in rows]

    def read_log(
        self, after: int = 0, limit: int = 1000, to: int | None = None
    ) -> Sequence[Recorded]:
        """See `Store.read_log`."""
        rows = self.read(
            f"{_EVENTS} rowid>? AND rowid<=? ORDER BY rowid LIMIT ?",
            (after, to if to is not None else 2**62, limit),
        )
        return [Recorded(*row) for row in rows]

    def head(self) -> int:
        """See `Store.head`."""
        [(head,)] = self.read("SELECT max(rowid) FROM stored_events")
        return head or 0

    def told_head(self) -> int:
        """See `Store.told_head`."""
        return self._shared_head.get() if self._shared_head is not None else 0

    def alone_since(self, position: int) -> bool:
        """See `Store.alone_since`."""
        head = self._shared_head
        return head is not None and position >= self._others_until and head.get() == self._told

    def epoch(self) -> int:
        """See `Store.epoch`."""
        [(epoch,)] = self.read("SELECT epoch FROM view_epoch")
        return int(epoch)

    def wait(self, after: int, timeout: float) -> int:
        """See `Store.wait`; between two looks into the database, what writers tell is polled."""
        end = time.monotonic() + timeout
        while (head := self.told_head() or self.head()) <= after:
            if time.monotonic() >= end:
                return max(head, self.head())  # a writer may have died before it told
            time.sleep(min(0.02, timeout))
        return head

    def close(self) -> None:
        """See `Store.close`."""
        if self._checkpointer is not None:
            self._checkpointer.close()
            self._checkpointer = None
        if self._connection is not None:
            self._datastore.pool.put_connection(self._connection)
            self._connection = None
        self._datastore.close()
        if self._shared_head is not None:
            self._shared_head.close()
            self._shared_head = None
        if self._lock_file is not None:
            os.close(self._lock_file)
            self._lock_file = None


def _failure(error: sqlite3.Error) -> Exception:
    """What a failed statement or commit means to those who asked for it."""
    code = getattr(error, "sqlite_errorcode", None)
    primary = code & 0xFF if code is not None else None
    if primary == sqlite3.SQLITE_FULL:
        return DiskFull(str(error))
    if primary in {sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED}:
        return StoreBusy(str(error))
    if isinstance(error, sqlite3.IntegrityError):
        return IntegrityError(str(error))
    if isinstance(error, sqlite3.ProgrammingError) or primary == sqlite3.SQLITE_ERROR:
        return error  # a statement that does not fit the schema
    return StoreUnavailable(str(error))


def _fits_together(batch: Sequence[Transaction], epoch: int) -> bool:
    """Whether a batch is of this epoch and no member follows another onto a stream it seals."""
    sealed: set[str] = set()
    for transaction in batch:
        if transaction.epoch not in {None, epoch}:
            return False
        if sealed and any(append.stream in sealed for append in transaction.appends):
            return False
        sealed.update(append.stream for append in transaction.appends if append.seal is not None)
    return True


def _refusal(cursor: sqlite3.Cursor, transaction: Transaction, error: Exception) -> IntegrityError:
    """Which of a transaction's streams, or else rows, stood in its way."""
    if str(error) == "stream is sealed":
        for stream, _, events, _ in transaction.appends:
            [allowed] = cursor.execute(
                "SELECT allowed FROM sealed_streams WHERE stream=?", (stream,)
            ).fetchone() or [None]
            if allowed is not None and any(f" {tag} " not in allowed for tag, _ in events):
                return StreamSealed(stream)
    for stream, expected, *_ in transaction.appends:
        [version] = cursor.execute(
            "SELECT coalesce(max(originator_version), 0) FROM stored_events WHERE originator_id=?",
            (stream,),
        ).fetchone()
        if version != expected:
            return VersionConflict(stream)
    if getattr(error, "sqlite_errorcode", None) in _REPEATED:
        return RowTaken(str(error))
    return IntegrityError(str(error))


def assert_durable(connection: sqlite3.Connection, *, memory: bool) -> None:
    """Refuse to run with settings under which an acknowledged write can be lost."""
    for name, wanted in (("journal_mode", "memory" if memory else "wal"), ("synchronous", 2)):
        [value] = connection.execute(f"PRAGMA {name}").fetchone()
        if value != wanted:
            raise StoreUnavailable(f"SQLite answers {name}={value} where {wanted} is needed")
