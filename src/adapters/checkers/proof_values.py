"""Proof that two values are the same or not: fractions, then finite fields, then balls."""

from collections.abc import Callable
from enum import StrEnum
from fractions import Fraction
from functools import partial
from typing import NamedTuple

from flint import acb, arb, fmpq

from adapters.checkers.proof_balls import (
    OutOfDomain,
    Unsure,
    precise,
    real_value,
)
from adapters.checkers.proof_complex import complex_value
from adapters.checkers.proof_exact import (
    MAX_DEGREE,
    MERSENNE,
    NoField,
    TooLarge,
    degree,
    field_value,
    folded,
)
from adapters.checkers.proof_points import Draws, fraction, sample, whole_symbols
from domain.answers.expressions.tree import (
    Call,
    Constant,
    Negative,
    Node,
    Number,
    Power,
    Sum,
    nodes,
    parts,
    rebuilt,
    symbols,
)

PRECISIONS = (192, 768, 3072)
FIELD_POINTS = 2  # for each of two primes
FIELD_TRIES = 12
POINTS = 6
POINTS_WITH_BRANCHES = 14  # |x|, roots of squares, arcs: both sides of each must be met
CANDIDATES = 96
CLOSE = arb(10) ** -40
BRANCHING = {"abs", "sign", "floor", "ceil", "min", "max", "root", "re", "im", "arg", "conj"} | {
    "asin",
    "acos",
    "atan",
    "acot",
    "asec",
    "acsc",
    "ln",
    "log",
}
COMPLEX_NAMES = {"z", "w"}
COMPLEX_CALLS = {"re", "im", "arg", "conj"}


class Same(StrEnum):
    """What is known of two values."""

    EQUAL = "equal"
    DIFFERENT = "different"
    UNDECIDED = "undecided"


class Proof(NamedTuple):
    """What was found, by which method, in how many bits; a witness of a difference."""

    same: Same
    method: str
    precision: int | None = None
    witness: str = ""


class Comparer:
    """Compares values at points that `draws` chooses.

    `cleared` is set when equations are the same only without their denominators.
    """

    def __init__(self, draws: Draws) -> None:
        """One comparer serves one question."""
        self.draws = draws
        self.cleared = False

    def same(self, first: Node, second: Node) -> Proof:
        """Whether two values are equal wherever both are defined."""
        one, other = folded(first), folded(second)
        if isinstance(one, Number) and isinstance(other, Number):
            equal = one.value == other.value
            witness = "" if equal else _shown(other.value - one.value)
            return Proof(Same.EQUAL if equal else Same.DIFFERENT, "fraction", None, witness)
        rational = self.rational(one, other)
        if rational is not None:
            return rational
        return self.balls(one, other)

    # --- finite fields ----------------------------------------------------------------------

    def rational(self, first: Node, second: Node) -> Proof | None:
        """The identity test for rational functions; π and e count as variables of their own.

        Such an identity proves equality. A difference proves nothing where both occur, for nobody
        knows whether π and e are independent.
        """
        transcendental = {
            one.name for tree in (first, second) for one in nodes(tree) if isinstance(one, Constant)
        }
        degrees = degree(first), degree(second)
        if None in degrees:
            return None
        names = [*sorted(symbols(first) | symbols(second)), *(f"\\{one}" for one in transcendental)]
        for prime in (MERSENNE, self.draws.prime()):
            met = 0
            for _ in range(FIELD_TRIES):
                at = {name: self.draws.below(prime) for name in names}
                try:
                    left, right = field_value(first, at, prime), field_value(second, at, prime)
                except NoField:
                    continue
                if left != right:
                    if len(transcendental) > 1:
                        return None
                    return Proof(Same.DIFFERENT, "finite_field", None, f"modulo {prime}")
                met += 1
                if met == FIELD_POINTS:
                    break
            if met < FIELD_POINTS:
                return Proof(Same.UNDECIDED, "finite_field")
        if max(one or 0 for one in degrees) > MAX_DEGREE:
            return None  # a difference is proved at any degree, an identity only below the primes
        return Proof(Same.EQUAL, "finite_field")

    # --- balls ------------------------------------------------------------------------------

    def balls(self, first: Node, second: Node) -> Proof:
        """Balls at many points: disjoint ones prove a difference, narrow ones count as equal."""
        trees = (first, second)
        imaginary = any(
            (isinstance(one, Constant) and one.name == "i")
            or (isinstance(one, Call) and one.name in COMPLEX_CALLS)
            for tree in trees
            for one in nodes(tree)
        )
        if imaginary:
            return self.complex_balls(first, second)
        variables = symbols(first) | symbols(second)
        wanted = 1 if not variables else POINTS
        if variables and (whole_symbols(first) or whole_symbols(second) or branches(first, second)):
            wanted = POINTS_WITH_BRANCHES
        met, alone, used = 0, 0, PRECISIONS[0]
        large = False
        for point in sample(self.draws, first, second, count=CANDIDATES if variables else 1):
            try:
                found = compare_at(
                    partial(real_value, at=point),
                    first,
                    second,
                    confirm=met + 1 >= wanted,
                )
            except OneSided:
                alone += 1
                continue
            except OutOfDomain:
                continue
            except TooLarge:
                large = True
                continue
            if found is None:
                continue
            same, bits = found
            used = max(used, bits)
            if same is Same.DIFFERENT:
                return Proof(Same.DIFFERENT, "ball_arithmetic", bits, shown_point(point))
            met += 1
            if met >= wanted:
                return Proof(Same.EQUAL, "ball_arithmetic", used)
        if met or large:
            return Proof(Same.UNDECIDED, "ball_arithmetic", PRECISIONS[-1])
        found_complex = self.complex_balls(first, second)
        if alone and found_complex.same is Same.EQUAL:  # equal only by a choice of branches
            return Proof(Same.UNDECIDED, "ball_arithmetic", found_complex.precision)
        return found_complex

    def complex_balls(self, first: Node, second: Node) -> Proof:
        """The same with principal branches; z and w take complex values."""
        variables = symbols(first) | symbols(second)
        wanted = POINTS_WITH_BRANCHES if variables else 1
        met, used = 0, PRECISIONS[0]
        for point in sample(self.draws, first, second, count=CANDIDATES if variables else 1):
            at = {
                name: acb(arb(real), arb(self.draws.below(1000) - 500) / 100)
                if name in COMPLEX_NAMES
                else acb(arb(real))
                for name, real in point.items()
            }
            try:
                found = compare_at(
                    partial(complex_value, at=at),
                    first,
                    second,
                    confirm=met + 1 >= wanted,
                )
            except (OneSided, OutOfDomain, TooLarge):
                continue
            if found is None:
                continue
            same, bits = found
            used = max(used, bits)
            if same is Same.DIFFERENT:
                return Proof(Same.DIFFERENT, "ball_arithmetic", bits, shown_point(point))
            met += 1
            if met >= wanted:
                return Proof(Same.EQUAL, "ball_arithmetic", used)
        return Proof(Same.UNDECIDED, "ball_arithmetic", PRECISIONS[-1])


