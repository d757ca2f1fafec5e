"""Numbered pages of a million rows: conditions by bitmaps, then only the rows of the page."""

import sys
from collections.abc import Iterator, Sequence
from functools import reduce
from typing import Any, NamedTuple

from adapters.numbered_tables import NumberedTables, padded
from adapters.numbered_writes import EVERY, SHORT, beginning, term_value
from adapters.row_sets import (
    RowSet,
    all_of,
    common,
    joined,
    mask,
    numbers_in,
    size,
    some_of,
)
from adapters.view_query import Condition, Eq, In, Prefix, Range, Text, beyond, kind_of, value_of
from adapters.view_table import INDEXED_CHARACTERS, ViewTable, words_of
from event_store.store import Read, ReadRows
from projections.kernel import IndexKind

AGE = "row"  # the order of first appearance, which needs no declaration
_SCALARS = (IndexKind.TEXT, IndexKind.INTEGER)
_FEW = 2000  # rows that are sorted rather than looked for in an order
_FIRST_BLOCKS, _MOST_BLOCKS = 8, 128
_AFTER_ALL = (INDEXED_CHARACTERS * chr(sys.maxunicode), 2**62)
_BEFORE_ALL = ("", -1)


class _Terms(NamedTuple):
    """The terms of an index that a condition asks for: some values, or all in a range."""

    name: str
    values: tuple[str, ...] = ()
    low: str = ""
    high: str | None = None
    ranged: bool = False


class NumberedQuery:
    """What a page is taken from: conditions and an order, checked against what is declared."""

    def __init__(self, table: ViewTable, where: Sequence[Condition], order: Sequence[str]) -> None:
        """Raises ValueError as `query` does, or if `order` names more than one."""
        if table.numbered is None:
            raise ValueError(f"the rows of view {table.projection.name!r} have no numbers")
        self._tables: NumberedTables = table.numbered
        self._terms = [one for condition in where for one in _terms(table, condition)]
        if len(order) > 1:
            raise ValueError(f"view {table.projection.name!r} takes one order at a time")
        self._order = "".join(order).removeprefix("-") or AGE
        self._descending = "".join(order).startswith("-")
        if self._order != AGE:
            kind_of(table, self._order, IndexKind.ORDER)

    def rows(self, read: Read, skip: int, count: int) -> tuple[ReadRows, int]:
        """`count` rows (key, document) behind the first `skip`, and how many there are in all.

        Everything that `read` answers must be of one moment.
        """
        found = self._found(read)
        total = size(found)
        count = min(count, total - skip)
        if count <= 0:
            return (), total
        numbers = self._numbers(read, found, total, skip, count)
        sql = self._tables.documents
        rows = {}
        for part in _parts(numbers):
            for number, key, document in read(sql(len(part)).text, part):
                rows[number] = (key, document)
        return [rows[number] for number in numbers], total

    # --- conditions -------------------------------------------------------------------------

    def _found(self, read: Read) -> RowSet:
        """The rows that meet every condition."""
        if not self._terms:
            return joined(self._segments(read, _Terms(EVERY[0], (EVERY[1],))))
        sets = []
        for one in self._terms:
            sets.append(joined(self._segments(read, one)))
            if not sets[-1]:
                return {}
        return reduce(common, sets)

    def _segments(self, read: Read, terms: _Terms) -> Iterator[tuple[int, bytes]]:
        name, values, low, high, ranged = terms
        if ranged:
            sql = self._tables.between(ends=high is not None)
            for segment, rows in read(sql.text, sql.bind(name=name, low=low, high=high)):
                yield segment, rows
        for part in _parts(values):
            for segment, rows in read(self._tables.valued(len(part)).text, (name, *part)):
                yield segment, rows

    # --- orders -----------------------------------------------------------------------------

    def _numbers(
        self, read: Read, found: RowSet, total: int, skip: int, count: int
    ) -> Sequence[int]:
        """The numbers of the rows of the page, in order."""
        if self._order == AGE:
            return some_of(found, skip, count, descending=self._descending)
        if total <= _FEW:
            places: list[tuple[Any, ...]] = []
            for part in _parts(list(all_of(found))):
                places += set(read(self._tables.values(self._order, len(part)).text, part))
            places.sort(reverse=self._descending)
            return [number for _, number in places[skip : skip + count]]
        behind = total - skip - count
        if behind < skip:  # nearer to the end
            return self._walk(read, found, behind, count, descending=not self._descending)[::-1]
        return self._walk(read, found, skip, count, descending=self._descending)

    def _walk(
        self, read: Read, found: RowSet, skip: int, count: int, *, descending: bool
    ) -> list[int]:
        """The numbers of `count` rows in the order, behind the first `skip`, block by block."""
        [(last,)] = read(self._tables.last.text, ())
        wanted = mask(found, last)
        numbers: list[int] = []
        for packed in self._blocks(read, descending=descending):
            rows = numbers_in(packed, "I")
            if descending:
                rows.reverse()
            some = [row for row in rows if wanted[row]]  # three times as fast as `map`
            numbers += some[skip : skip + count - len(numbers)]
            if len(numbers) == count:
                break
            skip = max(0, skip - len(some))
        return numbers

    def _blocks(self, read: Read, *, descending: bool) -> Iterator[bytes]:
        sql = self._tables.block_rows(descending=descending)
        (at, at_row), limit = (_AFTER_ALL if descending else _BEFORE_ALL), _FIRST_BLOCKS
        while True:
            some = read(sql.text, sql.bind(name=self._order, at=at, at_row=at_row, limit=limit))
            yield from (rows for _, _, rows in some)
            if len(some) < limit:
                return
            at, at_row, _ = some[-1]
            limit = min(2 * limit, _MOST_BLOCKS)


