"""Regions compared: points, intervals, families over the whole numbers and what is made of them."""

from adapters.checkers.proof_families import same_families
from adapters.checkers.proof_interval_families import same_interval_families
from adapters.checkers.proof_sets import infinite_sign, same_sets
from adapters.checkers.proof_values import Comparer, Proof, Same
from domain.answers.expressions.regions import (
    Family,
    Intersection,
    Interval,
    Pair,
    Point,
    Union,
    Without,
    is_discrete,
    is_infinite,
)
from domain.answers.expressions.tree import (
    VALUES,
    Bracket,
    Matrix,
    NamedSet,
    Node,
    symbols,
)

MAX_POINTS = 64


def same_regions(key: Node, answer: Node, comparer: Comparer) -> Proof:
    """Whether two regions hold the same values."""
    key, answer = _resolved(key, answer), _resolved(answer, key)
    if key == answer:
        return Proof(Same.EQUAL, "same_form")
    if is_discrete(key) and is_discrete(answer):
        ours, theirs = flattened(key), flattened(answer)
        if any(isinstance(one, Family) for one in (*ours, *theirs)):
            return same_families(ours, theirs, comparer)
        return _same_points(key, answer, comparer)
    pieces = [*flattened(key), *flattened(answer)]
    if all(isinstance(one, Family) and isinstance(one.value, Interval) for one in pieces):
        return same_interval_families(flattened(key), flattened(answer), comparer)
    names = _free(key) | _free(answer)
    if names or any(_has_tuples(one) for one in (key, answer)):
        return _same_shape(key, answer, comparer)
    return same_sets(key, answer, comparer)


def flattened(found: Node) -> list[Node]:
    """The points, pairs and families of a discrete region."""
    if isinstance(found, Union):
        return [one for item in found.items for one in flattened(item)]
    return [found]


def _resolved(found: Node, other: Node) -> Node:
    """(a; b) as an interval where the other side speaks of intervals, as a point of tuples."""
    match found:
        case Pair(low=low, high=high):
            if not is_discrete(other):
                return Interval(low, high)
            if any(
                isinstance(one, Point) and isinstance(one.value, Bracket)
                for one in flattened(other)
            ):
                return Point(Bracket("(", ")", (low, high)))
        case Union():
            return Union(tuple(_resolved(item, other) for item in found.items), found.listed)
        case _:
            pass
    return found


def _has_tuples(found: Node) -> bool:
    match found:
        case Point():
            return isinstance(found.value, (Bracket, Matrix))
        case Union() | Intersection():
            return any(_has_tuples(item) for item in found.items)
        case _:
            pass
    return False


def _free(found: Node) -> frozenset[str]:
    match found:
        case Point():
            return symbols(found.value)
        case Family():
            return frozenset(found.parameters) | symbols(found.value)
        case Interval() | Pair():
            return symbols(found.low) | symbols(found.high)
        case Union() | Intersection():
            return frozenset().union(*(_free(item) for item in found.items))
        case Without():
            return _free(found.whole) | _free(found.less)
        case _:
            pass
    return frozenset()


# --- points -------------------------------------------------------------------------------------


def same_value(key: Node, answer: Node, comparer: Comparer) -> Proof:
    """Whether two points are the same: values, tuples or matrices."""
    if isinstance(key, VALUES) and isinstance(answer, VALUES):
        return _same_single(key, answer, comparer)
    ours, theirs = _cells(key), _cells(answer)
    if ours is None or theirs is None or type(key) is not type(answer):
        if ours and theirs and sorted(map(len, ours)) != sorted(map(len, theirs)):
            return Proof(Same.UNDECIDED, "shape")
        return Proof(Same.DIFFERENT, "shape")
    if [len(row) for row in ours] != [len(row) for row in theirs]:
        return Proof(Same.DIFFERENT, "shape")
    return every(
        [
            same_value(mine, other, comparer)
            for row, others in zip(ours, theirs, strict=True)
            for mine, other in zip(row, others, strict=True)
        ]
    )


def _same_single(key: Node, answer: Node, comparer: Comparer) -> Proof:
    if is_infinite(key) or is_infinite(answer):
        same = infinite_sign(key) == infinite_sign(answer) != 0
        bare = all(infinite_sign(one) or not is_infinite(one) for one in (key, answer))
        if not bare:
            return Proof(Same.UNDECIDED, "infinity")
        return Proof(Same.EQUAL if same else Same.DIFFERENT, "infinity")
    return comparer.same(key, answer)


