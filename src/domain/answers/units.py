"""Units as people write them: reading, products and powers, and exact conversion (B-30)."""

import unicodedata
from decimal import Decimal
from enum import StrEnum
from fractions import Fraction
from functools import lru_cache
from typing import Final, NamedTuple

import msgspec

from domain.answers.numbers import EXACT, Number, Unreadable, as_decimal, fraction, tidy
from domain.answers.unit_grammar import MAX_POWER, parse
from domain.answers.unit_table import ANGLE, NO_DIMENSION, Dimension
from domain.answers.unit_words import CYRILLIC, Atom
from domain.answers.verdict import Reason
from domain.kernel import Value

MAX_LENGTH: Final = 100
_READINGS: Final = 4096  # remembered texts
_MAX_BITS: Final = 2500  # of a factor: conversions stay below 10^4000

PI: Final = Fraction(
    31415926535897932384626433832795028841971693993751058209749445923078164062862089986280348253421,
    10**94,
)
"""π to 94 places: degrees and radians compare within any tolerance a person may set."""


class Unit(Value, frozen=True, kw_only=True, eq=False):
    """A unit that was read: a value in it, times `factor` · π^`pi`, is the value in SI units.

    `name` is the same for every way to write the unit (`km·h^-1`); `text` is how it is shown, in
    the script it was typed in. `other` is the second reading of `J/kg·K`, as `J/(kg·K)`. Two
    are compared by `same_as`; `==` is identity, so that remembered relations are found quickly.
    """

    name: str
    text: str
    factor: Fraction
    dimension: Dimension
    pi: int = 0
    offset: Fraction = Fraction(0)
    quantity: str = ""
    other: "Unit | None" = None

    def same_as(self, unit: "Unit") -> bool:
        """Whether both are one unit, however written: мл is см³."""
        if self.name == unit.name:
            return True
        return (
            self.dimension == unit.dimension
            and self.factor == unit.factor
            and self.pi == unit.pi
            and self.offset == unit.offset
            and (self.quantity == unit.quantity or not self.quantity or not unit.quantity)
        )


class Kinship(StrEnum):
    """What two units have to do with each other."""

    SAME = "same"
    CONVERTIBLE = "convertible"
    STRANGE = "strange"  # of another dimension, or of another quantity, as Bq and Hz


class Relation(NamedTuple):
    """How a value in one unit becomes one in another: times `scale`, plus `shift`.

    `factor` is the scale as a decimal where it is one and nothing is shifted: quicker to use.
    """

    kinship: Kinship
    scale: Fraction = Fraction(1)
    shift: Fraction = Fraction(0)
    factor: Decimal | None = None

    def convert(self, value: Number) -> Number:
        """The value in the other unit, exactly."""
        if self.factor is not None and isinstance(value, Decimal):
            return EXACT.multiply(value, self.factor)
        return fraction(value) * self.scale + self.shift


@lru_cache(maxsize=_READINGS)
def read_unit(text: str) -> Unit:
    """The unit that somebody wrote. Raises Unreadable."""
    if len(text) > MAX_LENGTH:
        raise Unreadable(f"longer than {MAX_LENGTH} characters", Reason.TOO_LONG)
    cleaned = unicodedata.normalize("NFC", tidy(text))
    if not cleaned:
        raise Unreadable("no unit", Reason.UNIT_MISSING)
    first, second = parse(cleaned)
    russian = CYRILLIC.search(text) is not None
    unit = _unit(first, russian=russian)
    if second is not None:
        return msgspec.structs.replace(unit, other=_unit(second, russian=russian))
    return unit


class Allowed(NamedTuple):
    """A unit of a list, as it was read; `slash` says that its slash was read to the end."""

    unit: Unit
    slash: bool = False


@lru_cache(maxsize=_READINGS)
def allowed_unit(text: str, allowed: tuple[str, ...]) -> Allowed:
    """The unit that somebody wrote, if the list names it, however written. Raises Unreadable.

    `J/kg·K` means (J/kg)·K; if only J/(kg·K) is on the list, it means that.
    """
    unit = read_unit(text)
    listed = [read_unit(one) for one in allowed]
    listed += [one.other for one in listed if one.other is not None]
    if any(one.same_as(unit) for one in listed):
        return Allowed(unit)
    if unit.other is not None and any(one.same_as(unit.other) for one in listed):
        return Allowed(unit.other, slash=True)
    raise Unreadable(f"not one of {', '.join(allowed)}", Reason.UNIT_NOT_ALLOWED)


