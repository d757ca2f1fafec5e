"""Conditions compared: equations up to a factor, inequalities up to a positive one, systems."""

from collections.abc import Iterator
from fractions import Fraction

from flint import arb, fmpq, fmpq_mat

from adapters.checkers.proof_balls import OutOfDomain, Unsure, precise, real_value
from adapters.checkers.proof_exact import TooLarge, degree, folded
from adapters.checkers.proof_points import fraction, sample
from adapters.checkers.proof_regions import every
from adapters.checkers.proof_values import (
    PRECISIONS,
    Comparer,
    Proof,
    Same,
    difference,
    shown_point,
)
from domain.answers.expressions.meaning import FLIPPED, Condition
from domain.answers.expressions.tree import (
    Negative,
    Node,
    Number,
    Product,
    Sum,
    replaced,
    symbols,
)

METHOD = "proportional"
SLICES = 12
STEPS = 70  # halvings of an interval that holds a root
GRID = sorted(
    {Fraction(turn, 3) for turn in range(-30, 31)}
    | {Fraction(sign * size) for sign in (1, -1) for size in (20, 50, 200, 1000, 10**4, 10**6)}
)
MAX_UNKNOWNS = 10


def same_conditions(key: Condition, answer: Condition, comparer: Comparer) -> Proof:
    """Whether two conditions say the same; a point where only one holds proves that they do not."""
    ours, sign = _normal(key)
    theirs, other = _normal(answer)
    if (sign in "=≠") != (other in "=≠") or (sign in "=≠" and sign != other):
        return Proof(Same.DIFFERENT, "relation")
    if symbols(ours) != symbols(theirs) and not symbols(folded(ours)) ^ symbols(folded(theirs)):
        return Proof(Same.UNDECIDED, METHOD)
    factor = _factor(ours, theirs, comparer)
    if factor is not None:
        return _with_factor(ours, theirs, factor, (sign, other), comparer)
    if sign in "=≠" and _cleared_factor(ours, theirs, comparer):
        comparer.cleared = True
        return Proof(Same.EQUAL, METHOD)
    witness = (
        _root_of_one(ours, theirs, comparer) if sign in "=≠" else _one_holds(ours, theirs, comparer)
    )
    if witness:
        return Proof(Same.DIFFERENT, "ball_arithmetic", PRECISIONS[0], witness)
    return Proof(Same.UNDECIDED, METHOD)


def _normal(condition: Condition) -> tuple[Node, str]:
    """The condition as f > 0, f ≥ 0, f = 0 or f ≠ 0."""
    left, sign, right = condition.left, condition.sign, condition.right
    if sign in "<≤":
        left, right, sign = right, left, FLIPPED[sign]
    return difference(left, right), sign


def _factor(ours: Node, theirs: Node, comparer: Comparer) -> Node | None:
    """Ours = factor · theirs with a constant factor, if that is shown."""
    for point in sample(comparer.draws, ours, theirs, count=8):
        small = {name: fraction(value).limit_denominator(50) for name, value in point.items()}
        names = {name: Number(value) for name, value in small.items()}
        try:
            mine, other = folded(replaced(ours, dict(names))), folded(replaced(theirs, dict(names)))
            zero = Number(Fraction(0))
            if Same.DIFFERENT is not comparer.same(other, zero).same:
                continue
            if Same.DIFFERENT is not comparer.same(mine, zero).same:
                return None
        except (OutOfDomain, ArithmeticError):
            continue
        factor = folded(Product((mine,), (other,)))
        proof = comparer.same(ours, Product((factor, theirs)))
        return factor if proof.same is Same.EQUAL else None
    return None


def _cleared_factor(ours: Node, theirs: Node, comparer: Comparer) -> bool:
    """Whether the equations are the same once their denominators are multiplied away."""
    first, second = _denominators(ours), _denominators(theirs)
    if not first and not second:
        return False
    mine, other = Product((ours, *first)), Product((theirs, *second))
    return _factor(mine, other, comparer) is not None


