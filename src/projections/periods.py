"""Periods: years, months … seconds, by which views that hold many instants are asked for a time."""

from datetime import datetime, timedelta
from typing import Final

from domain.instants import Instant

_FIRST: Final = "0001-01-01T00:00:00"
_SECOND: Final = timedelta(seconds=1)
_STEPS: Final = {10: timedelta(days=1), 13: timedelta(hours=1), 16: timedelta(minutes=1)}
_LENGTHS: Final = (4, 7, 10, 13, 16, 19)


def periods(at: Instant) -> tuple[str, ...]:
    """The year, month, day, hour, minute and second of an instant, each as it is written."""
    return tuple([at[:length] for length in _LENGTHS])


def periods_between(since: Instant, until: Instant) -> list[str]:
    """The fewest periods that make up the time from one second to another, both included.

    `2026-02` and `2026-03-01T00` are the time from 2026-02-01T00:00:00 to 2026-03-01T00:59:59.
    """
    found: list[str] = []
    at, end = datetime.fromisoformat(since[:19]), datetime.fromisoformat(until[:19]) + _SECOND
    while at < end:
        written = at.isoformat()
        for length in _LENGTHS:
            begins = written[length:] == _FIRST[length:]
            if begins and (after := _after(at, length)) <= end:
                found.append(written[:length])
                at = after
                break
    return found


def _after(at: datetime, length: int) -> datetime:
    """When the period of this length that begins at `at` is over."""
    match length:
        case 4:
            return at.replace(year=at.year + 1)
        case 7:
            return at.replace(year=at.year + at.month // 12, month=at.month % 12 + 1)
        case _:
            return at + _STEPS.get(length, _SECOND)
