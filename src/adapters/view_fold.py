"""Folding events into one view: what is known of its rows, what has changed, what to write."""

from collections.abc import Callable, Iterable, Sequence
from typing import Any

from adapters.codec import Placed, Reader
from adapters.view_sql import read_rows
from adapters.view_table import Row, ViewTable, category_of
from domain.kernel import Event
from domain.registry import EVENTS
from event_store.store import Cursor, RowStatement, Store
from projections.kernel import Fact, Projection


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
        self._key = _key_of(table.projection)

    @property
    def changes(self) -> int:
        """How many rows wait to be written."""
        return len(self._changed)

    def fold(self, facts: Sequence[Placed]) -> None:
        """Take in facts, in order. Raises CannotFold."""
        if not self._complete:
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

    def rows(self) -> list[Row]:
        """The changed rows, for the table's upsert."""
        values = self.table.values
        return [values(key, version, view) for key, (view, version) in self._changed.items()]

    def written(self) -> None:
        """The changed rows are committed."""
        fresh = {key: view for key, (view, _) in self._changed.items()}
        if len(self._known) + len(fresh) > self._remember:
            self._known, self._complete = fresh, False
        else:
            self._known.update(fresh)
        self._changed = {}

    def forget(self) -> None:
        """Nothing is known and nothing has changed: what was not written is lost."""
        self._known, self._changed, self._complete = {}, {}, False

    def _fetch(self, facts: Sequence[Placed]) -> None:
        """Read the rows that these facts need."""
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


def write_rows(cursor: Cursor, upsert: RowStatement, mark: str, rows: Sequence[Row]) -> None:
    """Upsert rows inside a transaction."""
    if rows:
        marks = ",".join([mark] * upsert.width)
        cursor.executemany(f"{upsert.head} VALUES ({marks}) {upsert.tail}", rows)


def reader_of(projections: Iterable[Projection[Any]]) -> Reader:
    """Decodes what some projections read: each event once, to a type that all of them can fold."""
    types: dict[str, type[Event]] = {}
    for projection in projections:
        for tag, kind in projection.reads.items():
            types[tag] = kind if types.get(tag, kind) is kind else EVENTS[tag]
    return Reader(types)


def _key_of(projection: Projection[Any]) -> Callable[[Fact], str | None]:
    if not projection.inline:
        return projection.key
    prefix = f"{category_of(projection)}-"
    start = len(prefix)

    def key(fact: Fact) -> str | None:
        stream = fact.stream
        return stream[start:] if stream.startswith(prefix) else None

    return key
