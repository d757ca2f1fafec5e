"""The words every view is written in: Fact, Projection, Index."""

from collections.abc import Callable, Mapping
from enum import StrEnum
from typing import Any, Generic, NamedTuple, TypeVar

from domain.instants import Instant
from domain.kernel import Event

V = TypeVar("V")


class Fact(NamedTuple):
    """An event with its place: the stream, the version in it, and when it happened."""

    stream: str
    version: int
    at: Instant
    event: Event


class IndexKind(StrEnum):
    """What a declared index holds of a view."""

    TEXT = "text"  # one string or None, compared by code point
    INTEGER = "integer"  # one integer or None
    MANY = "many"  # several strings; a query matches if one of them does
    WORDS = "words"  # prose, searched by words


class Index(NamedTuple):
    """A field that queries may use: its kind and how it is read from the view."""

    kind: IndexKind
    read: Callable[[Any], Any]


class Projection(NamedTuple, Generic[V]):
    """A view as a value: a pure fold of facts into one struct a key, and its declared indexes.

    `version` grows whenever `project`, `view` or `indexes` change, so that a new one is built
    beside the old. `reads` names the tags it folds and the type each is decoded to (a base class
    of the event when the rest is not needed). An `inline` view folds one stream only, its key is
    the stream's key, and it changes in the transaction of the events; every other view follows.
    `key` returns None for a fact that does not concern the view; `project` returns None to
    remove the row.
    """

    name: str
    version: int
    view: type[V]
    reads: Mapping[str, type[Event]]
    project: Callable[[V | None, Fact], V | None]
    indexes: Mapping[str, Index]
    inline: bool = True
    key: Callable[[Fact], str | None] = lambda fact: fact.stream.partition("-")[2]
