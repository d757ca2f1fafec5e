"""Sessions: an opaque token in a cookie, its sha-256 in a table that all processes share."""

import asyncio
import secrets
import time
from collections.abc import Callable
from contextlib import suppress
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Final, NamedTuple

import sqlalchemy as sa

from adapters import side_tables
from adapters.clock import Clock
from adapters.csrf import CsrfTokens
from adapters.ledger import Call, Ledger, SideRow, Step
from adapters.sql import compiled
from domain.exam_user import Role, SignIn, SignOut, exam_user
from domain.instants import Instant, instant
from event_store.envelope import Actor
from event_store.store import RowStatement, Store
from event_store.writer import Writer

_TOKEN_BYTES = 32
_TOKEN_LENGTH = 43
_REMEMBER = 16_384
_LOOK_AGAIN_SECONDS = 1.0
_STALE_SECONDS = 2.0
_SWEEP_SECONDS = 3600.0

_table = side_tables.sessions


class Row(NamedTuple):
    """A session as it is kept; `token_hash` is the sha-256 of its cookie."""

    token_hash: str
    user_id: str
    username: str
    roles: str
    began_at: Instant
    expires_at: Instant


# The same row again ends the session. The number says in which order sessions ended: it is
# assigned under the append lock, so a reader that has seen n has seen all up to n.
_ROW: Final = RowStatement(
    f"INSERT INTO {_table.name} ({', '.join(Row._fields)})",
    len(Row._fields),
    f"ON CONFLICT (token_hash) DO UPDATE SET ended = "
    f"(SELECT coalesce(max(ended), 0) + 1 FROM {_table.name})",
)


class Session(NamedTuple):
    """Somebody who is signed in; `csrf` is the token that requests must carry.

    `until` is the end by `time.monotonic`.
    """

    row: Row
    user_id: str
    roles: tuple[str, ...]
    actor: Actor
    csrf: str
    until: float

    @property
    def staff(self) -> bool:
        """Whether this is a member of staff."""
        return Role.STAFF in self.roles


