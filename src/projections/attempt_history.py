"""The history of one attempt for staff: every event, and what each save changed (§2.F)."""

from collections.abc import Iterable
from typing import Any, NamedTuple

import msgspec
from msgspec import UNSET, UnsetType

from domain.attempt import AnswersBranched, AnswersSaved
from domain.instants import Instant
from domain.kernel import Event, Value

_TOLD = ("changes", "itemIds")


class Who(Value, frozen=True):
    """Who caused an event: an id in an identity scheme, and the roles held at that moment."""

    scheme: str
    subject: str
    roles: tuple[str, ...] = ()


class Happening(NamedTuple):
    """An event of the attempt with its place in it, its time, its tag and its actor."""

    revision: int
    at: Instant
    tag: str
    who: Who
    event: Event


class Change(Value, frozen=True, kw_only=True):
    """An answer that differs; `before` is absent when there was none.

    In a branch `before` is what the attempt had, `after` what was not applied.
    """

    question_id: str
    before: Any | UnsetType = UNSET
    after: Any
    time_sec: int | float | None = None


class Entry(Value, frozen=True, kw_only=True):
    """One event: `event` is its name, `changes` what it did to answers, `details` all the rest."""

    revision: int
    at: Instant
    actor: Who
    event: str
    changes: list[Change] | UnsetType = UNSET
    details: dict[str, Any]


def history(happenings: Iterable[Happening]) -> list[Entry]:
    """The entries of an attempt from all its events, oldest first."""
    answers: dict[str, Any] = {}
    found: list[Entry] = []
    for revision, at, tag, who, event in happenings:
        changes: list[Change] | UnsetType = UNSET
        if isinstance(event, AnswersSaved | AnswersBranched):
            changes = [
                Change(
                    question_id=answer.item_id,
                    before=answers.get(answer.item_id, UNSET),
                    after=answer.response,
                    time_sec=answer.time_sec,
                )
                for answer in event.changes
            ]
        if isinstance(event, AnswersSaved):
            answers.update((answer.item_id, answer.response) for answer in event.changes)
        details: dict[str, Any] = msgspec.to_builtins(event)
        found.append(
            Entry(
                revision=revision,
                at=at,
                actor=who,
                event=tag.partition(".")[2],
                changes=changes,
                details={name: value for name, value in details.items() if name not in _TOLD},
            )
        )
    return found
