"""Rebuilding views from the log, blue/green: the old rows serve until the new ones take over."""

import time
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from typing import Any, NamedTuple
from uuid import uuid4

from adapters.leases import Leases
from adapters.view_catalog import Catalog, Generation, Status
from adapters.view_fold import ViewFold, Written, reader_of, write_rows
from adapters.view_sweep import sweep
from adapters.view_table import ViewTable, by_name
from event_store.store import Cursor, Store, StoreBusy, Transaction
from projections.kernel import Projection

Progress = Callable[[int, int], None]
"""Called with the position folded so far and the head."""

LEASE = "rebuild"
_LEASE_SECONDS = 4.0  # how long the next rebuild waits after a kill
_PAGE = 250  # stays in the processor's cache: 1.4 times as fast as 5,000
_REMEMBER = 20_000  # rows of a view in memory
_ROWS_A_COMMIT = 1000  # the append lock is held for a few milliseconds
_LAST_EVENTS = 1000  # folded under the append lock
_ROUNDS = 100
_BUSY_PAUSE_SECONDS = 0.5
_YIELD_SECONDS = 0.001


class RebuildRunning(Exception):
    """Another process is rebuilding views of this database."""


class Rebuilt(NamedTuple):
    """What a rebuild did: which views, up to which position, in how many seconds."""

    views: Sequence[str]
    retired: Sequence[str]
    position: int
    seconds: float