def _terms(table: ViewTable, condition: Condition) -> Iterator[_Terms]:
    """What the bitmaps must have in common so that a condition holds."""
    name = condition.name
    match condition:
        case Eq(value=None):
            yield _Terms(name, (term_value(kind_of(table, name, *_SCALARS), None),))
        case Eq(value=value):
            yield _valued(table, name, [] if value is None else [value])
        case In(values=values):
            yield _valued(table, name, values)
        case Prefix(prefix=prefix):
            kind = kind_of(table, name, IndexKind.TEXT)
            low = term_value(kind, value_of(table, kind, prefix))
            yield _Terms(name, low=low, high=beyond(low), ranged=True)
        case Range():
            yield _range(table, condition)
        case Text(text=text):
            kind_of(table, name, IndexKind.WORDS)
            words = words_of(text)
            if not words:
                yield _Terms(name)
            for word in words:
                if len(word) <= SHORT:
                    yield _Terms(name, (beginning(word),))
                else:
                    yield _Terms(name, low=word, high=beyond(word), ranged=True)


def _valued(table: ViewTable, name: str, values: Sequence[str | int]) -> _Terms:
    kind = kind_of(table, name, *_SCALARS, IndexKind.MANY)
    distinct = dict.fromkeys(term_value(kind, value_of(table, kind, value)) for value in values)
    return _Terms(name, tuple(distinct))


def _range(table: ViewTable, asked: Range) -> _Terms:
    kind = kind_of(table, asked.name, *_SCALARS)
    lows, highs = ["="], [">"]  # what every value's term begins with, and what comes after it
    for value, bounds, more in (
        (asked.ge, lows, ""),
        (asked.gt, lows, "\1"),  # the first character that may follow: no index holds a NUL
        (asked.le, highs, "\1"),
        (asked.lt, highs, ""),
    ):
        if value is not None:
            bounds.append(term_value(kind, value_of(table, kind, value)) + more)
    return _Terms(asked.name, low=max(lows), high=min(highs), ranged=True)


def _parts(values: Sequence[Any]) -> Iterator[tuple[Any, ...]]:
    """Values for one query after the other, padded."""
    for start in range(0, len(values), 512):
        yield padded(values[start : start + 512])
