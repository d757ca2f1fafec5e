"""Formats: how a drawn value is written into a text: sign, fraction, places, comma, LaTeX."""

import re
from decimal import Decimal
from fractions import Fraction
from typing import Any, Final, NamedTuple

from domain.answers.numbers import as_decimal
from domain.variants.arithmetic import Quantity, rounded

MAX_PLACES: Final = 15  # after the point; a longer decimal is written as a fraction
_SAFE: Final = 2**53
_FLAGS: Final = frozenset({"coef", "comma", "frac", "paren", "signed", "tex"})
_PLACES: Final = re.compile(r"\.([0-9]|1[0-5])")


class BadFormat(ValueError):
    """A format that does not exist, or does not suit the value."""


class Format(NamedTuple):
    """How to write a number. `places`: rounded to so many; None: exactly."""

    flags: frozenset[str] = frozenset()
    places: int | None = None


def read_format(text: str) -> Format:
    """From `tex,comma` or `.2`; empty means as it is. Raises BadFormat."""
    flags = set[str]()
    places = None
    for flag in filter(None, (part.strip() for part in text.split(","))):
        if found := _PLACES.fullmatch(flag):
            places = int(found[1])
        elif flag in _FLAGS:
            flags.add(flag)
        else:
            known = ", ".join(sorted(_FLAGS))
            raise BadFormat(f"no format is called {flag[:50]!r}; there are {known} and .0 to .15")
    if len(flags & {"paren", "signed"}) > 1:
        raise BadFormat("paren and signed exclude each other")
    if "frac" in flags and places is not None:
        raise BadFormat("frac and places exclude each other")
    return Format(frozenset(flags), places)


def written(value: Quantity, form: Format) -> str:
    """The value as it stands in the text. Raises BadFormat for a text with a number's format."""
    if isinstance(value, str):
        if form != Format():
            raise BadFormat("a text has no format")
        return value
    flags = form.flags
    if form.places is not None:
        value = rounded(value, Fraction(form.places))
    size = _size(abs(value), form)
    if "coef" in flags and abs(value) == 1:
        size = ""
    sign = "-" if value < 0 else "+" if "signed" in flags else ""
    return f"({sign}{size})" if "paren" in flags and value < 0 else f"{sign}{size}"


def _size(value: Fraction, form: Format) -> str:
    flags = form.flags
    decimal = None if "frac" in flags else _decimal(value, form.places)
    if decimal is None and value.denominator == 1:
        return str(value.numerator)
    if decimal is None:
        over, under = value.numerator, value.denominator
        return rf"\frac{{{over}}}{{{under}}}" if "tex" in flags else f"{over}/{under}"
    if "comma" in flags:
        return decimal.replace(".", "{,}" if "tex" in flags else ",")
    return decimal


def _decimal(value: Fraction, places: int | None) -> str | None:
    """With a point; None if its digits would not end, or only after too many."""
    if places is None:
        decimal = as_decimal(value)
        if decimal is None:
            return None
        places = -int(decimal.as_tuple().exponent)
        if places > MAX_PLACES:
            return None
    digits = str(int(value * 10**places)).rjust(places + 1, "0")
    return f"{digits[:-places]}.{digits[-places:]}" if places else digits


# --- as JSON --------------------------------------------------------------------------------------


def as_json(value: Quantity) -> Any:
    """A drawn value for settings: a JSON number where one holds it exactly, else `1/3`."""
    if isinstance(value, str):
        return value
    if value.denominator == 1:
        return value.numerator if abs(value) < _SAFE else str(value)
    text = _decimal(value, None)
    if text is not None and Decimal(repr(float(value))) == Decimal(text):
        return float(value)
    return str(value)
