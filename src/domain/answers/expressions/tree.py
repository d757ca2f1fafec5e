"""Tree: what an expression is made of. Sums and products are n-ary, so that long ones stay flat."""

import typing
from collections.abc import Callable
from fractions import Fraction

import msgspec


class Node(msgspec.Struct, frozen=True):
    """A part of an expression."""


class Number(Node, frozen=True):
    """An exact number; `text` as it was typed, with a decimal point."""

    value: Fraction
    text: str = ""


class Constant(Node, frozen=True):
    """`pi`, `e`, `i` or `inf`."""

    name: str


class Symbol(Node, frozen=True):
    """A variable: a letter with its index and primes, `x`, `x_1`, `phi`, `f'`."""

    name: str


class Sum(Node, frozen=True):
    """terms[0] + terms[1] + … + terms[-1]."""

    terms: tuple[Node, ...]


class Product(Node, frozen=True):
    """All factors multiplied, divided by all divisors."""

    factors: tuple[Node, ...]
    divisors: tuple[Node, ...] = ()


class Negative(Node, frozen=True):
    """-body."""

    body: Node


class Sign(Node, frozen=True):
    """±body (or ∓body): `number` tells which choice of sign it follows."""

    body: Node
    number: int
    inverted: bool = False


class Power(Node, frozen=True):
    """base to the exponent."""

    base: Node
    exponent: Node


class Call(Node, frozen=True):
    """A function of its arguments: `log` has (argument, base), `root` (radicand, index)."""

    name: str
    arguments: tuple[Node, ...]


class Degrees(Node, frozen=True):
    """body in degrees: its value is body·π/180."""

    body: Node


class Percent(Node, frozen=True):
    """body in hundredths."""

    body: Node


# --- what is more than one value ----------------------------------------------------------------


class Bracket(Node, frozen=True):
    """(a; b), [a; b), … of two or more items: an interval or a tuple."""

    left: str
    right: str
    items: tuple[Node, ...]


class SetOf(Node, frozen=True):
    """{a; b; …}."""

    items: tuple[Node, ...]


class NamedSet(Node, frozen=True):
    """ℝ ℤ ℕ ℚ ℂ ∅."""

    name: str


class Matrix(Node, frozen=True):
    """Rows of equal length."""

    rows: tuple[tuple[Node, ...], ...]


class Combined(Node, frozen=True):
    r"""Sets joined by ∪, ∩ or \ from left to right."""

    first: Node
    rest: tuple[tuple[str, Node], ...]


class Relation(Node, frozen=True):
    """sides[0] signs[0] sides[1] signs[1] …: one relation or a chain."""

    sides: tuple[Node, ...]
    signs: tuple[str, ...]


class All(Node, frozen=True):
    r"""Items separated by commas, semicolons, "and" or in a \begin{cases}.

    `firm`: they hold together (a brace, "and"); otherwise a bare list, and the items decide.
    """

    items: tuple[Node, ...]
    firm: bool = False


class Any(Node, frozen=True):
    """Items of which one holds ("or", a square bracket before the rows)."""

    items: tuple[Node, ...]


VALUES = (Number, Constant, Symbol, Sum, Product, Negative, Sign, Power, Call, Degrees, Percent)


_PARTS: dict[type[Node], Callable[[typing.Any], tuple[Node, ...]]] = {
    Sum: lambda node: node.terms,
    Product: lambda node: node.factors + node.divisors,
    Negative: lambda node: (node.body,),
    Sign: lambda node: (node.body,),
    Degrees: lambda node: (node.body,),
    Percent: lambda node: (node.body,),
    Power: lambda node: (node.base, node.exponent),
    Call: lambda node: node.arguments,
    Bracket: lambda node: node.items,
    SetOf: lambda node: node.items,
    All: lambda node: node.items,
    Any: lambda node: node.items,
    Matrix: lambda node: tuple(cell for row in node.rows for cell in row),
    Combined: lambda node: (node.first, *(item for _, item in node.rest)),
    Relation: lambda node: node.sides,
}


def parts(node: Node) -> tuple[Node, ...]:
    """The nodes directly below."""
    below = _PARTS.get(type(node))
    return below(node) if below else ()


def rebuilt(node: Node, new: "tuple[Node, ...]") -> Node:
    """The value node with other parts in the same places."""
    match node:
        case Sum():
            return Sum(new)
        case Product():
            count = len(node.factors)
            return Product(new[:count], new[count:])
        case Negative():
            return Negative(new[0])
        case Sign():
            return Sign(new[0], node.number, node.inverted)
        case Degrees():
            return Degrees(new[0])
        case Percent():
            return Percent(new[0])
        case Power():
            return Power(new[0], new[1])
        case Call():
            return Call(node.name, new)
        case _:
            return node


def symbols(node: Node) -> frozenset[str]:
    """The names of all variables below."""
    found: set[str] = set()
    pending = [node]
    while pending:
        one = pending.pop()
        if isinstance(one, Symbol):
            found.add(one.name)
        pending.extend(parts(one))
    return frozenset(found)


def nodes(node: Node) -> list[Node]:
    """The node and all below it, in no particular order."""
    found: list[Node] = []
    pending = [node]
    while pending:
        one = pending.pop()
        found.append(one)
        pending.extend(parts(one))
    return found


def replaced(node: Node, names: "dict[str, Node]") -> Node:
    """The value node with other nodes in the place of variables."""
    if isinstance(node, Symbol):
        return names.get(node.name, node)
    below = parts(node)
    if not below:
        return node
    new = tuple(replaced(part, names) for part in below)
    return node if new == below else rebuilt(node, new)
