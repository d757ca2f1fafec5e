"""Locks per stream: order, fairness, and nothing left locked after a cancellation."""

import asyncio

import pytest

from adapters.stream_locks import StreamLocks


async def test_waiters_get_a_lock_in_the_order_they_came():
    locks, order = StreamLocks(), []

    async def work(name: int) -> None:
        await locks.acquire(["a"])
        order.append(name)
        await asyncio.sleep(0)
        locks.release(["a"])

    await asyncio.gather(*(work(name) for name in range(5)))
    assert order == [0, 1, 2, 3, 4]
    assert locks.try_acquire("a")


async def test_two_callers_of_two_streams_never_block_each_other():
    locks = StreamLocks()

    async def work() -> None:
        for _ in range(50):
            await locks.acquire(["a", "b"])
            await asyncio.sleep(0)
            locks.release(["a", "b"])

    await asyncio.wait_for(asyncio.gather(work(), work(), work()), 5)


async def test_a_cancelled_waiter_leaves_nothing_locked():
    locks = StreamLocks()
    await locks.acquire(["b"])
    waiting = asyncio.create_task(locks.acquire(["a", "b"]))
    await asyncio.sleep(0)
    waiting.cancel()
    with pytest.raises(asyncio.CancelledError):
        await waiting
    assert locks.try_acquire("a")
    locks.release(["b"])
    assert locks.try_acquire("b")


async def test_a_waiter_cancelled_just_as_its_turn_comes_passes_the_lock_on():
    locks = StreamLocks()
    await locks.acquire(["a"])
    first = asyncio.create_task(locks.acquire(["a"]))
    second = asyncio.create_task(locks.acquire(["a"]))
    await asyncio.sleep(0)
    locks.release(["a"])  # the first has its turn …
    first.cancel()  # … and goes away
    await asyncio.wait_for(second, 1)
    locks.release(["a"])
    assert locks.try_acquire("a")
