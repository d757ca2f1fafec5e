"""Writing numbered views: a row's number, the bitmaps of its terms, its place in each order."""

from collections import defaultdict
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from typing import Any, Final, NamedTuple

from adapters.numbered_orders import OrderBlocks, Place
from adapters.numbered_tables import NumberedTables, padded
from adapters.row_sets import SEGMENT, changed
from adapters.view_table import Row, ViewTable, indexed_text, scalar, words_of
from event_store.store import RowStatement, Store
from projections.kernel import Index, IndexKind

Term = tuple[str, str]
"""A value of an index, as `…_bits` names it: the index and the value, see `term_value`."""

Segment = tuple[str, str, int]
"""A term, and which 65,536 rows."""

EVERY: Final[Term] = ("", "")  # what every row has that is not removed
SHORT: Final = 3  # beginnings of words up to this length are terms themselves
_LENGTHS = range(1, SHORT + 1)
_A_QUERY = 256


class Change(NamedTuple):
    """A row that has changed: the view as it is in the database, None if it is not, and anew."""

    key: str
    version: int
    before: Any
    after: Any


def term_value(kind: IndexKind, value: Any) -> str:
    """A scalar value as a term holds it: "" for None; the terms are in the order of the values."""
    if value is None:
        return ""
    return f"={value + 2**63:020d}" if kind is IndexKind.INTEGER else f"={indexed_text(value)}"


def beginning(word: str) -> str:
    """The term of all words with a short beginning; no word contains an asterisk."""
    return f"{word}*"


class NumberedWriter:
    """Works out what to write for changed rows of a numbered view.

    Only one writer may be at work, and what it was given last must be committed before the next:
    the projector and the rebuild see to that by their leases.
    """

    def __init__(self, table: ViewTable, store: Store, *, ordered: bool) -> None:
        """`ordered` says that the orders are there; else `orders` makes them once at the end."""
        if table.numbered is None:
            raise ValueError(f"the rows of view {table.projection.name!r} have no numbers")
        self._table = table
        self._tables: NumberedTables = table.numbered
        self._store = store
        self.ordered = ordered
        self._orders = {name: OrderBlocks(store, table.numbered, name) for name in table.indexes}
        self._terms: list[tuple[str, Callable[[Any], Collection[str]]]] = [
            (EVERY[0], lambda _view: (EVERY[1],)),
            *(
                (name, _reader(index))
                for name, index in table.projection.indexes.items()
                if index.kind is not IndexKind.ORDER
            ),
        ]

    def rows(self, changes: Sequence[Change]) -> list[tuple[RowStatement, Row]]:
        """Everything to write for these changes, in one transaction. Keys must be distinct."""
        numbers = self._numbers([one.key for one in changes])
        result: list[tuple[RowStatement, Row]] = []
        upsert, values = self._table.upsert, self._table.values
        for key, version, _, after in changes:
            result.append((upsert, (numbers[key], *values(key, version, after))))
        result += self._bits(changes, numbers)
        if self.ordered:
            for name in self._orders:
                result += self._moved(name, changes, numbers)
        return result

    def orders(self) -> Iterator[list[tuple[RowStatement, Row]]]:
        """The blocks of every order, made anew from all rows, a few at a time."""
        for order in self._orders.values():
            yield from order.anew()
        self.ordered = True

    # --- numbers ----------------------------------------------------------------------------

    def _numbers(self, keys: Sequence[str]) -> dict[str, int]:
        """The numbers of rows; new ones get the next."""
        known: dict[str, int] = {}
        for start in range(0, len(keys), _A_QUERY):
            part = padded(keys[start : start + _A_QUERY])
            known.update(self._store.read(self._tables.numbers(len(part)).text, part))
        if len(known) < len(keys):
            [(last,)] = self._store.read(self._tables.last.text)
            for key in keys:
                if key not in known:
                    last = known[key] = (last or 0) + 1
        return known

    # --- bits -------------------------------------------------------------------------------

    def _bits(
        self, changes: Sequence[Change], numbers: Mapping[str, int]
    ) -> Iterator[tuple[RowStatement, Row]]:
        """The segments of terms that rows have lost or got."""
        gone, new = _moves(), _moves()
        for key, _, before, after in changes:
            segment, member = divmod(numbers[key], SEGMENT)
            for name, read in self._terms:
                has = () if after is None else read(after)
                if before is not None:
                    had, has = set(read(before)), set(has)
                    for value in had - has:
                        gone[name, segment][value].append(member)
                    has -= had
                members = new[name, segment]
                for value in has:
                    members[value].append(member)
        for name, segment in sorted({*gone, *new}):
            less, more = gone[name, segment], new[name, segment]
            places = [(name, value, segment) for value in sorted({*less, *more})]
            there = self._segments(places)
            for place in places:
                _, value, _ = place
                packed = changed(there.get(place, b""), less.get(value, ()), more.get(value, ()))
                yield self._tables.put_bits, (*place, packed)

    def _segments(self, places: Sequence[Segment]) -> dict[Segment, bytes]:
        found: dict[Segment, bytes] = {}
        for start in range(0, len(places), _A_QUERY):
            part = padded(places[start : start + _A_QUERY])
            sql = self._tables.some_bits(len(part))
            for name, value, segment, rows in self._store.read(
                sql.text, [one for place in part for one in place]
            ):
                found[name, value, segment] = rows
        return found

    # --- orders -----------------------------------------------------------------------------

    def _moved(
        self, name: str, changes: Sequence[Change], numbers: Mapping[str, int]
    ) -> Iterator[tuple[RowStatement, Row]]:
        """The blocks of an order that rows have left or entered."""
        gone, new = set[Place](), set[Place]()
        for key, _, before, after in changes:
            for places, view in ((gone, before), (new, after)):
                if view is not None:
                    places.add((self._value(name, view), numbers[key]))
        gone, new = gone - new, new - gone
        if gone or new:
            yield from self._orders[name].changed(gone, new)

    def _value(self, name: str, view: Any) -> str:
        return str(scalar(self._table.projection, name, view))


def _moves() -> defaultdict[tuple[str, int], defaultdict[str, list[int]]]:
    """For an index and a segment the members of each value."""
    return defaultdict(lambda: defaultdict(list))


def _reader(index: Index) -> Callable[[Any], Collection[str]]:
    """The values of a view's terms of an index, each once."""
    read, kind = index.read, index.kind
    match kind:
        case IndexKind.MANY:
            return lambda view: {term_value(kind, value) for value in read(view)}
        case IndexKind.WORDS:
            return lambda view: _word_terms(read(view))
        case _:
            return lambda view: (term_value(kind, read(view)),)


def _word_terms(prose: str) -> list[str]:
    words = words_of(prose)
    beginnings = {word[:length] for length in _LENGTHS for word in words}
    return [*words, *map(beginning, beginnings)]
