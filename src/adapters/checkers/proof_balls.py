"""Ball arithmetic: the value of an expression at a point, enclosed, or that it has none."""

from collections.abc import Mapping
from functools import reduce
from operator import add, mul

from flint import arb, ctx, fmpq

from adapters.checkers.proof_exact import MAX_FACTORIAL, TooLarge, determinant
from domain.answers.expressions.tree import (
    Call,
    Constant,
    Degrees,
    Negative,
    Node,
    Number,
    Percent,
    Power,
    Product,
    Sum,
    Symbol,
)

Point = Mapping[str, fmpq] | Mapping[str, arb]
MAX_EXPONENT = 100_000  # bits of a value's size: beyond, a power is not computed


class OutOfDomain(ArithmeticError):
    """Proven: the expression has no (real) value at this point."""


class Unsure(ArithmeticError):
    """The ball is too wide to tell; more bits may help."""


def real_value(node: Node, at: Point) -> arb:
    """The real value at a point, in the current precision (`flint.ctx.prec`)."""
    found = _real(node, at)
    if not found.is_finite():
        raise Unsure("not finite")
    return found


# --- real values --------------------------------------------------------------------------------


def _real(node: Node, at: Point) -> arb:
    match node:
        case Number():
            return arb(fmpq(node.value.numerator, node.value.denominator))
        case Symbol():
            return arb(at[node.name])
        case Constant():
            return real_constant(node.name)
        case Sum():
            return reduce(add, [_real(term, at) for term in node.terms])
        case Product():
            found = reduce(mul, [_real(factor, at) for factor in node.factors])
            for divisor in node.divisors:
                found = _over(found, _real(divisor, at))
            return found
        case Negative():
            return -_real(node.body, at)
        case Power():
            return _real_power(node, at)
        case Degrees():
            return _real(node.body, at) * arb.pi() / 180
        case Percent():
            return _real(node.body, at) / 100
        case Call():
            return real_call(node.name, [_real(one, at) for one in node.arguments])
        case _:
            pass
    raise Unsure("not a value")


def real_constant(name: str) -> arb:
    """π or e."""
    match name:
        case "pi":
            return arb.pi()
        case "e":
            return arb.const_e()
        case "i":
            raise OutOfDomain("imaginary")
        case _:
            pass
    raise Unsure("infinite")


def _over(top: arb, bottom: arb) -> arb:
    if bottom == 0:
        raise OutOfDomain("division by zero")
    if bottom.contains(0):
        raise Unsure("division by something near zero")
    return top / bottom


def _sized(base: arb, exponent: arb) -> None:
    """Stops before a power whose size alone would take a gigabyte."""
    upper = base.abs_upper()
    lower = base.abs_lower()
    size = (
        max(abs(upper.log().mid()), abs(lower.log().mid())) if lower > 0 else abs(upper.log().mid())
    )
    if not abs(size * exponent.mid()) < MAX_EXPONENT:
        raise TooLarge("too large a power")


def _real_power(node: Power, at: Point) -> arb:
    exponent = node.exponent
    base = _real(node.base, at)
    if isinstance(exponent, Number):
        value = exponent.value
        power = arb(fmpq(value.numerator, value.denominator))
        return _fraction_power(base, value.numerator, value.denominator, power)
    power = _real(exponent, at)
    if isinstance(node.base, Constant) and node.base.name == "e":
        if not abs(power.mid()) < MAX_EXPONENT:
            raise TooLarge("too large a power")
        return power.exp()
    if base > 0:
        _sized(base, power)
        return base**power
    if base == 0:
        if power > 0:
            return base
        raise OutOfDomain("zero to this power")
    if base < 0:
        whole = power.unique_fmpz()
        if whole is not None and power.is_exact():
            return _fraction_power(base, int(whole), 1, power)
        if power.contains_integer():
            raise Unsure("a negative number to a power near a whole one")
        raise OutOfDomain("a negative number to this power")
    raise Unsure("a power of something near zero")


def _fraction_power(base: arb, top: int, bottom: int, power: arb) -> arb:
    if base == 0:
        if top <= 0:
            raise OutOfDomain("zero to this power")
        return base
    if bottom == 1:
        if base.contains(0):
            if top < 0:
                raise Unsure("division by something near zero")
            if abs(top) > 10_000:
                raise TooLarge("too large a power")
        else:
            _sized(base, power)
        return base**top if top >= 0 else 1 / base**-top
    if base > 0:
        _sized(base, power)
        return base**power
    if base < 0:
        if bottom % 2 == 0:
            raise OutOfDomain("an even root of a negative number")
        _sized(base, power)
        found = (-base) ** power
        return -found if top % 2 else found
    raise Unsure("a root of something near zero")


