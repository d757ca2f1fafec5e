"""Accommodation: what a learner is granted, within bounds, in one form."""

import pytest

from domain.accommodation import (
    Accommodation,
    AccommodationSet,
    BadAccommodation,
    SetAccommodation,
    accommodation,
    accommodation_key,
)
from domain.kernel import ERASED
from domain.time_limit import Allowance
from tests.domain.given import given

T0 = "2026-01-05T09:00:00.000Z"
T1 = "2026-01-05T09:10:00.000Z"


def grant(
    factor: str = "1", minutes: int = 0, reason: str = "r", now: str = T0
) -> SetAccommodation:
    return SetAccommodation(user_id="ann", factor=factor, minutes=minutes, reason=reason, now=now)


def granted(factor: str, minutes: int = 0) -> AccommodationSet:
    return AccommodationSet(user_id="ann", factor=factor, minutes=minutes, reason="r", set_at=T0)


def test_an_accommodation_is_stored_in_its_shortest_form_and_a_repeated_one_is_silent():
    after = given(accommodation).when(grant("1.2500")).then(granted("1.25"))
    after.when(grant("1.25", now=T1)).nothing()
    assert after.state == Accommodation("ann", Allowance(factor="1.25"), "r", T0)
    after.when(grant("10")).then(granted("10"))


def test_taking_it_back_is_setting_it_to_one():
    after = given(accommodation, granted("1.5", 10)).when(grant()).then(granted("1"))
    assert after.state.allowance.seconds(3600) == 0


@pytest.mark.parametrize(
    ("factor", "minutes"),
    [
        ("0.99", 0),
        ("10.1", 0),
        ("1.00001", 0),
        ("NaN", 0),
        ("Infinity", 0),
        ("1e999999", 0),
        ("half", 0),
        ("1", -1),
        ("1", 24 * 60 + 1),
    ],
)
def test_what_is_no_accommodation_is_refused(factor: str, minutes: int):
    given(accommodation).when(grant(factor, minutes)).refused(BadAccommodation)


def test_an_erased_reason_folds():
    event = AccommodationSet(user_id="ann", factor="1.5", minutes=0, reason=ERASED, set_at=T0)
    assert given(accommodation, event).state.reason is ERASED


def test_no_two_learners_share_a_stream():
    assert accommodation_key("ann") != accommodation_key("Ann")