@lru_cache(maxsize=_READINGS)
def relate(given: Unit, wanted: Unit) -> Relation:
    """How values in `given` become values in `wanted`, exactly.

    Angles are a dimension of their own, with two courtesies: a radian may be left out (rad/s is
    1/s, but not Hz), and turns or degrees count cycles (rev/s is Hz and 1/s).
    """
    if given.name == wanted.name:
        return Relation(Kinship.SAME)
    if given.quantity and wanted.quantity and given.quantity != wanted.quantity:
        return Relation(Kinship.STRANGE)
    factor, pi = given.factor / wanted.factor, given.pi - wanted.pi
    if given.dimension != wanted.dimension:
        bridge = _angle_bridge(given, wanted)
        if bridge is None:
            return Relation(Kinship.STRANGE)
        factor, pi = factor * bridge[0], pi + bridge[1]
    scale = factor * PI**pi
    shift = given.offset * scale - wanted.offset
    kinship = Kinship.SAME if scale == 1 and shift == 0 else Kinship.CONVERTIBLE
    return Relation(kinship, scale, shift, None if shift else as_decimal(scale))


def _angle_bridge(given: Unit, wanted: Unit) -> tuple[Fraction, int] | None:
    """What carries an angle over to a unit that has none, or None if nothing does."""
    left, right = list(given.dimension), list(wanted.dimension)
    angles = left[ANGLE] - right[ANGLE]
    left[ANGLE] = right[ANGLE] = 0
    if left != right or left == list(NO_DIMENSION):
        return None
    angled, bare = (given, wanted) if angles > 0 else (wanted, given)
    if min(given.dimension[ANGLE], wanted.dimension[ANGLE]) != 0 or abs(angles) != 1:
        return None
    if angled.pi == 0:
        return (Fraction(1), 0) if not bare.quantity else None
    if bare.quantity not in {"", "frequency"}:
        return None
    # One cycle is 2π rad.
    return (Fraction(1, 2), -1) if angled is given else (Fraction(2), 1)


def _unit(exponents: dict[Atom, int], *, russian: bool) -> Unit:
    """The product. Alone, an atom keeps its offset and its quantity."""
    if not exponents:
        raise Unreadable("no unit", Reason.UNIT_UNREADABLE)
    factor, pi = Fraction(1), 0
    dimension = list(NO_DIMENSION)
    for atom, power in exponents.items():
        row = atom.row
        factor *= (row.factor * (atom.prefix.factor if atom.prefix else 1)) ** power
        pi += row.pi * power
        for index, exponent in enumerate(row.dimension):
            dimension[index] += exponent * power
    if max(factor.numerator.bit_length(), factor.denominator.bit_length()) > _MAX_BITS:
        raise Unreadable("a unit beyond all measure", Reason.TOO_LONG)
    if abs(pi) > MAX_POWER:
        raise Unreadable(f"a power beyond {MAX_POWER}", Reason.UNIT_UNREADABLE)
    alone = next(iter(exponents)) if list(exponents.values()) == [1] else None
    return Unit(
        name="·".join(sorted(_raised(atom.name, power) for atom, power in exponents.items())),
        text=_shown(exponents, russian=russian),
        factor=factor,
        dimension=tuple(dimension),
        pi=pi,
        offset=alone.row.offset if alone else Fraction(0),
        quantity=alone.row.quantity if alone else "",
    )


def _raised(symbol: str, power: int) -> str:
    return symbol if power == 1 else f"{symbol}^{power}"


def _shown(exponents: dict[Atom, int], *, russian: bool) -> str:
    symbols = [(atom.shown(russian=russian), power) for atom, power in exponents.items()]
    above = [_raised(symbol, power) for symbol, power in symbols if power > 0]
    below = [_raised(symbol, -power) for symbol, power in symbols if power < 0]
    if not below:
        return "·".join(above)
    bottom = below[0] if len(below) == 1 else f"({'·'.join(below)})"
    return f"{'·'.join(above) or '1'}/{bottom}"
