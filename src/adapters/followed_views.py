"""Following the log batch by batch: what the projector does while it has the lease."""

import logging
import time
from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any, NamedTuple
from uuid import uuid4

from adapters.codec import Placed, Reader, UnreadableEvent
from adapters.leases import Leases
from adapters.view_catalog import Catalog, Generation, Poison, Status, read_listing
from adapters.view_fold import CannotFold, ViewFold, Written, reader_of, write_rows
from adapters.view_table import ViewTable, by_name
from event_store.store import Cursor, Recorded, Store
from projections.kernel import Projection

log = logging.getLogger(__name__)

LEASE = "projector"
LEASE_SECONDS = 10.0
_BATCH = 250  # events a commit: the append lock is held for some milliseconds
_REMEMBER = 10_000

_Broken = tuple[str, Poison]  # the tag of an event that cannot be decoded, and why


class Outdated(Exception):
    """The database says otherwise than this thread knew: begin again from what it says."""


class Standing(NamedTuple):
    """How far a followed view is, and whether it has stopped there."""

    position: int
    stopped: bool


class _Followed:
    """A followed view between two commits."""

    def __init__(self, table: ViewTable, generation: Generation, store: Store) -> None:
        self.table = table
        self.generation = generation
        self.committed = generation.position
        self.position = generation.position
        self.stopped = generation.status is Status.POISONED
        self.poison: Poison | None = None
        self.rows: list[Written] = []
        self.fold = ViewFold(table, store, remember=_REMEMBER, empty=False)

    def take_in(self, facts: Sequence[Placed], broken: Sequence[_Broken], to: int) -> None:
        """Fold up to position `to`, or up to the first event that cannot be folded."""
        reads = self.table.projection.reads
        facts = [one for one in self.fold.mine(facts) if one[0] > self.position]
        poison = next(
            (poison for tag, poison in broken if tag in reads and poison.position > self.position),
            None,
        )
        if poison is not None:
            facts = [one for one in facts if one[0] < poison.position]
        try:
            self.fold.fold(facts)
        except CannotFold as error:
            poison = Poison(f"{type(error.cause).__name__}: {error.cause}", error.position)
        self.rows = self.fold.rows()  # worked out here, before the append lock
        self.poison = poison
        self.position = to if poison is None else poison.position - 1


