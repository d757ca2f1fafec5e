"""Wakes those who wait for the log to grow, by PostgreSQL's LISTEN and NOTIFY."""

import contextlib
import os
import select
import time
from collections.abc import Callable
from threading import Condition, Thread
from typing import Any

import psycopg

from event_store.postgres_schema import CHANNEL

_POLL_SECONDS = 1.0
_REST_SECONDS = 0.005  # under load, many commits make one wake-up


class Listener:
    """One connection and one thread, started by the first who waits; any number may wait.

    A notification may be missed (sent before we listened, or while the connection was down), so
    it is a hint: the head is looked up right after LISTEN, and every second in any case.
    """

    def __init__(self, address: dict[str, Any], head: Callable[[], int]) -> None:
        """`head` looks up the position of the last committed event."""
        self._address = address
        self._head = head
        self._changed = Condition()
        self._rings = 0
        self._thread: Thread | None = None
        self._stop_read = self._stop_write = -1

    def wait(self, after: int, timeout: float) -> int:
        """The head, as soon as it is greater than `after` or `timeout` seconds have passed."""
        deadline = time.monotonic() + timeout
        with self._changed:
            if self._thread is None:
                self._stop_read, self._stop_write = os.pipe()
                self._thread = Thread(target=self._listen, name="event-store-listener", daemon=True)
                self._thread.start()
        while True:
            seen = self._rings
            head = self._head()
            left = deadline - time.monotonic()
            if head > after or left <= 0:
                return head
            with self._changed:
                if self._rings == seen:
                    self._changed.wait(min(left, _POLL_SECONDS))

    def close(self) -> None:
        """End the thread and its connection."""
        if self._thread is not None:
            os.write(self._stop_write, b"x")
            self._thread.join()
            self._thread = None
            os.close(self._stop_read)
            os.close(self._stop_write)

    def _ring(self) -> None:
        with self._changed:
            self._rings += 1
            self._changed.notify_all()

    def _listen(self) -> None:
        while not self._stopping(0):
            with contextlib.suppress(psycopg.Error):
                self._hear()
            self._ring()
            self._stopping(_POLL_SECONDS)  # the connection is gone: try again in a moment

    def _hear(self) -> None:
        with psycopg.connect(**self._address, autocommit=True) as connection:
            connection.execute(f"LISTEN {CHANNEL}")
            self._ring()
            link = connection.pgconn
            while not self._stopping(_REST_SECONDS):
                select.select([link.socket, self._stop_read], [], [])
                link.consume_input()
                while link.notifies() is not None:
                    pass
                self._ring()

    def _stopping(self, seconds: float) -> bool:
        readable, _, _ = select.select([self._stop_read], [], [], seconds)
        return bool(readable)
