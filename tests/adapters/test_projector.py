"""The projector's threads: read your own writes, retry, take-over, a clean end."""

import asyncio
import time

import pytest

from adapters.followed_views import Follower
from adapters.projector import Projector
from adapters.views import Views
from event_store.store import StoreUnavailable
from projections.exam_attempts import exam_attempts
from projections.registry import PROJECTIONS
from tests.adapters.histories import Live, replayed, rows_in_use, start
from tests.projections.exam_starts import POISON, exam_starts

EVERY = (*PROJECTIONS, exam_starts)


@pytest.fixture
def store(another):
    return another()


@pytest.fixture
def views(store):
    views = Views(store, EVERY)
    views.migrate()
    return views


@pytest.fixture
def live(store, views):
    return Live(store, views)


@pytest.fixture
def projecting(another):
    """Starts projectors, each with a store of its own, as each process has."""
    started = []

    def projecting(**more):
        one = Projector(another(), EVERY, **more)
        one.start()
        started.append(one)
        return one

    yield projecting
    for one in started:
        one.stop()


async def test_a_reader_waits_for_its_own_write(store, views, live, projecting):
    projector = projecting()
    for number in range(20):
        head = live.do(f"a{number}", start(f"a{number}"))
        projector.wake()
        assert await projector.caught_up(exam_starts, head, 10) == 0
        assert views.get(exam_starts, "e1").starts == number + 1
    assert rows_in_use(store, views, exam_starts) == replayed(store, exam_starts)


async def test_another_process_sees_its_write_too_without_being_told(live, views, projecting):
    leader, other = projecting(), projecting()
    head = live.do("a1", start("a1"))  # nobody calls wake
    for one in (leader, other):
        assert await one.caught_up(exam_starts, head, 10) == 0
    assert views.get(exam_starts, "e1").starts == 1


async def test_a_reader_waits_no_longer_than_asked_and_hears_the_lag(live, views, another):
    projector = Projector(another(), EVERY)  # never started
    head = live.do("a1", start("a1"))
    began = time.monotonic()
    assert await projector.caught_up(exam_starts, head, 0.1) == 1
    assert 0.1 <= time.monotonic() - began < 5
    assert await projector.caught_up(exam_attempts, head) == 0  # inline


async def test_a_reader_of_a_poisoned_view_does_not_wait(live, views, projecting):
    projector = projecting()
    head = live.do("a1", start("a1", POISON))
    await projector.caught_up(exam_starts, head, 10)
    began = time.monotonic()
    assert await projector.caught_up(exam_starts, head, 10) == 1
    assert time.monotonic() - began < 5


async def test_another_process_takes_over_when_one_stops(live, views, projecting):
    one, other = projecting(), projecting()
    head = live.do("a1", start("a1"))
    assert await one.caught_up(exam_starts, head, 10) == 0
    first, second = (one, other) if one._follower.leads else (other, one)
    first.stop()
    head = live.do("a2", start("a2"))
    assert await second.caught_up(exam_starts, head, 10) == 0
    assert second._follower.leads
    assert views.get(exam_starts, "e1").starts == 2


async def test_a_passing_failure_is_tried_again(live, views, projecting, monkeypatch):
    failures = iter([OSError("the disk was away"), RuntimeError("once more")])
    plain = Follower.step

    def step(self):
        error = next(failures, None)
        if error is not None:
            raise error
        return plain(self)

    monkeypatch.setattr(Follower, "step", step)
    projector = projecting()
    head = live.do("a1", start("a1"))
    assert await projector.caught_up(exam_starts, head, 10) == 0
    assert next(failures, None) is None


async def test_an_unusable_store_ends_it_and_is_reported(live, views, projecting, monkeypatch):
    def step(_self):
        raise StoreUnavailable("the outcome of a commit is unknown")

    monkeypatch.setattr(Follower, "step", step)
    told: list[BaseException] = []
    projector = projecting(on_failure=told.append)
    for _ in range(500):
        if told:
            break
        await asyncio.sleep(0.01)
    assert [str(one) for one in told] == ["the outcome of a commit is unknown"]
    assert await projector.caught_up(exam_starts, 1, 0.05) == 1


def test_without_a_view_to_follow_nothing_runs(store, another):
    Views(store, PROJECTIONS).migrate()
    projector = Projector(another(), PROJECTIONS)
    projector.start()
    assert not any(thread.is_alive() for thread in projector._threads)
    projector.stop()


async def test_stopping_is_quick_and_gives_the_lease_back(live, views, projecting, store):
    projector = projecting()
    head = live.do("a1", start("a1"))
    await projector.caught_up(exam_starts, head, 10)
    began = time.monotonic()
    projector.stop()
    assert time.monotonic() - began < 5
    assert store.read("SELECT expires_at FROM leases WHERE name = 'projector'") == [(0.0,)]
