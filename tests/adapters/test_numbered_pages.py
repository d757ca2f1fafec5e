"""`page` answers what a plain loop answers, with the total, however the rows came to be."""

import random
from functools import partial
from typing import Any

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from adapters import numbered_orders, numbered_pages, row_sets
from adapters.numbered_writes import Change, NumberedWriter
from adapters.view_query import Condition, Eq, In, Prefix, Range, Text
from adapters.view_table import ViewTable
from adapters.views import Views
from domain.attempt import AttemptStarted
from event_store.store import Cursor, Store, Transaction
from projections.kernel import Index, IndexKind, Projection
from tests.adapters.test_view_query import (
    CONDITIONS,
    THINGS,
    Thing,
    Things,
    holds,
    in_order,
    indexed,
    things,
)

numbered = things._replace(
    name="numbered",
    inline=False,
    numbered=True,
    indexes={
        **things.indexes,
        "by_name": Index(IndexKind.ORDER, lambda view: view.name or ""),
        "by_size": Index(IndexKind.ORDER, lambda view: f"{view.size}"),
    },
)
HELD = [HealthCheck.function_scoped_fixture]


@pytest.fixture(autouse=True)
def small(monkeypatch):
    """Blocks so small that a dozen rows fill several of them."""
    monkeypatch.setattr(numbered_orders, "_BLOCK", 4)
    monkeypatch.setattr(numbered_orders, "_PAGE", 2)
    monkeypatch.setattr(numbered_pages, "_FEW", 2)
    monkeypatch.setattr(numbered_pages, "_FIRST_BLOCKS", 1)


def empty(name: str, cursor: Cursor) -> None:
    """Remove all rows of a table."""
    cursor.execute(f"DELETE FROM {name}")


class Shelf:
    """A numbered view that is written as a fold would write it, and what it should hold."""

    def __init__(self, store: Store, views: Views, projection: Projection[Any] = numbered) -> None:
        self.store = store
        self.views = views
        self.projection = projection
        [state] = [one for one in views.report() if one.name == projection.name]
        self.table = ViewTable(projection, state.generation or 0, store.dialect)
        self.writer = NumberedWriter(self.table, store, ordered=True)
        self.held: Things = {}
        self.ages: list[str] = []
        self._version = 0

    def put(self, changes: Things) -> None:
        """Make these keys hold these views, None for no more."""
        self._version += 1
        rows = self.writer.rows(
            [Change(key, self._version, self.held.get(key), one) for key, one in changes.items()]
        )
        [result] = self.store.append([Transaction([], rows)])
        assert isinstance(result, int), result
        self.ages += [key for key in changes if key not in self.held]
        self.held.update(changes)

    def clear(self) -> None:
        """Empty tables again, between the examples of a property."""
        for name in self.table.tables:
            self.store.exclusive(partial(empty, name))
        self.held, self.ages = {}, []

    def expected(self, where: list[Condition], order: str) -> list[str]:
        """What a plain loop finds."""
        found = [
            key
            for key in self.ages
            if (one := self.held[key]) and all(holds(one, c) for c in where)
        ]
        plain = order.removeprefix("-")

        def value(key: str) -> Any:
            one = self.held[key]
            assert one is not None
            of = "" if plain == "row" else self.projection.indexes[plain].read(one)
            return (indexed(of), self.ages.index(key))

        return sorted(found, key=value, reverse=order.startswith("-"))


@pytest.fixture
def shelf(store):
    views = Views(store, [numbered])
    views.migrate()
    return Shelf(store, views)


