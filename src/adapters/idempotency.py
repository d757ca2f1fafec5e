"""Idempotency: under one key a principal's request takes effect once, and is answered alike.

The answer is a row beside the log, stored in the transaction of the events that it tells of: who
finds the row finds the effect, and who does not may go ahead (decision 8).
"""

import asyncio
import time
from collections import OrderedDict
from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import Final, NamedTuple, TypeVar

import sqlalchemy as sa

from adapters import side_tables
from adapters.ledger import Call, Ledger, SideRow
from adapters.sql import compiled
from domain.instants import Instant, plus
from domain.kernel import RefusalKind, Refused
from event_store.store import (
    Cursor,
    DiskFull,
    RowStatement,
    RowTaken,
    Store,
    StoreBusy,
)
from event_store.writer import Writer

T = TypeVar("T")

KEPT_SECONDS: Final = 48 * 3600
WAIT_SECONDS: Final = 2.0

_TRIES = 5
_REMEMBER = 16_384
_SWEEP_EVERY = 500  # answers kept …
_SWEEP_SECONDS = 3600.0  # … or seconds, whichever is first
_SWEEP_MOST = 1000  # rows at once: nobody else can store anything meanwhile
# What a repeated request is refused with, though its first effect may be the reason, when it says
# that this caller may not, or may not even see it: a replay would tell them all the same.
_FINAL: Final = frozenset({RefusalKind.FORBIDDEN, RefusalKind.UNKNOWN})

_table = side_tables.idempotency


class KeyReused(Exception):
    """The key was used for another request."""


class InFlight(Exception):
    """The first request with this key is still under way."""


class Keyed(NamedTuple):
    """A request with a key: whose it is, the key, and a digest of all that it asks."""

    principal: str
    key: str
    fingerprint: bytes


class Kept(NamedTuple):
    """An answer as it is sent again: its status, the headers that belong to it, its body.

    The headers are lines `name: value` without their ends between them.
    """

    status: int
    headers: bytes
    body: bytes


_COLUMNS: Final = (*Keyed._fields, *Kept._fields, "stored_at")
_ROW: Final = RowStatement(f"INSERT INTO {_table.name} ({', '.join(_COLUMNS)})", len(_COLUMNS))


def row(keyed: Keyed, kept: Kept, now: Instant) -> SideRow:
    """The row that keeps an answer; RowTaken if there is one for this key already."""
    return _ROW, (*keyed, *kept, now)


