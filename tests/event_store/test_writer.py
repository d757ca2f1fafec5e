"""Group commit: who is batched with whom, who hears of what, and what ends the writer."""

import asyncio
import threading
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from contextlib import asynccontextmanager
from typing import TypeVar

import pytest
from eventsourcing.persistence import IntegrityError

from event_store.memory import MemoryStore
from event_store.store import (
    Cursor,
    DiskFull,
    EpochMoved,
    StoreBusy,
    StoreUnavailable,
    Transaction,
    VersionConflict,
)
from event_store.writer import Writer
from tests.event_store.given import to, versions

T = TypeVar("T")


class WatchedStore(MemoryStore):
    """Counts batches, can be held up, and fails as told."""

    def __init__(self) -> None:
        super().__init__()
        self.batches: list[int] = []
        self.failures: list[BaseException] = []
        self.gate = threading.Event()
        self.gate.set()
        self.migrate()

    def append(self, batch: Sequence[Transaction]) -> list[int | IntegrityError]:
        self.gate.wait()
        self.batches.append(len(batch))
        if self.failures:
            raise self.failures.pop(0)
        return super().append(batch)


@pytest.fixture
def store() -> Iterator[WatchedStore]:
    store = WatchedStore()
    yield store
    store.close()


@asynccontextmanager
async def writing(
    store: WatchedStore,
    on_commit: Callable[[int], None] = lambda _head: None,
    on_poison: Callable[[BaseException], None] = lambda _error: None,
) -> AsyncIterator[Writer]:
    writer = Writer(store, on_commit=on_commit, on_poison=on_poison)
    yield writer
    store.gate.set()
    await asyncio.wait_for(writer.close(), 10)


def ten(stream: str) -> list[Transaction]:
    return [to(stream, version) for version in range(10)]


async def test_what_is_submitted_together_is_committed_together(store: WatchedStore):
    async with writing(store) as writer:
        positions = await asyncio.gather(*map(writer.submit, ten("a-1")))
    assert positions == [*range(1, 11)]
    assert store.batches == [10]


async def test_requests_that_arrive_in_neighbouring_turns_share_a_batch(store: WatchedStore):
    async def request(number: int) -> int:
        for _ in range(number % 3):
            await asyncio.sleep(0)
        return await writer.submit(to(f"a-{number}", 0))

    async with writing(store) as writer:
        await asyncio.gather(*map(request, range(30)))
    assert store.batches == [30]


async def test_what_arrives_during_a_commit_makes_the_next_batch(store: WatchedStore):
    async with writing(store) as writer:
        store.gate.clear()
        first = writer.submit(to("a-1", 0))
        await asyncio.sleep(0.02)
        rest = [writer.submit(transaction) for transaction in ten("b-1")]
        await asyncio.sleep(0.02)
        store.gate.set()
        assert await asyncio.gather(first, *rest) == [*range(1, 12)]
    assert store.batches == [1, 10]


async def test_a_flood_is_cut_into_batches(store: WatchedStore):
    async with writing(store) as writer:
        await asyncio.gather(*(writer.submit(to(f"a-{number}", 0)) for number in range(600)))
    assert store.batches == [256, 256, 88]


async def test_a_conflict_reaches_only_the_request_that_caused_it(store: WatchedStore):
    async with writing(store) as writer:
        results = await asyncio.gather(
            writer.submit(to("a-1", 0)),
            writer.submit(to("a-1", 0)),
            writer.submit(to("b-1", 0, epoch=7)),
            writer.submit(to("c-1", 0)),
            return_exceptions=True,
        )
    assert [type(result) for result in results] == [int, VersionConflict, EpochMoved, int]
    assert store.batches == [4]


async def test_the_events_of_a_cancelled_request_stay(store: WatchedStore):
    heads: list[int] = []
    async with writing(store, heads.append) as writer:
        store.gate.clear()
        cancelled, other = writer.submit(to("a-1", 0)), writer.submit(to("b-1", 0))
        await asyncio.sleep(0.02)
        cancelled.cancel()
        store.gate.set()
        assert await other == 2
    assert (versions(store, "a-1"), heads) == ([1], [2])


async def test_each_commit_tells_the_new_head(store: WatchedStore):
    heads: list[int] = []
    async with writing(store, heads.append) as writer:
        await asyncio.gather(*map(writer.submit, ten("a-1")))
        await writer.submit(to("a-1", 10))
    assert heads == [10, 11]


