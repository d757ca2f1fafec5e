"""The orders of a numbered view: its row numbers in blocks, and how rows move between them."""

from bisect import bisect_right
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from adapters.numbered_tables import NumberedTables
from adapters.row_sets import packed_numbers
from adapters.view_table import Row
from event_store.store import RowStatement, Store

Place = tuple[str, int]
"""Where a row stands in an order: its value, then its number."""

Written = tuple[RowStatement, Row]

_BLOCK = 1024  # rows in a new block; a quarter of that at least, twice that at most
_PAGE = 32  # blocks that are made at once
_START: Place = ("", 0)  # before every place


class OrderBlocks:
    """Works out which blocks of one order to write; for one writer, as `NumberedWriter`."""

    def __init__(self, store: Store, tables: NumberedTables, name: str) -> None:
        """`name` is that of the order."""
        self._store = store
        self._tables = tables
        self._name = name
        self._block = _BLOCK

    def anew(self) -> Iterator[list[Written]]:
        """All blocks, made of all rows, a few at a time. There must be none."""
        sql = self._tables.in_order(self._name, ends=False, limited=True)
        low, number, page = _START, 0, _PAGE * self._block
        while True:
            asked = sql.bind(low=low[0], low_row=low[1], limit=page)
            found = self._store.read(sql.text, asked)
            written: list[Written] = []
            for start in range(0, len(found), self._block):
                places = found[start : start + self._block]
                written.append(self._row(number, low, places))
                number += 1
                value, row = places[-1]
                low = (value, row + 1)
            yield written
            if len(found) < page:
                return

    def changed(self, gone: set[Place], new: set[Place]) -> Iterator[Written]:
        """The blocks to write when rows have left some places and entered others."""
        sql = self._tables.directory
        found = self._store.read(sql.text, sql.bind(name=self._name))
        used = sorted((low, low_row, number) for number, low, low_row in found if low is not None)
        free = [number for number, low, _ in found if low is None]
        beyond = max((number for number, _, _ in found), default=-1) + 1
        if not used:
            used = [(*_START, free.pop() if free else beyond)]
            beyond += 1
        lows = [(low, row) for low, row, _ in used]

        entering: dict[int, list[Place]] = {}
        for place in new:
            entering.setdefault(bisect_right(lows, place) - 1, []).append(place)
        touched = {*entering, *(bisect_right(lows, place) - 1 for place in gone)}
        runs: list[tuple[int, int, list[Place]]] = []  # first block, last block, their places
        for at in sorted(touched):
            stay = [place for place in self._stored(lows, at) if place not in gone]
            places = sorted([*stay, *entering.get(at, ())])
            if at and len(places) < self._block // 4:  # too few: join them to the block before
                if runs and runs[-1][1] == at - 1:
                    first, _, before = runs.pop()
                else:
                    first, before = at - 1, self._stored(lows, at - 1)
                runs.append((first, at, [*before, *places]))
            else:
                runs.append((at, at, places))

        free += [used[at][2] for first, last, _ in runs for at in range(first + 1, last + 1)]
        unused = set(free)
        for first, _, places in runs:
            for start, part in self._parts(places):
                if not start:
                    yield self._row(used[first][2], lows[first], part)
                    continue
                if not free:
                    free.append(beyond)
                    beyond += 1
                number = free.pop()
                unused.discard(number)
                yield self._row(number, part[0], part)
        known = {number for number, _, _ in found}
        for number in unused & known:
            yield self._row(number, None, ())

    def _parts(self, places: Sequence[Place]) -> Iterator[tuple[int, Sequence[Place]]]:
        """What goes into each block, and where it starts; the first may be empty."""
        step = self._block if len(places) > 2 * self._block else max(1, len(places))
        for start in range(0, max(1, len(places)), step):
            yield start, places[start : start + step]

    def _stored(self, lows: Sequence[Place], at: int) -> list[Place]:
        """The places in a block as they are in the database."""
        ends = at + 1 < len(lows)
        sql = self._tables.in_order(self._name, ends=ends)
        bound: dict[str, Any] = {"low": lows[at][0], "low_row": lows[at][1]}
        if ends:
            bound["high"], bound["high_row"] = lows[at + 1]
        return [(value, row) for value, row in self._store.read(sql.text, sql.bind(**bound))]

    def _row(self, number: int, low: Place | None, places: Iterable[Place]) -> Written:
        rows = packed_numbers((row for _, row in places), "I")
        return self._tables.put_block, (self._name, number, *(low or (None, None)), rows)
