"""The projector's threads: read your own writes, retry, take-over, a clean end."""

import asyncio
import time

import pytest

from adapters.followed_views import Follower
from adapters.projector import Projector
from adapters.views import Views
from event_store.store import StoreUnavailable
from projections.audit_log import audit_log
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
def projecting(store, another):
    """Starts projectors, each with a store of its own to write to, as each process has."""
    started = []

    def projecting(**more):
        one = Projector(store, EVERY, own=another, **more)
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
        projector.wake(head)
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
    projector = Projector(views._store, EVERY, own=another)  # never started
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
    first, second = (one, other) if one.leads else (other, one)
    first.stop()
    head = live.do("a2", start("a2"))
    assert await second.caught_up(exam_starts, head, 10) == 0
    assert second.leads
    assert views.get(exam_starts, "e1").starts == 2


async def test_a_passing_failure_is_tried_again(live, views, projecting, monkeypatch):
    failures = iter([OSError("the disk was away"), RuntimeError("once more")])
    plain = Follower.step

    def step(self, names=None):
        error = next(failures, None)
        if error is not None:
            raise error
        return plain(self, names)

    monkeypatch.setattr(Follower, "step", step)
    projector = projecting()
    head = live.do("a1", start("a1"))
    assert await projector.caught_up(exam_starts, head, 10) == 0
    assert next(failures, None) is None


async def test_an_unusable_store_ends_it_and_is_reported(live, views, projecting, monkeypatch):
    def step(_self, _names=None):
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
    inline = [one for one in PROJECTIONS if one.inline]
    projector = Projector(store, inline, own=another)
    projector.start()
    assert projector._run is None
    projector.stop()


async def test_stopping_is_quick_and_gives_the_lease_back(live, views, projecting, store):
    projector = projecting()
    head = live.do("a1", start("a1"))
    await projector.caught_up(exam_starts, head, 10)
    began = time.monotonic()
    projector.stop()
    assert time.monotonic() - began < 5
    assert store.read("SELECT expires_at FROM leases WHERE name = 'projector'") == [(0.0,)]


class Busy:
    """Leisure on a machine that never rests."""

    def look(self, head: int, now: float) -> None:
        pass

    def allows(self, position: int, head: int) -> bool:
        return False


async def test_on_a_busy_machine_a_view_waits_for_a_reader_here(live, views, projecting):
    projector = projecting()
    head = live.do("a1", start("a1"))
    assert await projector.caught_up(exam_starts, head, 10) == 0
    projector._leisure = Busy()
    head = live.do("a2", start("a2"))
    projector.wake(head)
    await asyncio.sleep(0.5)
    assert views.get(exam_starts, "e1").starts == 1
    assert await projector.caught_up(exam_starts, head, 10) == 0
    assert views.get(exam_starts, "e1").starts == 2


async def test_on_a_busy_machine_a_view_waits_for_a_reader_in_another_process(
    live, views, projecting
):
    leader, other = projecting(), projecting()
    head = live.do("a1", start("a1"))
    assert await leader.caught_up(exam_starts, head, 10) == 0
    assert await other.caught_up(exam_starts, head, 10) == 0
    leader, other = (leader, other) if leader.leads else (other, leader)
    leader._leisure = Busy()
    await asyncio.sleep(0.6)  # until nobody has asked lately
    head = live.do("a2", start("a2"))
    leader.wake(head)
    await asyncio.sleep(0.5)
    assert views.get(exam_starts, "e1").starts == 1
    assert await other.caught_up(exam_starts, head, 10) == 0
    assert not other.leads


async def test_many_readers_wait_together(live, views, projecting):
    projector = projecting()
    heads = [live.do(f"a{number}", start(f"a{number}")) for number in range(20)]
    lags = await asyncio.gather(
        *(projector.caught_up(one, head, 10) for head in heads for one in (exam_starts, audit_log))
    )
    assert not any(lags)
    assert projector._readers == []


async def test_by_default_a_reader_waits_for_the_head_of_this_moment(live, views, projecting):
    projector = projecting()
    for number in range(5):
        live.do(f"a{number}", start(f"a{number}"))
        assert await projector.caught_up(exam_starts, timeout=10) == 0
        assert views.get(exam_starts, "e1").starts == number + 1
