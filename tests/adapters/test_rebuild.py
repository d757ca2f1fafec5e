"""Rebuilding: the old rows serve until the new ones take over, whatever happens meanwhile."""

import sqlite3
import time
from contextlib import closing, contextmanager
from functools import partial
from threading import Event, Thread
from typing import Any

import psycopg
import pytest

from adapters.leases import Leases
from adapters.projector import Projector
from adapters.rebuild import LEASE, Rebuild, RebuildRunning
from adapters.view_catalog import Catalog, read_listing
from adapters.view_check import check
from adapters.view_fold import CannotFold
from adapters.view_sweep import sweep
from adapters.views import ViewMissing, Views
from event_store.store import Transaction
from projections.exam_attempts import exam_attempts
from projections.exams import exams
from projections.kernel import Index, IndexKind, Projection
from projections.registry import PROJECTIONS
from tests.adapters.histories import Live, catch_up, replayed, rows_in_use, save, start, submit
from tests.projections.exam_starts import POISON, exam_starts

EVERY: tuple[Projection[Any], ...] = (*PROJECTIONS, exam_starts)


@pytest.fixture
def views(store):
    views = Views(store, EVERY)
    views.migrate()
    return views


@pytest.fixture
def live(store, views):
    return Live(store, views)


def some_history(live, attempts=20):
    for number in range(attempts):
        name = f"a{number}"
        live.do(
            name, start(name, f"u{number % 3}", f"e{number % 2}"), save(number), save("y", "q2")
        )
        if number % 4 == 0:
            live.do(name, submit())


def generations(store):
    sql = Catalog(store.dialect).listing
    return read_listing(store.read(sql.text, sql.bind()))[1]


def tables(store):
    query = {
        "sqlite": "SELECT name FROM sqlite_master WHERE type = 'table'",
        "postgresql": "SELECT tablename FROM pg_tables",
    }
    names = {name for (name,) in store.read(query[store.dialect]) if "view_" in name}
    return names - {"view_catalog", "view_epoch"}


@pytest.mark.parametrize("remember", [1, 7, 1000])
def test_rebuilt_rows_are_the_replayed_ones_and_the_old_tables_are_gone(
    store, views, live, remember
):
    some_history(live)
    catch_up(store, EVERY)
    before = tables(store)
    seen: list[tuple[int, int]] = []
    done = Rebuild(store, EVERY, progress=lambda *at: seen.append(at), remember=remember).run()
    assert (done.views, done.retired) == (sorted(one.name for one in EVERY), [])
    assert done.position == store.head() == seen[-1][0]
    for one in EVERY:
        assert rows_in_use(store, views, one) == replayed(store, one)
    assert {(one.name, one.generation) for one in generations(store)} == {
        (one.name, 2) for one in EVERY
    }
    assert len(tables(store)) == len(before)
    assert not tables(store) & before


def test_what_is_out_of_use_is_removed_a_little_at_a_time(store, views, live, monkeypatch):
    monkeypatch.setattr("adapters.view_sweep._ROWS", 3)
    some_history(live)
    catch_up(store, EVERY)
    steps: list[int] = []
    before = tables(store)
    table, *_ = views.inline("attempt")
    catalog = Catalog(store.dialect)
    for one in generations(store):
        store.exclusive(partial(catalog.retire, one=one))
    with pytest.raises(Exception, match=table.name):
        store.read(f"SELECT * FROM {table.name}")
    sweep(store, lambda: steps.append(1))
    assert generations(store) == []
    assert not tables(store)
    assert before
    assert len(steps) > 7 if store.dialect == "sqlite" else len(steps) == len(EVERY)


def test_only_the_named_views_are_rebuilt(store, views, live):
    some_history(live, 3)
    epoch = store.epoch()
    assert Rebuild(store, EVERY).run(["exams"]).views == ["exams"]
    assert {one.name: one.generation for one in generations(store)} == {
        one.name: 2 if one.name == "exams" else 1 for one in EVERY
    }
    assert store.epoch() == epoch + 1
    with pytest.raises(KeyError):
        Rebuild(store, EVERY).run(["nothing"])


