"""`find` answers what a plain loop over all views answers, on every database, in the same order."""

import base64
import operator
from typing import Any

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from adapters.view_query import BadCursor, Condition, Eq, In, Prefix, Range, Text, query
from adapters.view_table import words_of
from adapters.views import Views
from domain.attempt import AttemptStarted
from event_store.store import Store, Transaction
from projections.kernel import Index, IndexKind, Projection


class Thing(msgspec.Struct, frozen=True):
    name: str | None
    size: int | None
    tags: tuple[str, ...]
    prose: str


things = Projection(
    name="things",
    version=1,
    view=Thing,
    reads={"attempt.started": AttemptStarted},
    project=lambda view, _fact: view,
    indexes={
        "name": Index(IndexKind.TEXT, lambda view: view.name),
        "size": Index(IndexKind.INTEGER, lambda view: view.size),
        "tags": Index(IndexKind.MANY, lambda view: view.tags),
        "prose": Index(IndexKind.WORDS, lambda view: view.prose),
    },
)
Things = dict[str, Thing | None]

# Few letters, so that values meet: wildcards, cases, combining marks, beyond the first plane, NUL.
LETTERS = st.sampled_from("aAbBß%_\\'\" \0é\u0301яЯ\ud7ff\uffff𝒜\U0010ffff7")
SHORT = st.text(LETTERS, max_size=3)
NAMES = st.none() | SHORT
SIZES = st.none() | st.integers(-2, 2) | st.sampled_from([-(2**63), 2**63 - 1])
THINGS = st.dictionaries(
    st.text(st.sampled_from("abЯ𝒜_%"), min_size=1, max_size=3),
    st.none()
    | st.builds(
        Thing,
        NAMES,
        SIZES,
        st.lists(SHORT, max_size=3).map(tuple),
        st.lists(SHORT, max_size=4).map(" ".join),
    ),
    max_size=12,
)
CONDITIONS: st.SearchStrategy[Condition] = st.one_of(
    st.builds(Eq, st.just("name"), NAMES),
    st.builds(Eq, st.just("size"), SIZES),
    st.builds(Eq, st.just("tags"), SHORT),
    st.builds(In, st.just("name"), st.lists(SHORT, max_size=3)),
    st.builds(In, st.just("size"), st.lists(st.integers(-2, 2), max_size=3)),
    st.builds(In, st.just("tags"), st.lists(SHORT, max_size=3)),
    st.builds(Prefix, st.just("name"), SHORT),
    st.builds(Range, st.just("name"), ge=NAMES, gt=NAMES, le=NAMES, lt=NAMES),
    st.builds(Range, st.just("size"), ge=SIZES, gt=SIZES, le=SIZES, lt=SIZES),
    st.builds(Text, st.just("prose"), SHORT),
)
ORDERS = st.lists(
    st.sampled_from(["name", "-name", "size", "-size"]),
    max_size=2,
    unique_by=lambda name: name.removeprefix("-"),
)


def indexed(value: Any) -> Any:
    return value.replace("\0", "\ufffd") if isinstance(value, str) else value


def holds(thing: Thing, condition: Condition) -> bool:
    value = indexed(getattr(thing, condition.name))
    match condition:
        case Eq(value=wanted) if condition.name == "tags":
            return indexed(wanted) in map(indexed, value)
        case Eq(value=wanted):
            return bool(value == indexed(wanted))
        case In(values=wanted) if condition.name == "tags":
            return bool({*map(indexed, wanted)} & {*map(indexed, value)})
        case In(values=wanted):
            return value in map(indexed, wanted)
        case Prefix(prefix=prefix):
            return value is not None and value.startswith(indexed(prefix))
        case Range():
            marks = zip(("ge", "gt", "le", "lt"), condition[1:], strict=True)
            return value is not None and all(
                bound is None or getattr(operator, mark)(value, indexed(bound))
                for mark, bound in marks
            )
        case Text(text=text):
            words = words_of(text)
            there = words_of(thing.prose)
            return bool(words) and all(any(one.startswith(word) for one in there) for word in words)