async def test_a_listener_that_fails_does_not_stop_the_writer(store: WatchedStore):
    asyncio.get_running_loop().set_exception_handler(lambda *_: None)

    def listen(_head: int):
        raise ZeroDivisionError

    async with writing(store, listen) as writer:
        first = writer.submit(to("a-1", 0))
        await first
        assert await asyncio.gather(*map(writer.submit, ten("b-1"))) == [*range(2, 12)]


@pytest.mark.parametrize("failure", [StoreBusy("locked"), DiskFull("no room")])
async def test_busy_and_full_fail_one_batch_and_the_next_append_works(
    store: WatchedStore, failure: Exception
):
    async with writing(store) as writer:
        store.failures.append(failure)
        results = await asyncio.gather(*map(writer.submit, ten("a-1")), return_exceptions=True)
        assert results == [failure] * 10
        assert writer.poisoned is None
        assert await writer.submit(to("a-1", 0)) == 1


@pytest.mark.parametrize("failure", [StoreUnavailable("fsync"), ValueError("bug"), SystemExit()])
async def test_any_other_failure_poisons_the_writer_for_good(
    store: WatchedStore, failure: BaseException
):
    poisons: list[BaseException] = []
    async with writing(store, on_poison=poisons.append) as writer:
        store.failures.append(failure)
        for _ in range(2):
            with pytest.raises(StoreUnavailable) as caught:
                await writer.submit(to("a-1", 0))
            assert caught.value.__cause__ is failure
        with pytest.raises(StoreUnavailable):
            await writer.exclusive(lambda cursor: cursor.execute("SELECT 1"))
        assert writer.poisoned is failure
    assert poisons == [failure]
    assert store.head() == 0


async def test_what_waits_behind_a_fatal_failure_never_reaches_the_store(store: WatchedStore):
    poisons: list[BaseException] = []
    async with writing(store, on_poison=poisons.append) as writer:
        store.gate.clear()
        store.failures.append(StoreUnavailable("fsync"))
        first = writer.submit(to("a-1", 0))
        await asyncio.sleep(0.02)
        behind = [writer.submit(transaction) for transaction in ten("b-1")]
        work = asyncio.create_task(writer.exclusive(lambda cursor: cursor.execute("SELECT 1")))
        await asyncio.sleep(0.02)
        store.gate.set()
        results = await asyncio.gather(first, *behind, work, return_exceptions=True)
    assert {type(result) for result in results} == {StoreUnavailable}
    assert (store.batches, store.head(), len(poisons)) == ([1], 0, 1)


async def test_exclusive_work_runs_between_batches(store: WatchedStore):
    def count(cursor: Cursor) -> object:
        return cursor.execute("SELECT count(*) FROM stored_events").fetchone()

    async with writing(store) as writer:
        await writer.submit(to("a-1", 0))
        assert await writer.exclusive(count) == (1,)


async def test_the_writer_survives_exclusive_work_that_fails(store: WatchedStore):
    def fail(_cursor: Cursor) -> None:
        raise ZeroDivisionError

    async with writing(store) as writer:
        with pytest.raises(ZeroDivisionError):
            await writer.exclusive(fail)
        assert await writer.submit(to("a-1", 0)) == 1
        assert writer.poisoned is None


async def test_exclusive_work_with_an_unknown_outcome_poisons_the_writer(store: WatchedStore):
    def fail(_cursor: Cursor) -> None:
        raise StoreUnavailable("the connection broke in a commit")

    poisons: list[BaseException] = []
    async with writing(store, on_poison=poisons.append) as writer:
        with pytest.raises(StoreUnavailable):
            await writer.exclusive(fail)
        with pytest.raises(StoreUnavailable):
            await writer.submit(to("a-1", 0))
    assert len(poisons) == 1
    assert store.head() == 0


async def test_closing_commits_what_is_pending_and_refuses_what_comes_later(store: WatchedStore):
    writer = Writer(store)
    pending = [writer.submit(transaction) for transaction in ten("a-1")]
    await writer.close()
    assert [future.result() for future in pending] == [*range(1, 11)]
    with pytest.raises(StoreUnavailable):
        await writer.submit(to("a-1", 10))
