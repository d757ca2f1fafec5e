"""The ceiling's PostgreSQL store: one transaction and one round trip a request.

Attempt and progress change in one statement (a data-modifying CTE) outside an explicit
transaction, so BEGIN and COMMIT cost no round trip of their own. Two drivers: psycopg's async
connections (`pool`) and the same library's libpq layer without its cursors (`libpq`).
"""

import asyncio
from collections import deque
from collections.abc import Sequence
from typing import Any

import psycopg
from psycopg import pq
from psycopg.pq.abc import PGconn, PGresult

from benchmarks.ceiling.model import Kept, VersionMoved

SCHEMA = """
CREATE TABLE IF NOT EXISTS attempt (
  attempt_id text PRIMARY KEY, user_id text NOT NULL, exam_id text NOT NULL,
  status text NOT NULL, version integer NOT NULL, document bytea NOT NULL);
CREATE TABLE IF NOT EXISTS progress (
  user_id text, exam_id text, attempt_id text NOT NULL, status text NOT NULL,
  answered integer NOT NULL, updated_at text NOT NULL, PRIMARY KEY (user_id, exam_id));
CREATE TABLE IF NOT EXISTS bundle (path text PRIMARY KEY, document bytea NOT NULL);
ALTER TABLE attempt ALTER document SET STORAGE {storage};
ALTER TABLE bundle ALTER document SET STORAGE {storage};
"""
INSERT = """
WITH a AS (INSERT INTO attempt VALUES ($1, $2, $3, $4, $5::int, $6::bytea))
INSERT INTO progress VALUES ($2, $3, $1, $4, $7::int, $8)
"""
CHANGE = """
a AS (UPDATE attempt SET status = $1, version = $2::int, document = $3::bytea
      WHERE attempt_id = $4 AND version = $2::int - 1 RETURNING user_id, exam_id)
"""
UPDATE = f"""
WITH {CHANGE}
UPDATE progress p SET status = $1, answered = $5::int, updated_at = $6
FROM a WHERE p.user_id = a.user_id AND p.exam_id = a.exam_id
"""
SUBMIT = f"""
WITH {CHANGE}, b AS (INSERT INTO bundle SELECT $4, $7::bytea FROM a)
UPDATE progress p SET status = $1, answered = $5::int, updated_at = $6
FROM a WHERE p.user_id = a.user_id AND p.exam_id = a.exam_id
"""
LOAD = "SELECT version, document FROM attempt WHERE attempt_id = $1"
STATEMENTS = {b"insert": INSERT, b"update": UPDATE, b"submit": SUBMIT, b"load": LOAD}
STORAGE = "EXTERNAL"
TEXT, BINARY = int(pq.Format.TEXT), int(pq.Format.BINARY)
SETTINGS = {"fsync": "on", "synchronous_commit": "on"}


def prepare_database(url: str) -> None:
    """Make the tables; refuses a server that would not be durable."""
    with psycopg.connect(url, autocommit=True) as connection:
        for name, wanted in SETTINGS.items():
            row = connection.execute(f"SHOW {name}").fetchone()
            if row != (wanted,):
                raise RuntimeError(f"{name} is {row}, not {wanted}")
        connection.execute(SCHEMA.format(storage=STORAGE))


class _Store:
    """What both drivers share: the values of each statement."""

    async def insert(self, kept: Kept, answered: int) -> None:
        """A new attempt row and its progress row."""
        it = kept.attempt
        values = (it.attempt_id, it.user_id, it.exam_id, it.status, kept.version, kept.document)
        await self._change(b"insert", (*values, answered, it.updated_at))

    async def update(self, kept: Kept, answered: int) -> None:
        """The attempt row at the version before, and the progress row."""
        await self._change(b"update", _changes(kept, answered))

    async def submit(self, kept: Kept, answered: int, bundle: bytes) -> None:
        """As update, and the bundle row."""
        await self._change(b"submit", (*_changes(kept, answered), bundle))

    async def _change(self, name: bytes, values: Sequence[Any]) -> None:
        raise NotImplementedError


