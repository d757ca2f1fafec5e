"""Meaning: what an answer says: values, sets, solutions of an unknown, conditions, systems."""

from itertools import product

from domain.answers.expressions.characters import Unreadable
from domain.answers.expressions.regions import (
    INFINITY,
    NAMED,
    Intersection,
    Interval,
    Point,
    Union,
    Without,
    family,
    is_discrete,
    is_infinite,
    region,
    set_of,
)
from domain.answers.expressions.tree import (
    VALUES,
    All,
    Any,
    Bracket,
    NamedSet,
    Node,
    Product,
    Relation,
    SetOf,
    Sign,
    Symbol,
    nodes,
    symbols,
)

FLIPPED = {"<": ">", ">": "<", "≤": "≥", "≥": "≤", "=": "=", "≠": "≠"}


# --- meanings -----------------------------------------------------------------------------------


class Solution(Node, frozen=True):
    """Values of the unknowns (no name: a bare value or set); `steps` must equal the value."""

    unknowns: tuple[str, ...]
    region: Node
    steps: tuple[Node, ...] = ()


class Condition(Node, frozen=True):
    """left sign right, not solved for anything."""

    left: Node
    sign: str
    right: Node


class System(Node, frozen=True):
    """Conditions that hold together."""

    conditions: tuple[Condition, ...]


class Other(Node, frozen=True):
    """Anything else: only its own like can be said to be equal."""

    node: Node


Meaning = Solution | Condition | System | Other


def meaning(node: Node) -> Meaning:
    """What the answer says. Raises Unreadable for what makes no sense."""
    match node:
        case Relation():
            return _relation(node)
        case All():
            return _all(node)
        case SetOf() if any(isinstance(item, Relation) for item in node.items):
            return _any(Any(node.items))
        case Any():
            return _any(node)
        case _:
            return Solution((), region(node))


# --- relations ----------------------------------------------------------------------------------


def _relation(node: Relation) -> Meaning:
    signs = set(node.signs)
    if signs == {"="}:
        return _equality(node)
    if len(node.sides) == 2:
        left, right = node.sides
        sign = node.signs[0]
        if sign == "∈":
            return _belongs(left, right)
        if isinstance(left, Symbol) and left.name not in symbols(right):
            return Solution((left.name,), _ray(sign, right))
        if isinstance(right, Symbol) and right.name not in symbols(left):
            return Solution((right.name,), _ray(FLIPPED[sign], left))
        return _condition(left, sign, right)
    if len(node.sides) == 3 and (between := _between(node)) is not None:
        return between
    if "∈" in signs:
        return Other(node)
    return System(
        tuple(
            _condition(left, sign, right)
            for left, sign, right in zip(node.sides, node.signs, node.sides[1:], strict=False)
        )
    )


def _equality(node: Relation) -> Meaning:
    first, last = _function(node.sides[0]), node.sides[-1]
    steps = node.sides[1:-1]
    if isinstance(first, Bracket) and all(isinstance(item, Symbol) for item in first.items):
        if isinstance(last, Bracket) and len(last.items) == len(first.items) and not steps:
            names = [item.name for item in first.items if isinstance(item, Symbol)]
            return _assigned(dict(zip(names, map(region, last.items), strict=True)))
        return Other(node)
    if isinstance(first, Symbol) and first.name not in symbols(last):
        return Solution(
            (first.name,), set_of(last) if not isinstance(last, VALUES) else region(last), steps
        )
    if isinstance(last, Symbol) and last.name not in symbols(first) and not steps:
        return Solution((last.name,), region(first))
    if not any(symbols(side) for side in node.sides) and all(
        isinstance(side, VALUES) for side in node.sides
    ):
        return Solution((), region(last), (first, *steps))
    if steps:
        return Other(node)
    return _condition(first, "=", last)


def _function(node: Node) -> Node:
    """The name alone in f(x) on the left of an equation: y(x) = 2x reads y = 2x."""
    match node:
        case Product(factors=(Symbol(name=name), Symbol(name=argument)), divisors=()):
            if name.rstrip("'") in {"f", "g", "h", "y", "F", "G"} and argument in {"x", "t", "n"}:
                return Symbol(name)
        case _:
            pass
    return node


