"""The clock: the one place that asks what time it is."""

import time
from collections.abc import Callable
from datetime import UTC, datetime

from domain.instants import Instant, instant

Clock = Callable[[], Instant]


class SystemClock:
    """Now, in UTC, by this machine's clock: writes out the second once, not every time."""

    def __init__(self) -> None:
        """No second has been written yet."""
        self._written = (-1, "")

    def __call__(self) -> Instant:
        """The present instant."""
        second, nanoseconds = divmod(time.time_ns(), 1_000_000_000)
        known, text = self._written
        if second != known:
            text = instant(datetime.fromtimestamp(second, UTC)).removesuffix("000Z")
            self._written = second, text
        return f"{text}{nanoseconds // 1_000_000:03}Z"


system_clock: Clock = SystemClock()