@given(
    steps=st.lists(THINGS, min_size=1, max_size=4),
    where=st.lists(CONDITIONS, max_size=2),
    order=st.sampled_from(["", "row", "-row", "by_name", "-by_name", "by_size", "-by_size"]),
    per_page=st.integers(1, 4),
)
@settings(suppress_health_check=HELD)
def test_B02_pages_and_total_are_those_of_a_plain_loop(shelf, steps, where, order, per_page):
    shelf.clear()
    for step in steps:
        shelf.put(step)
    expected = shelf.expected(where, order or "row")
    for number in range(1, len(expected) // per_page + 3):
        found = shelf.views.page(numbered, where, [order] if order else [], number, per_page)
        assert found.total == len(expected)
        start = (number - 1) * per_page
        assert [key for key, _ in found.rows] == expected[start : start + per_page]
        assert all(one == shelf.held[key] for key, one in found.rows)


def thing(number: int, name: str | None = None) -> Thing:
    return Thing(name or f"n{number:03}", number % 7, (f"t{number % 3}",), f"word{number} слово")


def blocks(shelf: Shelf, name: str) -> list[list[int]]:
    """The blocks of an order, one after the other."""
    assert shelf.table.numbered is not None
    found = shelf.store.read(
        f"SELECT name, low, rows FROM {shelf.table.numbered.blocks.name} ORDER BY low, low_row"
    )
    return [
        list(row_sets.numbers_in(rows, "I"))
        for of, low, rows in found
        if of == name and low is not None
    ]


def test_blocks_of_an_order_stay_neither_large_nor_small_while_rows_move(shelf):
    draw = random.Random(7)
    names = [f"n{draw.randrange(1000):03}" for _ in range(300)]
    for start in range(0, 300, 30):
        shelf.put({f"k{i}": thing(i, names[i]) for i in range(start, start + 30)})
    for _ in range(30):
        some = draw.sample(range(300), 20)
        shelf.put({f"k{i}": thing(i, f"n{draw.randrange(1000):03}") for i in some})
    shelf.put({f"k{i}": None for i in draw.sample(range(300), 200)})
    found = blocks(shelf, "by_name")
    assert sum(map(len, found)) == 100
    assert max(map(len, found)) <= 8
    assert len(found) <= 100
    assert [row for block in found for row in block] == [
        shelf.ages.index(key) + 1 for key in shelf.expected([], "by_name")
    ]


def test_orders_made_at_the_end_are_those_that_were_kept(shelf):
    shelf.put({f"k{i}": thing(i, f"n{i * 37 % 100:03}") for i in range(100)})
    kept = [row for block in blocks(shelf, "by_name") for row in block]
    assert shelf.table.numbered is not None
    table = shelf.table.numbered.blocks.name
    shelf.store.exclusive(partial(empty, table))
    writer = NumberedWriter(shelf.table, shelf.store, ordered=False)
    for part in writer.orders():
        shelf.store.append([Transaction([], part)])
    assert writer.ordered
    made = blocks(shelf, "by_name")
    assert [row for block in made for row in block] == kept
    assert {len(block) for block in made} == {4}


def test_more_rows_than_a_segment_holds(shelf, monkeypatch):
    monkeypatch.setattr(numbered_orders, "_BLOCK", 1024)
    shelf.put({f"k{i}": None for i in range(65_536 - 300)})  # removed rows keep their numbers
    many = {f"m{i}": thing(i) for i in range(600)}
    shelf.put(many)
    where = [Eq("size", 3), In("tags", ["t1", "t2"])]
    expected = [i for i in range(600) if i % 7 == 3 and i % 3]
    for order, wanted in (("row", expected), ("-by_name", expected[::-1])):
        found = shelf.views.page(numbered, where, [order], 3, 10)
        assert found.total == len(expected)
        assert [key for key, _ in found.rows] == [f"m{i}" for i in wanted[20:30]]
    for text, total in (("с", 600), ("слов", 600), ("слова", 0), ("word12 сло", 11)):
        assert shelf.views.page(numbered, [Text("prose", text)]).total == total
    shelf.put({f"m{i}": None for i in range(0, 600, 2)})
    assert shelf.views.page(numbered, [], ["-by_name"], 15, 20).rows[-1][0] == "m1"
    shelf.put({f"m{i}": thing(i, "a") for i in range(0, 600, 2)})
    assert shelf.views.page(numbered, [Eq("name", "a")], ["by_name"], 30, 10).total == 300


def test_a_page_and_its_total_are_of_one_moment(shelf):
    shelf.put({f"k{i}": thing(i) for i in range(20)})
    real = shelf.store.snapshot

    def snapshot(work):
        def with_a_writer_between(read):
            def answer(sql, parameters=()):
                rows = read(sql, parameters)
                if shelf.store.dialect != "sqlite" or shelf.store.path != ":memory:":
                    size = (thing(0).size or 0) + len(shelf.ages)
                    shelf.put({"k1": Thing("other", size, (), ""), f"new{size}": thing(1)})
                return rows

            return work(answer)

        return real(with_a_writer_between)

    before = dict(shelf.held)
    shelf.store.snapshot = snapshot
    found = shelf.views.page(numbered, [Eq("size", 1)], ["by_name"], 1, 2)
    assert found.total == 3
    assert dict(found.rows) == {key: before[key] for key in ("k1", "k8")}


@pytest.mark.parametrize(
    "condition",
    [
        Eq("nothing", "x"),
        Eq("prose", "x"),
        Eq("tags", None),
        Eq("by_name", "x"),
        Eq("name", 1),
        Eq("size", "1"),
        In("prose", ["x"]),
        Prefix("size", "1"),
        Range("tags", ge="a"),
        Text("name", "x"),
    ],
    ids=str,
)
def test_a_condition_that_a_numbered_view_does_not_take_is_refused(shelf, condition):
    with pytest.raises(ValueError, match="view 'numbered'"):
        shelf.views.page(numbered, [condition])


@pytest.mark.parametrize("order", [["name"], ["by_name", "row"], ["nothing"], ["--row"]])
def test_an_order_that_a_numbered_view_has_not_declared_is_refused(shelf, order):
    with pytest.raises(ValueError, match="view 'numbered'"):
        shelf.views.page(numbered, [], order)


def test_a_numbered_view_is_not_searched_row_by_row(shelf):
    for ask in (shelf.views.find, shelf.views.count):
        with pytest.raises(ValueError, match="read by pages"):
            ask(numbered)


def test_only_a_followed_view_has_numbers_and_only_they_have_orders(store):
    for bad in (numbered._replace(inline=True), numbered._replace(numbered=False)):
        with pytest.raises(ValueError, match="view 'numbered'"):
            ViewTable(bad, 1, store.dialect)


@given(
    members=st.sets(st.integers(0, 65_535), max_size=50),
    ranges=st.lists(st.tuples(st.integers(0, 65_535), st.integers(1, 6_000)), max_size=2),
    gone=st.lists(st.integers(0, 65_535), max_size=5),
)
def test_a_segment_has_one_form_for_the_same_members(members, ranges, gone):
    wanted = set(members)
    for start, many in ranges:
        wanted.update(range(start, min(start + many, 65_536)))
    at_once = row_sets.changed(b"", (), wanted)
    wanted.difference_update(gone)
    stored = row_sets.changed(at_once, gone, ())
    assert stored == row_sets.changed(b"", (), wanted)
    found = row_sets.joined([(2, stored)])
    assert row_sets.size(found) == len(wanted)
    assert list(row_sets.all_of(found)) == [2 * 65_536 + one for one in sorted(wanted)]
    assert len(stored) <= 8192


class Plain(msgspec.Struct, frozen=True):
    size: int


def test_pages_of_a_view_without_numbers_agree_with_find(store):
    plain = Projection(
        name="plain",
        version=1,
        view=Plain,
        reads={"attempt.started": AttemptStarted},
        project=lambda view, _fact: view,
        indexes={"size": Index(IndexKind.INTEGER, lambda view: view.size)},
    )
    views = Views(store, [plain])
    views.migrate()
    [table] = views.inline("attempt")
    rows = [table.row(f"k{i}", 1, Plain(i % 4)) for i in range(50)]
    store.append([Transaction([], rows, views.epoch)])
    found = views.page(plain, [Range("size", gt=0)], ["-size"], 2, 10)
    assert found.total == 37
    assert found.rows == views.find(plain, [Range("size", gt=0)], ["-size"], limit=20).rows[10:]
    assert views.page(plain, [], [], 2**62, 100) == ([], 50)


def test_in_order_of_the_other_test_is_by_key():
    """The plain views break ties by key, the numbered ones by age: two loops, one meaning."""
    held: Things = {"b": thing(1, "x"), "a": thing(2, "x")}
    assert in_order(["b", "a"], held, ["name"]) == ["a", "b"]