def _cells(node: Node) -> tuple[tuple[Node, ...], ...] | None:
    match node:
        case Bracket():
            return (node.items,)
        case Matrix():
            return node.rows
        case _:
            pass
    return None


def every(proofs: list[Proof]) -> Proof:
    """The verdict on several comparisons that must all hold."""
    for same in (Same.DIFFERENT, Same.UNDECIDED):
        for proof in proofs:
            if proof.same is same:
                return proof
    return max(proofs, key=lambda proof: proof.precision or 0)


def _value(found: Node) -> Node:
    return Bracket("(", ")", (found.low, found.high)) if isinstance(found, Pair) else _point(found)


def _point(found: Node) -> Node:
    return found.value if isinstance(found, (Point, Family)) else found


def _same_points(key: Node, answer: Node, comparer: Comparer) -> Proof:
    """Both ways: each value is among the others."""
    ours = [_value(one) for one in flattened(key)]
    theirs = [_value(one) for one in flattened(answer)]
    if not ours or not theirs:
        return Proof(Same.DIFFERENT if ours or theirs else Same.EQUAL, "sets")
    if len(ours) == len(theirs) == 1:
        return same_value(ours[0], theirs[0], comparer)
    if len(ours) * len(theirs) > MAX_POINTS * 4:
        return Proof(Same.UNDECIDED, "sets")
    table = [[same_value(mine, other, comparer) for other in theirs] for mine in ours]
    rows = [*table, *(list(column) for column in zip(*table, strict=True))]
    found = [_any(row) for row in rows]
    if (
        isinstance(answer, Union)
        and answer.listed
        and all(one.same is not Same.EQUAL for one in found)
    ):
        return _listed_as_tuple(ours, theirs, found, comparer)
    return every(found)


def _listed_as_tuple(
    ours: list[Node], theirs: list[Node], found: list[Proof], comparer: Comparer
) -> Proof:
    """1; 2 where (1; 2) was asked for: the same values in the same order, for a person to judge."""
    if len(ours) == 1 and isinstance(ours[0], Bracket) and len(ours[0].items) == len(theirs):
        pairs = zip(ours[0].items, theirs, strict=True)
        proof = every([same_value(mine, other, comparer) for mine, other in pairs])
        if proof.same is not Same.DIFFERENT:
            return Proof(Same.UNDECIDED, "shape")
    return every(found)


def _any(row: list[Proof]) -> Proof:
    for same in (Same.EQUAL, Same.UNDECIDED):
        for proof in row:
            if proof.same is same:
                return proof
    return row[0]


# --- sets whose ends hold parameters ------------------------------------------------------------


def _same_shape(key: Node, answer: Node, comparer: Comparer) -> Proof:
    """Piece by piece, in the order written; a single interval may be proved different."""
    match key, answer:
        case Interval(), Interval():
            if (key.open_low, key.open_high) != (answer.open_low, answer.open_high) and not (
                is_infinite(key.low) or is_infinite(key.high)
            ):
                return Proof(Same.DIFFERENT, "sets")
            proof = every(
                [
                    same_value(key.low, answer.low, comparer),
                    same_value(key.high, answer.high, comparer),
                ]
            )
            if proof.same is Same.EQUAL and (
                (not is_infinite(key.low) and key.open_low != answer.open_low)
                or (not is_infinite(key.high) and key.open_high != answer.open_high)
            ):
                return Proof(Same.DIFFERENT, "sets")
            return proof
        case (Union(items=ours), Union(items=theirs)) | (
            Intersection(items=ours),
            Intersection(items=theirs),
        ) if len(ours) == len(theirs):
            proofs = [
                same_regions(mine, other, comparer)
                for mine, other in zip(ours, theirs, strict=True)
            ]
            if all(proof.same is Same.EQUAL for proof in proofs):
                return proofs[0]
        case Without(), Without():
            proof = every(
                [
                    same_regions(key.whole, answer.whole, comparer),
                    same_regions(key.less, answer.less, comparer),
                ]
            )
            if proof.same is Same.EQUAL or key.whole == answer.whole == NamedSet("ℝ"):
                return proof
        case (Point(), Interval()) | (Interval(), Point()):
            return Proof(Same.DIFFERENT, "shape")
        case (Point(), Union()) if _has_tuples(key) != _has_tuples(answer):
            return Proof(Same.DIFFERENT, "shape")
    return Proof(Same.UNDECIDED, "sets")
