"""Instants as text."""

from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.instants import instant, later, read_instant


def test_K40_the_format():
    assert instant(datetime(2026, 1, 5, 9, tzinfo=UTC)) == "2026-01-05T09:00:00.000Z"
    there = timezone(timedelta(hours=3))
    assert instant(datetime(2026, 1, 5, 9, 0, 0, 123999, there)) == "2026-01-05T06:00:00.123Z"


EARLIEST = datetime(2000, 1, 1, tzinfo=UTC).replace(tzinfo=None)
LATEST = EARLIEST.replace(year=2100)


@given(*[st.datetimes(EARLIEST, LATEST, timezones=st.just(UTC))] * 2)
def test_E21_later_is_after_the_previous_and_not_before_now(previous, now):
    one, other = instant(previous), instant(now)
    assert later(one, other) > one
    assert later(one, other) >= other


def test_a_time_is_read_with_its_zone():
    assert read_instant("2026-01-05T09:00:00Z") == "2026-01-05T09:00:00.000Z"
    assert read_instant("2026-01-05T12:00:00.5+03:00") == "2026-01-05T09:00:00.500Z"
    for bad in ("2026-01-05T09:00:00", "yesterday", ""):
        with pytest.raises(ValueError):
            read_instant(bad)
