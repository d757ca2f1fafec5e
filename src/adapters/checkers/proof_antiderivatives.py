"""Answers that are right up to a constant: the derivatives are compared."""

from fractions import Fraction

from adapters.checkers.proof_meanings import Compared, same_meaning
from adapters.checkers.proof_values import Comparer, Proof, Same
from domain.answers.expressions.derivative import NoDerivative, derivative
from domain.answers.expressions.meaning import (
    Meaning,
    Solution,
)
from domain.answers.expressions.regions import (
    Point,
)
from domain.answers.expressions.tree import (
    VALUES,
    Node,
    Number,
    Product,
    Sum,
    symbols,
)

CONSTANTS = frozenset({"C", "c", "K", "k", "D", "A", "B"})


def same_antiderivative(key: Meaning, answer: Meaning, comparer: Comparer) -> Compared:
    """Whether two values differ by a constant: equal derivatives where both are defined."""
    ours, theirs = single_value(key), single_value(answer)
    if ours is None or theirs is None:
        return same_meaning(key, answer, comparer)
    name = _integration_variable(ours)
    if name is None:
        return same_meaning(key, answer, comparer)
    strange = {one for one in symbols(theirs) - symbols(ours) - {name} if one[0] not in CONSTANTS}
    try:
        left = _kept_domain(derivative(ours, name), ours)
        right = _kept_domain(derivative(theirs, name), theirs)
    except NoDerivative:
        return Compared(Proof(Same.UNDECIDED, "derivative"))
    compared = same_meaning(Solution((), Point(left)), Solution((), Point(right)), comparer)
    if compared.proof.same is Same.EQUAL:
        if strange:
            return Compared(Proof(Same.UNDECIDED, "derivative"))
        return Compared(compared.proof, compared.notes, up_to_constant=True)
    return compared


def single_value(found: Meaning) -> Node | None:
    """The one value that the answer is, if it is one."""
    if isinstance(found, Solution) and isinstance(found.region, Point):
        value = found.region.value
        return value if isinstance(value, VALUES) else None
    return None


def _kept_domain(slope: Node, value: Node) -> Node:
    """The derivative, defined only where the value is."""
    return Sum((slope, Product((Number(Fraction(0)), value))))


def _integration_variable(value: Node) -> str | None:
    names = {name for name in symbols(value) if name[0] not in CONSTANTS or name == "k"}
    for likely in ("x", "t", "u", "y", "z"):
        if likely in names:
            return likely
    return next(iter(names)) if len(names) == 1 else None
