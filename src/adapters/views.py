"""Views: which tables hold them at this moment, and how they are read."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from threading import Lock
from typing import Any, NamedTuple, TypeVar

from adapters.numbered_pages import NumberedQuery
from adapters.view_catalog import Catalog, Generation, Status, read_listing
from adapters.view_query import Condition, count, cursor_of, query
from adapters.view_sql import read_rows
from adapters.view_table import ViewTable, by_name, category_of
from event_store.store import Cursor, Store
from projections.kernel import Projection

T = TypeVar("T")
V = TypeVar("V")


class ViewMissing(Exception):
    """The database holds no rows of the version of a view that this program needs."""

    def __init__(self, problems: Mapping[str, str]) -> None:
        """`problems` says for each view what is wrong."""
        what = "; ".join(f"view {name}: {problem}" for name, problem in sorted(problems.items()))
        super().__init__(f"{what}. Run: markbook rebuild {' '.join(sorted(problems))}")
        self.problems = problems


class Found(NamedTuple):
    """A page of a query: views with their keys, and the cursor of the next page if there is one."""

    rows: Sequence[tuple[str, Any]]
    next: str | None


class Page(NamedTuple):
    """A numbered page of a query: views with their keys, and how many there are on all pages."""

    rows: Sequence[tuple[str, Any]]
    total: int


class ViewState(NamedTuple):
    """How a view stands, for people: `lag` counts the events it has not folded yet."""

    name: str
    kind: str
    status: str
    version: int | None
    wanted_version: int | None
    generation: int | None
    lag: int | None
    error: str | None
    error_position: int | None


class _Snapshot(NamedTuple):
    """What the catalogue said at one moment."""

    epoch: int
    tables: Mapping[str, ViewTable]
    inline: Mapping[str, tuple[ViewTable, ...]]
    missing: Mapping[str, str]


class Views:
    """The views of one process over one store.

    Reading is safe from any thread. Rows of inline views are computed by the caller from
    `inline` tables and appended together with the events, with `epoch`.
    """

    def __init__(self, store: Store, projections: Iterable[Projection[Any]]) -> None:
        """Knows nothing of the database until `load`."""
        self._store = store
        self._projections = by_name(projections)
        self._catalog = Catalog(store.dialect)
        self._snapshot = _Snapshot(0, {}, {}, dict.fromkeys(self._projections, "not loaded yet"))
        self._loading = Lock()
        self._tables: dict[tuple[str, int], ViewTable] = {}
        for projection in self._projections.values():
            if projection.inline:
                category_of(projection)

    def migrate(self) -> Mapping[str, str]:
        """Make the catalogue, and each view that has nothing to fold yet.

        Safe to repeat and safe for several processes at once. Returns what is wrong with the
        views that remain, as `ViewMissing` tells it.
        """
        self._store.exclusive(self._catalog.create)
        wanted = self._without_rows(self._listing()[1])
        if wanted:
            seen = self._store.head()
            empty = self._nothing_to_fold(wanted, 0, seen)
            if empty:
                self._store.exclusive(lambda cursor: self._create(cursor, empty, seen))
        try:
            self.load()
        except ViewMissing as missing:
            return missing.problems
        return {}

    def load(self) -> None:
        """Look at the catalogue again. Raises ViewMissing if this program cannot go on with it."""
        with self._loading:  # so that nobody puts an older state in place of a newer one
            self._snapshot = self._look()
        if self._snapshot.missing:
            raise ViewMissing(self._snapshot.missing)

    def _look(self) -> _Snapshot:
        epoch, generations = self._listing()
        tables: dict[str, ViewTable] = {}
        missing = dict.fromkeys(self._projections, "has never been built")
        for one in generations:
            if not one.in_use:
                continue
            projection = self._projections.get(one.name)
            if projection is None:
                missing[one.name] = "belongs to another version of this program"
            elif projection.version != one.version:
                missing[one.name] = (
                    f"has version {one.version}, this program needs {projection.version}"
                )
            else:
                del missing[one.name]
                tables[one.name] = self._table(projection, one.generation)
        inline: dict[str, tuple[ViewTable, ...]] = {}
        for name, table in tables.items():
            if self._projections[name].inline:
                category = category_of(table.projection)
                inline[category] = (*inline.get(category, ()), table)
        return _Snapshot(epoch, tables, inline, missing)

    @property
    def epoch(self) -> int:
        """The view epoch that `inline` tables belong to.

        Ask for it before `inline`: tables newer than the epoch are refused and computed again,
        older ones would meet a table that is gone.
        """
        return self._snapshot.epoch

    def inline(self, category: str) -> tuple[ViewTable, ...]:
        """The tables of the inline views that fold streams of a category. Raises ViewMissing."""
        snapshot = self._snapshot
        if snapshot.missing:
            raise ViewMissing(snapshot.missing)
        return snapshot.inline.get(category, ())

    # --- reading ----------------------------------------------------------------------------

    def get(self, projection: Projection[V], key: str) -> V | None:
        """The view with this key. Raises ViewMissing."""

        def read(table: ViewTable) -> V | None:
            rows = self._store.read(table.select.text, table.select.bind(key=key))
            view: V | None = table.decoded(rows[0][0]) if rows else None
            return view

        return self._reading(projection, read)

    def get_many(self, projection: Projection[V], keys: Sequence[str]) -> dict[str, V]:
        """The views with these keys, without those that are not there. Raises ViewMissing."""

        def read(table: ViewTable) -> dict[str, V]:
            rows = read_rows(self._store, table, keys)
            return {key: table.decoded(document) for key, document in rows.items()}

        return self._reading(projection, read)

    def find(
        self,
        projection: Projection[V],
        where: Sequence[Condition] = (),
        order: Sequence[str] = (),
        after: str | None = None,
        limit: int = 100,
        *,
        skip: int = 0,
    ) -> Found:
        """Views that meet every condition, in order, from behind the cursor `after`.

        `skip` leaves out as many more: for short lists that the contract reads by limit and offset.

        `order` names declared text or integer indexes, `-name` for descending; an empty value is
        the smallest, ties go by key. Raises ViewMissing, ValueError for what is not declared,
        BadCursor for a cursor of another query.
        """

        def read(table: ViewTable) -> Found:
            asked = query(table, where, order, after, limit + 1, skip=skip)
            rows = [
                (key, table.decoded(document))
                for key, document in self._store.read(asked.text, asked.parameters)
            ]
            if len(rows) <= limit:
                return Found(rows, None)
            del rows[limit:]
            return Found(rows, cursor_of(table, order, *rows[-1]))

        return self._reading(projection, read)

    def page(
        self,
        projection: Projection[V],
        where: Sequence[Condition] = (),
        order: Sequence[str] = (),
        page: int = 1,
        per_page: int = 20,
    ) -> Page:
        """Page 1, 2, 3 … of the views that meet every condition, with the exact total.

        Rows and total are of one moment. `order` is that of `find`; of a numbered view it names
        one declared order, `row` (by age, also without any) or `-row`, and ties go by age. What
        lies behind the last page is empty. Raises as `find`.
        """
        skip = (page - 1) * per_page

        def read(table: ViewTable) -> Page:
            if table.numbered is not None:
                asked = NumberedQuery(table, where, order)
                found, total = self._store.snapshot(lambda ask: asked.rows(ask, skip, per_page))
            else:
                some = query(table, where, order, None, per_page, skip=min(skip, 2**62))
                counted = count(table, where)
                found, [(total,)] = self._store.snapshot(lambda ask: (ask(*some), ask(*counted)))
            return Page([(key, table.decoded(document)) for key, document in found], int(total))

        return self._reading(projection, read)

    def count(self, projection: Projection[V], where: Sequence[Condition] = ()) -> int:
        """How many views meet every condition. Raises as `find`."""

        def read(table: ViewTable) -> int:
            [(number,)] = self._store.read(*count(table, where))
            return int(number)

        return self._reading(projection, read)

    def _reading(self, projection: Projection[V], read: Callable[[ViewTable], T]) -> T:
        """Read from a view's table; once more if a rebuilt one has taken its place meanwhile."""
        snapshot = self._snapshot
        try:
            return read(self._in_use(snapshot, projection))
        except Exception:
            # The tables of the generation before are gone: whatever the database called that.
            if self._store.epoch() == snapshot.epoch:
                raise
        self.load()
        return read(self._in_use(self._snapshot, projection))

    @staticmethod
    def _in_use(snapshot: _Snapshot, projection: Projection[Any]) -> ViewTable:
        table = snapshot.tables.get(projection.name)
        if table is None:
            raise ViewMissing(
                {projection.name: snapshot.missing.get(projection.name, "is not registered")}
            )
        return table

    # --- the catalogue ----------------------------------------------------------------------

    def report(self) -> list[ViewState]:
        """How every view stands, by name."""
        head = self._store.head()
        _, generations = self._listing()
        in_use = {one.name: one for one in generations if one.in_use}
        return [
            _state(name, self._projections.get(name), in_use.get(name), head)
            for name in sorted(self._projections.keys() | in_use.keys())
        ]

    def _listing(self) -> tuple[int, list[Generation]]:
        sql = self._catalog.listing
        return read_listing(self._store.read(sql.text, sql.bind()))

    def _table(self, projection: Projection[Any], generation: int) -> ViewTable:
        key = (projection.name, generation)
        if key not in self._tables:
            self._tables[key] = ViewTable(projection, generation, self._store.dialect)
        return self._tables[key]

    def _without_rows(self, generations: Sequence[Generation]) -> list[Projection[Any]]:
        """The projections of which the database has no generation of the right version."""
        there = {(one.name, one.version) for one in generations if one.in_use}
        return [one for one in self._projections.values() if (one.name, one.version) not in there]

    def _nothing_to_fold(
        self, projections: Sequence[Projection[Any]], after: int, to: int
    ) -> list[Projection[Any]]:
        """Those of the projections that read no event of this part of the log."""
        empty = list(projections)
        for event in self._store.scan(after, to):
            if any(event.tag in one.reads for one in empty):
                empty = [one for one in empty if event.tag not in one.reads]
                if not empty:
                    break
        return empty

    def _create(self, cursor: Cursor, empty: Sequence[Projection[Any]], seen: int) -> None:
        """Put an empty generation in place of each view that still has nothing to fold."""
        head = self._store.head()
        _, generations = self._catalog.read(cursor)
        wanted = [one for one in self._without_rows(generations) if one in empty]
        created = self._nothing_to_fold(wanted, seen, head)
        for projection in created:
            before = [one for one in generations if one.name == projection.name]
            number = max((one.generation for one in before), default=0) + 1
            for one in before:
                if one.in_use:
                    self._catalog.drop(cursor, one)
            table = self._table(projection, number)
            self._catalog.add(cursor, table, Status.ACTIVE, head)
        if created:
            self._catalog.raise_epoch(cursor)


def _state(
    name: str, projection: Projection[Any] | None, one: Generation | None, head: int
) -> ViewState:
    inline = projection is not None and projection.inline
    return ViewState(
        name=name,
        kind="unknown" if projection is None else "inline" if inline else "followed",
        status="missing" if one is None else one.status,
        version=None if one is None else one.version,
        wanted_version=None if projection is None else projection.version,
        generation=None if one is None else one.generation,
        lag=None if one is None else 0 if inline else head - one.position,
        error=None if one is None else one.error,
        error_position=None if one is None else one.error_position,
    )