class LibpqStore(_Store):
    """Prepared statements straight on libpq connections that share the event loop."""

    def __init__(self, url: str, connections: int) -> None:
        """Open the connections and prepare the statements on each."""
        prepare_database(url)
        self.connections = [_prepared(url) for _ in range(connections)]
        self.free = deque(self.connections)
        self.waiting: deque[asyncio.Future[PGconn]] = deque()

    async def load(self, attempt_id: str) -> tuple[int, bytes] | None:
        """Version and document, or None."""
        result = await self._execute(b"load", [attempt_id.encode()], [TEXT], BINARY)
        if not result.ntuples:
            return None
        return int.from_bytes(result.get_value(0, 0) or b"", "big"), bytes(
            result.get_value(0, 1) or b""
        )

    async def _change(self, name: bytes, values: Sequence[Any]) -> None:
        encoded = [value if isinstance(value, bytes) else str(value).encode() for value in values]
        formats = [BINARY if isinstance(value, bytes) else TEXT for value in values]
        result = await self._execute(name, encoded, formats, TEXT)
        if result.command_tuples != 1:
            raise VersionMoved

    async def _execute(
        self, name: bytes, values: list[bytes], formats: list[int], answer: int
    ) -> PGresult:
        connection = await self._borrow()
        try:
            connection.send_query_prepared(name, values, formats, answer)
            result = await _answer(connection)
        finally:
            self._give_back(connection)
        if result.status not in (pq.ExecStatus.COMMAND_OK, pq.ExecStatus.TUPLES_OK):
            raise psycopg.DatabaseError(result.get_error_message())
        return result

    async def _borrow(self) -> PGconn:
        if self.free:
            return self.free.popleft()
        wish: asyncio.Future[PGconn] = asyncio.get_running_loop().create_future()
        self.waiting.append(wish)
        return await wish

    def _give_back(self, connection: PGconn) -> None:
        while self.waiting:
            wish = self.waiting.popleft()
            if not wish.done():
                wish.set_result(connection)
                return
        self.free.append(connection)


class PoolStore(_Store):
    """psycopg's own async connections, autocommit, statements prepared at first use."""

    def __init__(self, url: str, connections: int) -> None:
        """The connections are opened with the first request, on the running loop."""
        prepare_database(url)
        self.url, self.size = url, connections
        self.queue: asyncio.Queue[psycopg.AsyncConnection[Any]] = asyncio.Queue()
        self.opened = False
        self.statements = {name: _placeholders(text) for name, text in STATEMENTS.items()}

    async def load(self, attempt_id: str) -> tuple[int, bytes] | None:
        """Version and document, or None."""
        connection = await self._borrow()
        try:
            cursor = await connection.execute(
                self.statements[b"load"], {"v1": attempt_id}, binary=True
            )
            row = await cursor.fetchone()
        finally:
            self.queue.put_nowait(connection)
        return (row[0], bytes(row[1])) if row else None

    async def _change(self, name: bytes, values: Sequence[Any]) -> None:
        connection = await self._borrow()
        named = {f"v{place}": value for place, value in enumerate(values, 1)}
        try:
            cursor = await connection.execute(self.statements[name], named, prepare=True)
        finally:
            self.queue.put_nowait(connection)
        if cursor.rowcount != 1:
            raise VersionMoved

    async def _borrow(self) -> psycopg.AsyncConnection[Any]:
        if not self.opened:
            self.opened = True
            for _ in range(self.size):
                self.queue.put_nowait(
                    await psycopg.AsyncConnection.connect(self.url, autocommit=True)
                )
        return await self.queue.get()


async def _answer(connection: PGconn) -> PGresult:
    """The one result of the statement in flight."""
    loop = asyncio.get_running_loop()
    ready: asyncio.Future[None] = loop.create_future()
    handle = connection.socket

    def readable() -> None:
        connection.consume_input()
        if not connection.is_busy() and not ready.done():
            ready.set_result(None)

    if connection.flush():  # far more than a socket buffer: not with these statements
        raise psycopg.OperationalError("the statement could not be sent at once")
    loop.add_reader(handle, readable)
    try:
        await ready
    finally:
        loop.remove_reader(handle)
    result = connection.get_result()
    while connection.get_result() is not None:
        pass
    if result is None:
        raise psycopg.OperationalError("the server gave no result")
    return result


def _prepared(url: str) -> PGconn:
    connection = pq.PGconn.connect(url.encode())
    if connection.status != pq.ConnStatus.OK:
        raise psycopg.OperationalError(connection.get_error_message())
    for name, text in STATEMENTS.items():
        result = connection.prepare(name, text.encode())
        if result.status != pq.ExecStatus.COMMAND_OK:
            raise psycopg.DatabaseError(result.get_error_message())
    connection.nonblocking = 1
    return connection


def _placeholders(text: str) -> str:
    for number in range(1, 9):
        text = text.replace(f"${number}", f"%(v{number})s")
    return text


def _changes(kept: Kept, answered: int) -> tuple[Any, ...]:
    it = kept.attempt
    return it.status, kept.version, kept.document, it.attempt_id, answered, it.updated_at
