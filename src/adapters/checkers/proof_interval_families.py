"""Families of intervals compared: (π/6 + 2πn; 5π/6 + 2πn), n ∈ ℤ, as arcs of one circle."""

from fractions import Fraction
from itertools import pairwise
from math import floor, lcm
from typing import NamedTuple

from adapters.checkers.proof_balls import OutOfDomain, Unsure, precise, real_value
from adapters.checkers.proof_exact import TooLarge, Undefined
from adapters.checkers.proof_families import (
    Class,
    NotLinear,
    congruent,
    progressions,
    ratio_of,
)
from adapters.checkers.proof_values import PRECISIONS, Comparer, Proof, Same
from domain.answers.expressions.regions import Family, Interval
from domain.answers.expressions.tree import Node, Number, Product, Sum

METHOD = "arcs"
MAX_ARCS = 60
APART = 1e-9  # of a turn: ends closer than this are left to a person


class Arc(NamedTuple):
    """An interval that repeats with a step."""

    low: Node
    high: Node
    step: Node
    interval: Interval


def same_interval_families(key: list[Node], answer: list[Node], comparer: Comparer) -> Proof:
    """Whether two lists of such families cover the same numbers."""
    if not key or not answer:
        return Proof(Same.DIFFERENT if key or answer else Same.EQUAL, METHOD)
    try:
        ours = [_arc(one, comparer) for one in key]
        theirs = [_arc(one, comparer) for one in answer]
        same = _same_arcs(ours, theirs, comparer)
    except (NotLinear, Unsure, OutOfDomain, TooLarge, Undefined):
        same = Same.UNDECIDED
    return Proof(same, METHOD, PRECISIONS[0])


def _arc(found: Node, comparer: Comparer) -> Arc:
    if not isinstance(found, Family) or not isinstance(found.value, Interval):
        raise NotLinear
    ends = [
        progressions(Family(end, found.parameters, found.over), comparer)
        for end in (found.value.low, found.value.high)
    ]
    if any(len(one) != 1 for one in ends):
        raise NotLinear
    low, high = ends[0][0], ends[1][0]
    if low.step is None or high.step is None:
        raise NotLinear
    if comparer.same(low.step, high.step).same is not Same.EQUAL:
        raise NotLinear
    return Arc(low.start, high.start, low.step, found.value)


def _same_arcs(ours: list[Arc], theirs: list[Arc], comparer: Comparer) -> Same:
    unit = ours[0].step
    ratios = [ratio_of(arc.step, unit, comparer) for arc in (*ours, *theirs)]
    below = lcm(*(ratio.denominator for ratio in ratios))
    common = Fraction(lcm(*((ratio * below).numerator for ratio in ratios)), below)
    period = Product((Number(common), unit))
    circle = _Circle(period, comparer)
    turns = [int(common / ratio) for ratio in ratios]
    if sum(turns) > MAX_ARCS:
        raise NotLinear
    placed = [
        [circle.placed(arc, turn) for turn in range(count)]
        for arc, count in zip((*ours, *theirs), turns, strict=True)
    ]
    circle.settle()
    covered = [frozenset().union(*map(circle.cells, arcs)) for arcs in placed]
    first = frozenset().union(*covered[: len(ours)])
    second = frozenset().union(*covered[len(ours) :])
    return Same.EQUAL if first == second else Same.DIFFERENT


class Placed(NamedTuple):
    """An arc between two marks of the circle."""

    start: int
    end: int
    interval: Interval


class _Circle:
    """All ends modulo the period: even cells are the ends in order, odd ones the gaps after."""

    def __init__(self, period: Node, comparer: Comparer) -> None:
        precise(PRECISIONS[0])
        self.period = period
        self.span = real_value(period, {})
        self.comparer = comparer
        self.marks: list[Class] = []
        self.places: dict[int, int] = {}

    def placed(self, arc: Arc, turn: int) -> Placed:
        """The arc moved on by some steps, shorter than the whole circle and longer than nothing."""
        shift = Product((Number(Fraction(turn)), arc.step))
        low, high = Sum((arc.low, shift)), Sum((arc.high, shift))
        precise(PRECISIONS[0])
        length = (real_value(high, {}) - real_value(low, {})) / abs(self.span)
        if not (length > 0 and length < 1 and self.span > 0):
            raise NotLinear
        return Placed(self.mark(low), self.mark(high), arc.interval)

    def mark(self, end: Node) -> int:
        precise(PRECISIONS[0])
        here = Class(end, repeats=True, turns=real_value(end, {}) / self.span)
        for number, other in enumerate(self.marks):
            match congruent(here, other, self.period, self.comparer):
                case Same.EQUAL:
                    return number
                case Same.UNDECIDED:
                    raise NotLinear
                case Same.DIFFERENT:
                    pass
        self.marks.append(here)
        return len(self.marks) - 1

    def settle(self) -> None:
        """Put the marks in order once all are known."""
        at = []
        for number, mark in enumerate(self.marks):
            turns = float(mark.turns.mid())
            part = turns - floor(turns)
            at.append((0.0 if 1 - part < APART else part, number))
        at.sort()
        gaps = [high[0] - low[0] for low, high in pairwise(at)]
        if any(gap < APART for gap in gaps):
            raise NotLinear
        self.places = {number: place for place, (_, number) in enumerate(at)}

    def cells(self, arc: Placed) -> frozenset[int]:
        """The cells an arc covers, going up from its low end."""
        count = 2 * len(self.marks)
        start, end = 2 * self.places[arc.start], 2 * self.places[arc.end]
        found = {start} if not arc.interval.open_low else set()
        here = (start + 1) % count
        while here != end:
            found.add(here)
            here = (here + 1) % count
        return frozenset(found if arc.interval.open_high else {*found, end})