def _condition(left: Node, sign: str, right: Node) -> Condition:
    for side in (left, right):
        if not isinstance(side, VALUES):
            raise Unreadable(f"the sign {sign} stands between single values", 1)
    if any(isinstance(one, Sign) for side in (left, right) for one in nodes(side)):
        raise Unreadable("± is understood only in values", 1)
    return Condition(left, sign, right)


def _belongs(left: Node, right: Node) -> Meaning:
    if isinstance(left, Symbol):
        return Solution((left.name,), set_of(right))
    raise Unreadable("before ∈ stands a letter", 1)


def _ray(sign: str, end: Node) -> Node:
    if sign == "≠":
        return Without(NamedSet("ℝ"), region(end))
    if not isinstance(end, VALUES) or any(isinstance(one, Sign) for one in nodes(end)):
        raise Unreadable(f"the sign {sign} stands before a single value", 1)
    if sign in "<≤":
        return Interval(_minus_infinity(), end, open_high=sign == "<")
    return Interval(end, INFINITY, open_low=sign == ">")


def _minus_infinity() -> Node:
    from domain.answers.expressions.tree import Negative

    return Negative(INFINITY)


def _between(node: Relation) -> Meaning | None:
    """A < x < b, a ≥ x > b."""
    low, middle, high = node.sides
    first, second = node.signs
    if not isinstance(middle, Symbol) or middle.name in symbols(low) | symbols(high):
        return None
    if {first, second} <= {">", "≥"}:
        low, high, first, second = high, low, FLIPPED[second], FLIPPED[first]
    if not {first, second} <= {"<", "≤"}:
        return None
    _ray(first, low)
    _ray(second, high)
    return Solution((middle.name,), Interval(low, high, first == "<", second == "<"))


# --- lists --------------------------------------------------------------------------------------


def _all(node: All) -> Meaning:
    items, parameters, over = _parameters(node.items)
    if parameters:
        inner = items[0] if len(items) == 1 else All(items, node.firm)
        return _families(meaning(inner), parameters, over)
    found = [meaning(item) for item in items]
    solutions = [one for one in found if isinstance(one, Solution)]
    if len(solutions) < len(found):
        return _system(found, node)
    names = {one.unknowns for one in solutions}
    if names == {()} and not node.firm:
        return Solution(
            (), Union(tuple(one.region for one in solutions), listed=True), _steps(solutions)
        )
    if len(names - {()}) <= 1:
        return _same_unknown(solutions, max(names), firm=node.firm)
    if () in names or any(len(one.unknowns) != 1 for one in solutions):
        return Other(node)
    return _assignments(solutions, node)


def _steps(solutions: list[Solution]) -> tuple[Node, ...]:
    if any(one.steps for one in solutions):
        raise Unreadable("write each value without its steps", 1)
    return ()


def _same_unknown(solutions: list[Solution], names: tuple[str, ...], *, firm: bool) -> Meaning:
    _steps(solutions)
    regions = tuple(one.region for one in solutions)
    if all(is_discrete(one) for one in regions):
        return Solution(names, Union(regions, listed=not names))
    return Solution(names, Intersection(regions, loose=not firm))


def _assignments(solutions: list[Solution], node: All) -> Meaning:
    """X = 1, y = 2: one point; x = 1, y = 2, x = 3, y = 4: two."""
    _steps(solutions)
    if not all(is_discrete(one.region) for one in solutions):
        return _system(list(solutions), node)
    names = [one.unknowns[0] for one in solutions]
    width = len(set(names))
    if len(names) % width:
        return Other(node)
    points: list[Node] = []
    chunks = [solutions[at : at + width] for at in range(0, len(solutions), width)]
    for chunk in chunks:
        values = {one.unknowns[0]: one.region for one in chunk}
        if len(values) < width:
            return Other(node)
        points.append(_assigned(values).region)
    order = tuple(sorted(set(names)))
    return Solution(order, points[0] if len(points) == 1 else Union(tuple(points)))


def _assigned(values: dict[str, Node]) -> Solution:
    """The points for the unknowns in the order of the alphabet."""
    order = tuple(sorted(values))
    columns = [_values_of(values[name]) for name in order]
    if any(column is None for column in columns):
        raise Unreadable("each unknown takes single values here", 1)
    points = tuple(
        Point(Bracket("(", ")", one)) for one in product(*[column or [] for column in columns])
    )
    return Solution(order, points[0] if len(points) == 1 else Union(points))


