"""Exact proof: constants as fractions, rational functions over finite fields, nothing expanded."""

from collections.abc import Mapping
from fractions import Fraction
from math import factorial, isqrt
from typing import Any

import flint

from domain.answers.expressions.tree import (
    Call,
    Constant,
    Negative,
    Node,
    Number,
    Percent,
    Power,
    Product,
    Sum,
    Symbol,
    parts,
    rebuilt,
)

MERSENNE = 2**61 - 1
MAX_BITS = 20_000  # of a constant's numerator and denominator
MAX_FACTORIAL = 1000
MAX_DEGREE = 10**9  # far below both primes, so that x**(p - 1) cannot pass for 1


class Undefined(ArithmeticError):
    """The expression has no value: a division by zero that no variable can avoid."""


class TooLarge(ArithmeticError):
    """The value is too large to be computed in the time allowed."""


class NoField(ArithmeticError):
    """Not a rational function, or not defined at this point."""


# --- constants ----------------------------------------------------------------------------------


def folded(node: Node) -> Node:
    """The tree with every exactly rational part as one number."""
    below = parts(node)
    if not below:
        return node
    new = tuple(folded(part) for part in below)
    node = node if new == below else rebuilt(node, new)
    value = _constant(node, new)
    return node if value is None else Number(value)


def _constant(node: Node, below: tuple[Node, ...]) -> Fraction | None:
    if not all(isinstance(part, Number) for part in below):
        if isinstance(node, Product) and any(
            isinstance(part, Number) and not part.value for part in node.divisors
        ):
            raise Undefined("division by zero")
        return None
    values = [part.value for part in below if isinstance(part, Number)]
    match node:
        case Sum():
            return _bounded(sum(values, Fraction(0)))
        case Product():
            return _product(values[: len(node.factors)], values[len(node.factors) :])
        case Negative():
            return -values[0]
        case Percent():
            return values[0] / 100
        case Power():
            return _power(values[0], values[1])
        case Call():
            return _call(node.name, values)
        case _:
            pass
    return None


def _bounded(value: Fraction) -> Fraction:
    if max(value.numerator.bit_length(), value.denominator.bit_length()) > MAX_BITS:
        raise TooLarge("too many digits")
    return value


def _product(factors: list[Fraction], divisors: list[Fraction]) -> Fraction:
    found = Fraction(1)
    for factor in factors:
        found = _bounded(found * factor)
    for divisor in divisors:
        if not divisor:
            raise Undefined("division by zero")
        found = _bounded(found / divisor)
    return found


def _power(base: Fraction, exponent: Fraction) -> Fraction | None:
    if exponent.denominator != 1:
        if base < 0:
            return None  # even roots are complex, odd ones are a matter of convention
        root = exact_root(base, exponent.denominator)
        return None if root is None else _power(root, Fraction(exponent.numerator))
    count = exponent.numerator
    if not base:
        if count <= 0:
            raise Undefined("zero to this power")
        return base
    size = max(base.numerator.bit_length(), base.denominator.bit_length()) - 1
    if abs(base) != 1 and max(size, 1) * abs(count) > MAX_BITS:
        if abs(count) > MAX_DEGREE:
            raise TooLarge("too large a power")
        return None  # left as a power: finite fields can still tell
    if abs(base) == 1:
        return base if count % 2 else Fraction(1)
    return base**count


def exact_root(value: Fraction, index: int) -> Fraction | None:
    """The root of a value that is not negative, if it is rational."""
    top, bottom = _whole_root(value.numerator, index), _whole_root(value.denominator, index)
    return None if top is None or bottom is None else Fraction(top, bottom)


def _whole_root(value: int, index: int) -> int | None:
    if index > 64 or index < 2:
        return value if value in {0, 1} or index == 1 else None
    found = isqrt(value) if index == 2 else int(flint.fmpz(value).root(index))
    return found if found**index == value else None


