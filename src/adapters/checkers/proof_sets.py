"""Sets of real numbers with constant ends: the line cut at all of them, cell by cell."""

from flint import arb

from adapters.checkers.proof_balls import OutOfDomain, Unsure, precise, real_value
from adapters.checkers.proof_exact import TooLarge
from adapters.checkers.proof_values import PRECISIONS, Comparer, Proof, Same
from domain.answers.expressions.regions import (
    Intersection,
    Interval,
    Pair,
    Point,
    Union,
    Without,
    is_infinite,
)
from domain.answers.expressions.tree import (
    VALUES,
    Constant,
    NamedSet,
    Negative,
    Node,
)

MAX_ENDS = 80


def infinite_sign(node: Node) -> int:
    """1 for ∞, -1 for -∞, else 0."""
    if isinstance(node, Constant) and node.name == "inf":
        return 1
    if isinstance(node, Negative):
        return -infinite_sign(node.body)
    return 0


def same_sets(key: Node, answer: Node, comparer: Comparer) -> Proof:
    """The real line cut at all ends of both; two sets are equal when they hold the same cells."""
    ends: list[Node] = []
    if not (_gather(key, ends) and _gather(answer, ends)) or len(ends) > MAX_ENDS:
        return Proof(Same.UNDECIDED, "sets")
    ordered = _ordered(ends, comparer)
    if ordered is None:
        return Proof(Same.UNDECIDED, "sets", PRECISIONS[-1])
    places, count = ordered
    ours, theirs = _cells_of(key, places, count), _cells_of(answer, places, count)
    if ours is None or theirs is None:
        return Proof(Same.UNDECIDED, "sets")
    same = Same.EQUAL if ours == theirs else Same.DIFFERENT
    return Proof(same, "sets", PRECISIONS[0])


def _gather(found: Node, ends: list[Node]) -> bool:
    """All ends below; False if something is no set of real numbers."""
    match found:
        case Point():
            if not isinstance(found.value, VALUES) or is_infinite(found.value):
                return False
            ends.append(found.value)
        case Interval() | Pair():
            ends.extend(end for end in (found.low, found.high) if not is_infinite(end))
        case Union() | Intersection():
            return all(_gather(item, ends) for item in found.items)
        case Without():
            return _gather(found.whole, ends) and _gather(found.less, ends)
        case NamedSet(name="ℝ"):
            pass
        case _:
            return False
    return True


def _ordered(ends: list[Node], comparer: Comparer) -> tuple[dict[Node, int], int] | None:
    """Each end's place on the line, equal ones at the same, and how many places there are."""
    unique = list(dict.fromkeys(ends))
    balls: dict[Node, arb] = {}
    for bits in PRECISIONS:
        precise(bits)
        try:
            balls = {end: real_value(end, {}) for end in unique}
        except (Unsure, OutOfDomain, TooLarge):
            continue
        break
    if len(balls) < len(unique):
        return None
    unique.sort(key=lambda end: float(balls[end].mid()))
    places: dict[Node, int] = {}
    place = -1
    for at, end in enumerate(unique):
        if at and not balls[unique[at - 1]] < balls[end]:
            match comparer.same(unique[at - 1], end).same:
                case Same.EQUAL:
                    places[end] = place
                    continue
                case Same.DIFFERENT if balls[unique[at - 1]].mid() < balls[end].mid():
                    pass
                case _:
                    return None
        place += 1
        places[end] = place
    return places, place + 1


def _cells_of(found: Node, places: dict[Node, int], count: int) -> frozenset[int] | None:
    """Which cells a set holds: 2k + 1 is the k-th end, even numbers are the gaps between them."""
    last = 2 * count
    match found:
        case Point():
            return frozenset([2 * places[found.value] + 1])
        case Interval() | Pair():
            return _interval_cells(_as_interval(found), places, last)
        case NamedSet():
            return frozenset(range(last + 1))
        case Union() | Intersection():
            cells = [_cells_of(item, places, count) for item in found.items]
            known = [one for one in cells if one is not None]
            if len(known) < len(cells):
                return None
            if isinstance(found, Union):
                return frozenset().union(*known)
            common = frozenset.intersection(*known)
            return frozenset().union(*known) if found.loose and not common else common
        case Without():
            whole, less = (
                _cells_of(found.whole, places, count),
                _cells_of(found.less, places, count),
            )
            return None if whole is None or less is None else whole - less
        case _:
            pass
    return None


def _as_interval(found: "Interval | Pair") -> Interval:
    return Interval(found.low, found.high) if isinstance(found, Pair) else found


def _interval_cells(found: Interval, places: dict[Node, int], last: int) -> frozenset[int]:
    low, high = found.low, found.high
    if is_infinite(low):
        start = 0 if infinite_sign(low) < 0 else last + 1
    else:
        start = 2 * places[low] + (2 if found.open_low else 1)
    if is_infinite(high):
        end = last if infinite_sign(high) > 0 else -1
    else:
        end = 2 * places[high] + (0 if found.open_high else 1)
    return frozenset(range(start, end + 1))
