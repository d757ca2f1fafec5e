"""Following the log: every event once, by one process at a time; poison stops one view only."""

from typing import Any

import pytest

from adapters.followed_views import Follower, Outdated, Standing
from adapters.rebuild import Rebuild
from adapters.view_fold import write_rows
from adapters.views import Views
from domain.attempt import AttemptStarted, AttemptSubmitted
from domain.kernel import Value
from event_store.store import Append, NewEvent, StoreBusy, Transaction
from projections.kernel import Index, IndexKind, Projection
from projections.registry import PROJECTIONS
from tests.adapters.histories import Live, replayed, rows_in_use, start, submit
from tests.projections.exam_starts import POISON, ExamStarts, exam_starts


class Total(Value, frozen=True):
    """How many attempts were started and submitted in all."""

    started: int = 0
    submitted: int = 0


def _count(view, fact):
    view = view or Total()
    if isinstance(fact.event, AttemptStarted):
        return Total(started=view.started + 1, submitted=view.submitted)
    return Total(started=view.started, submitted=view.submitted + 1)


totals = Projection(
    name="totals",
    version=1,
    view=Total,
    reads={"attempt.started": AttemptStarted, "attempt.submitted": AttemptSubmitted},
    project=_count,
    indexes={"started": Index(IndexKind.INTEGER, lambda view: view.started)},
    inline=False,
    key=lambda _fact: "all",
)
EVERY: tuple[Projection[Any], ...] = (*PROJECTIONS, exam_starts, totals)


@pytest.fixture(autouse=True)
def _small_batches(monkeypatch):
    monkeypatch.setattr("adapters.followed_views._BATCH", 5)


@pytest.fixture
def views(store):
    views = Views(store, EVERY)
    views.migrate()
    return views


@pytest.fixture
def live(store, views):
    return Live(store, views)


def run(follower):
    steps = 0
    while follower.step():
        steps += 1
    return steps


def status(views, name):
    [one] = [one for one in views.report() if one.name == name]
    return one


def test_views_over_many_streams_follow_in_batches(store, views, live):
    follower = Follower(store, EVERY)
    assert run(follower) == 0
    for number in range(12):
        live.do(f"a{number}", start(f"a{number}", f"u{number % 3}", f"e{number % 2}"))
    live.do("a1", submit())
    assert run(follower) == 3  # 14 events, 5 a batch
    assert views.get(totals, "all") == Total(started=12, submitted=1)
    found = views.get(exam_starts, "e0")
    assert found == ExamStarts(
        exam_id="e0", starts=6, learners=("u0", "u1", "u2"), last_at=found.last_at
    )
    for one in (exam_starts, totals):
        assert rows_in_use(store, views, one) == replayed(store, one)
        assert status(views, one.name).lag == 0
        assert follower.standings()[one.name] == Standing(store.head(), stopped=False)
    assert run(follower) == 0


def test_a_restart_resumes_and_folds_nothing_twice(store, views, live):
    for number in range(23):
        live.do(f"a{number}", start(f"a{number}"))
        follower = Follower(store, EVERY)
        follower.step()
        if number % 2:
            follower.release()
        else:
            store.exclusive(lambda cursor: cursor.execute("UPDATE leases SET expires_at = 0"))
    run(follower)
    assert views.get(totals, "all") == Total(started=23)
    assert rows_in_use(store, views, exam_starts) == replayed(store, exam_starts)


def test_of_two_processes_one_works_until_it_dies(store, views, live):
    one, other = Follower(store, EVERY), Follower(store, EVERY)
    live.do("a1", start("a1"))
    assert one.step()
    live.do("a2", start("a2"))
    assert not other.step()
    assert (one.leads, other.leads) == (True, False)
    store.exclusive(lambda cursor: cursor.execute("UPDATE leases SET expires_at = 0"))
    assert other.step()
    live.do("a3", start("a3"))
    with pytest.raises(Outdated, match="another process has taken the lease"):
        one.step()  # it comes late: its token is fenced off
    one.reset()
    assert not one.step()
    run(other)
    assert views.get(totals, "all") == Total(started=3)
    other.release()
    assert one.step() is False
    assert one.leads


