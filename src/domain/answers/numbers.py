"""Reading numbers as people write them, exactly: decimals or fractions, never binary floats."""

import re
from decimal import (
    Clamped,
    Context,
    Decimal,
    DivisionByZero,
    Inexact,
    InvalidOperation,
    Overflow,
    Rounded,
    Subnormal,
    Underflow,
)
from enum import StrEnum
from fractions import Fraction
from typing import Final, NamedTuple

from domain.answers.unfit import Wrong
from domain.answers.verdict import Reason

Number = Decimal | Fraction
Given = str | int | float | Decimal
"""A number in an answer or a key: a JSON number, or a text as somebody typed it."""

MAX_LENGTH: Final = 200  # characters of one number
MAX_DIGITS: Final = 60  # of one literal, leading zeros apart
MAX_EXPONENT: Final = 1000  # of ten, for the first figure
_MAX_BITS: Final = 200  # just above 60 digits

EXACT: Final = Context(
    prec=8000,
    Emax=99_999,
    Emin=-99_999,
    traps=[InvalidOperation, DivisionByZero, Overflow, Inexact],
)
"""Decimal arithmetic that never rounds: a result that does not fit raises."""
for _quiet in (Clamped, Rounded, Subnormal, Underflow):
    EXACT.traps[_quiet] = False


class Form(StrEnum):
    """How a number was written."""

    DECIMAL = "decimal"
    SCIENTIFIC = "scientific"
    FRACTION = "fraction"
    MIXED = "mixed"
    PERIODIC = "periodic"
    PERCENT = "percent"


class Note(StrEnum):
    """What the learner should know of how a number or a unit was read."""

    COMMA_READ_AS_DECIMAL = "comma_read_as_decimal"  # 1,234 is one and a bit
    PERCENT_READ_AS_FRACTION = "percent_read_as_fraction"  # 50 % is 0.5
    SLASH_READ_TO_THE_END = "slash_read_to_the_end"  # J/kg·K is J/(kg·K)


class Reading(NamedTuple):
    """A number as it was understood."""

    value: Number
    form: Form = Form.DECIMAL
    notes: tuple[str, ...] = ()


class Unreadable(Exception):
    """A text that is no number, or no unit; `reason` is what the learner is told."""

    def __init__(self, message: str, reason: Reason = Reason.UNREADABLE) -> None:
        """`message` is for authors and checkers."""
        super().__init__(message)
        self.reason = reason


# --- the many ways to write the same -------------------------------------------------------------

_SUPERSCRIPTS: Final = "⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻"
_LOWERED: Final = str.maketrans(_SUPERSCRIPTS, "0123456789+-")
_RAISED_RUN: Final = re.compile(f"[{_SUPERSCRIPTS}]+")
_SAME: Final = str.maketrans(
    dict.fromkeys("−‐‑‒–﹣－", "-")
    | {"＋": "+"}
    | dict.fromkeys("\u00a0\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a", " ")
    | dict.fromkeys("\u202f\u205f\u3000\t\n\r", " ")
    | dict.fromkeys("\u200b\u2060\ufeff\u00ad\u200e\u200f", None)
    | dict.fromkeys("·⋅∙•×✕∗", "*")
    | dict.fromkeys("⁄∕÷", "/")
    | {"½": " 1/2", "⅓": " 1/3", "⅔": " 2/3", "¼": " 1/4", "¾": " 3/4", "⅕": " 1/5"}
    | {"⅖": " 2/5", "⅗": " 3/5", "⅘": " 4/5", "⅙": " 1/6", "⅚": " 5/6", "⅛": " 1/8"}
    | {"⅜": " 3/8", "⅝": " 5/8", "⅞": " 7/8"}
    | {chr(0xFF10 + digit): str(digit) for digit in range(10)}
    | {"，": ",", "．": ".", "％": "%"}
)

