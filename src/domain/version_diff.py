"""Version diff: what differs between two versions' contents, place by place."""

import re
from collections.abc import Iterator
from enum import StrEnum
from typing import Any, Final, NamedTuple

from domain.canonical_json import canonical
from domain.problem_content import VersionContent, as_document

Step = str | int
"""The name of a field, or the number of an item from 0."""


class ChangeKind(StrEnum):
    """What happened to a place."""

    ADDED = "added"
    REMOVED = "removed"
    CHANGED = "changed"


class Change(NamedTuple):
    """A place, what stood there and what stands there now; `kind` tells nothing from null."""

    steps: tuple[Step, ...]
    kind: ChangeKind
    before: Any
    after: Any

    @property
    def path(self) -> str:
        """The place as a JSON path: `$.statement.body['the text'][0]`."""
        return "$" + "".join(map(_shown, self.steps))


_OPEN: Final = ("statement", "answerSchema", "metadata", "visibility")


def version_diff(before: VersionContent, after: VersionContent, *, keys: bool) -> list[Change]:
    """What leads from one content to the other: statement, schema, metadata and visibility.

    With `keys` also key, checking rules and solutions, which only people with keys may see.
    """
    return list(changes(_document(before, keys=keys), _document(after, keys=keys)))


def _document(content: VersionContent, *, keys: bool) -> dict[str, Any]:
    return {
        name: value
        for name, value in as_document(content).items()
        if value is not None and (keys or name in _OPEN)
    }


def changes(before: Any, after: Any, steps: tuple[Step, ...] = ()) -> Iterator[Change]:
    """What makes one JSON value of another: names in their order, lists item by item.

    Items are compared at the same number; a list grows and shrinks at its end, the last item first
    to go. Numbers are the same if their values are: 1 and 1.0.
    """
    match before, after:
        case dict(), dict():
            for name in sorted(before.keys() | after.keys()):
                yield from _at((*steps, name), before, after, name)
        case list(), list():
            for index in range(min(len(before), len(after))):
                yield from changes(before[index], after[index], (*steps, index))
            for index in reversed(range(len(after), len(before))):
                yield Change((*steps, index), ChangeKind.REMOVED, before[index], None)
            for index in range(len(before), len(after)):
                yield Change((*steps, index), ChangeKind.ADDED, None, after[index])
        case _:
            if canonical(before) != canonical(after):
                yield Change(steps, ChangeKind.CHANGED, before, after)


def _at(
    steps: tuple[Step, ...], before: dict[str, Any], after: dict[str, Any], name: str
) -> Iterator[Change]:
    if name not in before:
        yield Change(steps, ChangeKind.ADDED, None, after[name])
    elif name not in after:
        yield Change(steps, ChangeKind.REMOVED, before[name], None)
    else:
        yield from changes(before[name], after[name], steps)


def _shown(step: Step) -> str:
    if isinstance(step, int):
        return f"[{step}]"
    if re.fullmatch(r"[A-Za-z_][A-Za-z0-9_]*", step):
        return f".{step}"
    quoted = step.replace("\\", "\\\\").replace("'", "\\'")
    return f"['{quoted}']"
