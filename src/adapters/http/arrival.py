"""Arrival: when the last byte of a request came in, noted where the server reads the socket.

However long the request then waits for its turn: that is what decides about a deadline (ADR 7).
"""

from typing import Any, Final

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from adapters.clock import Clock
from domain.instants import Instant

_ARRIVED: Final = "arrived"


def arrival_protocol(clock: Clock) -> type[HttpToolsProtocol]:
    """The server's protocol, which notes in each request's scope when it was complete."""

    class ArrivalProtocol(HttpToolsProtocol):
        def on_message_complete(self) -> None:
            self.cycle.scope[_ARRIVED] = clock()  # type: ignore[typeddict-unknown-key] # our own
            super().on_message_complete()

    return ArrivalProtocol


def arrived(scope: Any, now: Instant) -> Instant:
    """When a request was complete; behind a server that does not note it, `now`."""
    found: Instant = scope.get(_ARRIVED, now)
    return found
