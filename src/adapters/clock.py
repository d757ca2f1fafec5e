"""The clock: the one place that asks what time it is."""

import time
from collections.abc import Callable
from datetime import UTC, datetime

from domain.instants import Instant, instant

Clock = Callable[[], Instant]


class SteadyClock:
    """Now, in UTC: the machine's time when this was made, and what has gone by since.

    A system clock that is set back or forward later moves nobody's deadline (ADR 7). Writes out
    the second once, not every time.
    """

    def __init__(
        self,
        wall: Callable[[], int] = time.time_ns,
        elapsed: Callable[[], int] = time.monotonic_ns,
    ) -> None:
        """`wall` is asked once, `elapsed` never goes back; both in nanoseconds."""
        self._elapsed = elapsed
        self._zero = wall() - elapsed()
        self._written = (-1, "")

    def __call__(self) -> Instant:
        """The present instant."""
        second, nanoseconds = divmod(self._zero + self._elapsed(), 1_000_000_000)
        known, text = self._written
        if second != known:
            text = instant(datetime.fromtimestamp(second, UTC)).removesuffix("000Z")
            self._written = second, text
        return f"{text}{nanoseconds // 1_000_000:03}Z"


system_clock: Clock = SteadyClock()