_GROUPED: Final = r"[1-9][0-9]{0,2}(?:(?P<mark>[ '’ʼ‘])[0-9]{3})(?:(?P=mark)[0-9]{3})*"
_PLACES: Final = r"[.,](?:[0-9]{3}(?: [0-9]{3})+(?: [0-9]{1,2})?(?![0-9])|[0-9]*)"
_POWER: Final = (
    r"10 ?(?:\^|\*\*) ?(?:(?P<e1>[+-]?[0-9]{1,5})|\( ?(?P<e2>[+-]? ?[0-9]{1,5}) ?\)"
    r"|\{ ?(?P<e3>[+-]?[0-9]{1,5}) ?\})"
)
_NUMBER: Final = re.compile(
    r"(?P<sign>[+-] ?)?(?:"
    r"(?P<whole>[0-9]{1,20}) {1,3}(?P<over>[1-9][0-9]{0,19}) ?/ ?(?P<under>[1-9][0-9]{0,19})"
    r"|(?P<top>[0-9]{1,60}) ?/ ?(?P<bottom>[0-9]{1,60})"
    r"|(?P<start>[0-9]{0,30}[.,][0-9]{0,30})\((?P<period>[0-9]{1,30})\)"
    rf"|(?P<power>{_POWER})"
    r"|(?P<mantissa>"
    rf"{_GROUPED}(?:{_PLACES})?"
    r"|[1-9][0-9]{0,2}(?:,[0-9]{3})+\.[0-9]+|[1-9][0-9]{0,2}(?:\.[0-9]{3})+,[0-9]+"
    r"|[1-9][0-9]{0,2}(?:,[0-9]{3}){2,}|[1-9][0-9]{0,2}(?:\.[0-9]{3}){2,}"
    rf"|[0-9]+(?:{_PLACES})?|[.,][0-9]+)"
    r"(?: ?[*xхXХ] ?(?P<times>" + _POWER.replace("<e", "<t") + r")"
    r"|[eEеЕ](?P<e>[+-]?[0-9]{1,5}))?"
    r")(?:(?! ?[.,]*[0-9])|(?= 1 ?/ ?[^0-9 ]))"  # … or a unit such as 1/s
)
_SIMPLE: Final = re.compile(r"[+-]?[0-9]{1,30}(?:\.[0-9]{1,30})?")
_AMBIGUOUS: Final = re.compile(r"[1-9][0-9]{0,2},[0-9]{3}")
_ENDLESS: Final = frozenset(
    {"inf", "infinity", "nan", "∞", "infty", "бесконечность", "\\infty", "oo"}
)
_ZERO: Final = Decimal(0)
_MARKS: Final = str.maketrans("", "", " '’ʼ‘")


def read_number(given: Given) -> Reading:
    """The number that somebody wrote. Raises Unreadable.

    `1,234` is a decimal (with a note for the learner); `1,234.5`, `1.234,5` and `1,234,567` are
    groups. `50 %` is 0.5 (with a note).
    """
    if not isinstance(given, str):
        return Reading(_from_json(given))
    if _SIMPLE.fullmatch(given):
        return Reading(_bounded(Decimal(given)))
    text = tidy(given)
    percent = text.endswith("%")
    if percent:
        text = text[:-1].rstrip()
    if text.startswith("(") and text.endswith(")"):
        text = text[1:-1].strip()
    found = _NUMBER.fullmatch(text) or _NUMBER.fullmatch(text.removesuffix("."))
    if found is None:
        raise _unreadable(text)
    reading = _understood(found)
    if percent:
        value = reading.value
        smaller: Number = (
            value / 100 if isinstance(value, Fraction) else _bounded(value.scaleb(-2, EXACT))
        )
        notes = (*reading.notes, Note.PERCENT_READ_AS_FRACTION)
        return Reading(smaller, Form.PERCENT, notes)
    return reading


def leading_number(text: str) -> tuple[Reading, str]:
    """The number that a tidy text begins with, and the rest. Raises Unreadable."""
    found = _NUMBER.match(text)
    if found is None:
        raise _unreadable(text)
    return _understood(found), text[found.end() :].lstrip()


def tidy(given: str) -> str:
    """The text with one kind of minus, space, product, slash and power. Raises Unreadable."""
    if len(given) > MAX_LENGTH:
        raise Unreadable(f"longer than {MAX_LENGTH} characters", Reason.TOO_LONG)
    if given.isascii():
        return given.replace("\t", " ").strip()
    raised = _RAISED_RUN.sub(lambda run: "^" + run.group().translate(_LOWERED), given)
    return raised.translate(_SAME).strip()


def exact(value: Decimal, path: str) -> Decimal:
    """A number of an author, if it is finite and of sensible size; otherwise raises Wrong."""
    try:
        return _bounded(value)
    except Unreadable as error:
        raise Wrong("out_of_bounds", str(error), path) from None


def plain(number: Number) -> str:
    """The number as people read it; `read_number` reads the same number from it."""
    if type(number) is Decimal and -10 <= number.adjusted() <= 20:  # by far the most
        text = format(number, "f")
        return (text.rstrip("0").rstrip(".") if "." in text else text) if number else "0"
    if isinstance(number, Fraction):
        decimal = as_decimal(number)
        if decimal is None:
            return f"{number.numerator}/{number.denominator}"
        number = decimal
    if not number:
        return "0"
    text = str(number)
    if len(text) <= 20 and "E" not in text:
        return text.rstrip("0").rstrip(".") if "." in text else text
    sign, digits, exponent = number.as_tuple()
    first = len(digits) + int(exponent) - 1
    if -10 <= first <= 20:
        text = format(number, "f")
        return text.rstrip("0").rstrip(".") if "." in text else text
    figures = "".join(map(str, digits)).rstrip("0")
    mantissa = figures[0] + ("." + figures[1:] if len(figures) > 1 else "")
    return f"{'-' if sign else ''}{mantissa}·10^{first}"