def test_a_changed_view_is_built_beside_the_one_in_use(store, views, live):
    some_history(live)
    changed = exam_attempts._replace(
        version=2,
        indexes={
            "group": Index(IndexKind.INTEGER, lambda view: view.total),
            "order": Index(IndexKind.MANY, lambda view: (view.user_id, view.exam_id)),
            "user": Index(IndexKind.WORDS, lambda view: f"{view.user_id} {view.status}"),
        },
    )
    others = [one for one in EVERY if one is not exam_attempts]
    Rebuild(store, [changed, *others]).run()
    new = Views(store, [changed, *others])
    new.load()
    assert rows_in_use(store, new, changed) == replayed(store, changed)
    Rebuild(store, EVERY).run()  # and back, side tables and all
    views.load()
    assert rows_in_use(store, views, exam_attempts) == replayed(store, exam_attempts)
    assert not [name for name in tables(store) if name.startswith("view_exam_attempts_2")]


def test_an_event_that_cannot_be_folded_leaves_the_old_rows_serving(store, views, live):
    some_history(live, 4)
    catch_up(store, EVERY)
    now = rows_in_use(store, views, exam_starts)
    live.do("bad", start("bad", POISON))
    epoch = store.epoch()
    with pytest.raises(CannotFold, match=f"'exam_starts' cannot fold position {store.head()}: "):
        Rebuild(store, EVERY).run()
    assert store.epoch() == epoch
    views.load()
    assert rows_in_use(store, views, exam_starts) == now
    Rebuild(store, EVERY).run(["exams", "exam_attempts"])
    assert len(generations(store)) == len(EVERY)  # the unfinished one is gone


def test_a_second_rebuild_waits_then_gives_up(store, views, monkeypatch):
    monkeypatch.setattr("adapters.rebuild._LEASE_SECONDS", 0.2)
    leases = Leases(store)
    leases.migrate()
    token = leases.acquire(LEASE, "another process", 60)
    assert token == 1
    began = time.monotonic()
    with pytest.raises(RebuildRunning, match="another rebuild is running"):
        Rebuild(store, EVERY).run()
    assert time.monotonic() - began > 0.2
    leases.release(LEASE, token)
    Rebuild(store, EVERY).run()


def test_a_rebuild_that_was_overtaken_switches_nothing(store, views, live):
    some_history(live, 4)

    def overtaken(*_at):
        store.exclusive(lambda cursor: cursor.execute("UPDATE leases SET token = token + 1"))

    epoch = store.epoch()
    with pytest.raises(RebuildRunning, match="taken over"):
        Rebuild(store, EVERY, progress=overtaken).run()
    assert store.epoch() == epoch
    views.load()


def test_events_appended_meanwhile_are_folded_under_the_lock(another):
    store, other = another(), another()
    views, others = Views(store, EVERY), Views(other, EVERY)
    views.migrate()
    others.migrate()
    live = Live(other, others)
    some_history(live)
    more = iter(range(3))

    def meanwhile(position, head):
        if position == head and (number := next(more, None)) is not None:
            live.do(f"m{number}", start(f"m{number}"), save(number))

    done = Rebuild(store, EVERY, progress=meanwhile).run()
    assert done.position == store.head()
    views.load()
    for one in EVERY:
        assert rows_in_use(store, views, one) == replayed(store, one)
    live.do("m0", save("after"))
    assert check(store, EVERY).differences == []


@pytest.mark.parametrize("rebuilds", [3, pytest.param(15, marks=pytest.mark.ci)])
def test_appends_and_reads_go_on_while_views_are_rebuilt(another, rebuilds):
    first = another()
    Views(first, EVERY).migrate()
    stop, failures, answered = Event(), list[BaseException](), [0, 0]

    def guarded(work, number):
        try:
            store = another()
            views = Views(store, EVERY)
            views.load()
            work(store, views, number)
        except BaseException as error:
            failures.append(error)
            raise

    def write(store, views, number):
        live, turn = Live(store, views), 0
        while not stop.is_set():
            name = f"w{number}-{turn % 40}"
            live.do(name, start(name, f"u{number}", f"e{turn % 3}"), save(turn))
            answered[number] = turn = turn + 1

    def read(store, views, _number):
        while not stop.is_set():
            for key in ("w0-1", "w1-1"):
                view = views.get(exam_attempts, key)
                assert view is None or view.answered <= 1
            views.find(exam_starts, order=["-starts"])

    projector = Projector(first, EVERY, own=another)
    projector.start()
    threads = [Thread(target=guarded, args=part) for part in ((write, 0), (write, 1), (read, 2))]
    for thread in threads:
        thread.start()
    rebuilding = another()
    try:
        for _ in range(rebuilds):
            seen = sum(answered)
            while sum(answered) < seen + 20 and not failures:
                time.sleep(0.005)
            Rebuild(rebuilding, EVERY, remember=50).run()
    finally:
        stop.set()
        for thread in threads:
            thread.join()
        projector.stop()
    assert not failures
    catch_up(first, EVERY)
    views = Views(first, EVERY)
    views.load()
    for one in EVERY:
        assert rows_in_use(first, views, one) == replayed(first, one)
    assert {one.generation for one in generations(first)} == {rebuilds + 1}


