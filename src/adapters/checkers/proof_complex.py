"""Complex values of an expression at a point, enclosed, with principal branches."""

from collections.abc import Callable, Iterable, Mapping
from functools import reduce
from operator import add, mul

from flint import acb, arb, fmpq

from adapters.checkers.proof_balls import (
    MAX_EXPONENT,
    OutOfDomain,
    Unsure,
    real_call,
    real_constant,
)
from adapters.checkers.proof_exact import TooLarge, determinant
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


def complex_value(node: Node, at: Mapping[str, acb]) -> acb:
    """The value with principal branches at a point."""
    found = _complex(node, at)
    if not found.is_finite():
        raise Unsure("not finite")
    return found


def _complex(node: Node, at: Mapping[str, acb]) -> acb:
    match node:
        case Number():
            return acb(arb(fmpq(node.value.numerator, node.value.denominator)))
        case Symbol():
            return at[node.name]
        case Constant():
            return acb(0, 1) if node.name == "i" else acb(real_constant(node.name))
        case Sum():
            return _folded(add, (_complex(term, at) for term in node.terms))
        case Product():
            found = _folded(mul, (_complex(factor, at) for factor in node.factors))
            for divisor in node.divisors:
                found = _complex_over(found, _complex(divisor, at))
            return found
        case Negative():
            return -_complex(node.body, at)
        case Power():
            return _complex_power(node, at)
        case Degrees():
            return _complex(node.body, at) * acb.pi() / 180
        case Percent():
            return _complex(node.body, at) / 100
        case Call():
            return _complex_call(node.name, [_complex(one, at) for one in node.arguments])
        case _:
            pass
    raise Unsure("not a value")


def _folded(operator: Callable[[acb, acb], acb], values: Iterable[acb]) -> acb:
    return reduce(operator, list(values))


def _complex_over(top: acb, bottom: acb) -> acb:
    if bottom == 0:
        raise OutOfDomain("division by zero")
    if bottom.contains(0):
        raise Unsure("division by something near zero")
    return top / bottom


def _complex_power(node: Power, at: Mapping[str, acb]) -> acb:
    power = _complex(node.exponent, at)
    base = _complex(node.base, at)
    if base == 0:
        if power.real > 0:
            return base
        raise OutOfDomain("zero to this power")
    if base.contains(0):
        raise Unsure("a power of something near zero")
    size = abs(base).log()
    if not abs((abs(size) + 4) * abs(power)).mid() < MAX_EXPONENT:
        raise TooLarge("too large a power")
    if isinstance(node.exponent, Number) and node.exponent.value.denominator == 1:
        count = node.exponent.value.numerator
        return base**count if count >= 0 else 1 / base**-count
    return base**power


def _complex_call(name: str, values: list[acb]) -> acb:
    x = values[0]
    if not abs(x).mid() < MAX_EXPONENT:
        raise TooLarge("too large an argument")
    match name:
        case "root":
            if x.imag == 0 and x.real < 0 and values[1].real.unique_fmpz() not in {None, 2}:
                index = values[1].real.unique_fmpz()
                if index is not None and int(index) % 2:  # the cube root of -8 is -2
                    return -((-x) ** (1 / values[1]))
            if x == 0:
                return x
            return x.sqrt() if values[1] == 2 else x ** (1 / values[1])
        case "ln":
            return _complex_log(x)
        case "log":
            return _complex_over(_complex_log(x), _complex_log(values[1]))
        case "abs":
            return acb(abs(x))
        case "re":
            return acb(x.real)
        case "im":
            return acb(x.imag)
        case "conj":
            return x.conjugate()
        case "arg":
            return acb(x.arg())
        case "tan":
            return _complex_over(x.sin(), x.cos())
        case "cot":
            return _complex_over(x.cos(), x.sin())
        case "sec":
            return _complex_over(acb(1), x.cos())
        case "csc":
            return _complex_over(acb(1), x.sin())
        case "acot":
            return acb.pi() / 2 - x.atan()
        case "coth":
            return _complex_over(x.cosh(), x.sinh())
        case "sin" | "cos" | "asin" | "acos" | "atan" | "sinh" | "cosh" | "tanh":
            return _called(x, name)
        case "asinh" | "acosh" | "atanh":
            return _called(x, name)
        case "factorial":
            return (x + 1).gamma()
        case "determinant":
            found = determinant(values)
            return found if isinstance(found, acb) else acb(found)
        case _:
            pass
    if all(value.imag == 0 for value in values):
        return acb(real_call(name, [value.real for value in values]))
    raise Unsure(f"no complex {name}")


def _called(x: acb, name: str) -> acb:
    found = getattr(x, name)()
    if not isinstance(found, acb):
        raise Unsure(name)
    return found


def _complex_log(x: acb) -> acb:
    if x == 0:
        raise OutOfDomain("the logarithm of zero")
    return x.log()
