"""Instants as the contract writes them: `YYYY-MM-DDTHH:mm:ss.sssZ`, comparable as text (K40)."""

from datetime import UTC, datetime, timedelta

Instant = str
_MILLISECOND = timedelta(milliseconds=1)


def instant(moment: datetime) -> Instant:
    """The text of an aware moment, cut to milliseconds."""
    return f"{moment.astimezone(UTC).replace(tzinfo=None).isoformat(timespec='milliseconds')}Z"


def later(previous: Instant, now: Instant) -> Instant:
    """`now`, or one millisecond after `previous` when the clock has not moved past it (E-21)."""
    return now if now > previous else instant(datetime.fromisoformat(previous) + _MILLISECOND)


def read_instant(text: str) -> Instant:
    """The instant in an ISO-8601 text with its zone, `2026-01-31T09:30:00Z`. Raises ValueError."""
    moment = datetime.fromisoformat(text)
    if moment.tzinfo is None:
        raise ValueError("the zone is missing: put a Z behind it")
    return instant(moment)


def plus(at: Instant, seconds: int) -> Instant:
    """The instant so many seconds after another; before it, if they are negative."""
    return instant(datetime.fromisoformat(at) + timedelta(seconds=seconds))
