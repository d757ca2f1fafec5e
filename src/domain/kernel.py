"""The words every aggregate is written in: Command, Event, Refused, Decider, Personal, Erased."""

from collections.abc import Callable, Mapping, Sequence
from enum import StrEnum
from typing import Annotated, Any, ClassVar, Generic, NamedTuple, TypeVar

import msgspec

S = TypeVar("S")


class Command(msgspec.Struct, frozen=True, kw_only=True):
    """What somebody wants. Carries everything the decision needs, the time of day included.

    `founds` says that it is usually the first of its stream, so that nothing need be read first.
    """

    founds: ClassVar[bool] = False


class Event(msgspec.Struct, frozen=True, kw_only=True, rename="camel", omit_defaults=True):
    """What happened, as it is stored. A stored field is never renamed, removed or retyped."""


class Value(msgspec.Struct, frozen=True, kw_only=True, rename="camel", omit_defaults=True):
    """A part of an event, a state or a document that has no life of its own."""


class Erased(Value, frozen=True, tag="erased", tag_field="$"):
    """Stands in the place of a personal value whose person asked to be forgotten."""


ERASED = Erased()


class Marker(StrEnum):
    """Marks a field of an event for the code that stores events."""

    PERSONAL = "personal"


T = TypeVar("T")
Personal = Annotated[T, msgspec.Meta(extra={"marker": Marker.PERSONAL})]
"""A value that tells of a person (identity, free text, answers): `ERASED` may stand for it."""


class RefusalKind(StrEnum):
    """The kinds of refusal that every facade must be able to express."""

    INVALID = "invalid"  # the request breaks a rule of form
    UNKNOWN = "unknown"  # what it speaks of is not there, or not for this caller
    CONFLICT = "conflict"  # the present state does not allow it
    UNPUBLISHED = "unpublished"  # it is there but not open yet
    FORBIDDEN = "forbidden"  # this caller may not
    STALE = "stale"  # the caller speaks of a version that has been replaced
    TOO_LARGE = "too_large"  # it is more than is taken
    UNFIT = "unfit"  # it is well formed, but what it speaks of does not do for it


class Refused(Exception):
    """A command that the rules turn down. Subclasses carry the contract's error code."""

    code: str = "INVALID_PAYLOAD"
    kind: RefusalKind = RefusalKind.INVALID

    def __init__(self, message: str, **details: Any) -> None:
        """`message` says what was wrong and where, `details` the same for programs."""
        super().__init__(message)
        self.message = message
        self.details: Mapping[str, Any] = details


class Decider(NamedTuple, Generic[S]):
    """An aggregate as a value: where it starts, what it decides, what each event makes of it.

    `category` names its streams (`category-key`) and never contains a `-`.
    """

    category: str
    initial: S
    decide: Callable[[S, Any], Sequence[Event]]
    evolve: Callable[[S, Any], S]

    def stream(self, key: str) -> str:
        """The stream of the aggregate called `key`."""
        return f"{self.category}-{key}"


def fold(decider: Decider[S], events: Sequence[Event], state: S | None = None) -> S:
    """The state after `events`, from `state` or from the beginning."""
    current = decider.initial if state is None else state
    for event in events:
        current = decider.evolve(current, event)
    return current
