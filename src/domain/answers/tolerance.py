"""Tolerance: whether a number is near enough to the key, inclusive and exact (B-29)."""

from decimal import Decimal
from fractions import Fraction
from functools import lru_cache
from typing import Final, NamedTuple

from domain.answers.numbers import EXACT, Number, fraction, plain
from domain.answers.rule import Tolerance, ToleranceKind
from domain.answers.verdict import Reason

_LONG: Final = 40  # characters of a number in a fact
_SHORT_BITS: Final = 60


class Nearness(NamedTuple):
    """What comparing a number with the key gave."""

    right: bool
    reason: Reason
    difference: str
    tolerance: str


def nearness(
    given: Number, wanted: Number, rule: Tolerance | None, absolute: Decimal | None
) -> Nearness:
    """How near a number is; the rule's tolerance counts before the schema's absolute one.

    `significant` and `decimals` ask that the number, rounded to the key's figures or to so many
    places, be a correct rounding of the key; a half may go either way.
    """
    tolerance = rule or _absolute(absolute)
    difference = _difference(given, wanted)
    if not difference:
        right, reason = True, Reason.EQUAL
    else:
        right = _within(given, wanted, difference, tolerance)
        if right:
            reason = Reason.WITHIN_TOLERANCE
        else:
            reason = Reason.OUTSIDE_TOLERANCE if tolerance.value else Reason.DIFFERENT
            if tolerance.kind is ToleranceKind.DECIMALS:
                reason = Reason.OUTSIDE_TOLERANCE
    return Nearness(right, reason, shown(difference), f"{tolerance.kind} {plain(tolerance.value)}")


def near_enough(
    given: Number, wanted: Number, rule: Tolerance | None, absolute: Decimal | None
) -> bool:
    """Whether `nearness` would find the number right."""
    difference = _difference(given, wanted)
    return not difference or _within(given, wanted, difference, rule or _absolute(absolute))


@lru_cache(maxsize=1024)
def _absolute(value: Decimal | None) -> Tolerance:
    return Tolerance(kind=ToleranceKind.ABSOLUTE, value=value or Decimal(0))


def shown(number: Number) -> str:
    """The number for people: a long fraction to twenty figures."""
    if isinstance(number, Decimal) or number.denominator.bit_length() <= _SHORT_BITS:
        text = plain(number)
        if len(text) <= _LONG:
            return text
    value = fraction(number)
    bits = value.numerator.bit_length() - value.denominator.bit_length()
    places = 20 - int(bits * 0.30103)
    scaled = round(value * Fraction(10) ** places)
    return f"≈{plain(Decimal(scaled).scaleb(-places, EXACT))}"


def _difference(given: Number, wanted: Number) -> Number:
    if isinstance(given, Decimal) and isinstance(wanted, Decimal):
        return EXACT.abs(EXACT.subtract(given, wanted))
    return abs(fraction(given) - _key(wanted))


@lru_cache(maxsize=1024)
def _key(wanted: Number) -> Fraction:
    return fraction(wanted)


def _within(given: Number, wanted: Number, difference: Number, tolerance: Tolerance) -> bool:
    match tolerance.kind:
        case ToleranceKind.ABSOLUTE:
            return difference <= tolerance.value
        case ToleranceKind.RELATIVE:
            return fraction(difference) <= fraction(tolerance.value) * abs(fraction(wanted))
        case ToleranceKind.SIGNIFICANT:
            if not wanted:
                return False
            return _rounds(given, wanted, first_place(wanted) - int(tolerance.value) + 1)
        case ToleranceKind.DECIMALS:
            return _rounds(given, wanted, -int(tolerance.value))


def _rounds(given: Number, wanted: Number, place: int) -> bool:
    """Whether `given`, rounded to the power of ten `place`, is a correct rounding of `wanted`."""
    unit = Fraction(10) ** place
    scaled = fraction(given) / unit
    below = scaled.numerator // scaled.denominator
    rest = scaled - below
    half = Fraction(1, 2)
    candidates = {below + (rest > half), below + (rest >= half)}
    exactly = fraction(wanted) / unit
    return any(abs(candidate - exactly) <= half for candidate in candidates)


def first_place(number: Number) -> int:
    """The power of ten of the first figure of a number that is not zero."""
    if isinstance(number, Decimal):
        return number.adjusted()
    value = abs(number)
    place = len(str(value.numerator)) - len(str(value.denominator))
    return place if value >= Fraction(10) ** place else place - 1
