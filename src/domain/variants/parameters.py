"""Parameters: what may be drawn for each name, what follows from it, what must hold."""

import re
from collections.abc import Mapping, Sequence
from contextlib import suppress
from decimal import Decimal
from fractions import Fraction
from typing import Any, Final, NamedTuple

from domain.variants.arithmetic import MAX_BITS, Quantity, fits
from domain.variants.formulas import FUNCTIONS, WORDS, Formula, is_name, names, read_formula
from domain.variants.invalid import GeneratorInvalid, Misread

MAX_PARAMETERS: Final = 50
MAX_CONSTRAINTS: Final = 50
MAX_CHOICES: Final = 1000
MAX_TEXT: Final = 1000  # characters of a choice
MAX_VALUES: Final = 2**53  # of one range
_NUMBER: Final = re.compile(r"[+-]?[0-9]{1,60}(?:\.[0-9]{1,60}|/[0-9]{1,60})?")


class Range(NamedTuple):
    """`{min, max, step}`: min, min + step, … up to max."""

    least: Fraction
    step: Fraction
    size: int


class Choices(NamedTuple):
    """`{choices: […]}`: numbers and texts; a number in quotation marks is a text."""

    values: tuple[Quantity, ...]


class Constraint(NamedTuple):
    """A condition every draw meets, as it was written and as it was read."""

    text: str
    formula: Formula


class Parameters(NamedTuple):
    """All of a generator. `derived` in an order in which each finds what it speaks of."""

    drawn: Mapping[str, Range | Choices]
    derived: Mapping[str, Formula]
    constraints: tuple[Constraint, ...]


def read_parameters(params: Mapping[str, Any], constraints: Sequence[str]) -> Parameters:
    """What `params` and `constraints` of a request mean. Raises GeneratorInvalid."""
    if len(params) > MAX_PARAMETERS:
        raise GeneratorInvalid("params", f"more than {MAX_PARAMETERS} parameters")
    if len(constraints) > MAX_CONSTRAINTS:
        raise GeneratorInvalid("constraints", f"more than {MAX_CONSTRAINTS} constraints")
    drawn: dict[str, Range | Choices] = {}
    formulas: dict[str, Formula] = {}
    for name, given in params.items():
        path = _path(name)
        match given:
            case {"expr": str(text), **others} if not others:
                formulas[name] = _formula(text, f"{path}.expr", params)
            case {"choices": list() | tuple() as choices, **others} if not others:
                drawn[name] = _choices(choices, path)
            case {"min": _, "max": _, **others} if others.keys() <= {"step"}:
                drawn[name] = _range(given, path)
            case _:
                message = 'must be {min, max, step?}, {choices: […]} or {expr: "…"}'
                raise GeneratorInvalid(path, message)
    return Parameters(
        drawn,
        _ordered(formulas),
        tuple(
            Constraint(text, _formula(text, f"constraints[{index}]", params))
            for index, text in enumerate(constraints)
        ),
    )


def _path(name: str) -> str:
    if not is_name(name) or name in WORDS or name in FUNCTIONS:
        message = f"{name[:50]!r} is no name for a parameter"
        raise GeneratorInvalid("params", f"{message}: a letter, then letters, digits and _")
    return f"params.{name}"


def _formula(text: str, path: str, known: Mapping[str, Any]) -> Formula:
    try:
        formula = read_formula(text)
    except Misread as error:
        raise GeneratorInvalid(path, str(error)) from None
    if strange := sorted(names(formula) - known.keys()):
        raise GeneratorInvalid(path, f"no parameter is called {strange[0]!r}")
    return formula


def _range(given: Mapping[str, Any], path: str) -> Range:
    least = _number(given["min"], f"{path}.min")
    most = _number(given["max"], f"{path}.max")
    step = _number(given.get("step", 1), f"{path}.step")
    if step <= 0:
        raise GeneratorInvalid(f"{path}.step", "must be above 0")
    if most < least:
        raise GeneratorInvalid(f"{path}.max", "must not be below min")
    size = (most - least) // step + 1
    if size > MAX_VALUES:
        raise GeneratorInvalid(path, "more than 2^53 values")
    return Range(least, step, size)


def _choices(given: Sequence[Any], path: str) -> Choices:
    if not 1 <= len(given) <= MAX_CHOICES:
        raise GeneratorInvalid(f"{path}.choices", f"must be 1 to {MAX_CHOICES} values")
    values: list[Quantity] = []
    for index, choice in enumerate(given):
        place = f"{path}.choices[{index}]"
        if isinstance(choice, str):
            if len(choice) > MAX_TEXT:
                raise GeneratorInvalid(place, f"longer than {MAX_TEXT} characters")
            values.append(choice)
        else:
            values.append(_number(choice, place))
    return Choices(tuple(values))


def _number(given: Any, path: str) -> Fraction:
    match given:
        case bool():
            pass
        case int() if given.bit_length() <= MAX_BITS:
            return Fraction(given)
        case float() | Decimal():
            decimal = Decimal(repr(given)) if isinstance(given, float) else given
            if decimal.is_finite() and abs(decimal.adjusted()) < MAX_BITS:
                return _fitting(Fraction(decimal), path)
        case str() if _NUMBER.fullmatch(given):
            with suppress(ZeroDivisionError):
                return _fitting(Fraction(given), path)
        case _:
            pass
    raise GeneratorInvalid(path, "must be a number, or a text such as 0.5 or 1/3")


def _fitting(value: Fraction, path: str) -> Fraction:
    if not fits(value):
        raise GeneratorInvalid(path, "has too many figures")
    return value


def _ordered(formulas: Mapping[str, Formula]) -> dict[str, Formula]:
    """By name, each after those it speaks of. Raises GeneratorInvalid for a circle."""
    ordered: dict[str, Formula] = {}
    waiting = {name: names(formulas[name]) & formulas.keys() for name in sorted(formulas)}
    while waiting:
        ready = [name for name, needed in waiting.items() if needed <= ordered.keys()]
        if not ready:
            circle = _circle(waiting)
            message = f"speaks of itself: {' → '.join(circle)}"
            raise GeneratorInvalid(f"params.{circle[0]}.expr", message)
        for name in ready:
            ordered[name] = formulas[name]
            del waiting[name]
    return ordered


def _circle(waiting: Mapping[str, frozenset[str]]) -> list[str]:
    """One of the circles, beginning and ending with the same name."""
    trail = [next(iter(waiting))]
    while True:
        name = min(waiting[trail[-1]] & waiting.keys())
        if name in trail:
            return [*trail[trail.index(name) :], name]
        trail.append(name)
