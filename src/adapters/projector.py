"""The projector: a thread that follows the log for every view that is not inline."""

import asyncio
import logging
import random
import time
from collections.abc import Callable, Collection, Iterable, Mapping
from contextlib import suppress
from threading import Event, Lock, Thread
from typing import Any, NamedTuple
from uuid import uuid4

from adapters.followed_views import LEASE_SECONDS, Follower, Outdated, Standing
from adapters.leases import Leases
from adapters.leisure import LOOK_SECONDS, Leisure
from adapters.view_catalog import Catalog, Status, read_listing
from event_store.store import Store, StoreUnavailable
from projections.kernel import Projection

log = logging.getLogger(__name__)

_PAUSE_SECONDS = 0.01  # between two batches: others want the append lock too
_IDLE_SECONDS = LEASE_SECONDS / 10
_LISTEN_SECONDS = 0.25
_REMOTE_POLL_SECONDS = 0.02
_FIRST_BACK_OFF_SECONDS, _LONGEST_BACK_OFF_SECONDS = 0.1, 5.0
_READER, _READER_SECONDS = "followed-view-reader", 0.5


class _Reader(NamedTuple):
    """Somebody in this process who waits until a view has reached `head`."""

    name: str
    head: int
    told: "asyncio.Future[None]"

    def tell(self) -> None:
        """Say that it is time to look again, from any thread."""
        with suppress(RuntimeError):  # the loop is closed: nobody is left to tell
            self.told.get_loop().call_soon_threadsafe(self._tell)

    def _tell(self) -> None:
        if not self.told.done():
            self.told.set_result(None)


class _Run(NamedTuple):
    """What the threads work with."""

    store: Store
    follower: Follower
    leases: Leases
    owner: str
    threads: list[Thread]


