"""The ledger: carry out commands. Load, decide, append, answer, in one place for every facade."""

import asyncio
from collections import OrderedDict
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any, NamedTuple, TypeVar

from adapters import codec
from adapters.stream_locks import StreamLocks
from adapters.views import Views
from domain.instants import Instant
from domain.kernel import Command, Decider, Event, Refused
from domain.policies import follow_ups
from domain.registry import COMMANDS, decider_of
from event_store.envelope import Actor, event_id
from event_store.store import (
    Append,
    EpochMoved,
    NewEvent,
    Recorded,
    RowStatement,
    Store,
    StoreBusy,
    Transaction,
    VersionConflict,
)
from event_store.writer import Writer
from projections.kernel import Fact

S = TypeVar("S")
T = TypeVar("T")
SideRow = tuple[RowStatement, tuple[Any, ...]]

_TRIES = 20
_POLICY_DEPTH = 3
_READERS = 4


class Call(NamedTuple):
    """Who calls, through which facade, in which request, and when."""

    actor: Actor
    facade: str
    correlation: str
    now: Instant


class Step(NamedTuple):
    """A command and the stream it is for."""

    stream: str
    command: Command


class Outcome(NamedTuple):
    """What a call led to: the state and version of every stream it touched, and the new events."""

    states: Mapping[str, Any]
    versions: Mapping[str, int]
    events: Sequence[Event]


class _Entry(NamedTuple):
    """A stream as remembered: its state, its version and the values of its inline views.

    `seen` is a position of the log up to which nothing of the stream is missing.
    """

    state: Any
    version: int
    views: tuple[Any, ...]
    seen: int = 0


class _Work:
    """A stream while a call is decided."""

    __slots__ = ("appended", "before", "decider", "entry", "fresh")

    def __init__(self, decider: Decider[Any], entry: _Entry, *, fresh: bool) -> None:
        self.decider = decider
        self.before = entry
        self.entry = entry
        self.fresh = fresh
        self.appended: list[NewEvent] = []


class _LockAlso(Exception):
    def __init__(self, stream: str) -> None:
        super().__init__(stream)
        self.stream = stream