def _denominators(node: Node) -> list[Node]:
    """What the terms of a sum are divided by, each once."""
    found: list[Node] = []
    pending = [node]
    while pending:
        one = pending.pop()
        match one:
            case Sum():
                pending.extend(one.terms)
            case Negative():
                pending.append(one.body)
            case Product():
                found += [part for part in one.divisors if symbols(part) and part not in found]
            case _:
                pass
    return found


def _with_factor(
    ours: Node, theirs: Node, factor: Node, signs: tuple[str, str], comparer: Comparer
) -> Proof:
    sign, other = signs
    proof = comparer.same(ours, Product((factor, theirs)))
    proof = proof._replace(method=METHOD if proof.method == "fraction" else proof.method)
    if sign in "=≠":
        return proof
    precise(PRECISIONS[0])
    try:
        value = real_value(factor, {})
    except (Unsure, OutOfDomain, TooLarge):
        return Proof(Same.UNDECIDED, METHOD)
    if value > 0 and sign == other:
        return proof
    if value > 0 or value < 0:
        return Proof(Same.DIFFERENT, "relation")
    return Proof(Same.UNDECIDED, METHOD)


def _one_holds(ours: Node, theirs: Node, comparer: Comparer) -> str:
    """A point where one inequality holds and the other fails."""
    precise(PRECISIONS[0])
    for point in sample(comparer.draws, ours, theirs, count=40):
        try:
            mine, another = real_value(ours, point), real_value(theirs, point)
        except (Unsure, OutOfDomain, TooLarge):
            continue
        if mine.contains(0) or another.contains(0):
            continue
        if (mine > 0) != (another > 0):
            return shown_point(point)
    return ""


def _root_of_one(ours: Node, theirs: Node, comparer: Comparer) -> str:
    """A root of one equation, enclosed, where the other provably does not hold."""
    for first, second in ((ours, theirs), (theirs, ours)):
        for root in _roots(first, second, comparer):
            precise(PRECISIONS[0])
            try:
                if not real_value(first, root).contains(0):
                    continue
                if not real_value(second, root).contains(0):
                    return ", ".join(f"{name} = {value}" for name, value in root.items())
            except (Unsure, OutOfDomain, TooLarge):
                continue
    return ""


def _roots(node: Node, other: Node, comparer: Comparer) -> "Iterator[dict[str, arb]]":
    """Enclosures of roots on lines along each variable."""
    names = sorted(symbols(node))
    for number, point in enumerate(sample(comparer.draws, node, other, count=SLICES)):
        if not names:
            return
        name = names[number % len(names)]
        rest = {free: arb(_nearer(value)) for free, value in point.items() if free != name}
        found = _bracketed(node, name, rest)
        if found is not None:
            yield {**rest, name: found}


