"""The catalogue: which generation serves, who may go on with it, how a switch is noticed."""

from concurrent.futures import ThreadPoolExecutor

import pytest

from adapters.rebuild import Rebuild
from adapters.view_query import Eq
from adapters.views import ViewMissing, Views
from event_store.store import EpochMoved, Transaction
from projections.exam_attempts import exam_attempts
from projections.exams import exams
from tests.adapters.histories import Live, replayed, rows_in_use, save, start
from tests.projections.exam_starts import exam_starts

NEXT = exam_attempts._replace(version=exam_attempts.version + 1)

PROJECTIONS = (exams, exam_attempts)  # all that a program of these tests knows


def opened(store, *projections):
    views = Views(store, projections or PROJECTIONS)
    views.migrate()
    return views


def test_on_an_empty_log_every_view_is_made_at_once(store):
    views = Views(store, PROJECTIONS)
    assert views.migrate() == {}
    views.load()
    assert [one.name for one in views.report()] == ["exam_attempts", "exams"]
    assert {one.status for one in views.report()} == {"active"}
    assert [table.projection.name for table in views.inline("attempt")] == ["exam_attempts"]
    assert views.inline("exam_slot") == ()


def test_migrating_again_changes_nothing(store):
    views = opened(store)
    before, epoch = views.report(), store.epoch()
    assert Views(store, PROJECTIONS).migrate() == {}
    assert (views.report(), store.epoch()) == (before, epoch)


def test_nothing_is_known_before_load(store):
    views = Views(store, PROJECTIONS)
    with pytest.raises(ViewMissing, match="not loaded yet"):
        views.inline("attempt")


def test_a_view_with_nothing_to_fold_is_made_on_a_log_that_has_events(store):
    live = Live(store, opened(store, exams))
    live.do("a1", start("a1"))  # no event of exams
    next_one = exams._replace(version=exams.version + 1)
    assert Views(store, [next_one]).migrate() == {}
    [one] = Views(store, [exams]).report()
    assert (one.generation, one.version) == (2, next_one.version)


def test_a_view_with_events_to_fold_is_missing_until_it_is_rebuilt(store):
    Live(store, opened(store, exams)).do("a1", start("a1"))
    views = Views(store, PROJECTIONS)
    assert views.migrate() == {"exam_attempts": "has never been built"}
    with pytest.raises(ViewMissing, match=r"Run: markbook rebuild exam_attempts$"):
        views.load()
    with pytest.raises(ViewMissing):
        views.inline("attempt")
    with pytest.raises(ViewMissing):
        views.inline("exam")  # a process that lacks one view appends nothing
    with pytest.raises(ViewMissing):
        views.get(exam_attempts, "a1")
    assert views.get(exams, "e1") is None  # what is there can be read
    assert [one.status for one in views.report()] == ["missing", "active"]
    Rebuild(store, PROJECTIONS).run(["exam_attempts"])
    assert views.get(exam_attempts, "a1") is not None  # noticed without being told
    assert len(views.inline("attempt")) == 1


def test_a_process_of_another_version_can_go_on_neither_before_nor_after_the_rebuild(store):
    old = opened(store)
    Live(store, old).do("a1", start("a1"))
    new = Views(store, [exams, NEXT])
    assert new.migrate() == {
        "exam_attempts": f"has version {exam_attempts.version}, this program needs {NEXT.version}"
    }
    Rebuild(store, [exams, NEXT]).run()
    new.load()
    with pytest.raises(ViewMissing, match=f"has version {NEXT.version}, this program"):
        old.load()
    with pytest.raises(ViewMissing):
        old.inline("attempt")


def test_a_process_that_does_not_know_a_view_in_use_cannot_go_on(store):
    opened(store, *PROJECTIONS, exam_starts)
    views = Views(store, PROJECTIONS)
    assert views.migrate() == {"exam_starts": "belongs to another version of this program"}
    assert Rebuild(store, PROJECTIONS).run().retired == ["exam_starts"]
    views.load()
    assert [one.name for one in views.report()] == ["exam_attempts", "exams"]


def test_rows_folded_for_an_older_epoch_are_refused_then_computed_again(another):
    store, other = another(), another()
    views = opened(store)
    live = Live(store, views)
    live.do("a1", start("a1"))
    late = live.decided("a1", save("late"))
    assert late is not None
    Rebuild(other, PROJECTIONS).run()
    for transaction in (late, Transaction([], late.rows, late.epoch)):
        [result] = store.append([transaction])
        assert isinstance(result, EpochMoved)
    views.load()
    [table] = views.inline("attempt")
    row = table.row("a1", 2, views.get(exam_attempts, "a1"))
    [result] = store.append([late._replace(rows=[row], epoch=views.epoch)])
    assert result == store.head() == 2


def test_the_first_rows_of_a_process_may_be_for_a_table_that_is_gone(another):
    store = another()
    live = Live(store, opened(store))
    live.do("a1", start("a1"))
    late = live.decided("a1", save("late"))
    assert late is not None
    Rebuild(another(), PROJECTIONS).run()
    [result] = another().append([late])
    assert isinstance(result, EpochMoved)


def test_readers_of_the_old_rows_never_fail_and_never_read_stale_ones(another):
    store, other = another(), another()
    views, others = opened(store), opened(other)
    live = Live(other, others)
    live.do("a1", start("a1"))
    assert views.get(exam_attempts, "a1").answered == 0
    for number in range(1, 4):
        Rebuild(other, PROJECTIONS).run()
        others.load()
        live.do("a1", save(number))
        assert views.get(exam_attempts, "a1").answered == 1  # this process was told nothing
        assert views.get_many(exam_attempts, ["a1"])["a1"].answered == 1
        assert len(views.find(exam_attempts, [Eq("user_id", "ann")]).rows) == 1
        assert views.epoch == store.epoch()


def test_an_error_that_no_rebuild_explains_is_not_hidden(store):
    views = opened(store)
    [table] = views.inline("exam")
    store.exclusive(lambda cursor: cursor.execute(f"DROP TABLE {table.name}"))
    with pytest.raises(Exception, match=table.name):
        views.get(exams, "e1")


def test_an_older_row_never_replaces_a_newer_one(store):
    views = opened(store)
    live = Live(store, views)
    live.do("a1", start("a1"), save("x"))
    [table] = views.inline("attempt")
    now = rows_in_use(store, views, exam_attempts)
    for version in (1, 2):
        store.append([Transaction([], [table.row("a1", version, None)], views.epoch)])
    assert rows_in_use(store, views, exam_attempts) == now == replayed(store, exam_attempts)


def test_an_inline_view_of_two_categories_is_refused(store):
    reads = {**exams.reads, **exam_attempts.reads}
    with pytest.raises(ValueError, match="one stream's events only"):
        Views(store, [exams._replace(reads=reads)])


def test_two_views_of_one_name_are_refused(store):
    with pytest.raises(ValueError, match="two views are called 'exams'"):
        Views(store, [exams, exam_attempts._replace(name="exams")])


def test_several_processes_may_migrate_at_once(another):
    stores = [another() for _ in range(4)]
    with ThreadPoolExecutor(4) as pool:
        assert list(pool.map(lambda one: Views(one, PROJECTIONS).migrate(), stores)) == [{}] * 4
    assert [one.generation for one in Views(stores[0], PROJECTIONS).report()] == [1, 1]
