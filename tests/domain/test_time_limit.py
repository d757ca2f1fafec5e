"""Time limits: what an attempt is given, and that arithmetic with instants is exact."""

import pytest

from domain.instants import plus
from domain.time_limit import Allowance, ExamExtension, StartWindow, TimeLimit, given_limit

NOW = "2026-01-05T09:00:00.000Z"


def extension(minutes: int, *, later: bool) -> ExamExtension:
    return ExamExtension(
        extension_id=f"x{minutes}", minutes=minutes, later_starts=later, at=NOW, reason="r"
    )


def limit(**changes: object) -> TimeLimit:
    given: dict[str, object] = {
        "now": NOW,
        "duration_minutes": 60,
        "window": StartWindow(),
        "allowance": Allowance(),
        "extensions": (),
        "grace_seconds": 10,
    }
    return given_limit(**(given | changes))  # type: ignore[arg-type] # the cases name the fields


def test_an_attempt_is_given_the_exams_duration_and_the_grace():
    assert limit() == TimeLimit(
        seconds=3600,
        expires_at="2026-01-05T10:00:00.000Z",
        closes_at="2026-01-05T10:00:10.000Z",
    )


@pytest.mark.parametrize(
    ("factor", "minutes", "seconds"),
    [("1", 0, 0), ("1.25", 0, 900), ("1", 30, 1800), ("1.5", 5, 2100), ("1.0001", 0, 1)],
)
def test_an_accommodation_is_a_factor_and_minutes_and_never_a_second_short(
    factor: str, minutes: int, seconds: int
):
    given = limit(allowance=Allowance(factor=factor, minutes=minutes))
    assert given.student_seconds == seconds
    assert given.expires_at == plus(NOW, 3600 + seconds)


def test_only_extensions_that_are_meant_for_later_starts_are_given_at_the_start():
    given = limit(extensions=(extension(10, later=False), extension(5, later=True)))
    assert given.extension_ids == ("x5",)
    assert given.expires_at == "2026-01-05T10:05:00.000Z"


def test_who_starts_late_has_less_of_the_duration_but_all_of_the_accommodation():
    window = StartWindow(ends_at="2026-01-05T09:20:00.000Z")
    assert limit(window=window).expires_at == "2026-01-05T09:20:00.000Z"
    more = limit(window=window, allowance=Allowance(factor="1.5"))
    assert more.expires_at == "2026-01-05T09:50:00.000Z"
    over = StartWindow(ends_at="2026-01-05T08:00:00.000Z")
    assert limit(window=over).expires_at == NOW


def test_a_window_holds_from_its_first_instant_to_before_its_last():
    window = StartWindow(opens_at=NOW, closes_at="2026-01-05T09:15:00.000Z")
    assert not window.holds("2026-01-05T08:59:59.999Z")
    assert window.holds(NOW)
    assert window.holds("2026-01-05T09:14:59.999Z")
    assert not window.holds("2026-01-05T09:15:00.000Z")
    assert StartWindow().holds(NOW)
