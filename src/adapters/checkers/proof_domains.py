"""Domains: a point where only one of two equal expressions is defined, as x = 0 for x/x and 1."""

from collections.abc import Callable
from fractions import Fraction
from typing import Any, NamedTuple

from flint import acb, fmpq, fmpq_poly

from adapters.checkers.proof_balls import OutOfDomain, Unsure, precise, real_value
from adapters.checkers.proof_exact import TooLarge, Undefined, degree, folded
from adapters.checkers.proof_points import Draws, fraction, literals, sample
from domain.answers.expressions.printing import shown
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
    nodes,
    replaced,
    symbols,
)

MAX_DEGREE = 40
MAX_VARIABLES = 3
SAMPLES = 16
PARTIAL = {"root", "ln", "log", "tan", "cot", "sec", "csc", "asin", "acos", "acosh", "atanh"}
PARTIAL |= {"coth", "asec", "acsc", "acoth", "factorial", "binom", "logarithm"}


class Difference(NamedTuple):
    """A point where one of the two is defined and the other not.

    `lost`: the answer is undefined on a whole region, as 2·ln x is where ln x² is not, and not only
    at single points; with several letters it is a formula for positive ones.
    """

    witness: str
    lost: bool = False


def domain_difference(key: Node, answer: Node, draws: Draws) -> Difference | None:
    """Where the domains of two equal expressions differ, if that is found."""
    try:
        ours, theirs = folded(key), folded(answer)
    except (Undefined, TooLarge):
        return None
    if not (_edges(ours) or _edges(theirs)) or _imaginary(ours) or _imaginary(theirs):
        return None
    everywhere = sorted(symbols(ours) | symbols(theirs))
    for point in sample(draws, ours, theirs, count=SAMPLES):
        states = _states(ours, theirs, {name: fraction(value) for name, value in point.items()})
        if states in {(True, False), (False, True)}:
            witness = ", ".join(f"{name} = {float(fraction(at)):.6g}" for name, at in point.items())
            return Difference(witness, lost=states[0] and len(everywhere) == 1)
    names = everywhere[:MAX_VARIABLES]
    for name in names:
        rest = {
            free: Fraction(draws.below(5000) + 501, 1009)
            for free in symbols(ours) | symbols(theirs)
            if free != name
        }
        found = _irrational(ours, theirs, name, rest)
        if found:
            return Difference(f"{name}: {found}")
        for value in _special_values(ours, theirs, name, rest):
            if _states(ours, theirs, {**rest, name: value}) in {(True, False), (False, True)}:
                return Difference(f"{name} = {value}")
    pole = _trigonometric(ours, theirs)
    return Difference(pole) if pole else None


def is_open(key: Node, answer: Node) -> bool:
    """Whether the domains may differ where no point of ours can show it (poles of the tangent)."""
    try:
        return _poles(folded(key)) != _poles(folded(answer))
    except (Undefined, TooLarge):
        return True


def _trigonometric(key: Node, answer: Node) -> str:
    """A pole of the tangent and the like on one side, where the other is defined everywhere."""
    for tree, other in ((key, answer), (answer, key)):
        if _edges(other):
            continue
        for name, argument in _poles(tree):
            if name != "zero" and degree(argument) == 1 and symbols(argument):
                return f"{name}({shown(argument)}) = 0"
    return ""


def _poles(tree: Node) -> frozenset[tuple[str, Node]]:
    """What must not be zero and is no polynomial: (cos, x) for tan x, sec x and 1/cos x."""
    found: set[tuple[str, Node]] = set()
    for one in nodes(tree):
        match one:
            case Call(name="tan" | "sec", arguments=(argument,)):
                found.add(("cos", argument))
            case Call(name="cot" | "csc", arguments=(argument,)):
                found.add(("sin", argument))
            case Product():
                found |= {_pole(part) for part in one.divisors if degree(part) is None}
            case _:
                pass
    return frozenset(found)


def _pole(divisor: Node) -> tuple[str, Node]:
    match divisor:
        case Power(base=base, exponent=Number()):
            return _pole(base)
        case Call(name="sin" | "cos" as name, arguments=(argument,)):
            return name, argument
        case _:
            return "zero", divisor


def _imaginary(node: Node) -> bool:
    return any(isinstance(one, Constant) and one.name == "i" for one in nodes(node))


def _edges(node: Node) -> list[Node]:
    """What must not be zero or negative: divisors, bases of powers, radicands and the like."""
    found: list[Node] = []
    for one in nodes(node):
        match one:
            case Product() if one.divisors:
                found += [divisor for divisor in one.divisors if symbols(divisor)]
            case Power() if symbols(one.base) and not _whole(one.exponent):
                found.append(one.base)
            case Call() if one.name in PARTIAL and symbols(one):
                found.append(one.arguments[0])
    return found


def _whole(exponent: Node) -> bool:
    return isinstance(exponent, Number) and exponent.value.denominator == 1 and exponent.value > 0


def _states(key: Node, answer: Node, point: dict[str, Fraction]) -> tuple[bool, ...]:
    """Whether each is defined at a point; nothing if a ball is too wide to tell."""
    precise(192)
    at = {name: fmpq(value.numerator, value.denominator) for name, value in point.items()}
    states: list[bool] = []
    for tree in (key, answer):
        try:
            real_value(tree, at)
            states.append(True)
        except OutOfDomain:
            states.append(False)
        except (Unsure, TooLarge):
            return ()
    return tuple(states)


