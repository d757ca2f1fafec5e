"""Prerequisites: the guard stream of all prerequisite edges, which never close a cycle (B-45).

A relation's own stream says what the relation is; this one is appended with its expected version
at every change of an edge, so that of two writers who would close a cycle one is refused.
"""

from collections import deque
from collections.abc import Mapping, Sequence
from sys import maxsize
from typing import Final, NamedTuple

import msgspec

from domain.kernel import Command, Decider, Event, RefusalKind, Refused, Value
from domain.persistent_map import PersistentMap

GRAPH: Final = "graph"
"""The key of the one stream."""

# --- events -------------------------------------------------------------------------------------


class EdgeAdded(Event, frozen=True):
    """One problem is a prerequisite of another."""

    from_problem_id: str
    to_problem_id: str


class EdgeRemoved(Event, frozen=True):
    """It is not, or not any more."""

    from_problem_id: str
    to_problem_id: str


PrerequisitesEvent = EdgeAdded | EdgeRemoved


# --- commands: for policies, when a relation of this type begins or ceases to count --------------


class AddEdge(Command, frozen=True):
    """Let an edge count, unless it would close a cycle."""

    from_problem_id: str
    to_problem_id: str


class RemoveEdge(Command, frozen=True):
    """Let an edge count no more."""

    from_problem_id: str
    to_problem_id: str


PrerequisitesCommand = AddEdge | RemoveEdge


# --- state --------------------------------------------------------------------------------------


class Ways(NamedTuple):
    """Where the edges of one problem lead to and come from, and its level.

    Every edge leads to a higher level, so a path is looked for only where levels allow one.
    """

    after: tuple[str, ...] = ()
    before: tuple[str, ...] = ()
    level: int = 0


class Prerequisites(Value, frozen=True):
    """The graph of all edges that count; a problem without edges is not in it.

    `credit` is how many more problems may be put on higher levels: each edge brings some along, so
    that the fold stays linear. Below 0 levels are given up for good and say nothing any more.
    """

    ways: PersistentMap[Ways] = PersistentMap()
    credit: int = 0

    def after(self, problem_id: str) -> tuple[str, ...]:
        """What a problem is a prerequisite of."""
        return self.of(problem_id).after

    def before(self, problem_id: str) -> tuple[str, ...]:
        """The prerequisites of a problem."""
        return self.of(problem_id).before

    def of(self, problem_id: str) -> Ways:
        """All that is known of a problem; of most nothing."""
        return self.ways.get(problem_id) or _NOWHERE


_NOWHERE: Final = Ways()
_CREDIT: Final = 20  # an edge; layered, random and clustered graphs of 300,000 edges need one


# --- refusals -----------------------------------------------------------------------------------


class RelationCycle(Refused):
    """The edge would close a cycle; `details.path` are its problems, the first one again last."""

    code, kind = "RELATION_CYCLE", RefusalKind.CONFLICT


# --- decisions ----------------------------------------------------------------------------------


def decide(state: Prerequisites, command: PrerequisitesCommand) -> Sequence[PrerequisitesEvent]:
    """What a command makes happen, or a refusal."""
    source, target = command.from_problem_id, command.to_problem_id
    there = target in state.after(source)
    match command:
        case AddEdge():
            if there:
                return []
            path = _path(state, target, source)
            if path:
                cycle = [source, *path]
                raise RelationCycle(f"the prerequisites form a cycle: {_told(cycle)}", path=cycle)
            return [EdgeAdded(from_problem_id=source, to_problem_id=target)]
        case RemoveEdge():
            return [EdgeRemoved(from_problem_id=source, to_problem_id=target)] if there else []


def _told(path: Sequence[str]) -> str:
    return " → ".join(path if len(path) <= 8 else [*path[:4], "…", *path[-4:]])


def _path(state: Prerequisites, start: str, end: str) -> list[str]:
    """A way from one problem to another, empty if there is none.

    Searched from both ends in turn and only on the levels between them, onward in depth and back in
    breadth, so that the ways meet soon. The answer is no as soon as one end has nothing left.
    """
    if start == end:
        return [start]
    low, high = state.of(start).level, state.of(end).level
    if state.credit < 0:
        low, high = -1, maxsize
    if low >= high:
        return []
    onward, back = {start: start}, {end: end}
    ahead, behind = deque([start]), deque([end])
    while ahead and behind:
        one = ahead.pop()
        after, _, level = state.of(one)
        for other in after if level < high else ():
            if other not in onward:
                onward[other] = one
                if other in back:
                    return [*reversed(_walk(onward, other)), *_walk(back, other)[1:]]
                ahead.append(other)
        one = behind.popleft()
        _, before, level = state.of(one)
        for other in before if level > low else ():
            if other not in back:
                back[other] = one
                if other in onward:
                    return [*reversed(_walk(onward, other)), *_walk(back, other)[1:]]
                behind.append(other)
    return []


def _walk(steps: Mapping[str, str], start: str) -> list[str]:
    """The way from `start` to where the search began."""
    way = [start]
    while steps[way[-1]] != way[-1]:
        way.append(steps[way[-1]])
    return way


# --- the fold -----------------------------------------------------------------------------------


def evolve(state: Prerequisites, event: PrerequisitesEvent) -> Prerequisites:
    """The state after one more event."""
    source, target = event.from_problem_id, event.to_problem_id
    one, other = state.of(source), state.of(target)
    match event:
        case EdgeAdded():
            one = one._replace(after=(*one.after, target))
            other = other._replace(before=(*other.before, source))
            credit = state.credit + _CREDIT if state.credit >= 0 else state.credit
            ways = state.ways.put(source, one).put(target, other)
            return _levelled(Prerequisites(ways=ways, credit=credit), source, target)
        case EdgeRemoved():
            one = one._replace(after=_but(one.after, target))
            other = other._replace(before=_but(other.before, source))
            ways = _kept(_kept(state.ways, source, one), target, other)
            return msgspec.structs.replace(state, ways=ways)


def _levelled(state: Prerequisites, source: str, target: str) -> Prerequisites:
    """The graph with every problem behind a new edge on a level above those before it."""
    credit = state.credit
    if credit < 0:
        return state
    ways = state.ways
    waiting = [(target, state.of(source).level + 1)]
    while waiting:
        problem_id, level = waiting.pop()
        one = ways.get(problem_id) or _NOWHERE
        if one.level >= level:
            continue
        credit -= 1
        if credit < 0:
            return msgspec.structs.replace(state, credit=credit)
        ways = ways.put(problem_id, one._replace(level=level))
        waiting += [(other, level + 1) for other in one.after]
    return Prerequisites(ways=ways, credit=credit)


def _kept(ways: PersistentMap[Ways], problem_id: str, one: Ways) -> PersistentMap[Ways]:
    """The ways with those of one problem, if it has any."""
    return ways.put(problem_id, one) if one.after or one.before else ways.without(problem_id)


def _but(ids: tuple[str, ...], gone: str) -> tuple[str, ...]:
    return tuple(one for one in ids if one != gone)


prerequisites: Decider[Prerequisites] = Decider("prerequisites", Prerequisites(), decide, evolve)
