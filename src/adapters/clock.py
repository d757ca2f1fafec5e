"""The clock: the one place that asks what time it is."""

from collections.abc import Callable
from datetime import UTC, datetime

from domain.instants import Instant, instant

Clock = Callable[[], Instant]


def system_clock() -> Instant:
    """Now, in UTC, by this machine's clock."""
    return instant(datetime.now(UTC))
