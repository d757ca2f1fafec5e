"""The deadline sweeper: of all processes the one that closes attempts whose learner is gone.

It holds the lease `deadlines` and sleeps until the next deadline of all, which an index knows.
"""

import asyncio
import logging
import secrets
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from datetime import datetime
from typing import Any, Final, TypeVar

from adapters.clock import Clock
from adapters.deadlines import SETTLE_SECONDS, Deadlines
from adapters.leases import Leases
from domain.instants import Instant
from event_store.store import Store

T = TypeVar("T")
NAME: Final = "deadlines"
TTL_SECONDS: Final = 15.0
_RENEW_SECONDS: Final = 5.0
_LONGEST_SLEEP: Final = 5.0  # other processes start attempts, and may die with the lease
_RETRY_SECONDS: Final = 1.0
_MOMENT: Final = 0.05
log = logging.getLogger(__name__)


class DeadlineSweeper:
    """Closes attempts in time, in the running event loop; any number of processes may have one.

    `store` must be the sweeper's own: the lease is taken through it. What it does twice because
    two processes thought they had the lease, the second finds done.
    """

    def __init__(self, deadlines: Deadlines, store: Store, clock: Clock) -> None:
        """Nothing happens before `start`."""
        self._deadlines = deadlines
        self._leases = Leases(store)
        self._clock = clock
        self._owner = secrets.token_hex(8)
        self._token: int | None = None
        self._renewed = 0.0
        self._next: Instant | None = None
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="deadline-sweeper")
        self._awake = asyncio.Event()
        self._stopping = False
        self._task: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """Begin."""
        await self._in_thread(self._leases.migrate)
        self._deadlines.on_start = self._on_start
        self._task = asyncio.create_task(self._run(), name=NAME)

    async def stop(self) -> None:
        """End after the attempts at hand, and let another process sweep at once."""
        self._stopping = True
        self._awake.set()
        if self._task is not None:
            await self._task
        token, self._token = self._token, None
        try:
            if token is not None:
                await self._in_thread(self._leases.release, NAME, token)
        except Exception as error:  # noqa: BLE001 - the lease ends by itself
            log.warning("the deadline sweeper could not give its lease back: %r", error)
        self._thread.shutdown()

    def _on_start(self, closes_at: Instant) -> None:
        if self._next is None or closes_at < self._next:
            self._awake.set()

    async def _run(self) -> None:
        while not self._stopping:
            self._awake.clear()
            try:
                rest = await self._sweep()
            except Exception as error:  # noqa: BLE001 - nothing may end this task silently
                log.warning("the deadline sweeper tries again: %r", error)
                rest = _LONGEST_SLEEP
            with suppress(TimeoutError):
                await asyncio.wait_for(self._awake.wait(), rest)

    async def _sweep(self) -> float:
        """Close what is due; how long to sleep then. While nothing is due, nothing is written."""
        self._next = await self._deadlines.next_closing()
        rest = self._until(self._next)
        if rest > 0:
            return min(rest, _LONGEST_SLEEP)
        if not await self._in_thread(self._hold):
            return _LONGEST_SLEEP
        await self._deadlines.close_due()
        self._next = await self._deadlines.next_closing()
        return min(max(self._until(self._next), _RETRY_SECONDS), _LONGEST_SLEEP)

    def _hold(self) -> bool:
        """Whether this process has the lease; take it, or keep it, when it is time."""
        now = time.monotonic()
        if self._token is not None and now - self._renewed < _RENEW_SECONDS:
            return True
        if self._token is None or not self._leases.renew(NAME, self._token, TTL_SECONDS):
            self._token = self._leases.acquire(NAME, self._owner, TTL_SECONDS)
        self._renewed = now
        return self._token is not None

    def _until(self, closes_at: Instant | None) -> float:
        """The seconds until an attempt is to be closed."""
        if closes_at is None:
            return _LONGEST_SLEEP
        now, then = map(datetime.fromisoformat, (self._clock(), closes_at))
        return (then - now).total_seconds() + SETTLE_SECONDS + _MOMENT

    async def _in_thread(self, work: Callable[..., T], *args: Any) -> T:
        return await asyncio.get_running_loop().run_in_executor(self._thread, work, *args)
