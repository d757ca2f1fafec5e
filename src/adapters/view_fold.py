"""Folding events into one view: what is known of its rows, what has changed, what to write."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import partial
from itertools import chain, islice
from typing import Any

from adapters.codec import Placed, Reader
from adapters.numbered_writes import Change, NumberedWriter
from adapters.row_names import RowNames
from adapters.view_sql import read_rows
from adapters.view_table import Row, ViewTable, category_of
from domain.kernel import Event
from domain.registry import EVENTS
from event_store.store import Cursor, RowStatement, Store
from projections.kernel import Fact, Projection, Via

_AT_ONCE = 5000  # changed rows: the more share a bitmap, the fewer are written

_ROWS_A_STATEMENT = 100
Written = tuple[RowStatement, Row]
"""A row to write, by a statement."""


class CannotFold(Exception):
    """An event that a view cannot take in; everything before it is folded."""

    def __init__(self, view: str, position: int, cause: BaseException) -> None:
        super().__init__(
            f"view {view!r} cannot fold position {position}: {type(cause).__name__}: {cause}"
        )
        self.view = view
        self.position = position
        self.cause = cause


class ViewFold:
    """The rows of one view table while events are folded into it.

    Rows are read from the table when they are needed and remembered, about `remember` of them.
    What has changed stays in memory until the caller has written `rows` and says `written`.
    """

    def __init__(self, table: ViewTable, store: Store, *, remember: int, empty: bool) -> None:
        """`empty` says that the table has no rows yet."""
        self.table = table
        self._store = store
        self._remember = remember
        self._known: dict[str, Any] = {}
        self._changed: dict[str, tuple[Any, int]] = {}
        self._complete = empty  # whether there are no rows but those in memory
        self._names = None if table.names is None else RowNames(table.names, store, empty=empty)
        self._key = _key_of(table.projection, self._names)
        self._numbered = NumberedWriter(table, store, ordered=not empty) if table.numbered else None

    @property
    def changes(self) -> int:
        """How many rows wait to be written."""
        return len(self._changed)

    def fold(self, facts: Sequence[Placed]) -> None:
        """Take in facts, in order. Raises CannotFold."""
        if not self._complete or (self._names is not None and not self._names.complete):
            self._fetch(facts)
        projection, key_of, changed, known = (
            self.table.projection, self._key, self._changed, self._known,
        )  # fmt: skip
        project, inline = projection.project, projection.inline
        position = 0
        try:
            for position, _, fact in facts:
                key = key_of(fact)
                if key is None:
                    continue
                entry = changed.get(key)
                view = known.get(key) if entry is None else entry[0]
                after = project(view, fact)
                if after is not view:
                    changed[key] = (after, fact.version if inline else position)
        except Exception as error:
            raise CannotFold(projection.name, position, error) from error

    def mine(self, facts: Iterable[Placed]) -> list[Placed]:
        """Those of the facts that this view reads."""
        reads = self.table.projection.reads
        return [one for one in facts if one[1] in reads]

    def rows(self) -> list[Written]:
        """Everything to write for the changed rows, in one transaction."""
        return [*self._name_rows(), *self._rows(self._changed)]

    def parts(self, most: int) -> Iterator[list[Written]]:
        """The same in transactions of at most so many rows, for tables that nobody reads yet."""
        work = (self._rows(keys) for keys in _batched(self._changed, _AT_ONCE))
        for rows in chain([self._name_rows()], work):
            for start in range(0, len(rows), most):
                yield rows[start : start + most]

    def orders(self) -> Iterator[list[Written]]:
        """The orders of all rows, a few blocks at a time, if that is left to do after a rebuild."""
        if self._numbered is not None and not self._numbered.ordered:
            yield from self._numbered.orders()

    def _rows(self, keys: Iterable[str]) -> list[Written]:
        changed, known, values, upsert = (
            self._changed, self._known, self.table.values, self.table.upsert,
        )  # fmt: skip
        if self._numbered is None:
            return [(upsert, values(key, changed[key][1], changed[key][0])) for key in keys]
        return self._numbered.rows(
            [Change(key, changed[key][1], known.get(key), changed[key][0]) for key in keys]
        )

    def _name_rows(self) -> list[Written]:
        return [] if self._names is None else self._names.rows()

    def written(self) -> None:
        """The changed rows are committed."""
        if self._names is not None:
            self._names.written(self._remember)
        fresh = {key: view for key, (view, _) in self._changed.items()}
        if len(self._known) + len(fresh) > self._remember:
            self._known, self._complete = fresh, False
        else:
            self._known.update(fresh)
        self._changed = {}

    def forget(self) -> None:
        """Nothing is known and nothing has changed: what was not written is lost."""
        self._known, self._changed, self._complete = {}, {}, False
        if self._names is not None:
            self._names.forget()

    def _fetch(self, facts: Sequence[Placed]) -> None:
        """Read the rows that these facts need."""
        if self._names is not None:
            self._names.fetch(self.table.projection, [fact for _, _, fact in facts])
        needed: dict[str, None] = {}
        for _, _, fact in facts:
            try:
                key = self._key(fact)
            except Exception:  # noqa: BLE001 - folding meets it again and says where
                break
            if key is not None and key not in self._changed and key not in self._known:
                needed[key] = None
        found = read_rows(self._store, self.table, list(needed))
        for key in needed:
            self._known[key] = self.table.decoded(found.get(key))


def write_rows(cursor: Cursor, mark: str, written: Sequence[Written]) -> None:
    """Upsert rows inside a transaction, many a statement: each gives up the interpreter lock."""
    rows: dict[RowStatement, list[Row]] = {}
    for upsert, row in written:
        rows.setdefault(upsert, []).append(row)
    for upsert, all_rows in rows.items():
        one = f"({','.join([mark] * upsert.width)})"
        for start in range(0, len(all_rows), _ROWS_A_STATEMENT):
            some = all_rows[start : start + _ROWS_A_STATEMENT]
            sql = f"{upsert.head} VALUES {','.join([one] * len(some))} {upsert.tail}"
            cursor.execute(sql, [value for row in some for value in row])


def _batched(keys: Iterable[str], most: int) -> Iterator[list[str]]:
    """Keys in lists of at most `most`."""
    left = iter(keys)
    while part := list(islice(left, most)):
        yield part


def reader_of(projections: Iterable[Projection[Any]]) -> Reader:
    """Decodes what some projections read: each event once, to a type that all of them can fold."""
    types: dict[str, type[Event]] = {}
    origins = False
    for projection in projections:
        origins |= projection.origins
        for tag, kind in projection.reads.items():
            types[tag] = kind if types.get(tag, kind) is kind else EVENTS[tag]
    return Reader(types, origins=origins)


def _key_of(projection: Projection[Any], names: RowNames | None) -> Callable[[Fact], str | None]:
    if names is not None:
        return partial(names.key, projection)
    if not projection.inline:
        return _plain_key(projection)
    prefix = f"{category_of(projection)}-"
    start = len(prefix)

    def key(fact: Fact) -> str | None:
        stream = fact.stream
        return stream[start:] if stream.startswith(prefix) else None

    return key


def _plain_key(projection: Projection[Any]) -> Callable[[Fact], str | None]:
    def key(fact: Fact) -> str | None:
        found = projection.key(fact)
        if isinstance(found, Via):
            raise TypeError(f"view {projection.name!r} gives no names")
        return found

    return key