def _values_of(found: Node) -> list[Node] | None:
    match found:
        case Point() if isinstance(found.value, VALUES):
            return [found.value]
        case Union():
            inner = [_values_of(item) for item in found.items]
            if not any(one is None for one in inner):
                return [value for one in inner for value in one or []]
        case _:
            pass
    return None


def _system(found: list[Meaning], node: Node) -> Meaning:
    conditions: list[Condition] = []
    for one in found:
        match one:
            case Condition():
                conditions.append(one)
            case System():
                conditions.extend(one.conditions)
            case Solution():
                again = as_conditions(one)
                if again is None:
                    return Other(node)
                conditions.extend(again)
            case _:
                return Other(node)
    return System(tuple(conditions))


def as_conditions(found: Solution) -> list[Condition] | None:
    """A solved statement as conditions again: y = 2x, y > 2x, x = 1 and y = 2."""
    if found.steps or not found.unknowns:
        return None
    name = Symbol(found.unknowns[0])
    match found.region:
        case Point(value=Bracket() as values) if len(values.items) == len(found.unknowns):
            return [
                Condition(Symbol(unknown), "=", value)
                for unknown, value in zip(found.unknowns, values.items, strict=True)
            ]
        case Point() if isinstance(found.region.value, VALUES):
            return [Condition(name, "=", found.region.value)]
        case Interval() as interval:
            ends: list[Condition] = []
            if not is_infinite(interval.low):
                ends.append(Condition(name, ">" if interval.open_low else "≥", interval.low))
            if not is_infinite(interval.high):
                ends.append(Condition(name, "<" if interval.open_high else "≤", interval.high))
            return ends
        case Without(whole=NamedSet(name="ℝ"), less=Point(value=value)) if isinstance(
            value, VALUES
        ):
            return [Condition(name, "≠", value)]
    return None


def _any(node: Any) -> Meaning:
    """Alternatives; "n ∈ ℤ" after the last of them speaks of all."""
    last = node.items[-1]
    if isinstance(last, All):
        kept, parameters, over = _parameters(last.items)
        if parameters:
            inner = kept[0] if len(kept) == 1 else All(kept, last.firm)
            return _families(_any(Any((*node.items[:-1], inner))), parameters, over)
    found = [meaning(item) for item in node.items]
    solutions = [one for one in found if isinstance(one, Solution)]
    names = {one.unknowns for one in solutions} - {()}
    if len(solutions) < len(found) or len(names) > 1:
        return Other(node)
    _steps(solutions)
    return Solution(
        max(names, default=()), Union(tuple(_unlisted(one.region) for one in solutions))
    )


def _unlisted(found: Node) -> Node:
    return Union(found.items) if isinstance(found, Union) else found


# --- families -----------------------------------------------------------------------------------


def _parameters(items: tuple[Node, ...]) -> tuple[tuple[Node, ...], tuple[str, ...], str]:
    """The items without "n ∈ ℤ", the names of the parameters and the set they run through."""
    kept: list[Node] = []
    names: list[str] = []
    over = ""
    for item in items:
        if (
            isinstance(item, Relation)
            and item.signs == ("∈",)
            and isinstance(item.sides[0], Symbol)
            and (runs := _numbers(item.sides[1])) in {"ℤ", "ℕ"}
        ):
            if over and over != runs:
                raise Unreadable("the parameters run through different sets", 1)
            names.append(item.sides[0].name)
            over = runs or ""
            while len(kept) > 1 and isinstance(kept[-1], Symbol):  # "n, k ∈ ℤ"
                bare = kept.pop()
                names.append(bare.name if isinstance(bare, Symbol) else "")
        else:
            kept.append(item)
    return (tuple(kept), tuple(names), over) if kept else (items, (), "")


def _numbers(node: Node) -> str | None:
    if isinstance(node, Symbol):
        return NAMED.get(node.name)
    return node.name if isinstance(node, NamedSet) else None


def _families(found: Meaning, parameters: tuple[str, ...], over: str) -> Meaning:
    if not isinstance(found, Solution) or found.steps:
        return Other(found)
    return Solution(found.unknowns, family(found.region, parameters, over))