def in_order(found: list[str], all_things: Things, order: list[str]) -> list[str]:
    found = sorted(found, reverse=bool(order) and order[-1].startswith("-"))
    for name in reversed(order):
        plain = name.removeprefix("-")

        def value(key: str, plain: str = plain) -> tuple[bool, Any]:
            one = indexed(getattr(all_things[key], plain))
            return (one is not None, one)

        found = sorted(found, key=value, reverse=name.startswith("-"))
    return found


@pytest.fixture
def views(store: Store) -> Views:
    views = Views(store, [things])
    views.migrate()
    return views


def put(store: Store, views: Views, all_things: Things) -> None:
    """Make the view hold exactly these rows; those that change are told what they were."""
    [table] = views.inline("attempt")
    [[last]] = store.read(f"SELECT coalesce(max(version), 0) FROM {table.name}")
    known = store.read(f'SELECT "key", document FROM {table.name}')
    before = {key: table.decoded(document) for key, document in known}
    rows = [
        table.row(key, last + 1, all_things.get(key), before.get(key))
        for key in {*before, *all_things}
    ]
    [result] = store.append([Transaction([], rows, views.epoch)])
    assert isinstance(result, int)


@given(
    all_things=THINGS, where=st.lists(CONDITIONS, max_size=2), order=ORDERS, limit=st.integers(1, 4)
)
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_find_is_a_plain_loop_and_pages_visit_each_row_once(
    store, views, *, all_things, where, order, limit
):
    put(store, views, all_things)
    there = {key: thing for key, thing in all_things.items() if thing is not None}
    matching = [key for key, one in there.items() if all(holds(one, each) for each in where)]
    expected = in_order(matching, all_things, order)
    whole = views.find(things, where, order, limit=len(there) + 1)
    assert [key for key, _ in whole.rows] == expected
    assert dict(whole.rows) == {key: there[key] for key in expected}
    assert whole.next is None
    paged: list[str] = []
    cursor = None
    while True:
        page = views.find(things, where, order, cursor, limit)
        assert len(page.rows) <= limit
        paged += [key for key, _ in page.rows]
        cursor = page.next
        if cursor is None:
            break
        assert len(page.rows) == limit
    assert paged == expected


@given(THINGS)
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_get_and_get_many_find_rows_by_key(store, views, all_things):
    put(store, views, all_things)
    there = {key: thing for key, thing in all_things.items() if thing is not None}
    assert views.get_many(things, [*all_things, "nowhere"]) == there
    for key in [*all_things, "nowhere"]:
        assert views.get(things, key) == there.get(key)


def test_get_many_takes_many_keys(store, views):
    put(store, views, {f"k{i}": Thing("n", i, (), "") for i in range(1203)})
    found = views.get_many(things, [f"k{i}" for i in range(1203)])
    assert {key: one.size for key, one in found.items()} == {f"k{i}": i for i in range(1203)}
    assert views.get_many(things, []) == {}


def test_long_texts_are_indexed_by_their_beginning(store, views):
    long = "я" * 5000
    many = tuple(f"{i}" * 3000 for i in range(5))
    thing = Thing(long, None, many, f"{long} {'é' * 300_000} \u0301{chr(0x301) * 100_000}")
    put(store, views, {"k" * 100: thing})
    for condition in (
        Eq("name", long),
        Prefix("name", long[:3000]),
        Eq("tags", "3" * 3000),
        Text("prose", long[:80]),
    ):
        assert [key for key, _ in views.find(things, [condition]).rows] == ["k" * 100]


def test_words_are_whole_words_or_their_beginnings(store, views):
    proses = {
        "1": "The Quick-brown fox",
        "2": "быстрая ЛИСА и ёж",
        "3": "snake_case x² ﬁne don't",
        "4": "",
    }
    put(store, views, {key: Thing(None, None, (), prose) for key, prose in proses.items()})
    for text, expected in {
        "quick": ["1"],
        "FOX the": ["1"],
        "uick": [],
        "лис": ["2"],
        "е\u0308ж": ["2"],
        "snake": ["3"],
        "case": [],
        "x2 fine": ["3"],
        "don t": ["3"],
        "!!!": [],
        "": [],
        "' OR 1=1 --": [],
        'NEAR("fox" the)': [],
    }.items():
        assert [key for key, _ in views.find(things, [Text("prose", text)]).rows] == expected, text