def _special_values(
    key: Node, answer: Node, name: str, rest: dict[str, Fraction]
) -> list[Fraction]:
    values = {Fraction(0), Fraction(1), Fraction(-1)}
    for edge in [*_edges(key), *_edges(answer)]:
        found = _numerator(edge, name, rest)
        if found is not None and found.degree() > 0:
            values |= {-_fraction(one[0]) / _fraction(one[1]) for one in _factors(found, 1)}
    values |= set(literals(key, answer)[:12])
    return sorted(values)


def _irrational(key: Node, answer: Node, name: str, rest: dict[str, Fraction]) -> str:
    """An irreducible factor with real roots in the denominators of one rational function only."""
    sides: list[list[fmpq_poly]] = []
    for tree in (key, answer):
        if any(isinstance(one, Call) or not _plain_power(one) for one in nodes(tree)):
            return ""
        factors: list[fmpq_poly] = []
        for edge in _edges(tree):
            found = _numerator(edge, name, rest)
            if found is None:
                return ""
            factors += [] if found.degree() < 1 else _factors(found, 2)
        sides.append(factors)
    for mine, others in (sides, sides[::-1]):
        for factor in mine:
            if factor not in others and _has_real_root(factor):
                return str(factor)
    return ""


def _plain_power(node: Node) -> bool:
    return not isinstance(node, Power) or isinstance(node.exponent, Number)


def _has_real_root(polynomial: fmpq_poly) -> bool:
    return any(root.imag == 0 for root, _ in _roots(polynomial))


def _roots(polynomial: fmpq_poly) -> list[tuple[acb, int]]:
    found: Any = polynomial.numer().complex_roots()  # the library's stub forgets the multiplicities
    return list(found)


def _factors(polynomial: fmpq_poly, least: int) -> list[fmpq_poly]:
    """The irreducible factors of degree 1, or of degree `least` and more."""
    _, factors = polynomial.factor()
    return [
        factor
        for factor, _ in factors
        if (factor.degree() == 1 if least == 1 else factor.degree() >= least)
    ]


def _fraction(value: fmpq) -> Fraction:
    return Fraction(int(value.p), int(value.q))


def _numerator(node: Node, name: str, rest: dict[str, Fraction]) -> fmpq_poly | None:
    """The numerator of a rational function of one variable, the others put in."""
    if name not in symbols(node):
        return None if symbols(node) - set(rest) else fmpq_poly([1])
    filled = replaced(node, {free: Number(value) for free, value in rest.items()})
    try:
        found = _ratio(folded(filled), name)
    except (ZeroDivisionError, Undefined, TooLarge):
        return None
    return None if found is None else found[0]


def _ratio(node: Node, name: str) -> "tuple[fmpq_poly, fmpq_poly] | None":
    match node:
        case Number():
            value = fmpq(node.value.numerator, node.value.denominator)
            return fmpq_poly([value]), fmpq_poly([1])
        case Symbol():
            return fmpq_poly([0, 1]), fmpq_poly([1])
        case Negative():
            below = _ratio(node.body, name)
            return None if below is None else (-below[0], below[1])
        case Percent():
            below = _ratio(node.body, name)
            return None if below is None else (below[0], below[1] * 100)
        case Sum():
            return _gathered([_ratio(term, name) for term in node.terms], _added)
        case Product():
            top = _gathered([_ratio(factor, name) for factor in node.factors], _multiplied)
            bottom = _gathered([_ratio(one, name) for one in node.divisors], _multiplied)
            if top is None or (node.divisors and bottom is None):
                return None
            return top if bottom is None else _reduced(top[0] * bottom[1], top[1] * bottom[0])
        case Power(exponent=Number(value=count)) if count.denominator == 1:
            below = _ratio(node.base, name)
            if below is None or max(one.degree() for one in below) * abs(count) > MAX_DEGREE:
                return None
            power = abs(int(count))
            if power > MAX_DEGREE:
                return None
            above, under = below[0] ** power, below[1] ** power
            return (above, under) if count >= 0 else _reduced(under, above)
    return None


Ratio = tuple[fmpq_poly, fmpq_poly]


def _gathered(parts: "list[Ratio | None]", join: Callable[[Ratio, Ratio], Ratio]) -> "Ratio | None":
    found: Ratio | None = None
    for part in parts:
        if part is None:
            return None
        found = part if found is None else join(found, part)
        if max(one.degree() for one in found) > MAX_DEGREE:
            return None
    return found


def _added(left: Ratio, right: Ratio) -> Ratio:
    return _reduced(left[0] * right[1] + right[0] * left[1], left[1] * right[1])


def _multiplied(left: Ratio, right: Ratio) -> Ratio:
    return _reduced(left[0] * right[0], left[1] * right[1])


def _reduced(top: fmpq_poly, bottom: fmpq_poly) -> Ratio:
    if not bottom:
        raise ZeroDivisionError
    common = top.gcd(bottom)
    return (top, bottom) if common.degree() < 1 else (top // common, bottom // common)