class Idempotency:
    """The kept answers, as one process sees them; belongs to one event loop.

    A new key costs no read: it is the insert that finds out whether the key is taken. Keys that
    this process has kept are remembered, so that a repeated request decides nothing again.
    """

    def __init__(
        self,
        store: Store,
        writer: Writer,
        ledger: Ledger,
        *,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        """Nothing is under way; `side_tables.migrate` has made the table."""
        self._store = store
        self._writer = writer
        self._ledger = ledger
        self._monotonic = monotonic
        # What is under way, and what waits for its end if anybody does.
        self._under_way: dict[tuple[str, str], asyncio.Future[None] | None] = {}
        self._remembered: OrderedDict[tuple[str, str], None] = OrderedDict()
        self._since_sweep = _SWEEP_EVERY
        self._next_sweep = monotonic()
        columns, dialect = _table.c, store.dialect
        here = sa.and_(
            columns.principal == sa.bindparam("by"), columns.key == sa.bindparam("under")
        )
        self._find = compiled(
            dialect,
            sa.select(columns.fingerprint, columns.status, columns.headers, columns.body).where(
                here, columns.stored_at >= sa.bindparam("since")
            ),
        )
        self._drop = compiled(
            dialect, _table.delete().where(here, columns.stored_at < sa.bindparam("since"))
        )
        oldest = (
            sa.select(columns.principal, columns.key)
            .where(columns.stored_at < sa.bindparam("since"))
            .order_by(columns.stored_at)
            .limit(_SWEEP_MOST)
        )
        self._sweep = compiled(
            dialect, _table.delete().where(sa.tuple_(columns.principal, columns.key).in_(oldest))
        )

    async def once(
        self, keyed: Keyed, call: Call, work: Callable[[], Awaitable[tuple[T, Kept | None]]]
    ) -> T | Kept:
        """What comes of the work done under its key now, or what was answered to it before.

        `work` stores the `row` of its answer in the transaction of its events; only if it stored
        no events it leaves to the second of its results what is to be kept. Raises KeyReused,
        InFlight and whatever the work does.
        """
        place = (keyed.principal, keyed.key)
        until: float | None = None
        while True:
            if place in self._remembered:
                kept = await self._look(keyed, call.now)
                if kept is not None:
                    return kept
            if place not in self._under_way:
                break
            until = until or self._monotonic() + WAIT_SECONDS
            await self._wait(place, until - self._monotonic())
        self._under_way[place] = None
        try:
            return await self._first(keyed, call, work)
        finally:
            waiting = self._under_way.pop(place)
            if waiting is not None:
                waiting.set_result(None)

    async def _wait(self, place: tuple[str, str], seconds: float) -> None:
        """Wait for the end of what is under way. Raises InFlight."""
        end = self._under_way[place]
        if end is None:
            end = self._under_way[place] = asyncio.get_running_loop().create_future()
        await asyncio.wait((end,), timeout=max(seconds, 0.0))
        if not end.done():
            raise InFlight

    async def _first(
        self, keyed: Keyed, call: Call, work: Callable[[], Awaitable[tuple[T, Kept | None]]]
    ) -> T | Kept:
        """The work of a key that nobody else in this process works for."""
        for _ in range(_TRIES):
            try:
                result, kept = await work()
                if kept is not None:
                    await self._ledger.execute(call, rows=[row(keyed, kept, call.now)])
            except (Refused, RowTaken) as error:  # perhaps because it was done before
                if isinstance(error, Refused) and error.kind in _FINAL:
                    raise
                known = await self._look(keyed, call.now)
                if known is not None:
                    return known
                if isinstance(error, Refused):
                    raise
                await self._delete_expired(keyed, call.now)
            else:
                self._remember(keyed)
                await self._sweep_sometimes(call.now)
                return result
        raise StoreBusy("an idempotency key changes hands all the time")

    async def _look(self, keyed: Keyed, now: Instant) -> Kept | None:
        """What was answered under the key. Raises KeyReused if to another request."""
        find = self._find
        parameters = find.bind(by=keyed.principal, under=keyed.key, since=_expired(now))
        rows = await self._ledger.query(self._store.read, find.text, parameters)
        if not rows:
            self._remembered.pop((keyed.principal, keyed.key), None)
            return None
        [(fingerprint, status, headers, body)] = rows
        if fingerprint != keyed.fingerprint:
            raise KeyReused
        self._remember(keyed)
        return Kept(status, headers, body)

    def _remember(self, keyed: Keyed) -> None:
        self._remembered[keyed.principal, keyed.key] = None
        if len(self._remembered) > _REMEMBER:
            self._remembered.popitem(last=False)

    async def _delete_expired(self, keyed: Keyed, now: Instant) -> None:
        drop = self._drop
        parameters = drop.bind(by=keyed.principal, under=keyed.key, since=_expired(now))
        await self._exclusive(drop.text, parameters)

    async def _sweep_sometimes(self, now: Instant) -> None:
        self._since_sweep += 1
        if self._since_sweep < _SWEEP_EVERY and self._monotonic() < self._next_sweep:
            return
        self._since_sweep, self._next_sweep = 0, self._monotonic() + _SWEEP_SECONDS
        with suppress(StoreBusy, DiskFull):  # later, then: this request is done
            await self._exclusive(self._sweep.text, self._sweep.bind(since=_expired(now)))

    async def _exclusive(self, sql: str, parameters: tuple[object, ...]) -> None:
        def work(cursor: Cursor) -> None:
            cursor.execute(sql, parameters)

        await self._writer.exclusive(work)


def _expired(now: Instant) -> Instant:
    """What was stored before is kept no more."""
    return plus(now, -KEPT_SECONDS)
