"""Transitions: which commands a status allows, and the one refusal of the others (K29)."""

from collections.abc import Collection, Mapping
from enum import StrEnum
from typing import TypeVar

from domain.kernel import RefusalKind, Refused

S = TypeVar("S", bound=StrEnum)


class InvalidTransition(Refused):
    """The status does not allow the command; `details` are `from`, `command` and `allowed`."""

    code, kind = "INVALID_TRANSITION", RefusalKind.CONFLICT


def permit(moves: Mapping[S, Collection[str]], status: S, command: str) -> None:
    """Raise InvalidTransition unless `command`, in the contract's spelling, is allowed now."""
    allowed = moves.get(status, ())
    if command not in allowed:
        raise InvalidTransition(
            f"{command} is not possible while it is {status}",
            **{"from": status, "command": command, "allowed": sorted(allowed)},
        )
