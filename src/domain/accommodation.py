"""Accommodation: how much more time one learner has at every exam, and why."""

from collections.abc import Sequence
from decimal import Decimal, InvalidOperation

from domain.instants import Instant
from domain.kernel import Command, Decider, Erased, Event, Personal, Refused, Value
from domain.keys import composite_key
from domain.time_limit import Allowance

_MOST_FACTOR, _MOST_MINUTES, _MOST_PLACES = 10, 24 * 60, 4

# --- events -------------------------------------------------------------------------------------


class AccommodationSet(Event, frozen=True):
    """From now on the learner has this much more time; `1` and `0` take it back."""

    user_id: str
    factor: str
    minutes: int
    reason: Personal[str | Erased]
    set_at: Instant


# --- commands -----------------------------------------------------------------------------------


class SetAccommodation(Command, frozen=True):
    """Grant a learner more time: a factor from 1 to 10 of each exam's duration, and minutes."""

    user_id: str
    factor: str
    minutes: int
    reason: str
    now: Instant


# --- state --------------------------------------------------------------------------------------


class Accommodation(Value, frozen=True):
    """What a learner has been granted, and when."""

    user_id: str = ""
    allowance: Allowance = Allowance()
    reason: Personal[str | Erased] = ""
    set_at: Instant = ""


# --- refusals -----------------------------------------------------------------------------------


class BadAccommodation(Refused):
    """Not a factor from 1 to 10 with at most four decimals, or not minutes of one day."""


# --- decisions ----------------------------------------------------------------------------------


def decide(state: Accommodation, command: SetAccommodation) -> Sequence[AccommodationSet]:
    """What a command makes happen, or a refusal."""
    factor = _factor(command.factor)
    if not 0 <= command.minutes <= _MOST_MINUTES:
        raise BadAccommodation(f"minutes: not within 0 and {_MOST_MINUTES}", path="minutes")
    granted = Allowance(factor=factor, minutes=command.minutes)
    if state.user_id and (state.allowance, state.reason) == (granted, command.reason):
        return []
    return [
        AccommodationSet(
            user_id=command.user_id,
            factor=factor,
            minutes=command.minutes,
            reason=command.reason,
            set_at=command.now,
        )
    ]


def _factor(text: str) -> str:
    """The factor in its shortest form."""
    try:
        factor = Decimal(text)
    except InvalidOperation:
        raise BadAccommodation("factor: not a decimal number", path="factor") from None
    if not factor.is_finite() or not 1 <= factor <= _MOST_FACTOR:
        raise BadAccommodation(f"factor: not within 1 and {_MOST_FACTOR}", path="factor")
    if int(factor.as_tuple().exponent) < -_MOST_PLACES:
        raise BadAccommodation(f"factor: more than {_MOST_PLACES} decimals", path="factor")
    return f"{factor.normalize():f}"


# --- the fold -----------------------------------------------------------------------------------


def evolve(_: Accommodation, event: AccommodationSet) -> Accommodation:
    """The state after one more event."""
    return Accommodation(
        user_id=event.user_id,
        allowance=Allowance(factor=event.factor, minutes=event.minutes),
        reason=event.reason,
        set_at=event.set_at,
    )


accommodation: Decider[Accommodation] = Decider("accommodation", Accommodation(), decide, evolve)


def accommodation_key(user_id: str) -> str:
    """The stream's key for one learner."""
    return composite_key(user_id)