@pytest.mark.parametrize(
    "condition",
    [
        Eq("nothing", "x"),
        Eq("prose", "x"),
        Eq("tags", None),
        Eq("name", 1),
        Eq("size", "1"),
        Eq("size", 2**63),
        In("prose", ["x"]),
        Prefix("size", "1"),
        Prefix("tags", "1"),
        Range("tags", ge="a"),
        Text("name", "x"),
    ],
    ids=str,
)
def test_a_condition_that_an_index_does_not_take_is_refused(store, views, condition):
    with pytest.raises(ValueError, match="view 'things'"):
        views.find(things, [condition])


@pytest.mark.parametrize("order", ["nothing", "tags", "-prose", "--name", ""])
def test_an_order_that_is_not_declared_is_refused(store, views, order):
    with pytest.raises(ValueError, match="view 'things'"):
        views.find(things, order=[order])


@given(cursor=st.text(max_size=60) | st.binary(max_size=60).map(lambda b: b.decode("latin-1")))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_a_made_up_cursor_is_refused(store, views, cursor):
    with pytest.raises(BadCursor):
        views.find(things, [], ["name"], cursor)


@pytest.mark.parametrize(
    "plain",
    [
        b"[]",
        b'[["size"],[1],"k"]',  # of another order
        b'[["name"],[],"k"]',
        b'[["name"],[1],"k"]',
        b'[["name"],["\\u0000"],"k"]',
        b'[["name"],["x"],"\\u0000"]',
        b'[["name"],["\\ud800"],"k"]',
        b'[["name"],["x"],"\xff"]',
        pytest.param(b"[" * 100_000, id="too deep"),
    ],
)
def test_a_forged_cursor_is_refused(store, views, plain):
    with pytest.raises(BadCursor):
        views.find(things, [], ["name"], base64.urlsafe_b64encode(plain).decode())


@pytest.mark.parametrize("name", ["key", "version", "Upper", "a b", "a;--", ""])
def test_an_index_cannot_be_called_anything(store, name):
    bad = things._replace(indexes={name: Index(IndexKind.TEXT, lambda view: view.name)})
    with pytest.raises(ValueError, match="cannot have an index"):
        Views(store, [bad]).migrate()


def test_an_index_serves_the_order_that_it_is_for(store, views):
    put(store, views, {f"k{i}": Thing(f"n{i:04}", i % 7, (), "") for i in range(2000)})
    [table] = views.inline("attempt")
    if store.dialect == "postgresql":
        store.exclusive(lambda cursor: cursor.execute(f"ANALYZE {table.name}"))
    for order in (["name"], ["-name"]):
        first = views.find(things, [Prefix("name", "n0")], order, limit=5)
        asked = query(table, [Prefix("name", "n0")], order, first.next, 5)
        explain = "EXPLAIN QUERY PLAN" if store.dialect == "sqlite" else "EXPLAIN"
        plan = str(store.read(f"{explain} {asked.text}", asked.parameters))
        assert f"{table.name}_name" in plan
        assert "Sort" not in plan
        assert "TEMP B-TREE" not in plan


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    all_things=THINGS,
    where=st.lists(CONDITIONS, max_size=2),
    order=ORDERS,
    limit=st.integers(1, 4),
    skip=st.integers(0, 5),
)
def test_A19_numbered_pages_and_the_count_agree_with_a_plain_loop(
    store: Store,
    views: Views,
    *,
    all_things: Things,
    where: list[Condition],
    order: list[str],
    limit: int,
    skip: int,
):
    put(store, views, all_things)
    expected = [key for key, _ in views.find(things, where, order, limit=100).rows]
    assert views.count(things, where) == len(expected)
    found = views.find(things, where, order, limit=limit, skip=skip)
    assert [key for key, _ in found.rows] == expected[skip : skip + limit]