class Rebuild:
    """One rebuild of views, over a store that nobody else uses meanwhile."""

    def __init__(
        self,
        store: Store,
        projections: Iterable[Projection[Any]],
        *,
        progress: Progress = lambda _position, _head: None,
        remember: int = _REMEMBER,
    ) -> None:
        """`projections` are all views of this program; `remember` bounds each one's rows in memory.

        `progress` is called often: it must be quick.
        """
        self._store = store
        self._projections = by_name(projections)
        self._progress = progress
        self._remember = remember
        self._catalog = Catalog(store.dialect)
        self._leases = Leases(store)
        self._renewed = 0.0
        self._token = 0

    def run(self, names: Collection[str] | None = None) -> Rebuilt:
        """Rebuild the views called `names`; with None all, and those no longer in the program go.

        Readers see nothing of it until the end. Raises KeyError for an unknown name,
        RebuildRunning, CannotFold or UnreadableEvent; the old rows then go on serving.
        """
        chosen = [self._projections[name] for name in sorted(names or self._projections)]
        started = time.monotonic()
        with self._lease():
            self._store.exclusive(self._catalog.create)
            sweep(self._store, self._give_way)  # what an interrupted rebuild left
            tables = self._store.exclusive(lambda cursor: self._begin(cursor, chosen))
            folds = [
                ViewFold(table, self._store, remember=self._remember, empty=True)
                for table in tables
            ]
            position, retired = self._build(folds, retire=names is None)
            seconds = time.monotonic() - started
            sweep(self._store, self._give_way)
        return Rebuilt([one.name for one in chosen], retired, position, seconds)

    def _build(self, folds: Sequence[ViewFold], *, retire: bool) -> tuple[int, list[str]]:
        """Fold the log until the rest is short enough to fold under the lock, then switch."""
        position = 0
        for rounds_left in reversed(range(_ROUNDS)):
            position = self._catch_up(folds, position)
            try:
                switched = self._store.exclusive(
                    partial(self._switch, folds=folds, position=position, retire=retire)
                )
            except StoreBusy:  # a long reader of the old rows, a dump for example
                if not rounds_left:
                    raise
                for fold in folds:
                    fold.forget()
                time.sleep(_BUSY_PAUSE_SECONDS)
                continue
            if switched is not None:
                return switched
        raise StoreBusy("the log grows faster than it can be folded")

    # --- outside the lock -------------------------------------------------------------------

    def _begin(self, cursor: Cursor, chosen: Sequence[Projection[Any]]) -> list[ViewTable]:
        """Enter the new generations."""
        _, generations = self._catalog.read(cursor)
        last = {one.name: one.generation for one in generations}
        tables = [ViewTable(one, last.get(one.name, 0) + 1, self._store.dialect) for one in chosen]
        for table in tables:
            self._catalog.add(cursor, table, Status.BUILDING, 0)
        return tables

    def _catch_up(self, folds: Sequence[ViewFold], position: int) -> int:
        """Fold and write everything up to the head of this moment."""
        reader = reader_of(fold.table.projection for fold in folds)
        head = self._store.head()
        while position < head:
            page = self._store.read_log(position, _PAGE, head)
            facts = reader.facts(page)
            position = page[-1].position
            for fold in folds:
                fold.fold(fold.mine(facts) if len(folds) > 1 else facts)
                if fold.changes >= self._remember:
                    self._write(fold)
            self._progress(position, head)
            self._keep_lease()
        for fold in folds:
            self._write(fold)
            for part in fold.orders():
                self._commit(part)
        return position

    def _write(self, fold: ViewFold) -> None:
        """Commit the changed rows, a few at a time so that appends come in between."""
        for part in fold.parts(_ROWS_A_COMMIT):
            self._commit(part)
        fold.written()

    def _commit(self, rows: Sequence[Written]) -> None:
        [result] = self._store.append([Transaction([], rows)])
        if not isinstance(result, int):
            raise result
        self._give_way()

    # --- under the lock ---------------------------------------------------------------------

    def _switch(
        self, cursor: Cursor, *, folds: Sequence[ViewFold], position: int, retire: bool
    ) -> tuple[int, list[str]] | None:
        """Fold the last events and let the new generations take over; None if they are too many."""
        head = self._store.head()
        if head - position > _LAST_EVENTS:
            return None
        if not self._leases.confirm(cursor, LEASE, self._token, _LEASE_SECONDS):
            raise RebuildRunning("another rebuild has taken over")
        _, generations = self._catalog.read(cursor)
        reader = reader_of(fold.table.projection for fold in folds)
        facts = reader.facts(self._store.read_log(position, _LAST_EVENTS, head))
        if self._store.dialect == "postgresql":  # appends wait no longer than this for a reader
            cursor.execute("SET LOCAL lock_timeout = '200ms'")
        building = {(one.name, one.generation): one for one in generations}
        for fold in folds:
            table = fold.table
            fold.fold(fold.mine(facts))
            write_rows(cursor, self._store.placeholder, fold.rows())
            ours = building[table.projection.name, table.generation]
            for one in generations:
                if one.name == ours.name and one.in_use:
                    self._catalog.retire(cursor, one)
            self._catalog.advance(cursor, ours, head)
            self._catalog.set_status(cursor, ours, Status.ACTIVE)
        retired = self._unknown(generations) if retire else []
        for one in retired:
            self._catalog.retire(cursor, one)
        self._catalog.raise_epoch(cursor)
        return head, [one.name for one in retired]

    def _unknown(self, generations: Sequence[Generation]) -> list[Generation]:
        return [one for one in generations if one.in_use and one.name not in self._projections]

    # --- the lease --------------------------------------------------------------------------

    @contextmanager
    def _lease(self) -> Iterator[None]:
        """Keep other rebuilds out; one that was killed is waited for until its lease ends."""
        self._leases.migrate()
        owner = uuid4().hex
        deadline = time.monotonic() + 1.5 * _LEASE_SECONDS
        while (token := self._leases.acquire(LEASE, owner, _LEASE_SECONDS)) is None:
            if time.monotonic() > deadline:
                raise RebuildRunning("another rebuild is running")
            time.sleep(0.2)
        self._token, self._renewed = token, time.monotonic()
        try:
            yield
        finally:
            self._leases.release(LEASE, token)

    def _give_way(self) -> None:
        """Let those who wait for the append lock have it."""
        time.sleep(_YIELD_SECONDS)
        self._keep_lease()

    def _keep_lease(self) -> None:
        if time.monotonic() - self._renewed < _LEASE_SECONDS / 4:
            return
        if not self._leases.renew(LEASE, self._token, _LEASE_SECONDS):
            raise RebuildRunning("another rebuild has taken over")
        self._renewed = time.monotonic()