def test_a_long_reader_of_the_old_rows_delays_the_switch_and_not_the_appends(
    another, shared_address
):
    store, other = another(), another()
    views = Views(store, EVERY)
    views.migrate()
    live = Live(store, views)
    some_history(live, 5)
    table, *_ = views.inline("attempt")
    waits: list[float] = []

    def append() -> None:
        for number in range(10):
            began = time.monotonic()
            live.do(f"m{number}", start(f"m{number}"))
            waits.append(time.monotonic() - began)
            time.sleep(0.05)

    with reading(shared_address, table.name) as done:
        rebuilding = Thread(target=lambda: Rebuild(other, EVERY).run())
        rebuilding.start()
        append()
        assert rebuilding.is_alive() or store.dialect == "sqlite"  # whose readers block nobody
        done()
        rebuilding.join()
    assert max(waits) < 4  # the store itself would wait five seconds
    views.load()
    assert rows_in_use(store, views, exam_attempts) == replayed(store, exam_attempts)
    assert {one.generation for one in generations(store)} == {2}


@contextmanager
def reading(address, table):
    """A reader that holds on to a table, as a dump does, until it is told to stop."""
    connection: Any = (
        sqlite3.connect(address.removeprefix("sqlite:///"), isolation_level=None)
        if address.startswith("sqlite")
        else psycopg.connect(address, autocommit=True)
    )
    with closing(connection):
        connection.execute("BEGIN")
        connection.execute(f"SELECT count(*) FROM {table}").fetchall()
        yield lambda: connection.execute("ROLLBACK")


# --- check --------------------------------------------------------------------------------------


def test_check_names_each_row_that_is_not_what_the_log_says(store, views, live):
    some_history(live)
    catch_up(store, EVERY)
    assert check(store, EVERY).differences == []
    assert check(store, EVERY, ["exam_attempts"]).rows == 20
    table, *_ = views.inline("attempt")
    real = views.get(exam_attempts, "a3")
    other = views.get(exam_attempts, "a4")
    rows = [table.row("a3", 99, None), table.row("a5", 99, other), table.row("zz", 99, real)]
    store.append([Transaction([], rows, views.epoch)])
    store.exclusive(
        lambda cursor: cursor.execute(
            f"""UPDATE {table.name} SET user_id = 'mallory' WHERE "key" = 'a7'"""
        )
    )
    before = tables(store)
    found = check(store, EVERY)
    assert [(one.view, one.key) for one in found.differences] == [
        ("exam_attempts", "a3"),
        ("exam_attempts", "a5"),
        ("exam_attempts", "a7"),
        ("exam_attempts", "zz"),
    ]
    gone, changed, column, surplus = found.differences
    assert (gone.actual, surplus.expected) == (None, None)
    assert b'"attemptId":"a4"' in (changed.actual or ())[1]
    assert b'"attemptId":"a5"' in (changed.expected or ())[1]
    assert ((column.actual or ())[2], (column.expected or ())[2]) == ("mallory", "u1")
    assert tables(store) == before
    Rebuild(store, EVERY).run()
    assert check(store, EVERY).differences == []


def test_check_of_a_view_behind_the_log_looks_at_what_it_has_folded(store, views, live):
    some_history(live, 5)
    catch_up(store, EVERY)
    live.do("b", start("b"))
    assert check(store, EVERY).differences == []


def test_check_of_a_missing_view_says_so(store, views):
    next_one = exams._replace(version=exams.version + 1)
    with pytest.raises(ViewMissing, match="markbook rebuild exams"):
        check(store, [next_one, exam_attempts, exam_starts])


def test_check_has_no_false_alarms_while_appends_go_on(another):
    store, other = another(), another()
    views = Views(store, PROJECTIONS)
    views.migrate()
    live = Live(store, views)
    some_history(live, 10)
    turns = iter(range(1, 30))

    def meanwhile(*_at):
        if (turn := next(turns, None)) is not None:
            live.do(f"a{turn % 10}", save(f"turn {turn}"))
            live.do(f"n{turn}", start(f"n{turn}"))

    assert check(other, PROJECTIONS, progress=meanwhile).differences == []
