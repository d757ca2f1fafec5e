"""Problems for tests: documents, deciders with histories, and a small world that runs policies."""

from collections import defaultdict
from collections.abc import Sequence
from typing import Any

import msgspec
from msgspec import Raw

from domain.kernel import Command, Event, fold
from domain.policies import follow_ups
from domain.problem import CreateProblem, TakeVersionNumber, problem
from domain.problem_content import (
    AuthorTest,
    Solution,
    SolutionVisibility,
    Statement,
    StatementFormat,
    VersionContent,
    WrittenRule,
)
from domain.problem_version import AddCheckingRule, problem_version
from domain.registry import COMMANDS, EVENTS, SEALS, TAGS, decider_of

NOW = "2026-01-05T09:00:00.000Z"
MOST_POLICIES = 3


def raw(value: Any) -> Raw:
    return Raw(msgspec.json.encode(value))


NUMBER = raw({"type": "numeric_with_tolerance"})
PROOF = raw({"type": "proof", "rubricRequired": True})
SCORING = raw({"maxScore": 1})


def statement(text: str = "2 + 2 = ?") -> Statement:
    return Statement(format=StatementFormat.MARKDOWN, body=raw({"text": text}))


def content(**parts: Any) -> VersionContent:
    given = {"statement": statement(), "answer_schema": NUMBER, **parts}
    return VersionContent(**given)


def rule(rule_id: str = "r1", method: str = "auto", **parts: Any) -> WrittenRule:
    given = {"rule": raw({}), "scoring_rule": SCORING, **parts}
    return WrittenRule(rule_id=rule_id, method=method, **given)


def solution(solution_id: str = "s1", **parts: Any) -> Solution:
    given = {
        "format": StatementFormat.MARKDOWN,
        "body": raw({"text": "count"}),
        "visibility": SolutionVisibility.HIDE,
        **parts,
    }
    return Solution(solution_id=solution_id, **given)


def author_test(value: Any = "4", *expect: str) -> AuthorTest:
    return AuthorTest(answer=raw({"value": value}), expect=expect or ("correct",))


READY = content(key=raw({"value": 4}), rules=(rule(),))
"""What can be submitted and published as it is."""


class World:
    """Streams and their states; a command and its policies happen as a whole or not at all."""

    def __init__(self) -> None:
        self.logs: defaultdict[str, list[Event]] = defaultdict(list)
        self.states: dict[str, Any] = {}
        self.sealed: dict[str, tuple[str, ...]] = {}

    def state(self, stream: str) -> Any:
        return self.states.get(stream, decider_of(stream).initial)

    def do(self, stream: str, command: Command) -> Sequence[Event]:
        states: dict[str, Any] = {}
        happened: list[tuple[str, Event]] = []
        queue = [(stream, command, 0)]
        for to, one, depth in queue:
            assert depth <= MOST_POLICIES
            decider = COMMANDS[type(one)]
            state = states.get(to, self.state(to))
            for event in decider.decide(state, one):
                state = states[to] = decider.evolve(state, event)
                happened.append((to, event))
                queue += [(*follow, depth + 1) for follow in follow_ups(one, state, event)]
        for to, event in happened:
            assert TAGS[type(event)] in self.sealed.get(to, (TAGS[type(event)],)), "sealed"
            self.logs[to].append(event)
            if type(event) in SEALS:
                self.sealed[to] = SEALS[type(event)]
        self.states |= states
        return [event for _, event in happened]

    def replayed(self, stream: str) -> Any:
        """The state from the stored bytes."""
        events = [
            msgspec.json.decode(msgspec.json.encode(event), type=EVENTS[TAGS[type(event)]])
            for event in self.logs[stream]
        ]
        return fold(decider_of(stream), events)


P1 = problem.stream("p1")
V1, V2 = problem_version.stream("v1"), problem_version.stream("v2")


def world_with_versions(*contents: VersionContent) -> World:
    """Problem `p1` and its versions `v1`, `v2` …"""
    world = World()
    world.do(P1, CreateProblem(problem_id="p1", code="A-1", subject_key="mathematics"))
    for number, one in enumerate(contents, 1):
        world.do(P1, TakeVersionNumber(version_id=f"v{number}", content=one))
    return world


def more_rules(world: World, *rules: WrittenRule) -> World:
    for one in rules:
        world.do(V1, AddCheckingRule(rule=one))
    return world
