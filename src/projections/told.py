"""Told: what the audit log may tell of one event."""

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any, Final, NamedTuple

from domain.kernel import Event

Values = Mapping[str, Any]
_NONE: Final[Values] = MappingProxyType({})


class Told(NamedTuple):
    """Values before and after an event, by their names in the contract."""

    before: Values = _NONE
    after: Values = _NONE


NOTHING: Final = Told()
Tell = Callable[[Any], Told]


def status(before: Any, after: Any) -> Callable[[Event], Told]:
    """An event that leads from one status to another; None where it does not tell."""
    told = Told(*({} if one is None else {"status": one} for one in (before, after)))
    return lambda _: told
