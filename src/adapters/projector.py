"""The projector: a thread that follows the log for every view that is not inline."""

import asyncio
import logging
import random
from collections.abc import Callable, Iterable, Mapping
from threading import Event, Thread
from typing import Any

from adapters.followed_views import LEASE_SECONDS, Follower, Outdated, Standing
from adapters.view_catalog import Catalog, Status, read_listing
from event_store.store import Store, StoreUnavailable
from projections.kernel import Projection

log = logging.getLogger(__name__)

_PAUSE_SECONDS = 0.01  # between two batches: a busy log is followed in few commits
_IDLE_SECONDS = LEASE_SECONDS / 10
_LISTEN_SECONDS = 0.25
_LOCAL_POLL_SECONDS, _REMOTE_POLL_SECONDS = 0.005, 0.02
_FIRST_BACK_OFF_SECONDS, _LONGEST_BACK_OFF_SECONDS = 0.1, 5.0


class Projector:
    """Follows the log in two threads of its own: one folds, one listens for other processes."""

    def __init__(
        self,
        store: Store,
        projections: Iterable[Projection[Any]],
        *,
        on_failure: Callable[[BaseException], None] = lambda _error: None,
    ) -> None:
        """`store` is this projector's own, to be closed after `stop`.

        `on_failure(error)` is called from the thread when the store cannot be used any more; the
        process must stop then.
        """
        self._store = store
        self._follower = Follower(store, projections)
        self._on_failure = on_failure
        self._catalog = Catalog(store.dialect)
        self._standings: Mapping[str, Standing] = {}
        self._awake = Event()
        self._stopping = Event()
        self._threads = [
            Thread(target=work, name=name, daemon=True)
            for work, name in ((self._follow, "projector"), (self._listen, "projector-listener"))
        ]

    def start(self) -> None:
        """Begin, if there is any view to follow."""
        if self._follower.needed:
            for thread in self._threads:
                thread.start()

    def wake(self) -> None:
        """Say that this process has appended. Safe from any thread, and cheap."""
        self._awake.set()

    def stop(self) -> None:
        """End after the batch at hand, and let another process follow."""
        self._stopping.set()
        self._awake.set()
        for thread in self._threads:
            if thread.is_alive():
                thread.join()

    async def caught_up(
        self,
        projection: Projection[Any],
        head: int,
        timeout: float = 1.0,  # noqa: ASYNC109
    ) -> int:
        """Wait until a view has folded everything up to `head`, at most `timeout` seconds.

        Returns how many events it still lacks (for `X-Markbook-Lag`): 0 for inline views, and at
        once for a view that has stopped.
        """
        if projection.inline:
            return 0
        deadline = asyncio.get_running_loop().time() + timeout
        while True:
            standing = self._standings.get(projection.name)
            pause = _LOCAL_POLL_SECONDS
            if standing is None:
                standing = await asyncio.to_thread(self._read_standing, projection.name)
                pause = _REMOTE_POLL_SECONDS
            lag = max(0, head - standing.position)
            if not lag or standing.stopped or asyncio.get_running_loop().time() >= deadline:
                return lag
            self._awake.set()
            await asyncio.sleep(pause)

    # --- in the threads ---------------------------------------------------------------------

    def _follow(self) -> None:
        back_off = _FIRST_BACK_OFF_SECONDS
        while not self._stopping.is_set():
            self._awake.clear()
            try:
                worked = self._follower.step()
                self._standings = self._follower.standings()
                back_off = _FIRST_BACK_OFF_SECONDS
            except StoreUnavailable as error:
                self._standings = {}
                log.critical("the projector cannot go on: %s", error)
                self._on_failure(error)
                return
            except Outdated as why:
                log.info("the projector begins anew: %s", why)
                self._start_over()
            except Exception as error:  # noqa: BLE001 - whatever it is, the log is still there
                log.warning("the projector tries again in %.1f s: %r", back_off, error)
                self._start_over()
                self._stopping.wait(back_off * random.uniform(0.5, 1.0))  # noqa: S311
                back_off = min(2 * back_off, _LONGEST_BACK_OFF_SECONDS)
            else:
                if worked:
                    self._stopping.wait(_PAUSE_SECONDS)
                else:
                    self._awake.wait(_IDLE_SECONDS)
        self._standings = {}
        try:
            self._follower.release()
        except Exception as error:  # noqa: BLE001 - the lease ends by itself
            log.warning("the projector could not give its lease back: %r", error)

    def _start_over(self) -> None:
        self._standings = {}
        self._follower.reset()

    def _listen(self) -> None:
        """Notice what other processes append."""
        seen = 0
        while not self._stopping.is_set():
            if not self._follower.leads:
                self._stopping.wait(_LISTEN_SECONDS)
                continue
            try:
                head = self._store.wait(seen, _LISTEN_SECONDS)
            except Exception as error:  # noqa: BLE001 - the other thread says what is wrong
                log.debug("cannot listen: %r", error)
                self._stopping.wait(_LISTEN_SECONDS)
                continue
            if head > seen:
                seen = head
                self._awake.set()

    # --- anywhere ---------------------------------------------------------------------------

    def _read_standing(self, name: str) -> Standing:
        """How far a view is that another process may be feeding."""
        sql = self._catalog.listing
        _, generations = read_listing(self._store.read(sql.text, sql.bind()))
        for one in generations:
            if one.name == name and one.in_use:
                return Standing(one.position, one.status is Status.POISONED)
        return Standing(0, stopped=True)