class OneSided(ArithmeticError):
    """Exactly one of two expressions is defined here."""


def compare_at(
    value: Callable[[Node], "arb | acb"], first: Node, second: Node, *, confirm: bool
) -> tuple[Same, int] | None:
    """Whether two values are the same at one point; None if no precision tells.

    `confirm`: once more with more bits before they count as equal, so that a tiny difference shows.

    Raises OutOfDomain where neither is defined, OneSided where one is.
    """
    for bits in PRECISIONS:
        precise(bits)
        try:
            left = _defined(value, first)
            right = _defined(value, second)
        except Unsure:
            continue
        if left is None and right is None:
            raise OutOfDomain("neither is defined")
        if left is None or right is None:
            raise OneSided(
                "only the key is defined" if right is None else "only the answer is defined"
            )
        if not left.overlaps(right):  # type: ignore[arg-type]  # both are of the same kind
            return Same.DIFFERENT, bits
        if _narrow(left - right, left):
            if confirm and bits == PRECISIONS[0]:
                precise(PRECISIONS[1])
                try:
                    again, other = value(first), value(second)
                except (Unsure, OutOfDomain):
                    continue
                if not again.overlaps(other):  # type: ignore[arg-type]  # both are of the same kind
                    return Same.DIFFERENT, PRECISIONS[1]
            return Same.EQUAL, bits
    return None


def _defined(value: Callable[[Node], "arb | acb"], tree: Node) -> "arb | acb | None":
    try:
        return value(tree)
    except OutOfDomain:
        return None


def _narrow(difference: "arb | acb", beside: "arb | acb") -> bool:
    """Whether the ball is narrower than 1e-40, taken relatively for large values."""
    if isinstance(difference, acb):
        radius = max(difference.real.rad(), difference.imag.rad())
    else:
        radius = difference.rad()
    size = abs(beside).mid()
    return bool(radius <= CLOSE * (size if size > 1 else arb(1)))


def branches(*trees: Node) -> bool:
    """Whether a function in the trees takes several branches as its argument varies."""
    return any(
        (isinstance(one, Call) and one.name in BRANCHING and symbols(one))
        or (
            isinstance(one, Power)
            and symbols(one.base)
            and not (isinstance(one.exponent, Number) and one.exponent.value.denominator == 1)
        )
        for tree in trees
        for one in nodes(tree)
    )


def difference(first: Node, second: Node) -> Node:
    """First - second."""
    return Sum((first, Negative(second)))


def with_base(node: Node, base: Node) -> Node:
    """The value node with every log of no base given that base."""
    below = parts(node)
    new = tuple(with_base(part, base) for part in below)
    if isinstance(node, Call) and node.name == "logarithm":
        return Call("log", (new[0], base))
    return node if new == below else rebuilt(node, new)


def shown_point(point: "dict[str, fmpq]") -> str:
    """A point as a witness."""
    shown = (f"{name} = {_shown(fraction(value))}" for name, value in point.items())
    return ", ".join(shown) or "constant"


def _shown(value: Fraction) -> str:
    if abs(value.numerator) < 10**15 and value.denominator < 10**6:
        return str(value)
    return f"{float(value):.12g}" if abs(value) < 10**300 else "large"
