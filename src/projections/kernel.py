"""The words every view is written in: Fact, Origin, Projection, Index."""

from collections.abc import Callable, Mapping
from enum import StrEnum
from typing import Any, Generic, NamedTuple, TypeVar

from domain.instants import Instant
from domain.kernel import Event

V = TypeVar("V")


class Origin(NamedTuple):
    """Where an event comes from: who caused it by which command, and where in the log it lies.

    `scheme`, `subject` and `roles` are the actor's. `command` names the command, on its first
    event only; `part` counts the events of the same command right before this one in the log.
    """

    position: int
    tag: str
    scheme: str
    subject: str
    roles: tuple[str, ...]
    facade: str
    correlation: str
    command: str | None
    part: int


class Fact(NamedTuple):
    """An event with its place: the stream, the version in it, and when it happened.

    `origin` is there for views that ask for it (`Projection.origins`).
    """

    stream: str
    version: int
    at: Instant
    event: Event
    origin: Origin | None = None


class IndexKind(StrEnum):
    """What a declared index holds of a view."""

    TEXT = "text"  # one string or None, compared by code point
    INTEGER = "integer"  # one integer or None
    MANY = "many"  # several strings; a query matches if one of them does
    WORDS = "words"  # prose, searched by words
    ORDER = "order"  # one string, never None, that pages of a numbered view may be sorted by


class Index(NamedTuple):
    """A field that queries may use: its kind and how it is read from the view."""

    kind: IndexKind
    read: Callable[[Any], Any]


class Via(NamedTuple):
    """The row that an earlier fact has given this name (`Projection.names`), if one has."""

    name: str


class Projection(NamedTuple, Generic[V]):
    """A view as a value: a pure fold of facts into one struct a key, and its declared indexes.

    `version` grows whenever `project`, `view` or `indexes` change, so that a new one is built
    beside the old. `reads` names the tags it folds and the type each is decoded to (a base class
    of the event when the rest is not needed). An `inline` view folds one stream only, its key is
    the stream's key, and it changes in the transaction of the events; every other view follows.
    A `numbered` view is one that follows and is read by pages of a million rows with their total:
    its indexes are bitmaps over row numbers, and `find` does not take it.
    `key` returns None for a fact that does not concern the view; `project` returns None to
    remove the row. A followed view may know a row by further names, when events of other streams
    do not tell its key: `names` says which name a fact gives to its row, for good, and `key` then
    returns it as `Via`. `origins` asks for facts with their origin, which inline views never see.
    """

    name: str
    version: int
    view: type[V]
    reads: Mapping[str, type[Event]]
    project: Callable[[V | None, Fact], V | None]
    indexes: Mapping[str, Index]
    inline: bool = True
    key: Callable[[Fact], str | Via | None] = lambda fact: fact.stream.partition("-")[2]
    numbered: bool = False
    origins: bool = False
    names: Callable[[Fact], str | None] | None = None
