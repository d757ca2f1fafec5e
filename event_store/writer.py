"""Group commit: many commands, one `fsync`.

The event loop collects transactions; one thread commits them batch by batch. A batch is handed
over when a turn of the loop brought nothing new, or as soon as the thread is free again, so
nobody waits for a timer and a busy loop fills large batches by itself.
"""

import asyncio
import logging
from collections.abc import Callable
from queue import SimpleQueue
from threading import Thread
from typing import Any, TypeVar

from eventsourcing.persistence import IntegrityError

from event_store.store import Cursor, DiskFull, Store, StoreBusy, StoreUnavailable, Transaction

T = TypeVar("T")
log = logging.getLogger(__name__)

_QUIET_TURNS = 1
_LARGEST_BATCH = 256
_Pending = tuple[Transaction, "Commit"]
_Work = tuple[Callable[[Cursor], Any], "asyncio.Future[Any]"]


class Commit(asyncio.Future[int]):
    """The position of a transaction's last event, once it is on disk.

    It cannot be cancelled, since the events are stored whether or not somebody waits: a task that
    is cancelled while it waits is so after the commit.
    """

    def cancel(self, msg: Any = None) -> bool:  # noqa: ARG002
        """No."""
        return False


class Writer:
    """The one place of a process that appends to a store. Belongs to the running event loop."""

    def __init__(
        self,
        store: Store,
        *,
        on_commit: Callable[[int], None] = lambda _head: None,
        on_poison: Callable[[BaseException], None] = lambda _error: None,
    ) -> None:
        """`on_commit(head)` is called on the loop after each batch, `on_poison(error)` once."""
        self._store = store
        self._loop = asyncio.get_running_loop()
        self._on_commit = on_commit
        self._on_poison = on_poison
        self._pending: list[_Pending] = []
        self._jobs: SimpleQueue[list[_Pending] | _Work | None] = SimpleQueue()
        self._busy = False
        self._collecting = False
        self._idle = asyncio.Event()
        self._idle.set()
        self._poison: BaseException | None = None  # as the loop knows it
        self._fatal: BaseException | None = None  # as the thread knows it, a moment earlier
        self._closed = False
        self._thread = Thread(target=self._run, name="event-store-writer", daemon=True)
        self._thread.start()

    @property
    def poisoned(self) -> BaseException | None:
        """Why this writer refuses all further work, or None."""
        return self._poison

    def submit(self, transaction: Transaction) -> Commit:
        """Commit a transaction: the position of its last event once it is on disk.

        Fails with VersionConflict, StreamSealed, EpochMoved, RowTaken, StoreBusy, DiskFull (nothing
        stored) or StoreUnavailable (unknown; the process must stop).
        """
        future = Commit(loop=self._loop)
        refusal = self._refusal()
        if refusal is not None:
            future.set_exception(refusal)
            return future
        self._pending.append((transaction, future))
        self._collect()
        return future

    async def exclusive(self, work: Callable[[Cursor], T]) -> T:
        """Run `work` in the writer's thread, in one transaction under the append lock."""
        refusal = self._refusal()
        if refusal is not None:
            raise refusal
        future: asyncio.Future[T] = self._loop.create_future()
        self._jobs.put((work, future))
        return await future

    async def close(self) -> None:
        """Commit what is pending, then end the thread; later work is refused."""
        self._closed = True
        await self._idle.wait()
        self._jobs.put(None)
        await asyncio.to_thread(self._thread.join)

    def _refusal(self) -> StoreUnavailable | None:
        if self._poison is not None:
            return _unavailable(self._poison)
        return StoreUnavailable("the writer is closed") if self._closed else None

    # --- on the loop ------------------------------------------------------------------------

    def _collect(self) -> None:
        """Hand over what is pending as soon as nothing more comes."""
        self._idle.clear()
        if not self._busy and not self._collecting:
            self._collecting = True
            self._loop.call_soon(self._turn, len(self._pending), _QUIET_TURNS)

    def _turn(self, seen: int, quiet: int) -> None:
        waiting = len(self._pending)
        if waiting < _LARGEST_BATCH and quiet and not self._busy:
            quiet = quiet - 1 if waiting == seen else _QUIET_TURNS
            self._loop.call_soon(self._turn, waiting, quiet)
            return
        self._collecting = False
        if self._busy:
            return
        if not self._pending:  # poisoned meanwhile
            self._idle.set()
            return
        batch, self._pending = self._pending[:_LARGEST_BATCH], self._pending[_LARGEST_BATCH:]
        self._busy = True
        self._jobs.put(batch)

    def _next(self) -> None:
        self._busy = False
        if self._pending:
            self._collect()
        else:
            self._idle.set()

    def _done(self, batch: list[_Pending], results: list[int | IntegrityError]) -> None:
        self._next()
        head = 0
        for (_, future), result in zip(batch, results, strict=True):
            if isinstance(result, int):
                head = result
                _set_result(future, result)
            else:
                _set_exception(future, result)
        if head:
            self._on_commit(head)

    def _failed(self, batch: list[_Pending], error: Exception) -> None:
        for _, future in batch:
            _set_exception(future, error)
        self._next()

    def _poisoned_by(self, error: BaseException, batch: list[_Pending]) -> None:
        """Refuse everything from now on; `on_poison` comes last, for it may stop the loop."""
        self._poison = error
        log.critical("the event store cannot be written any more: %s", error)
        refused, self._pending = [*batch, *self._pending], []
        self._failed(refused, _unavailable(error))
        self._on_poison(error)

    # --- in the thread ----------------------------------------------------------------------

    def _run(self) -> None:
        while (job := self._jobs.get()) is not None:
            if isinstance(job, list):
                self._commit(job)
            else:
                self._work(*job)

    def _commit(self, batch: list[_Pending]) -> None:
        if self._fatal is not None:  # handed over before the loop heard of it
            self._call(self._failed, batch, _unavailable(self._fatal))
            return
        try:
            results = self._store.append([transaction for transaction, _ in batch])
        except (StoreBusy, DiskFull) as error:
            self._call(self._failed, batch, error)
        except BaseException as error:  # noqa: BLE001 - whatever it is, callers must hear of it
            self._fatal = error
            self._call(self._poisoned_by, error, batch)
        else:
            self._call(self._done, batch, results)

    def _work(self, work: Callable[[Cursor], Any], future: "asyncio.Future[Any]") -> None:
        if self._fatal is not None:
            self._call(_set_exception, future, _unavailable(self._fatal))
            return
        try:
            result = self._store.exclusive(work)
        except BaseException as error:  # noqa: BLE001 - whatever it is, the caller must hear of it
            if isinstance(error, StoreUnavailable):
                self._fatal = error
                self._call(self._poisoned_by, error, [])
            self._call(_set_exception, future, error)
        else:
            self._call(_set_result, future, result)

    def _call(self, callback: Callable[..., None], *args: Any) -> None:
        try:
            self._loop.call_soon_threadsafe(callback, *args)
        except RuntimeError:  # the loop is closed: nobody is left to tell
            log.warning("a batch ended after its event loop did")


def _set_result(future: "asyncio.Future[Any]", result: Any) -> None:
    if not future.done():  # else its request was cancelled; what it stored stays
        future.set_result(result)


def _set_exception(future: "asyncio.Future[Any]", error: BaseException) -> None:
    if not future.done():
        future.set_exception(error)


def _unavailable(cause: BaseException) -> StoreUnavailable:
    error = StoreUnavailable("the event store stopped after a failed commit; restart the service")
    error.__cause__ = cause
    return error
