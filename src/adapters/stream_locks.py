"""Locks per stream on one event loop: commands for one stream wait for each other."""

import asyncio
from collections import deque
from collections.abc import Iterable


class StreamLocks:
    """Locks by name. Take several in sorted order, or try one more without waiting."""

    def __init__(self) -> None:
        """Nothing is locked."""
        self._waiting: dict[str, deque[asyncio.Future[None]]] = {}

    def try_acquire(self, stream: str) -> bool:
        """Take a free lock; False if somebody has it."""
        if stream in self._waiting:
            return False
        self._waiting[stream] = deque()
        return True

    async def acquire(self, streams: Iterable[str]) -> None:
        """Take every lock, in the given order; hold none if cancelled while waiting."""
        held: list[str] = []
        try:
            for stream in streams:
                if not self.try_acquire(stream):
                    await self._turn(stream)
                held.append(stream)
        except BaseException:
            self.release(held)
            raise

    def release(self, streams: Iterable[str]) -> None:
        """Give locks back, each to the one who has waited longest."""
        for stream in streams:
            queue = self._waiting[stream]
            while queue:
                future = queue.popleft()
                if not future.done():
                    future.set_result(None)
                    break
            else:
                del self._waiting[stream]

    async def _turn(self, stream: str) -> None:
        future: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting[stream].append(future)
        try:
            await future
        except asyncio.CancelledError:
            if future.done() and not future.cancelled():  # it was ours already
                self.release([stream])
            raise