def real_call(name: str, values: list[arb]) -> arb:
    """A function of real values."""
    x = values[0]
    match name:
        case "root":
            index = values[1].unique_fmpz()
            if index is None or not 0 < index <= 1000:
                raise Unsure("an unusual root")
            if index == 2 and x >= 0:
                return x.sqrt()
            return _fraction_power(x, 1, int(index), 1 / arb(index))
        case "ln":
            return _log(x)
        case "log":
            return _over(_log(x), _log(values[1]))
        case "abs":
            return abs(x)
        case "sign":
            if x == 0:
                return x
            if x.contains(0):
                raise Unsure("the sign of something near zero")
            return arb(1) if x > 0 else arb(-1)
        case "floor" | "ceil":
            found = x.floor() if name == "floor" else x.ceil()
            if found.unique_fmpz() is None or not found.is_exact():
                raise Unsure("rounding near a whole number")
            return found
        case "min":
            return reduce(arb.min, values)
        case "max":
            return reduce(arb.max, values)
        case "re" | "conj":
            return x
        case "im":
            return arb(0)
        case "arg":
            if x.contains(0):
                raise Unsure("the argument near zero")
            return arb(0) if x > 0 else arb.pi()
        case "factorial":
            return _factorial(x)
        case "binom":
            top, bottom = values
            return _factorial(top) * (bottom + 1).rgamma() * (top - bottom + 1).rgamma()
        case "determinant":
            found = determinant(values)
            return found if isinstance(found, arb) else arb(found)
        case _:
            pass
    return _elementary(name, x)


def _log(x: arb) -> arb:
    if x > 0:
        return x.log()
    if x <= 0:
        raise OutOfDomain("the logarithm of what is not positive")
    raise Unsure("the logarithm near zero")


def _factorial(x: arb) -> arb:
    if not x < MAX_FACTORIAL + 1:
        raise TooLarge("too large a factorial")
    if x < 0 and x.unique_fmpz() is not None and x.is_exact():
        raise OutOfDomain("the factorial of a negative number")
    if x < -MAX_FACTORIAL:
        raise TooLarge("too large a factorial")
    return (x + 1).gamma()


def _elementary(name: str, x: arb) -> arb:
    if not abs(x.mid()) < arb(2) ** 2000:
        raise TooLarge("too large an argument")
    match name:
        case "sin":
            return x.sin()
        case "cos":
            return x.cos()
        case "tan":
            return _over(x.sin(), x.cos())
        case "cot":
            return _over(x.cos(), x.sin())
        case "sec":
            return _over(arb(1), x.cos())
        case "csc":
            return _over(arb(1), x.sin())
        case "asin" | "acos":
            _within(x)
            return x.asin() if name == "asin" else x.acos()
        case "atan":
            return x.atan()
        case "acot":
            return arb.pi() / 2 - x.atan()
        case "asec":
            return _elementary("acos", _over(arb(1), x))
        case "acsc":
            return _elementary("asin", _over(arb(1), x))
        case "asinh":
            return x.asinh()
        case "acosh":
            if x < 1:
                raise OutOfDomain("arcosh below one")
            return x.acosh()
        case "atanh":
            if x >= 1 or x <= -1:
                raise OutOfDomain("artanh outside one")
            return x.atanh()
        case "acoth":
            return _elementary("atanh", _over(arb(1), x))
        case _:
            pass
    if not abs(x.mid()) < MAX_EXPONENT:
        raise TooLarge("too large an argument")
    match name:
        case "sinh":
            return x.sinh()
        case "cosh":
            return x.cosh()
        case "tanh":
            return x.tanh()
        case "coth":
            return _over(x.cosh(), x.sinh())
        case _:
            pass
    raise Unsure(f"no such function: {name}")


def _within(x: arb) -> None:
    if x > 1 or x < -1:
        raise OutOfDomain("an arc outside one")


def precise(bits: int) -> None:
    """All balls from now on carry this many bits."""
    ctx.prec = bits
