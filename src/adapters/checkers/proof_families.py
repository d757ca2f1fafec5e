"""Families compared: ±π/3 + 2πn, n ∈ ℤ, in any parametrisation with commensurable steps."""

from fractions import Fraction
from math import lcm
from typing import NamedTuple

from flint import arb

from adapters.checkers.proof_balls import OutOfDomain, Unsure, precise, real_value
from adapters.checkers.proof_exact import TooLarge, Undefined, folded
from adapters.checkers.proof_values import PRECISIONS, Comparer, Proof, Same
from domain.answers.expressions.regions import Family, Point
from domain.answers.expressions.tree import (
    VALUES,
    Degrees,
    Negative,
    Node,
    Number,
    Percent,
    Power,
    Product,
    Sum,
    Symbol,
    nodes,
    parts,
    rebuilt,
    replaced,
    symbols,
)

MAX_CLASSES = 240  # residues modulo the common step
MAX_RATIO = 500
CLOSE = arb(10) ** -40
METHOD = "residues"


class Progression:
    """start + step·k for all whole k; a single value has no step."""

    def __init__(self, start: Node, step: Node | None) -> None:
        """`start` and `step` are constants."""
        self.start = start
        self.step = step


class NotLinear(Exception):
    """The family is no union of arithmetic progressions that we can see."""


def same_families(key: list[Node], answer: list[Node], comparer: Comparer) -> Proof:
    """Whether two lists of families and points hold the same values."""
    if len(key) == len(answer) == 1:
        proof = _same_formula(key[0], answer[0], comparer)
        if proof is not None:
            return proof
        if _one_is_bounded(key[0], answer[0], comparer):
            return Proof(Same.DIFFERENT, METHOD)
    try:
        ours = [one for item in key for one in progressions(item, comparer)]
        theirs = [one for item in answer for one in progressions(item, comparer)]
        return _same_progressions(ours, theirs, comparer)
    except (NotLinear, Unsure, OutOfDomain, TooLarge, Undefined):
        return Proof(Same.UNDECIDED, METHOD)


def _same_formula(key: Node, answer: Node, comparer: Comparer) -> Proof | None:
    """The same formula in the same or another letter."""
    if not (isinstance(key, Family) and isinstance(answer, Family)):
        return None
    if key.over != answer.over or len(key.parameters) != len(answer.parameters):
        return None
    if not (isinstance(key.value, VALUES) and isinstance(answer.value, VALUES)):
        return None
    renamed = replaced(
        answer.value,
        {
            theirs: Symbol(ours)
            for theirs, ours in zip(answer.parameters, key.parameters, strict=True)
        },
    )
    proof = comparer.same(key.value, renamed)
    return proof if proof.same is Same.EQUAL else None


def _one_is_bounded(key: Node, answer: Node, comparer: Comparer) -> bool:
    """A progression over ℤ has no end, one over ℕ begins somewhere."""
    if not (isinstance(key, Family) and isinstance(answer, Family)) or key.over == answer.over:
        return False
    try:
        for one in (key, answer):
            progressions(Family(one.value, one.parameters), comparer)
    except (NotLinear, Unsure, OutOfDomain, TooLarge, Undefined):
        return False
    return True


def progressions(item: Node, comparer: Comparer) -> list[Progression]:
    """A point or a family over ℤ in one letter as progressions. Raises NotLinear."""
    if isinstance(item, Point) and isinstance(item.value, VALUES) and not symbols(item.value):
        return [Progression(item.value, None)]
    if not isinstance(item, Family) or item.over != "ℤ" or len(item.parameters) != 1:
        raise NotLinear
    name = item.parameters[0]
    if symbols(item.value) != {name} or not isinstance(item.value, VALUES):
        raise NotLinear
    alternates = any(
        isinstance(one, Power) and name in symbols(one.exponent) and _is_minus_one(folded(one.base))
        for one in nodes(item.value)
    )
    width = 2 if alternates else 1
    return [_line(item.value, name, width, first, comparer) for first in range(width)]


def _is_minus_one(node: Node) -> bool:
    return isinstance(node, Number) and node.value == -1


def _line(value: Node, name: str, width: int, first: int, comparer: Comparer) -> Progression:
    """The values for n = first, first + width, …, which must grow by one step."""
    if width > 1:
        value = _signs_settled(value, name, first)
    if not _is_linear(value, name):
        raise NotLinear
    start, after = (
        folded(replaced(value, {name: Number(Fraction(turn))})) for turn in (first, first + width)
    )
    step = _minus(after, start)
    if comparer.same(after, start).same is not Same.DIFFERENT:
        raise NotLinear
    return Progression(start, step)


