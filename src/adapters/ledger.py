"""The ledger: carry out commands. Load, decide, append, answer, in one place for every facade."""

import asyncio
from collections import OrderedDict
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any, NamedTuple, TypeVar

from msgspec import UNSET

from adapters import codec
from adapters.stream_locks import StreamLocks
from adapters.views import Views
from domain.instants import Instant
from domain.kernel import Command, Decider, Event, RefusalKind, Refused
from domain.policies import follow_ups
from domain.registry import COMMANDS, SEALS, decider_of
from event_store.envelope import Actor, event_id
from event_store.store import (
    Append,
    EpochMoved,
    NewEvent,
    Recorded,
    RowStatement,
    Store,
    StoreBusy,
    StreamSealed,
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
    """A command and the stream it is for; `expected` is the only version it may find there."""

    stream: str
    command: Command
    expected: int | None = None


class PreconditionFailed(Refused):
    """The stream has moved on from the version that the caller knows (`If-Match`)."""

    code, kind = "PRECONDITION_FAILED", RefusalKind.STALE


class Outcome(NamedTuple):
    """What a call led to: the state and version of every stream it touched, and the new events."""

    states: Mapping[str, Any]
    versions: Mapping[str, int]
    events: Sequence[Event]


Also = Callable[[Outcome], Sequence[SideRow]]
"""Rows to be stored with an outcome, worked out when it is decided and not yet stored."""


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

    __slots__ = ("appended", "before", "decider", "entry", "fresh", "seal")

    def __init__(self, decider: Decider[Any], entry: _Entry, *, fresh: bool) -> None:
        self.decider = decider
        self.before = entry
        self.entry = entry
        self.fresh = fresh
        self.appended: list[NewEvent] = []
        self.seal: tuple[str, ...] | None = None


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

    async def execute(
        self,
        call: Call,
        *steps: Step,
        rows: Sequence[SideRow] = (),
        also: Also | None = None,
        rehearse: bool = False,
    ) -> Outcome:
        """Decide and append everything the steps and their policies lead to, or nothing.

        To `rehearse` is to decide only: nothing is stored, and the outcome is what would be.

        `rows` go into tables beside the log in the same transaction, and so do those that `also`
        makes of the outcome; it is asked again when others were quicker. Raises the domain's
        Refused, or the store's RowTaken, StoreBusy, DiskFull, StoreUnavailable.
        """
        streams = {step.stream for step in steps}
        while True:
            held = sorted(streams)
            await self._locks.acquire(held)
            try:
                return await self._execute(call, steps, rows, also, held, rehearse=rehearse)
            except _LockAlso as more:
                streams.add(more.stream)
            finally:
                self._locks.release(held)

    async def _execute(
        self,
        call: Call,
        steps: Sequence[Step],
        rows: Sequence[SideRow],
        also: Also | None,
        held: list[str],
        *,
        rehearse: bool,
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
            unproved = {at: one for at, one in touched.items() if rehearse or not one.appended}
            if unproved and await self._confirm(unproved, fresh):
                continue
            outcome = _outcome(touched, events)
            side = rows if also is None else [*rows, *also(outcome)]
            if rehearse or (not events and not side):
                return outcome
            future = self._writer.submit(self._transaction(touched, side))
            try:
                position = await future  # cannot be called off: cancellation comes after it
            except asyncio.CancelledError:
                if future.exception() is None:
                    self._keep_all(touched, future.result())
                raise
            except (VersionConflict, StreamSealed) as conflict:
                moved = await self._catch_up(touched)
                fresh.update(touched)
                if isinstance(conflict, StreamSealed) and not moved:
                    raise  # nobody was quicker: the decider allows what its own seal forbids
            except EpochMoved:
                await self.query(self._views.load)
            else:
                self._keep_all(touched, position)
                return outcome
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
            (stream, command, 0, None) for stream, command, _ in steps
        ]
        wanted = {stream: version for stream, _, version in steps if version is not None}
        for at, (stream, command, depth, cause) in enumerate(queue, 1):  # policies lengthen it
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
                if entry.version != wanted.get(stream, entry.version):
                    raise PreconditionFailed(
                        f"it is at revision {entry.version} by now", revision=entry.version
                    )
            decider = work.decider
            then: list[tuple[str, Command, int, str | None]] = []
            for part, event in enumerate(decider.decide(work.entry.state, command)):
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
                        command=UNSET if part else type(command).__name__,
                        part=part or UNSET,
                    )
                )
                work.seal = SEALS.get(type(event), work.seal)
                events.append(event)
                follows = follow_ups(command, work.entry.state, event)
                if follows:
                    if depth == _POLICY_DEPTH:
                        raise RecursionError(f"policies led from {steps} beyond {event}")
                    origin = event_id(stream, work.entry.version)
                    then += [(to, more, depth + 1, origin) for to, more in follows]
            queue[at:at] = then  # what follows from a step is done before the next step
        return events

    async def _first(self, stream: str, command: Command, fresh: set[str]) -> _Entry:
        """A stream that is not remembered: as it is stored, or as it begins if `command` founds."""
        if command.founds and stream not in fresh:
            return self._blank(COMMANDS[type(command)])
        fresh.add(stream)
        return await self._load(stream)

    async def _catch_up(self, touched: Mapping[str, _Work]) -> bool:
        """Read what others appended; whether they did."""
        moved = False
        for stream, work in touched.items():
            moved |= (await self._load(stream)).version != work.before.version
        return moved

    async def _confirm(self, touched: Mapping[str, _Work], fresh: set[str]) -> bool:
        """Whether a decision rested on a state that another process has changed.

        An append proves the state it rests on by its version; a refusal, a silence and a stream
        that was only asked do not. What was read in this call proves itself if it was read alone:
        of several streams, one may have moved while the next was read.
        """
        moved = False
        for stream, work in touched.items():
            if not work.fresh or len(touched) > 1:
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
            appends.append(Append(stream, before.version, work.appended, work.seal))
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