def _nearer(value: fmpq) -> fmpq:
    """A value of the same sign below 4, so that curves near the origin are met."""
    size = abs(int(value.p) // int(value.q)) // 4
    return value / (1 + size)


def _bracketed(node: Node, name: str, rest: "dict[str, arb]") -> "arb | None":
    """A ball that holds a root: the sign changes across it and the value is finite on all of it."""
    precise(PRECISIONS[0])
    last: tuple[Fraction, int] | None = None
    for mark in GRID:
        sign = _sign_at(node, name, rest, mark)
        if sign is None:
            last = None
            continue
        if sign == 0:
            return arb(fmpq(mark.numerator, mark.denominator))
        if last is not None and last[1] != sign:
            return _halved(node, name, rest, (last[0], mark), last[1])
        last = (mark, sign)
    return None


def _sign_at(node: Node, name: str, rest: "dict[str, arb]", at: Fraction) -> int | None:
    """The sign at a value; 0 only where the value is exactly zero, None where nothing is known."""
    try:
        value = real_value(node, {**rest, name: arb(fmpq(at.numerator, at.denominator))})
    except (Unsure, OutOfDomain, TooLarge):
        return None
    if value == 0:
        return 0
    return None if value.contains(0) else int(value > 0) - int(value < 0)


def _halved(
    node: Node, name: str, rest: "dict[str, arb]", span: tuple[Fraction, Fraction], below: int
) -> "arb | None":
    low, high = span
    for _ in range(STEPS):
        middle = (low + high) / 2
        sign = _sign_at(node, name, rest, middle)
        if not sign:
            break
        low, high = (middle, high) if sign == below else (low, middle)
    ball = arb(fmpq(low.numerator, low.denominator)).union(
        arb(fmpq(high.numerator, high.denominator))
    )
    try:
        real_value(node, {**rest, name: ball})
    except (Unsure, OutOfDomain, TooLarge):
        return None
    return ball


# --- systems ------------------------------------------------------------------------------------


def same_systems(
    key: tuple[Condition, ...], answer: tuple[Condition, ...], comparer: Comparer
) -> Proof:
    """Each condition matched with one of the other; linear systems by their row space."""
    if len(key) == len(answer):
        left = list(answer)
        proofs: list[Proof] = []
        for mine in key:
            for other in left:
                proof = same_conditions(mine, other, comparer)
                if proof.same is Same.EQUAL:
                    proofs.append(proof)
                    left.remove(other)
                    break
        if not left:
            return every(proofs)
    names = sorted(_letters((*key, *answer)))
    ours, theirs = _rows(key, names), _rows(answer, names)
    if ours is None or theirs is None:
        return Proof(Same.UNDECIDED, METHOD)
    if _letters(key) != _letters(answer) and not all(
        len(rows) == len(_letters(side)) for rows, side in ((ours, key), (theirs, answer))
    ):
        return Proof(Same.UNDECIDED, "row_space")  # x = t, y = 2t may well be y = 2x
    if _consistent(ours) and _consistent(theirs):
        same = Same.EQUAL if ours == theirs else Same.DIFFERENT
        return Proof(same, "row_space")
    return Proof(Same.UNDECIDED, METHOD)


def _letters(conditions: tuple[Condition, ...]) -> set[str]:
    return {name for one in conditions for side in (one.left, one.right) for name in symbols(side)}


Rows = list[list[fmpq]]


def _rows(conditions: tuple[Condition, ...], names: list[str]) -> Rows | None:
    """The reduced rows of a linear system over the fractions; None if it is not one."""
    if len(names) > MAX_UNKNOWNS:
        return None
    rows: Rows = []
    for condition in conditions:
        if condition.sign != "=":
            return None
        row = _row(difference(condition.left, condition.right), names)
        if row is None:
            return None
        rows.append(row)
    reduced, rank = fmpq_mat(rows).rref()
    return list(reduced.tolist()[:rank])


def _row(node: Node, names: list[str]) -> list[fmpq] | None:
    if degree(folded(node)) is None:
        return None

    def value(point: dict[str, Fraction]) -> Fraction | None:
        found = folded(replaced(node, {name: Number(one) for name, one in point.items()}))
        return found.value if isinstance(found, Number) else None

    origin = dict.fromkeys(names, Fraction(0))
    try:
        start = value(origin)
        ends = [value({**origin, name: Fraction(1)}) for name in names]
        check = {name: Fraction(3 + 7 * at * at) for at, name in enumerate(names)}
        met = value(check)
        other = value({name: -one / 5 for name, one in check.items()})
    except ArithmeticError:
        return None
    if start is None or met is None or other is None or None in ends:
        return None
    slopes = [one - start for one in ends if one is not None]
    for found, point in ((met, check), (other, {name: -one / 5 for name, one in check.items()})):
        if found != start + sum(
            (slope * point[name] for slope, name in zip(slopes, names, strict=True)), Fraction(0)
        ):
            return None
    return [fmpq(one.numerator, one.denominator) for one in (*slopes, start)]


def _consistent(rows: Rows) -> bool:
    return all(any(cell != 0 for cell in row[:-1]) for row in rows)
