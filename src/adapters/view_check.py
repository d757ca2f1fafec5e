"""Checking views: a fresh fold of the log against the rows in use, key by key, byte for byte."""

import tempfile
from collections.abc import Collection, Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple, Self

import sqlalchemy as sa

from adapters.rebuild import Progress
from adapters.sql import compiled
from adapters.view_catalog import Catalog, Generation, read_listing
from adapters.view_fold import ViewFold, reader_of
from adapters.view_table import Row, ViewTable, by_name
from adapters.views import ViewMissing
from event_store.sqlite import SQLiteStore
from event_store.store import Store, Transaction
from projections.kernel import Projection

_PAGE = 500
_REMEMBER = 20_000
_ROWS_A_QUERY = 1000
_LAST_EVENTS = 1000
_MOST_LISTED = 1000


class Difference(NamedTuple):
    """A row that is not what the log says: its columns as they are and as they should be.

    None stands for a row that is not there, or was removed.
    """

    view: str
    key: str
    actual: Row | None
    expected: Row | None


class Checked(NamedTuple):
    """What a check found: at most 1,000 differences are listed for each view."""

    views: Sequence[str]
    rows: int
    differences: Sequence[Difference]


def check(
    store: Store,
    projections: Iterable[Projection[Any]],
    names: Collection[str] | None = None,
    progress: Progress = lambda _position, _head: None,
) -> Checked:
    """Compare the rows in use with a fold of the log; nothing is written to the database.

    The fold lies in a temporary file, so memory stays bounded. Appends go on: rows that differ are
    looked at again at the end, while the log stands still for a moment. Raises KeyError for an
    unknown name, ViewMissing for a view that has no rows of this program's version, CannotFold.
    """
    known = by_name(projections)
    chosen = sorted(names or known)
    rows, differences = 0, list[Difference]()
    for name in chosen:
        with _Check(store, known[name], progress) as one:
            found, total = one.run()
            rows += total
            differences += found
    return Checked(chosen, rows, differences)


