"""Saved answers: which of those sent say something new, and which would overwrite another's."""

import hashlib
from collections.abc import Container, Iterable, Mapping
from typing import Any, Protocol, TypeVar

import msgspec


class Saved(Protocol):
    """An answer to one item: any JSON value, and the seconds spent on it."""

    @property
    def item_id(self) -> str:
        """What is answered."""

    @property
    def response(self) -> Any:
        """What was answered."""

    @property
    def time_sec(self) -> int | float | None:
        """How long it took."""


A = TypeVar("A", bound=Saved)
LastChange = tuple[int, str | None]
"""The revision in which an answer was saved last, and the client that did it."""


def same(before: Saved, now: Saved) -> bool:
    """Whether two answers are the same JSON after the same time."""
    return before.time_sec == now.time_sec and same_json(before.response, now.response)


def same_json(one: Any, other: Any) -> bool:
    """Whether two values are the same JSON; `True` is not `1`, `1` is not `1.0`."""
    kind = one.__class__
    if kind is not other.__class__:
        return False
    if kind is list or kind is dict:
        return msgspec.json.encode(one) == msgspec.json.encode(other)
    return bool(one == other)


def answered(response: object) -> bool:
    """Whether a response counts as an answer: `null`, `""`, `[]`, `{}` do not (E-23)."""
    return response is not None and response not in ("", [], {})


def unsaved(
    answers: Mapping[str, Saved], items: Container[str], sent: Iterable[A]
) -> tuple[A, ...]:
    """The answers to known items that say something `answers` do not, each item once."""
    latest = {answer.item_id: answer for answer in sent if answer.item_id in items}
    return tuple(answer for answer in latest.values() if not _agrees(answers, answer))


def conflicts(
    answers: Mapping[str, Saved],
    changed: Mapping[str, LastChange],
    sent: Iterable[Saved],
    base: int,
    client_id: str | None,
) -> list[str]:
    """The items that another client has changed since revision `base` to another response.

    Who does not say which client it is may be any: then every later change is another's.
    """
    return [
        answer.item_id
        for answer in sent
        if _is_anothers(changed.get(answer.item_id), base, client_id)
        and not _agrees(answers, answer)
    ]


def fingerprint(what: str, sent: Iterable[Saved]) -> str:
    """What tells the content of two saves apart: the answers, not who spent how long on them."""
    content = sorted((answer.item_id, msgspec.json.encode(answer.response)) for answer in sent)
    return hashlib.sha256(msgspec.json.encode((what, content))).hexdigest()[:32]


def _agrees(answers: Mapping[str, Saved], answer: Saved) -> bool:
    """Whether this response is there, however long it took."""
    before = answers.get(answer.item_id)
    if before is None:
        return not answered(answer.response)
    return same_json(before.response, answer.response)


def _is_anothers(last: LastChange | None, base: int, client_id: str | None) -> bool:
    return last is not None and last[0] > base and (client_id is None or last[1] != client_id)
