"""Meanings taken apart and changed: their values, other letters, a base for every log."""

from collections.abc import Callable

from domain.answers.expressions.meaning import (
    Condition,
    Meaning,
    Other,
    Solution,
    System,
)
from domain.answers.expressions.regions import (
    Family,
    Intersection,
    Interval,
    Pair,
    Point,
    Union,
    Without,
)
from domain.answers.expressions.tree import (
    VALUES,
    Bracket,
    Node,
    Symbol,
    nodes,
    replaced,
)

Change = Callable[[Node], Node]


def meaning_nodes(found: Node) -> list[Node]:
    """Every value node below a meaning or region."""
    values: list[Node] = []
    pending: list[Node] = [found]
    while pending:
        one = pending.pop()
        inner = _below(one)
        if inner is None:
            values.extend(nodes(one))
        else:
            pending.extend(inner)
    return values


def _below(found: Node) -> list[Node] | None:
    match found:
        case Solution():
            return [found.region, *found.steps]
        case Condition():
            return [found.left, found.right]
        case System():
            return list(found.conditions)
        case Other():
            return [found.node]
        case Point() | Family():
            return [found.value]
        case Pair() | Interval():
            return [found.low, found.high]
        case Union() | Intersection():
            return list(found.items)
        case Without():
            return [found.whole, found.less]
        case _:
            pass
    return None


def renamed(found: Meaning, names: dict[str, str]) -> Meaning:
    """The meaning with other letters for its variables and unknowns."""
    other = changed(
        found, lambda value: replaced(value, {old: Symbol(new) for old, new in names.items()})
    )
    if isinstance(other, Solution):
        unknowns = tuple(names.get(name, name) for name in other.unknowns)
        return Solution(unknowns, other.region, other.steps)
    return other


def changed(found: Meaning, change: Change) -> Meaning:
    """The meaning with every value in it changed."""
    match found:
        case Solution():
            steps = tuple(_changed(step, change) for step in found.steps)
            return Solution(found.unknowns, _changed(found.region, change), steps)
        case Condition():
            return _condition(found, change)
        case System():
            return System(tuple(_condition(one, change) for one in found.conditions))
        case Other():
            return found


def _condition(found: Condition, change: Change) -> Condition:
    return Condition(change(found.left), found.sign, change(found.right))


def _changed(found: Node, change: Change) -> Node:
    match found:
        case Point():
            return Point(_changed(found.value, change))
        case Family():
            return Family(_changed(found.value, change), found.parameters, found.over)
        case Pair():
            return Pair(_changed(found.low, change), _changed(found.high, change))
        case Interval():
            low, high = _changed(found.low, change), _changed(found.high, change)
            return Interval(low, high, found.open_low, found.open_high)
        case Union():
            return Union(tuple(_changed(item, change) for item in found.items), found.listed)
        case Intersection():
            return Intersection(tuple(_changed(item, change) for item in found.items), found.loose)
        case Without():
            return Without(_changed(found.whole, change), _changed(found.less, change))
        case Bracket():
            items = tuple(_changed(item, change) for item in found.items)
            return Bracket(found.left, found.right, items)
        case _ if isinstance(found, VALUES):
            return change(found)
        case _:
            pass
    return found


def other_case(key: Meaning, answer: Meaning) -> Meaning | None:
    """The answer in the key's letters, where they differ only as capital and small ones."""
    ours = {one.name for one in meaning_nodes(key) if isinstance(one, Symbol)}
    theirs = {one.name for one in meaning_nodes(answer) if isinstance(one, Symbol)}
    names = {
        name: [mine for mine in ours if mine.lower() == name.lower()] for name in theirs - ours
    }
    if not names or any(len(found) != 1 or found[0] in theirs for found in names.values()):
        return None
    return renamed(answer, {name: found[0] for name, found in names.items()})