class _Check:
    """One view: its rows in use, and a fold of the log into a temporary table."""

    def __init__(self, store: Store, projection: Projection[Any], progress: Progress) -> None:
        self._store = store
        self._projection = projection
        self._progress = progress
        self._catalog = Catalog(store.dialect)
        table = ViewTable(projection, self._in_use().generation, store.dialect)
        self._actual = _Rows(store, table)
        self._folder = tempfile.TemporaryDirectory(prefix="markbook-check-")
        self._scratch = SQLiteStore(Path(self._folder.name) / "fold.sqlite3")
        self._expected = _Rows(self._scratch, ViewTable(projection, 1, "sqlite"))
        self._reader = reader_of([projection])
        self._position = 0

    def __enter__(self) -> Self:
        table = self._expected.table
        self._scratch.migrate()
        self._scratch.exclusive(lambda cursor: [cursor.execute(one) for one in table.statements])
        self._fold = ViewFold(table, self._scratch, remember=_REMEMBER, empty=True)
        return self

    def __exit__(self, *_: object) -> None:
        self._scratch.close()
        self._folder.cleanup()

    def run(self) -> tuple[list[Difference], int]:
        """The differences, and how many rows there should be."""
        self._catch_up()
        suspects, rows = self._compare_all()
        if suspects:  # most of them changed while we looked
            self._catch_up()
            suspects = [one.key for one in self._compare(suspects)]
        while suspects:
            found = self._store.exclusive(lambda _cursor: self._compare_at_rest(suspects))
            if found is not None:
                return found, rows
            self._catch_up()
        return [], rows

    def _in_use(self) -> Generation:
        """The generation to look at. Raises ViewMissing."""
        name, sql = self._projection.name, self._catalog.listing
        _, generations = read_listing(self._store.read(sql.text, sql.bind()))
        for one in generations:
            if one.name == name and one.in_use and one.version == self._projection.version:
                return one
        raise ViewMissing({name: "has no rows of this program's version"})

    def _bound(self) -> int:
        """How far the rows in use have come."""
        return self._store.head() if self._projection.inline else self._in_use().position

    def _catch_up(self) -> None:
        """Fold up to where the rows in use have come."""
        bound = self._bound()
        while self._position < bound:
            page = self._store.read_log(self._position, _PAGE, bound)
            self._fold.fold(self._reader.facts(page))
            self._position = page[-1].position
            if self._fold.changes >= _REMEMBER:
                self._write()
            self._progress(self._position, bound)
        self._write()

    def _write(self) -> None:
        for rows in self._fold.parts(_ROWS_A_QUERY):
            [result] = self._scratch.append([Transaction([], rows)])
            if not isinstance(result, int):
                raise result
        self._fold.written()

    def _compare_all(self) -> tuple[list[str], int]:
        """The keys of all rows that differ, and how many rows there should be."""
        suspects: list[str] = []
        rows = 0
        actual = _Peekable(self._actual.scan())
        for expected in self._expected.scan():
            rows += 1
            while actual.row is not None and actual.row[0] < expected[0]:
                suspects.append(actual.row[0])
                actual.step()
            if actual.row != expected:
                suspects.append(expected[0])
            if actual.row is not None and actual.row[0] == expected[0]:
                actual.step()
        while actual.row is not None:
            suspects.append(actual.row[0])
            actual.step()
        return suspects, rows

    def _compare(self, keys: Sequence[str]) -> list[Difference]:
        """The differences among these keys."""
        actual, expected = self._actual.named(keys), self._expected.named(keys)
        return [
            Difference(self._projection.name, key, actual.get(key), expected.get(key))
            for key in keys
            if actual.get(key) != expected.get(key)
        ]

    def _compare_at_rest(self, keys: Sequence[str]) -> list[Difference] | None:
        """The same under the append lock; None if there is still too much to fold."""
        if self._bound() - self._position > _LAST_EVENTS:
            return None
        self._catch_up()
        return self._compare(keys)[:_MOST_LISTED]


class _Peekable:
    """An iterator of rows that shows its next one."""

    def __init__(self, rows: Iterator[Row]) -> None:
        self._rows = rows
        self.row: Row | None = None
        self.step()

    def step(self) -> None:
        self.row = next(self._rows, None)


class _Rows:
    """The rows of a view table that are not removed: key, document, index columns."""

    def __init__(self, store: Store, table: ViewTable) -> None:
        self._store = store
        self.table = table
        columns = table.table.c
        self._wanted = [columns[name] for name in table.columns if name != "version"]
        self._there = columns.document.is_not(None)
        self._next = compiled(
            store.dialect,
            sa.select(*self._wanted)
            .where(self._there, columns.key > sa.bindparam("after"))
            .order_by(columns.key)
            .limit(_ROWS_A_QUERY),
        )

    def scan(self) -> Iterator[Row]:
        """All of them, by key."""
        after = ""
        while True:
            rows = self._store.read(self._next.text, self._next.bind(after=after))
            yield from rows
            if len(rows) < _ROWS_A_QUERY:
                return
            after = rows[-1][0]

    def named(self, keys: Sequence[str]) -> dict[str, Row]:
        """Those with these keys."""
        found: dict[str, Row] = {}
        for start in range(0, len(keys), _ROWS_A_QUERY):
            part = keys[start : start + _ROWS_A_QUERY]
            marks: list[sa.BindParameter[Any]] = [sa.bindparam(f"k{i}") for i in range(len(part))]
            where = self.table.table.c.key.in_(marks)
            sql = compiled(self._store.dialect, sa.select(*self._wanted).where(self._there, where))
            values = {f"k{i}": key for i, key in enumerate(part)}
            found.update((row[0], row) for row in self._store.read(sql.text, sql.bind(**values)))
        return found