class Ledger:
    """Executes commands on streams and reads their states; belongs to one event loop."""

    def __init__(self, store: Store, writer: Writer, views: Views, *, remember: int = 4096) -> None:
        """`remember` bounds how many streams' states stay in memory."""
        self._store = store
        self._writer = writer
        self._views = views
        self._locks = StreamLocks()
        self._remember = remember
        self._cache: OrderedDict[str, _Entry] = OrderedDict()
        self._readers = ThreadPoolExecutor(_READERS, thread_name_prefix="reader")
        self._loop = asyncio.get_running_loop()

    # --- reading ----------------------------------------------------------------------------

    async def query(self, work: Callable[..., T], *args: Any) -> T:
        """Run a blocking read in a reader thread."""
        return await self._loop.run_in_executor(self._readers, work, *args)

    async def read(self, decider: Decider[S], key: str) -> tuple[S, int]:
        """The committed state of an aggregate and its version (0 if it never was)."""
        entry = await self._load(decider.stream(key))
        return entry.state, entry.version

    async def recorded(self, stream: str) -> Sequence[Recorded]:
        """Every event of a stream as it is stored, oldest first."""
        return await self.query(self._store.read_stream, stream)

    def remembered(self, decider: Decider[S], key: str) -> tuple[S, int] | None:
        """The state and version this process saw last, its own commits included, without a read.

        None if nothing is remembered. What other processes did since is not in it.
        """
        entry = self._cache.get(decider.stream(key))
        return None if entry is None else (entry.state, entry.version)

    async def _load(self, stream: str) -> _Entry:
        """A stream's present state: what is remembered, and every event since."""
        known = self._cache.get(stream)
        if known is not None and self._store.alone_since(known.seen):
            return known
        decider = decider_of(stream)
        entry = known or self._blank(decider)
        seen = self._store.told_head()  # before the read: what comes between is read again
        for event in await self.query(self._store.read_stream, stream, entry.version):
            entry = self._evolved(decider, entry, codec.fact(event))
        if entry.version:
            entry = entry._replace(seen=seen)
            self._keep(stream, entry)
        return entry

    def _blank(self, decider: Decider[Any]) -> _Entry:
        return _Entry(decider.initial, 0, (None,) * len(self._views.inline(decider.category)))

    def _evolved(self, decider: Decider[Any], entry: _Entry, fact: Fact) -> _Entry:
        views = entry.views
        if views:
            tables = self._views.inline(decider.category)
            views = tuple(
                [
                    table.projection.project(view, fact)
                    for table, view in zip(tables, views, strict=True)
                ]
            )
        return _Entry(decider.evolve(entry.state, fact.event), fact.version, views, entry.seen)

    def _keep(self, stream: str, entry: _Entry) -> None:
        cache = self._cache
        known = cache.get(stream)
        if known is None or (known.version, known.seen) <= (entry.version, entry.seen):
            cache[stream] = entry
        cache.move_to_end(stream)
        if len(cache) > self._remember:
            cache.popitem(last=False)

    def _keep_all(self, touched: Mapping[str, "_Work"], position: int) -> None:
        """Remember what a commit up to `position` left: it found these streams as they were."""
        for stream, work in touched.items():
            state, version, views, seen = work.entry
            at = position if work.appended else seen
            self._keep(stream, _Entry(state, version, views, at))

    # --- writing ----------------------------------------------------------------------------

    async def execute(self, call: Call, *steps: Step, rows: Sequence[SideRow] = ()) -> Outcome:
        """Decide and append everything the steps and their policies lead to, or nothing.

        `rows` go into tables beside the log in the same transaction. Raises the domain's Refused,
        or the store's StoreBusy, DiskFull, StoreUnavailable.
        """
        streams = {step.stream for step in steps}
        while True:
            held = sorted(streams)
            await self._locks.acquire(held)
            try:
                return await self._execute(call, steps, rows, held)
            except _LockAlso as more:
                streams.add(more.stream)
            finally:
                self._locks.release(held)

    async def _execute(
        self, call: Call, steps: Sequence[Step], rows: Sequence[SideRow], held: list[str]
    ) -> Outcome:
        """One call under the locks in `held`, to which those of policies are added."""
        fresh: set[str] = set()
        for _ in range(_TRIES):
            touched: dict[str, _Work] = {}
            try:
                events = await self._decide(call, steps, touched, held, fresh)
            except Refused:
                if not await self._confirm(touched, fresh):
                    raise
                continue
            if not events and not rows:
                if await self._confirm(touched, fresh):
                    continue
                return _outcome(touched, events)
            future = self._writer.submit(self._transaction(touched, rows))
            try:
                position = await future  # cannot be called off: cancellation comes after it
            except asyncio.CancelledError:
                if future.exception() is None:
                    self._keep_all(touched, future.result())
                raise
            except VersionConflict:
                for stream in touched:
                    await self._load(stream)
                fresh.update(touched)
            except EpochMoved:
                await self.query(self._views.load)
            else:
                self._keep_all(touched, position)
                return _outcome(touched, events)
        raise StoreBusy("other writers were always quicker; try again")

    async def _decide(
        self,
        call: Call,
        steps: Sequence[Step],
        touched: dict[str, _Work],
        held: list[str],
        fresh: set[str],
    ) -> list[Event]:
        events: list[Event] = []
        queue: list[tuple[str, Command, int, str | None]] = [
            (stream, command, 0, None) for stream, command in steps
        ]
        for stream, command, depth, cause in queue:  # which policies lengthen on the way
            work = touched.get(stream)
            if work is None:
                if stream not in held:
                    if not self._locks.try_acquire(stream):
                        raise _LockAlso(stream)
                    held.append(stream)
                entry = self._cache.get(stream) or await self._first(stream, command, fresh)
                work = touched[stream] = _Work(
                    COMMANDS[type(command)], entry, fresh=stream in fresh
                )
            decider = work.decider
            for event in decider.decide(work.entry.state, command):
                fact = Fact(stream, work.entry.version + 1, call.now, event)
                work.entry = self._evolved(decider, work.entry, fact)
                work.appended.append(
                    codec.encode(
                        event,
                        at=call.now,
                        actor=call.actor,
                        facade=call.facade,
                        correlation=call.correlation,
                        causation=cause,
                    )
                )
                events.append(event)
                follows = follow_ups(command, work.entry.state, event)
                if follows:
                    if depth == _POLICY_DEPTH:
                        raise RecursionError(f"policies led from {steps} beyond {event}")
                    origin = event_id(stream, work.entry.version)
                    queue.extend((to, then, depth + 1, origin) for to, then in follows)
        return events

    async def _first(self, stream: str, command: Command, fresh: set[str]) -> _Entry:
        """A stream that is not remembered: as it is stored, or as it begins if `command` founds."""
        if command.founds and stream not in fresh:
            return self._blank(COMMANDS[type(command)])
        fresh.add(stream)
        return await self._load(stream)

    async def _confirm(self, touched: Mapping[str, _Work], fresh: set[str]) -> bool:
        """Whether a decision that stores nothing rested on a state another process has changed.

        An append proves the state it rests on by its version; a refusal or a silence does not.
        """
        moved = False
        for stream, work in touched.items():
            if not work.fresh:
                moved |= (await self._load(stream)).version != work.before.version
                fresh.add(stream)
        return moved

    def _transaction(self, touched: Mapping[str, _Work], rows: Sequence[SideRow]) -> Transaction:
        epoch = self._views.epoch  # before the tables: a later switch is then noticed
        appends = []
        view_rows: list[SideRow] = []
        for stream, work in touched.items():
            if not work.appended:
                continue
            before, entry = work.before, work.entry
            appends.append(Append(stream, before.version, work.appended))
            tables = self._views.inline(work.decider.category)
            key = stream.partition("-")[2]
            for table, old, new in zip(tables, before.views, entry.views, strict=True):
                if new is not old:
                    view_rows.append(table.row(key, entry.version, new, old))
        return Transaction(appends, [*view_rows, *rows], epoch if view_rows else None)

    def close(self) -> None:
        """End the reader threads."""
        self._readers.shutdown(wait=True, cancel_futures=True)


def _outcome(touched: Mapping[str, _Work], events: Sequence[Event]) -> Outcome:
    return Outcome(
        {stream: work.entry.state for stream, work in touched.items()},
        {stream: work.entry.version for stream, work in touched.items()},
        events,
    )
