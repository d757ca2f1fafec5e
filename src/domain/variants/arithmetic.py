"""Arithmetic: what a formula is worth, in exact fractions, within bounds on size and work."""

import math
import operator
from collections.abc import Callable, Mapping
from fractions import Fraction
from typing import Final

from domain.variants.formulas import (
    Call,
    Comparison,
    Formula,
    Name,
    Negative,
    Not,
    Number,
    Operation,
)
from domain.variants.invalid import GeneratorInvalid, Misused, Undefined

MAX_BITS: Final = 512  # of a numerator or denominator: about 150 figures
MAX_EXPONENT: Final = 500
MAX_FACTORIAL: Final = 80
MAX_PLACES: Final = 50

Quantity = Fraction | str
"""What a parameter may be."""

Outcome = Quantity | bool


class Work:
    """How many steps are left; counted, not timed, so that every machine draws the same."""

    def __init__(self, steps: int) -> None:
        """`steps`: about a microsecond or two each."""
        self.left = steps

    def step(self) -> None:
        """One step less. Raises GeneratorInvalid when there is none."""
        self.left -= 1
        if self.left < 0:
            message = "drawing takes too long: fewer variants, wider ranges or simpler formulas"
            raise GeneratorInvalid("params", message)


def fits(value: Fraction) -> bool:
    """Whether a number is of sensible size."""
    return value.numerator.bit_length() <= MAX_BITS and value.denominator.bit_length() <= MAX_BITS


def worth(formula: Formula, values: Mapping[str, Quantity], work: Work) -> Outcome:
    """The value of a formula. Raises Undefined, Misused, GeneratorInvalid if the work is used up.

    Whether a formula is Misused can depend on the draw only behind `if`, `and` and `or`.
    """
    work.step()
    match formula:
        case Number(value):
            return value
        case Name(name):
            return values[name]
        case Negative(body):
            return -_number(worth(body, values, work))
        case Not(body):
            return not _condition(worth(body, values, work))
        case Operation("and", left, right):
            if not _condition(worth(left, values, work)):
                return False
            return _condition(worth(right, values, work))
        case Operation("or", left, right):
            if _condition(worth(left, values, work)):
                return True
            return _condition(worth(right, values, work))
        case Operation(sign, left, right):
            one, other = worth(left, values, work), worth(right, values, work)
            return _bounded(_OPERATIONS[sign](_number(one), _number(other)))
        case Comparison(operands, signs):
            return _compared([worth(operand, values, work) for operand in operands], signs)
        case Call("if", (condition, then, otherwise)):
            holds = _condition(worth(condition, values, work))
            return worth(then if holds else otherwise, values, work)
        case Call(function, arguments):
            numbers = [_number(worth(argument, values, work)) for argument in arguments]
            outcome = _FUNCTIONS[function](*numbers)
            return outcome if isinstance(outcome, bool) else _bounded(Fraction(outcome))


def _number(value: Outcome) -> Fraction:
    if not isinstance(value, Fraction):
        kind = "a condition" if isinstance(value, bool) else "a text"
        raise Misused(f"{kind} stands where a number should")
    return value


def _condition(value: Outcome) -> bool:
    if not isinstance(value, bool):
        kind = "a text" if isinstance(value, str) else "a number"
        raise Misused(f"{kind} stands where a condition should")
    return value


def _bounded(value: Fraction) -> Fraction:
    if not fits(value):
        raise Undefined("a number has too many figures")
    return value


_COMPARISONS: Final[dict[str, Callable[[Fraction, Fraction], bool]]] = {
    "<": operator.lt,
    ">": operator.gt,
    "<=": operator.le,
    ">=": operator.ge,
}


def _compared(values: list[Outcome], signs: tuple[str, ...]) -> bool:
    holds = True
    for left, sign, right in zip(values, signs, values[1:], strict=False):
        if sign in _COMPARISONS:
            holds &= _COMPARISONS[sign](_number(left), _number(right))
        elif type(left) is not type(right):
            raise Misused("values of two kinds are compared")
        else:
            holds &= (left == right) is (sign == "=")
    return holds


# --- operations and functions ---------------------------------------------------------------------


def _divided(one: Fraction, other: Fraction) -> Fraction:
    if not other:
        raise Undefined("a division by zero")
    return one / other


def _power(base: Fraction, exponent: Fraction) -> Fraction:
    if exponent.denominator != 1:
        raise Undefined("an exponent is no whole number")
    if not base and exponent < 0:
        raise Undefined("a division by zero")
    times = abs(exponent.numerator)
    bits = max(base.numerator.bit_length(), base.denominator.bit_length())
    if times > MAX_EXPONENT or (bits - 1) * times > MAX_BITS:
        raise Undefined("a power is too large")
    return base**exponent.numerator


_OPERATIONS: Final[dict[str, Callable[[Fraction, Fraction], Fraction]]] = {
    "+": operator.add,
    "-": operator.sub,
    "*": operator.mul,
    "/": _divided,
    "^": _power,
}


def _whole(value: Fraction) -> int:
    if value.denominator != 1:
        raise Undefined("a whole number is needed")
    return value.numerator


def _root(value: Fraction) -> Fraction:
    if not _is_square(value):
        raise Undefined("a root is not exact")
    return Fraction(math.isqrt(value.numerator), math.isqrt(value.denominator))


def _is_square(value: Fraction) -> bool:
    return value >= 0 and all(
        math.isqrt(part) ** 2 == part for part in (value.numerator, value.denominator)
    )


def _factorial(value: Fraction) -> int:
    if not 0 <= _whole(value) <= MAX_FACTORIAL:
        raise Undefined(f"a factorial of less than 0 or more than {MAX_FACTORIAL}")
    return math.factorial(_whole(value))


def _mod(value: Fraction, by: Fraction) -> Fraction:
    if not by:
        raise Undefined("a division by zero")
    return value - by * math.floor(value / by)


def rounded(value: Fraction, places: Fraction = Fraction(0)) -> Fraction:
    """To so many places after the point, halves away from zero, as schools round."""
    count = _whole(places)
    if not 0 <= count <= MAX_PLACES:
        raise Undefined(f"rounding to less than 0 or more than {MAX_PLACES} places")
    scale = 10**count
    units = Fraction(math.floor(abs(value) * scale + Fraction(1, 2)), scale)
    return units if value >= 0 else -units


_FUNCTIONS: Final[dict[str, Callable[..., Fraction | int | bool]]] = {
    "abs": abs,
    "ceil": math.ceil,
    "denominator": lambda value: value.denominator,
    "factorial": _factorial,
    "floor": math.floor,
    "gcd": lambda *values: math.gcd(*map(_whole, values)),
    "is_integer": lambda value: value.denominator == 1,
    "is_square": _is_square,
    "lcm": lambda *values: math.lcm(*map(_whole, values)),
    "max": lambda *values: max(values),
    "min": lambda *values: min(values),
    "mod": _mod,
    "numerator": lambda value: value.numerator,
    "round": rounded,
    "sqrt": _root,
}