class Follower:
    """Keeps the followed views of one store in step with its log. For one thread.

    The store is the thread's own. Several processes may try: whoever has the lease works, and the
    fencing token, checked in each commit, keeps a late one from writing.
    """

    def __init__(self, store: Store, projections: Iterable[Projection[Any]]) -> None:
        """`projections` are all views of this program; inline ones are left alone."""
        self._store = store
        self._projections = by_name(projections)
        self._catalog = Catalog(store.dialect)
        self._leases = Leases(store)
        self._owner = uuid4().hex
        self._token: int | None = None
        self._renewed = 0.0
        self._epoch = 0
        self._views: list[_Followed] = []
        self._readers: dict[tuple[str, ...], Reader] = {}
        self._migrated = False
        self._try_stopped = True

    @property
    def needed(self) -> bool:
        """Whether there is any view to follow."""
        return not all(one.inline for one in self._projections.values())

    @property
    def leads(self) -> bool:
        """Whether this thread has the lease."""
        return self._token is not None

    def standings(self) -> Mapping[str, Standing]:
        """How far each view is, while this thread has the lease."""
        return {one.generation.name: Standing(one.committed, one.stopped) for one in self._views}

    def lead(self) -> int | None:
        """Take the lease if nobody has it: the fencing token, or None while another has it."""
        if self._token is None:
            self._token = self._take_over()
        return self._token

    def step(self, names: Collection[str] | None = None) -> bool:
        """Fold and commit one batch; False if there is nothing to do or another process does it.

        `names` are the views to fold, all of them by default. Raises Outdated or whatever the
        store raises: `reset`, wait a little, and try again.
        """
        token = self.lead()
        if token is None:
            return False
        running = [
            one
            for one in self._views
            if not one.stopped and (names is None or one.generation.name in names)
        ]
        after = min((one.position for one in running), default=None)
        page = [] if after is None else self._store.read_log(after, _BATCH)
        if not page:
            self._keep_lease(token)
            return False
        facts, broken = self._decode(self._reader_of(running), page)
        try:
            for one in running:
                one.take_in(facts, broken, max(one.position, page[-1].position))
        except Exception:
            if self._store.epoch() != self._epoch:  # its table is gone, whatever that is called
                raise Outdated("a view was rebuilt") from None
            raise
        self._store.exclusive(lambda cursor: self._commit(cursor, token, running))
        self._renewed = time.monotonic()
        for one in running:
            one.fold.written()
            one.committed = one.position
            if one.poison is not None:
                one.stopped = True
                log.error(
                    "view %s is poisoned: it cannot fold position %s: %s",
                    one.generation.name, one.poison.position, one.poison.error,
                )  # fmt: skip
        return True

    def reset(self) -> None:
        """Forget everything but the lease's owner."""
        self._token = None
        self._views = []

    def release(self) -> None:
        """Let another process follow at once."""
        if self._token is not None:
            self._leases.release(LEASE, self._token)
        self.reset()

    # --- inside -----------------------------------------------------------------------------

    def _take_over(self) -> int | None:
        """Take the lease and see where the views stand; None if that is for others to do."""
        if not self._migrated:
            self._leases.migrate()
            self._migrated = True
        if self._in_use() is None:
            return None
        token = self._leases.acquire(LEASE, self._owner, LEASE_SECONDS)
        if token is None:
            return None
        in_use = self._in_use()
        if in_use is None:
            self._leases.release(LEASE, token)
            return None
        self._views = [
            _Followed(ViewTable(projection, one.generation, self._store.dialect), one, self._store)
            for one in in_use
            if not (projection := self._projections[one.name]).inline
        ]
        if self._try_stopped:  # once a start: the program or the clock may be another now
            for view in self._views:
                view.stopped = False
            self._try_stopped = False
        self._readers = {}
        self._renewed = time.monotonic()
        return token

    def _in_use(self) -> list[Generation] | None:
        """The generations in use; None if they are those of another version of the program."""
        sql = self._catalog.listing
        self._epoch, generations = read_listing(self._store.read(sql.text, sql.bind()))
        in_use = [one for one in generations if one.in_use]
        wanted = {one.name: one.version for one in self._projections.values()}
        return in_use if {one.name: one.version for one in in_use} == wanted else None

    def _keep_lease(self, token: int) -> None:
        if time.monotonic() - self._renewed < LEASE_SECONDS / 4:
            return
        if not self._leases.renew(LEASE, token, LEASE_SECONDS):
            raise Outdated("another process has taken the lease")
        self._renewed = time.monotonic()
        if self._store.epoch() != self._epoch:
            raise Outdated("a view was rebuilt")

    def _reader_of(self, views: Sequence[_Followed]) -> Reader:
        """What decodes for these views."""
        names = tuple(one.generation.name for one in views)
        reader = self._readers.get(names)
        if reader is None:
            reader = self._readers[names] = reader_of(one.table.projection for one in views)
        return reader

    @staticmethod
    def _decode(reader: Reader, page: Sequence[Recorded]) -> tuple[list[Placed], list[_Broken]]:
        """The facts of a page, each decoded once, and what cannot be decoded."""
        try:
            return reader.facts(page), []
        except UnreadableEvent:
            facts: list[Placed] = []
            broken: list[_Broken] = []
            for one in page:
                try:
                    facts += reader.facts([one])
                except UnreadableEvent as error:
                    broken.append((one.tag, Poison(str(error), one.position)))
            return facts, broken

    def _commit(self, cursor: Cursor, token: int, running: Sequence[_Followed]) -> None:
        """Write the rows and the positions, if everything still is as this thread knows it."""
        if not self._leases.confirm(cursor, LEASE, token, LEASE_SECONDS):
            raise Outdated("another process has taken the lease")
        epoch, generations = self._catalog.read(cursor)
        if epoch != self._epoch:
            raise Outdated("a view was rebuilt")
        present = {(one.name, one.generation): one for one in generations if one.in_use}
        for one in running:
            there = present.get((one.generation.name, one.generation.generation))
            if there is None or there.position != one.committed:
                raise Outdated(f"view {one.generation.name} is not where it was")
            mark = self._store.placeholder
            write_rows(cursor, mark, one.rows)
            self._catalog.advance(cursor, there, one.position)
            if one.poison is not None:
                self._catalog.set_status(cursor, there, Status.POISONED, one.poison)
            elif there.status is Status.POISONED:
                self._catalog.set_status(cursor, there, Status.ACTIVE)