class Sessions:
    """The sessions of one process; belongs to one event loop.

    A session is remembered so that a request costs no read. Whoever signs out in another process
    is noticed within two seconds: one query a second asks which sessions ended since.
    """

    def __init__(
        self,
        store: Store,
        writer: Writer,
        ledger: Ledger,
        *,
        hours: float,
        clock: Clock,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        """`hours` is how long a session lasts. Reads the server's secret at once."""
        self.csrf = CsrfTokens(side_tables.read_secret(store, side_tables.CSRF_KEY))
        self.lifetime = timedelta(hours=hours)
        self._store = store
        self._writer = writer
        self._ledger = ledger
        self._clock = clock
        self._monotonic = monotonic
        self._known: dict[str, Session] = {}
        self._seen = 0
        self._endings = 0  # grows whenever a remembered session may have ended
        self._looked_at = float("-inf")
        self._looking: asyncio.Task[None] | None = None
        self._next_sweep = monotonic() + _SWEEP_SECONDS
        columns, dialect = _table.c, store.dialect
        self._head = compiled(dialect, sa.select(sa.func.coalesce(sa.func.max(columns.ended), 0)))
        self._ended = compiled(
            dialect,
            sa.select(columns.ended, columns.token_hash)
            .where(columns.ended > sa.bindparam("seen"))
            .order_by(columns.ended),
        )
        self._one = compiled(
            dialect,
            sa.select(*(columns[name] for name in Row._fields)).where(
                columns.token_hash == sa.bindparam("key"), columns.ended.is_(None)
            ),
        )
        newest = sa.select(sa.func.max(columns.ended)).scalar_subquery()
        self._sweep = compiled(
            dialect,
            _table.delete().where(
                columns.expires_at < sa.bindparam("now"),
                columns.ended.is_(None) | (columns.ended < newest),  # numbers must not go back
            ),
        )

    # --- finding ----------------------------------------------------------------------------

    def remembered(self, token: bytes) -> Session | None:
        """The live session of a cookie; None if it is unknown here or must be looked up again."""
        now = self._monotonic()
        age = now - self._looked_at
        if age > _LOOK_AGAIN_SECONDS:
            if age > _STALE_SECONDS:
                return None
            self._look()
        session = self._known.get(sha256(token).hexdigest())
        return session if session is not None and now < session.until else None

    async def find(self, token: bytes) -> Session | None:
        """The live session of a cookie, from the table if need be."""
        if len(token) != _TOKEN_LENGTH:
            return None
        if self._monotonic() - self._looked_at > _STALE_SECONDS:
            await asyncio.shield(self._look())
            known = self.remembered(token)
            if known is not None:
                return known
        key = sha256(token).hexdigest()
        while True:
            endings = self._endings
            session = await self._ledger.query(self._read, key)
            if endings == self._endings:
                break
        if session is not None:
            self._remember(session)
        return session

    def _read(self, key: str) -> Session | None:
        rows = self._store.read(self._one.text, self._one.bind(key=key))
        return self._live(Row(*rows[0])) if rows else None

    def _live(self, row: Row) -> Session | None:
        left = datetime.fromisoformat(row.expires_at) - datetime.fromisoformat(self._clock())
        if left <= timedelta():
            return None
        roles = tuple(row.roles.split())
        return Session(
            row=row,
            user_id=row.user_id,
            roles=roles,
            actor=Actor("exam", row.user_id, roles),
            csrf=self.csrf.of_session(row.token_hash),
            until=self._monotonic() + left.total_seconds(),
        )

    def _remember(self, session: Session) -> None:
        if len(self._known) >= _REMEMBER:
            del self._known[next(iter(self._known))]
        self._known[session.row.token_hash] = session

    def _look(self) -> "asyncio.Task[None]":
        """Ask which sessions have ended; one question at a time."""
        if self._looking is None:
            self._looking = asyncio.create_task(self._forget_ended())
            self._looking.add_done_callback(self._looked)
        return self._looking

    def _looked(self, task: "asyncio.Task[None]") -> None:
        self._looking = None
        with suppress(asyncio.CancelledError):
            task.exception()  # who waits for it hears of it; who does not asks again in a second

    async def _forget_ended(self) -> None:
        asked_at = self._monotonic()
        first = self._looked_at == float("-inf")
        if first:  # nothing is remembered yet: start from the newest number
            [(self._seen,)] = await self._ledger.query(
                self._store.read, self._head.text, self._head.bind()
            )
        rows = await self._ledger.query(
            self._store.read, self._ended.text, self._ended.bind(seen=self._seen)
        )
        for number, key in rows:
            self._seen = max(self._seen, number)
            self._known.pop(key, None)
            self._endings += 1
        self._looked_at = asked_at

    # --- beginning and ending ---------------------------------------------------------------

    async def begin(
        self, call: Call, command: SignIn, username: str, previous: Session | None
    ) -> tuple[str, Session]:
        """Sign in under a new token, which is returned; `previous` ends in the same transaction."""
        token = secrets.token_urlsafe(_TOKEN_BYTES)
        row = Row(
            token_hash=sha256(token.encode()).hexdigest(),
            user_id=command.user_id,
            username=username,
            roles=" ".join(command.roles),
            began_at=call.now,
            expires_at=instant(datetime.fromisoformat(call.now) + self.lifetime),
        )
        session = self._live(row)
        if session is None:
            raise ValueError("the clock jumped beyond the session's end")
        steps = [Step(exam_user.stream(command.user_id), command)]
        rows: list[SideRow] = [(_ROW, row)]
        if previous is not None:
            steps.insert(0, Step(exam_user.stream(previous.user_id), SignOut()))
            rows.append((_ROW, previous.row))
        await self._ledger.execute(call, *steps, rows=rows)
        if previous is not None:
            self._forget(previous)
        self._remember(session)
        await self._sweep_sometimes(call.now)
        return token, session

    async def end(self, call: Call, session: Session) -> None:
        """Sign out."""
        step = Step(exam_user.stream(session.user_id), SignOut())
        await self._ledger.execute(call, step, rows=[(_ROW, session.row)])
        self._forget(session)

    def _forget(self, session: Session) -> None:
        self._known.pop(session.row.token_hash, None)
        self._endings += 1

    async def _sweep_sometimes(self, now: Instant) -> None:
        if self._monotonic() < self._next_sweep:
            return
        self._next_sweep = self._monotonic() + _SWEEP_SECONDS
        sweep = self._sweep
        await self._writer.exclusive(
            lambda cursor: cursor.execute(sweep.text, sweep.bind(now=now)) and None
        )