def _signs_settled(value: Node, name: str, first: int) -> Node:
    """The value with (-1)^(n + c) as 1 or -1, right for every second n from the first on."""
    if (
        isinstance(value, Power)
        and name in symbols(value.exponent)
        and _is_minus_one(folded(value.base))
    ):
        if not _is_linear(value.exponent, name):
            raise NotLinear
        here, after = (
            folded(replaced(value.exponent, {name: Number(Fraction(turn))}))
            for turn in (first, first + 2)
        )
        if not (isinstance(here, Number) and isinstance(after, Number)):
            raise NotLinear
        if here.value.denominator != 1 or (after.value - here.value) % 2:
            raise NotLinear
        return Number(Fraction(-1 if here.value % 2 else 1))
    below = parts(value)
    if not below:
        return value
    return rebuilt(value, tuple(_signs_settled(part, name, first) for part in below))


def _is_linear(value: Node, name: str) -> bool:
    """Whether the value is a + b·n by its form."""
    if name not in symbols(value):
        return True
    match value:
        case Symbol():
            return True
        case Sum():
            return all(_is_linear(term, name) for term in value.terms)
        case Negative() | Degrees() | Percent():
            return _is_linear(value.body, name)
        case Product():
            inside = [factor for factor in value.factors if name in symbols(factor)]
            below = any(name in symbols(divisor) for divisor in value.divisors)
            return len(inside) == 1 and not below and _is_linear(inside[0], name)
        case _:
            return False


def _minus(first: Node, second: Node) -> Node:
    return Sum((first, Negative(second)))


def _same_progressions(
    ours: list[Progression], theirs: list[Progression], comparer: Comparer
) -> Proof:
    steps = [one.step for one in (*ours, *theirs) if one.step is not None]
    unit = steps[0]
    ratios = [ratio_of(step, unit, comparer) for step in steps]
    # the common step: every step divides it
    denominators = lcm(*(ratio.denominator for ratio in ratios))
    whole = [ratio * denominators for ratio in ratios]
    common = Fraction(lcm(*(one.numerator for one in whole)), denominators)
    by_step = dict(zip(steps, ratios, strict=True))
    period = Product((Number(common), unit))
    precise(PRECISIONS[0])
    span = real_value(period, {})
    left = _classes(ours, common, by_step, span)
    right = _classes(theirs, common, by_step, span)
    bound = _covered_by(left, right, period, comparer)
    back = _covered_by(right, left, period, comparer)
    for same in (Same.DIFFERENT, Same.UNDECIDED):
        if same in {bound, back}:
            return Proof(same, METHOD, PRECISIONS[0])
    return Proof(Same.EQUAL, METHOD, PRECISIONS[0])


def ratio_of(step: Node, unit: Node, comparer: Comparer) -> Fraction:
    """|step / unit| as a small fraction, proved."""
    precise(PRECISIONS[0])
    ball = abs(real_value(step, {}) / real_value(unit, {}))
    guess = Fraction(float(ball.mid())).limit_denominator(MAX_RATIO)
    if not guess:
        raise NotLinear
    if step == unit:
        return Fraction(1)
    sign = 1 if real_value(step, {}) / real_value(unit, {}) > 0 else -1
    if comparer.same(step, Product((Number(guess * sign), unit))).same is not Same.EQUAL:
        raise NotLinear
    return guess


class Class(NamedTuple):
    """Values that differ by whole periods, or one value; `turns` is the value in periods."""

    value: Node
    repeats: bool
    turns: arb


def _classes(
    found: list[Progression], common: Fraction, ratios: dict[Node, Fraction], period: arb
) -> list[Class]:
    classes: list[Class] = []
    for one in found:
        if one.step is None:
            classes.append(
                Class(one.start, repeats=False, turns=real_value(one.start, {}) / period)
            )
            continue
        count = common / ratios[one.step]
        if count.denominator != 1 or count + len(classes) > MAX_CLASSES:
            raise NotLinear
        for turn in range(int(count)):
            value = Sum((one.start, Product((Number(Fraction(turn)), one.step))))
            classes.append(Class(value, repeats=True, turns=real_value(value, {}) / period))
    return classes


def _covered_by(inner: list[Class], outer: list[Class], period: Node, comparer: Comparer) -> Same:
    """Whether every class of `inner` is one of `outer`."""
    verdict = Same.EQUAL
    for one in inner:
        best = Same.DIFFERENT
        for other in outer:
            if one.repeats and not other.repeats:
                continue
            same = congruent(one, other, period, comparer)
            if same is Same.EQUAL:
                best = same
                break
            if same is Same.UNDECIDED:
                best = same
        if best is Same.DIFFERENT:
            return best
        if best is Same.UNDECIDED:
            verdict = best
    return verdict


def congruent(one: Class, other: Class, period: Node, comparer: Comparer) -> Same:
    """Whether a value is another one, whole periods apart where that one repeats."""
    if not other.repeats:
        return comparer.same(one.value, other.value).same
    precise(PRECISIONS[0])
    turns = one.turns - other.turns
    if not turns.contains_integer():
        return Same.DIFFERENT
    whole = turns.unique_fmpz()
    if whole is None or not turns.rad() < CLOSE:
        return Same.UNDECIDED
    shifted = Sum((other.value, Product((Number(Fraction(int(whole))), period))))
    return comparer.same(one.value, shifted).same
