"""Upcasts: how an event stored in an older shape reads today. Pure, and kept for ever."""

from collections.abc import Callable, Mapping
from typing import Any, Final

Payload = dict[str, Any]
Upcast = Callable[[Payload], Payload]

UPCASTS: Final[Mapping[tuple[str, int], Upcast]] = {}
"""(tag, payload version) → the payload in the next version. Every version so far is the first."""


def upcast(
    tag: str,
    version: int,
    current: int,
    payload: Payload,
    upcasts: Mapping[tuple[str, int], Upcast] = UPCASTS,
) -> Payload:
    """The payload lifted from `version` to `current`, one step at a time."""
    for step in range(version, current):
        payload = upcasts[tag, step](payload)
    return payload