def test_a_poison_event_stops_its_own_view_only_and_is_visible(store, views, live):
    live.do("a1", start("a1", "ann"))
    live.do("a2", start("a2", POISON))
    live.do("a3", start("a3", "bob"))
    follower = Follower(store, EVERY)
    run(follower)
    found = status(views, "exam_starts")
    assert (found.status, found.lag, found.error_position) == ("poisoned", 2, 2)
    assert found.error == "ValueError: an attempt of nobody"
    assert views.get(exam_starts, "e1").starts == 1  # what was folded before it is there
    assert follower.standings()["exam_starts"] == Standing(1, stopped=True)
    assert views.get(totals, "all") == Total(started=3)
    live.do("a4", start("a4"))
    run(follower)
    assert status(views, "exam_starts").lag == 3
    assert status(views, "totals").lag == 0


def test_the_next_start_tries_a_poisoned_view_once_more(store, views, live, monkeypatch):
    live.do("a1", start("a1", POISON))
    live.do("a2", start("a2", "bob"))
    first = Follower(store, EVERY)
    run(first)
    first.release()
    again = Follower(store, EVERY)
    run(again)
    assert status(views, "exam_starts").status == "poisoned"
    again.reset()
    assert again.step() is False  # not again and again by one process
    again.release()
    monkeypatch.setattr("tests.projections.exam_starts.POISON", "somebody else")
    mended = Follower(store, EVERY)
    run(mended)
    found = status(views, "exam_starts")
    assert (found.status, found.error, found.error_position, found.lag) == ("active", None, None, 0)
    assert views.get(exam_starts, "e1").starts == 2


def test_a_rebuild_mends_a_poisoned_view(store, views, live, monkeypatch):
    live.do("a1", start("a1", POISON))
    follower = Follower(store, EVERY)
    run(follower)
    monkeypatch.setattr("tests.projections.exam_starts.POISON", "somebody else")
    Rebuild(store, EVERY).run(["exam_starts"])
    assert status(views, "exam_starts").status == "active"
    follower._renewed = 0.0  # as a while later: nothing else happens, and it looks again
    with pytest.raises(Outdated, match="rebuilt"):
        follower.step()
    follower.reset()
    views.load()
    live.do("a2", start("a2"))
    run(follower)
    assert views.get(exam_starts, "e1").starts == 2


def test_an_event_that_cannot_be_read_stops_the_views_that_need_it(store, views, live):
    live.do("a1", start("a1"))
    broken = NewEvent("attempt.submitted", b'{"tag":"attempt.submitted","schema":9')
    store.append([Transaction([Append("attempt-a1", 1, [broken])])])
    live.do("a2", start("a2"))
    run(Follower(store, EVERY))
    found = status(views, "totals")
    assert (found.status, found.error_position) == ("poisoned", 2)
    assert "position 2 (attempt-a1@2, attempt.submitted)" in str(found.error)
    assert views.get(totals, "all") == Total(started=1)
    assert status(views, "exam_starts").lag == 0
    assert views.get(exam_starts, "e1").starts == 2


def test_a_rebuilt_view_is_followed_in_its_new_place(store, views, live):
    follower = Follower(store, EVERY)
    live.do("a1", start("a1"))
    run(follower)
    Rebuild(store, EVERY).run()
    views.load()
    live.do("a2", start("a2"))
    with pytest.raises(Outdated, match="rebuilt"):
        follower.step()
    follower.reset()
    run(follower)
    assert views.get(totals, "all") == Total(started=2)
    assert rows_in_use(store, views, exam_starts) == replayed(store, exam_starts)


def test_a_failed_commit_leaves_nothing_half_done(store, views, live, monkeypatch):
    follower = Follower(store, EVERY)
    for number in range(7):
        live.do(f"a{number}", start(f"a{number}"))
    follower.step()
    before = rows_in_use(store, views, totals)
    fail = iter([True, False])
    plain = write_rows

    def write(*args):
        plain(*args)
        if next(fail, False):
            raise StoreBusy("the database is locked")

    monkeypatch.setattr("adapters.followed_views.write_rows", write)
    with pytest.raises(StoreBusy):
        follower.step()
    assert rows_in_use(store, views, totals) == before
    follower.reset()
    run(follower)
    assert views.get(totals, "all") == Total(started=7)


def test_an_older_program_leaves_the_work_to_a_newer_one(store, views, live):
    live.do("a1", start("a1"))
    older = Follower(store, (*PROJECTIONS, exam_starts))  # knows nothing of totals
    assert older.step() is False
    assert not older.leads
    assert run(Follower(store, EVERY)) == 1
