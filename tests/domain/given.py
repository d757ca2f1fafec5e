"""A tiny vocabulary: given(decider, *events).when(command).then(*events) or .refused(kind)."""

from dataclasses import dataclass
from typing import Any

import pytest

from domain.kernel import Command, Decider, Event, Refused, fold


@dataclass(frozen=True)
class Scenario:
    """A decider with a history."""

    decider: Decider[Any]
    events: tuple[Event, ...]

    @property
    def state(self) -> Any:
        return fold(self.decider, self.events)

    def when(self, command: Command) -> "Trial":
        return Trial(self, command)


@dataclass(frozen=True)
class Trial:
    """A command tried on a history."""

    scenario: Scenario
    command: Command

    def events(self) -> list[Event]:
        return list(self.scenario.decider.decide(self.scenario.state, self.command))

    def then(self, *expected: Event) -> Scenario:
        assert self.events() == list(expected)
        return Scenario(self.scenario.decider, (*self.scenario.events, *expected))

    def nothing(self) -> None:
        assert self.events() == []

    def happens(self) -> Scenario:
        return Scenario(self.scenario.decider, (*self.scenario.events, *self.events()))

    def refused(self, refusal: type[Refused]) -> Refused:
        with pytest.raises(refusal) as caught:
            self.events()
        assert type(caught.value) is refusal
        return caught.value


def given(decider: Decider[Any], *events: Event) -> Scenario:
    return Scenario(decider, events)