def _call(name: str, values: list[Fraction]) -> Fraction | None:
    first = values[0]
    match name:
        case "root":
            index = values[1]
            if index.denominator != 1 or not 2 <= index <= 64:
                return None
            if first < 0:
                if index % 2 == 0:
                    return None
                root = exact_root(-first, index.numerator)
                return None if root is None else -root
            return exact_root(first, index.numerator)
        case "abs":
            return abs(first)
        case "sign":
            return Fraction((first > 0) - (first < 0))
        case "floor":
            return Fraction(first.numerator // first.denominator)
        case "ceil":
            return Fraction(-(-first.numerator // first.denominator))
        case "min":
            return min(values)
        case "max":
            return max(values)
        case "factorial":
            if first.denominator != 1:
                return None
            if first < 0:
                raise Undefined("the factorial of a negative number")
            if first > MAX_FACTORIAL:
                raise TooLarge("too large a factorial")
            return Fraction(factorial(first.numerator))
        case "binom":
            return _binomial(values[0], values[1])
        case "determinant":
            return Fraction(determinant(values))
        case _:
            pass
    return None


def _binomial(top: Fraction, bottom: Fraction) -> Fraction | None:
    if top.denominator != 1 or bottom.denominator != 1 or top < 0:
        return None
    if top > MAX_FACTORIAL:
        raise TooLarge("too large a binomial coefficient")
    if not 0 <= bottom <= top:
        return Fraction(0)
    return Fraction(int(flint.fmpz.bin_uiui(top.numerator, bottom.numerator)))


def determinant(cells: list[Any]) -> Any:
    """The determinant of 1, 4 or 9 cells, row by row."""
    if len(cells) == 1:
        return cells[0]
    if len(cells) == 4:
        a, b, c, d = cells
        return a * d - b * c
    a, b, c, d, e, f, g, h, i = cells
    return a * (e * i - f * h) - b * (d * i - f * g) + c * (d * h - e * g)


# --- rational functions -------------------------------------------------------------------------


def degree(node: Node) -> int | None:
    """A bound for the degrees of a rational function (π, e are variables); None if it is none."""
    match node:
        case Number():
            return 0
        case Symbol():
            return 1
        case Constant():
            return 1 if node.name in {"pi", "e"} else None
        case Negative() | Percent():
            return degree(node.body)
        case Power():
            below = degree(node.base)
            count = node.exponent
            if below is None or not isinstance(count, Number) or count.value.denominator != 1:
                return None
            return below * abs(count.value.numerator)
        case Sum() | Product():
            total = 0
            for part in parts(node):
                below = degree(part)
                if below is None:
                    return None
                total += below
            return total
        case Call(name="determinant"):
            found = [degree(part) for part in node.arguments]
            return None if None in found else sum(one or 0 for one in found) * 3
        case _:
            pass
    return None


def field_value(node: Node, at: Mapping[str, int], prime: int) -> int:
    """The value modulo a prime. Raises NoField where a denominator is zero there."""
    match node:
        case Number():
            return _quotient(node.value.numerator, node.value.denominator, prime)
        case Symbol():
            return at[node.name]
        case Constant():
            return at[f"\\{node.name}"]
        case Sum():
            return sum(field_value(term, at, prime) for term in node.terms) % prime
        case Product():
            found = 1
            for factor in node.factors:
                found = found * field_value(factor, at, prime) % prime
            below = 1
            for divisor in node.divisors:
                below = below * field_value(divisor, at, prime) % prime
            return found if below == 1 else _quotient(found, below, prime)
        case Negative():
            return -field_value(node.body, at, prime) % prime
        case Percent():
            return _quotient(field_value(node.body, at, prime), 100, prime)
        case Power(exponent=Number(value=count)):
            base = field_value(node.base, at, prime)
            if not base and count <= 0:
                raise NoField("zero to this power")
            return pow(base, int(count), prime)
        case Call(name="determinant"):
            cells = [field_value(part, at, prime) for part in node.arguments]
            return int(determinant(cells)) % prime
        case _:
            pass
    raise NoField("not a rational function")


def _quotient(top: int, bottom: int, prime: int) -> int:
    below = bottom % prime
    if not below:
        raise NoField("division by zero")
    return top * pow(below, -1, prime) % prime