def as_decimal(number: Fraction) -> Decimal | None:
    """The same number as a decimal, or None if its digits would not end."""
    bottom = number.denominator
    twos = (bottom & -bottom).bit_length() - 1
    bottom >>= twos
    fives = 0
    while bottom % 5 == 0:
        bottom //= 5
        fives += 1
    if bottom != 1:
        return None
    places = max(twos, fives)
    digits = number.numerator * 10**places // number.denominator
    return Decimal(digits).scaleb(-places, EXACT)


def fraction(number: Number) -> Fraction:
    """The same number as a fraction."""
    return number if isinstance(number, Fraction) else Fraction(number)


# --- what a match means --------------------------------------------------------------------------


def _understood(found: re.Match[str]) -> Reading:
    part = found.groupdict()
    minus = (part["sign"] or "").startswith("-")
    if part["mantissa"] is not None:
        return _decimal(part, minus=minus)
    if part["power"] is not None:
        exponent = part["e1"] or part["e2"] or part["e3"]
        return Reading(_scientific("1", exponent, minus=minus), Form.SCIENTIFIC)
    if part["whole"] is not None:
        top, bottom = int(part["over"]), int(part["under"])
        if top >= bottom:
            raise Unreadable("the fraction of a mixed number is below one")
        value = int(part["whole"]) + Fraction(top, bottom)
        return Reading(-value if minus else value, Form.MIXED)
    if part["top"] is not None:
        bottom = int(part["bottom"])
        if bottom == 0:
            raise Unreadable("division by zero", Reason.NOT_FINITE)
        value = Fraction(int(part["top"]), bottom)
        return Reading(-value if minus else value, Form.FRACTION)
    return Reading(_periodic(part["start"], part["period"], minus=minus), Form.PERIODIC)


def _decimal(part: dict[str, str | None], *, minus: bool) -> Reading:
    written = part["mantissa"] or ""
    notes: tuple[str, ...] = ()
    if _AMBIGUOUS.fullmatch(written):
        notes = (Note.COMMA_READ_AS_DECIMAL,)
    digits = _with_point(written.translate(_MARKS))
    exponent = part["e"] or part["t1"] or part["t2"] or part["t3"]
    if exponent is not None:
        return Reading(_scientific(digits, exponent, minus=minus), Form.SCIENTIFIC, notes)
    return Reading(_bounded(Decimal("-" + digits if minus else digits)), Form.DECIMAL, notes)


def _with_point(written: str) -> str:
    commas, points = written.count(","), written.count(".")
    if commas and points:
        last = max(written.rfind(","), written.rfind("."))
        whole = written[:last].replace(",", "").replace(".", "")
        return f"{whole}.{written[last + 1 :]}"
    if commas > 1 or points > 1:
        return written.replace(",", "").replace(".", "")
    return written.replace(",", ".")


def _scientific(digits: str, exponent: str | None, *, minus: bool) -> Decimal:
    power = int((exponent or "0").replace(" ", ""))
    if abs(power) > MAX_EXPONENT:
        raise Unreadable(f"a power of ten beyond {MAX_EXPONENT}", Reason.TOO_LONG)
    return _bounded(Decimal("-" + digits if minus else digits).scaleb(power, EXACT))


def _periodic(start: str | None, period: str | None, *, minus: bool) -> Fraction:
    whole, _, places = (start or "").replace(",", ".").partition(".")
    again = period or ""
    if len(whole) + len(places) + len(again) > 30:
        raise Unreadable("more than 30 digits round a period", Reason.TOO_LONG)
    before = int((whole + places) or "0")
    value = Fraction(
        int(whole + places + again) - before, 10 ** len(places) * (10 ** len(again) - 1)
    )
    return -value if minus else value


def _from_json(given: float | Decimal) -> Decimal:
    if isinstance(given, bool) or not isinstance(given, (int, float, Decimal)):
        raise Unreadable(f"a {type(given).__name__} is no number")
    if isinstance(given, int):
        if given.bit_length() > _MAX_BITS:
            raise Unreadable(f"more than {MAX_DIGITS} digits", Reason.TOO_LONG)
        return _bounded(Decimal(given))
    return _bounded(Decimal(repr(given)) if isinstance(given, float) else given)


def _bounded(value: Decimal) -> Decimal:
    if not value.is_finite():
        raise Unreadable("not finite", Reason.NOT_FINITE)
    if not value:
        return _ZERO
    if len(value.as_tuple().digits) > MAX_DIGITS or not -1000 <= value.adjusted() <= MAX_EXPONENT:
        raise Unreadable(f"more than {MAX_DIGITS} digits or beyond 10^1000", Reason.TOO_LONG)
    return value


def _unreadable(text: str) -> Unreadable:
    if text.strip("+- ").casefold() in _ENDLESS:
        return Unreadable("not finite", Reason.NOT_FINITE)
    if not text:
        return Unreadable("nothing there", Reason.EMPTY)
    return Unreadable("no number")