class Projector:
    """Follows the log in two threads of its own: one folds, one listens for other processes.

    What somebody waits for is folded at once, everything else when there is time (`Leisure`).
    """

    def __init__(
        self,
        store: Store,
        projections: Iterable[Projection[Any]],
        *,
        own: Callable[[], Store],
        on_failure: Callable[[BaseException], None] = lambda _error: None,
    ) -> None:
        """`store` is for reading only; `own` opens the store that `start` writes to.

        `on_failure(error)` is called from the thread when that cannot be used any more; the
        process must stop then.
        """
        self._reading = store
        self._projections = tuple(projections)
        self._own = own
        self._on_failure = on_failure
        self._catalog = Catalog(store.dialect)
        self._standings: Mapping[str, Standing] = {}
        self._head = 0
        self._dozing = True
        self._readers: list[_Reader] = []
        self._reading_lock = Lock()
        self._awake = Event()
        self._stopping = Event()
        self._run: _Run | None = None
        self._leisure = Leisure()
        self._asked = float("-inf")

    def start(self) -> None:
        """Begin, if there is any view to follow."""
        if all(one.inline for one in self._projections):
            return
        store = self._own()
        follower, leases = Follower(store, self._projections), Leases(store)
        run = self._run = _Run(store, follower, leases, uuid4().hex, [])
        for work, name in ((self._follow, "projector"), (self._listen, "projector-listener")):
            run.threads.append(Thread(target=work, args=(run,), name=name, daemon=True))
            run.threads[-1].start()

    @property
    def leads(self) -> bool:
        """Whether it is this process that folds."""
        return self._run is not None and self._run.follower.leads

    def wake(self, head: int) -> None:
        """Say that the log has reached `head`. Safe from any thread, and cheap."""
        self._head = max(self._head, head)
        if self._dozing:
            self._awake.set()

    def stop(self) -> None:
        """End after the batch at hand, and let another process follow."""
        self._stopping.set()
        self._awake.set()
        run, self._run = self._run, None
        if run is not None:
            for thread in run.threads:
                thread.join()
            run.store.close()

    async def caught_up(
        self,
        projection: Projection[Any],
        head: int | None = None,
        timeout: float = 1.0,  # noqa: ASYNC109 - it answers then, too
    ) -> int:
        """Wait until a view has folded everything up to `head`, at most `timeout` seconds.

        By default that is the head of this moment. Returns how many events the view still lacks
        (for `X-Markbook-Lag`): 0 for inline views, and at once for a view that has stopped.
        """
        if projection.inline:
            return 0
        name = projection.name
        if head is None:
            head = self._reading.told_head() or await asyncio.to_thread(self._reading.head)
        loop = asyncio.get_running_loop()
        deadline = loop.time() + timeout
        while True:
            standing = self._standings.get(name)
            pause = timeout
            if standing is None:
                standing = await asyncio.to_thread(self._read_standing, name)
                pause = _REMOTE_POLL_SECONDS
            lag = max(0, head - standing.position)
            left = deadline - loop.time()
            if not lag or standing.stopped or left <= 0:
                return lag
            await self._reached(_Reader(name, head, loop.create_future()), min(left, pause))

    async def _reached(self, reader: _Reader, timeout: float) -> None:  # noqa: ASYNC109
        """Wait until the view may have come far enough, while whoever folds it hurries."""
        with self._reading_lock:
            self._readers.append(reader)
        self._head = max(self._head, reader.head)
        self._awake.set()
        try:
            with suppress(TimeoutError):
                await asyncio.wait_for(reader.told, timeout)
        finally:
            with self._reading_lock, suppress(ValueError):
                self._readers.remove(reader)

    # --- in the threads ---------------------------------------------------------------------

    def _follow(self, run: _Run) -> None:
        back_off = _FIRST_BACK_OFF_SECONDS
        while not self._stopping.is_set():
            self._awake.clear()
            try:
                rest = self._round(run)
                back_off = _FIRST_BACK_OFF_SECONDS
            except StoreUnavailable as error:
                self._stand({})
                log.critical("the projector cannot go on: %s", error)
                self._on_failure(error)
                return
            except Outdated as why:
                log.info("the projector begins anew: %s", why)
                self._start_over(run.follower)
            except Exception as error:  # noqa: BLE001 - whatever it is, the log is still there
                log.warning("the projector tries again in %.1f s: %r", back_off, error)
                self._start_over(run.follower)
                self._stopping.wait(back_off * random.uniform(0.5, 1.0))  # noqa: S311
                back_off = min(2 * back_off, _LONGEST_BACK_OFF_SECONDS)
            else:
                self._awake.wait(rest)
        self._stand({})
        try:
            run.follower.release()
        except Exception as error:  # noqa: BLE001 - the lease ends by itself
            log.warning("the projector could not give its lease back: %r", error)

    def _round(self, run: _Run) -> float:
        """Fold a batch of whatever is due; how many seconds there is nothing to do."""
        self._dozing = True  # from here on a commit is noticed, if only in the next round
        follower = run.follower
        with self._reading_lock:
            waited_for = {reader.name for reader in self._readers}
        if not follower.leads:
            if follower.lead() is None:
                self._dozing = False
                if waited_for:
                    self._ask(run)
                return _IDLE_SECONDS
            self._head = max(self._head, run.store.head())
            self._stand(follower.standings())
        behind, due = self._behind(follower.standings(), waited_for)
        if behind - due and run.leases.held(_READER):
            due = behind
        worked = follower.step(due)
        self._dozing = not (worked or behind)
        if worked:
            self._stand(follower.standings())
            return 0 if waited_for else _PAUSE_SECONDS
        return LOOK_SECONDS if behind else _IDLE_SECONDS

    def _behind(
        self, standings: Mapping[str, Standing], waited_for: Collection[str]
    ) -> tuple[set[str], set[str]]:
        """The views that lack something, and those of them to fold now."""
        head = self._head
        self._leisure.look(head, time.monotonic())
        behind = {
            name: one.position
            for name, one in standings.items()
            if not one.stopped and one.position < head
        }
        return set(behind), {
            name
            for name, position in behind.items()
            if name in waited_for or self._leisure.allows(position, head)
        }

    def _ask(self, run: _Run) -> None:
        """Tell the process that folds that somebody waits."""
        now = time.monotonic()
        if now - self._asked > _READER_SECONDS / 2:
            run.leases.acquire(_READER, run.owner, _READER_SECONDS)
            self._asked = now

    def _stand(self, standings: Mapping[str, Standing]) -> None:
        """Tell how far the views are, and those who wait for it."""
        self._standings = standings
        with self._reading_lock:
            for reader in self._readers:
                standing = standings.get(reader.name)
                if standing is None or standing.stopped or standing.position >= reader.head:
                    reader.tell()

    def _start_over(self, follower: Follower) -> None:
        self._stand({})
        follower.reset()

    def _listen(self, run: _Run) -> None:
        """Notice what other processes append."""
        seen = 0
        while not self._stopping.is_set():
            if not run.follower.leads:
                self._stopping.wait(_LISTEN_SECONDS)
                continue
            try:
                head = run.store.wait(seen, _LISTEN_SECONDS)
            except Exception as error:  # noqa: BLE001 - the other thread says what is wrong
                log.debug("cannot listen: %r", error)
                self._stopping.wait(_LISTEN_SECONDS)
                continue
            if head > seen:
                seen = head
                self.wake(head)

    # --- anywhere ---------------------------------------------------------------------------

    def _read_standing(self, name: str) -> Standing:
        """How far a view is that another process may be feeding."""
        sql = self._catalog.listing
        _, generations = read_listing(self._reading.read(sql.text, sql.bind()))
        for one in generations:
            if one.name == name and one.in_use:
                return Standing(one.position, one.status is Status.POISONED)
        return Standing(0, stopped=True)
