"""Writers of one stream who decide on what they last saw, as processes on one log do."""

from collections.abc import Sequence
from typing import Any

from domain.kernel import Command, Decider, Event, Refused, fold


class Racing:
    """A stream and several writers; an append needs the version that its writer decided on."""

    def __init__(self, decider: Decider[Any], writers: int) -> None:
        self.decider = decider
        self.log: list[Event] = []
        self.seen: list[tuple[Any, int]] = [(decider.initial, 0)] * writers

    def catch_up(self, writer: int) -> None:
        state, version = self.seen[writer]
        self.seen[writer] = (fold(self.decider, self.log[version:], state), len(self.log))

    def do(self, writer: int, command: Command) -> bool:
        """Whether a command was not refused; a conflict catches up and decides again (ledger)."""
        for _ in range(2):
            state, version = self.seen[writer]
            events: Sequence[Event] = []
            try:
                events = self.decider.decide(state, command)
            except Refused:
                accepted = False
            else:
                accepted = True
            if version == len(self.log):  # an append's expected version; a refusal is confirmed too
                self.log += events
                self.catch_up(writer)
                return accepted
            self.catch_up(writer)
        raise AssertionError("a writer that has caught up conflicts with nobody")
