"""Regions: sets of values, from single points to families of intervals."""

from itertools import product

from domain.answers.expressions.characters import Unreadable
from domain.answers.expressions.tree import (
    VALUES,
    Bracket,
    Combined,
    Constant,
    Matrix,
    NamedSet,
    Node,
    SetOf,
    Sign,
    Symbol,
    nodes,
    parts,
    rebuilt,
    symbols,
)

INFINITY = Constant("inf")
NAMED = {"R": "ℝ", "Z": "ℤ", "N": "ℕ", "Q": "ℚ"}


# --- regions: sets of values --------------------------------------------------------------------


class Point(Node, frozen=True):
    """One value, tuple (a Bracket) or matrix."""

    value: Node


class Pair(Node, frozen=True):
    """(a; b): an open interval or a point of the plane; what it is compared with decides."""

    low: Node
    high: Node


class Interval(Node, frozen=True):
    """All real numbers between two ends, which may be infinite."""

    low: Node
    high: Node
    open_low: bool = True
    open_high: bool = True


class Family(Node, frozen=True):
    """The values (or intervals) for all whole (ℤ) or natural (ℕ) numbers as the parameters."""

    value: Node
    parameters: tuple[str, ...]
    over: str = "ℤ"


class Union(Node, frozen=True):
    """All items together; none is the empty set. `listed`: a bare list, so maybe a tuple."""

    items: tuple[Node, ...]
    listed: bool = False


class Intersection(Node, frozen=True):
    """What the items have in common. `loose`: a bare list that is a union if this is empty."""

    items: tuple[Node, ...]
    loose: bool = False


class Without(Node, frozen=True):
    """The first without the second."""

    whole: Node
    less: Node


def region(node: Node) -> Node:
    """The set that a node stands for; a value is the set of itself."""
    match node:
        case NamedSet():
            return Union(()) if node.name == "∅" else node
        case SetOf():
            return Union(tuple(_member(item) for item in node.items))
        case Bracket():
            return _bracket(node)
        case Matrix():
            return Point(node)
        case Combined():
            found = set_of(node.first)
            for sign, item in node.rest:
                other = set_of(item)
                if sign == "∪":
                    found = Union((found, other))
                elif sign == "∩":
                    found = Intersection((found, other))
                else:
                    found = Without(found, other)
            return found
        case _ if isinstance(node, VALUES):
            return _points(node)
        case _:
            pass
    raise Unreadable("this is no value and no set", 1)


def set_of(node: Node) -> Node:
    """A set beside ∪, ∩ or after ∈: (1; 2) is an interval there, R the real line."""
    if isinstance(node, Symbol) and node.name in NAMED:
        return NamedSet(NAMED[node.name])
    found = region(node)
    return Interval(found.low, found.high) if isinstance(found, Pair) else found


def _member(node: Node) -> Node:
    if isinstance(node, Bracket):
        return Point(_tuple(node))
    return region(node)


def _tuple(node: Bracket) -> Bracket:
    for item in node.items:
        if not isinstance(item, VALUES):
            raise Unreadable("a tuple holds single values", 1)
    return Bracket("(", ")", node.items)


def _bracket(node: Bracket) -> Node:
    if len(node.items) > 2:
        if node.left == "[":
            return Union(tuple(region(item) for item in node.items), listed=True)
        return _spread_tuple(_tuple(node))
    low, high = node.items
    for end in (low, high):
        if not isinstance(end, VALUES):
            raise Unreadable("an interval or a point holds single values", 1)
    if node.left == "(" and node.right == ")":
        if any(isinstance(one, Constant) and one.name == "inf" for one in nodes(node)):
            return Interval(low, high)
        if any(isinstance(one, Sign) for one in nodes(node)):
            return _spread_tuple(node)
        return Pair(low, high)
    return Interval(low, high, node.left != "[", node.right != "]")


def _points(node: Node) -> Node:
    values = spread(node)
    return Point(values[0]) if len(values) == 1 else Union(tuple(map(Point, values)))


def _spread_tuple(node: Bracket) -> Node:
    values = spread(node)
    return Point(values[0]) if len(values) == 1 else Union(tuple(map(Point, values)))


def spread(node: Node) -> list[Node]:
    """The node for each choice of its signs ±. With a ∓ in it, all signs follow one choice."""
    signs = [one for one in nodes(node) if isinstance(one, Sign)]
    if not signs:
        return [node]
    linked = any(one.inverted for one in signs)
    numbers = [0] if linked else sorted({one.number for one in signs})
    found: list[Node] = []
    for choice in product([False, True], repeat=len(numbers)):
        negative = dict(zip(numbers, choice, strict=True))
        found.append(_chosen(node, negative, linked=linked))
    return found


def _chosen(node: Node, negative: dict[int, bool], *, linked: bool) -> Node:
    from domain.answers.expressions.tree import Negative

    if isinstance(node, Sign):
        body = _chosen(node.body, negative, linked=linked)
        flips = negative[0] != node.inverted if linked else negative[node.number]
        return Negative(body) if flips else body
    below = parts(node)
    if not below:
        return node
    new = tuple(_chosen(part, negative, linked=linked) for part in below)
    if isinstance(node, Bracket):
        return Bracket(node.left, node.right, new)
    return rebuilt(node, new)


def is_discrete(found: Node) -> bool:
    """Whether the region is made of single values and families only."""
    match found:
        case Family():
            return not isinstance(found.value, Interval)
        case Point() | Pair():
            return True
        case Union():
            return all(is_discrete(item) for item in found.items)
        case _:
            pass
    return False


def is_infinite(node: Node) -> bool:
    """Whether an end of an interval is infinite."""
    return any(isinstance(one, Constant) and one.name == "inf" for one in nodes(node))


def family(found: Node, parameters: tuple[str, ...], over: str = "ℤ") -> Node:
    """The region with its parameters bound."""
    match found:
        case Point():
            bound = tuple(name for name in parameters if name in symbols(found.value))
            return Family(found.value, bound, over) if bound else found
        case Union():
            return Union(tuple(family(item, parameters, over) for item in found.items))
        case Pair():
            return family(Interval(found.low, found.high), parameters, over)
        case Interval():
            inside = symbols(found.low) | symbols(found.high)
            bound = tuple(name for name in parameters if name in inside)
            return Family(found, bound, over) if bound else found
        case Without(whole=NamedSet()):
            return Without(found.whole, family(found.less, parameters, over))
        case _:
            pass
    return found
