r"""Templates: texts with placeholders such as `{@a@}`, which LaTeX and Markdown never contain.

No logic in them: a placeholder names a parameter and how to write it (`{@a:tex,comma@}`). All
else, `\frac{{a}}{2}` too, stays as it is.
"""

import re
from collections.abc import Iterator, Mapping
from typing import Any, Final

from domain.canonical_json import MAX_DEPTH
from domain.variants.arithmetic import Quantity
from domain.variants.formats import BadFormat, Format, read_format, written
from domain.variants.invalid import GeneratorInvalid

MAX_GROWTH: Final = 1_000_000  # characters that all values together may add to a document
_PLACEHOLDER: Final = re.compile(r"\{@([^{}@\n]*)@\}")
_MAX_INSIDE: Final = 200


def placeholders(document: Any) -> set[str]:
    """The names that placeholders in decoded JSON speak of."""
    return {
        found[1].partition(":")[0].strip()
        for text in _texts(document, 0)
        for found in _PLACEHOLDER.finditer(text)
    }


def is_template(document: Any) -> bool:
    """Whether any text in decoded JSON has a placeholder."""
    return any(_PLACEHOLDER.search(text) for text in _texts(document, 0))


def filled(document: Any, values: Mapping[str, Quantity], path: str) -> Any:
    """The document with values for placeholders in all its texts, names of fields apart.

    Raises GeneratorInvalid that says where below `path` a placeholder is wrong.
    """
    return _Filling(values).filled(document, path, 0)


def filled_labels(schema: Any, values: Mapping[str, Quantity], path: str) -> Any:
    """An answer schema with values in the labels of its options, in all its parts."""
    return _Filling(values).labels(schema, path, 0)


class _Filling:
    """One document's worth of room, and the formats read so far."""

    def __init__(self, values: Mapping[str, Quantity]) -> None:
        self.values = values
        self.room = MAX_GROWTH
        self.ready: dict[str, str] = {}

    def filled(self, document: Any, path: str, depth: int) -> Any:
        match document:
            case str():
                return self.text(document, path)
            case dict() | list() | tuple() if depth >= MAX_DEPTH:
                raise GeneratorInvalid(path[:200], f"nested deeper than {MAX_DEPTH}")
            case dict():
                return {
                    name: self.filled(value, f"{path}.{name[:100]}", depth + 1)
                    for name, value in document.items()
                }
            case list() | tuple():
                return [
                    self.filled(value, f"{path}[{index}]", depth + 1)
                    for index, value in enumerate(document)
                ]
            case _:
                return document

    def labels(self, schema: Any, path: str, depth: int) -> Any:
        match schema:
            case {"options": list() as options, **rest}:
                return rest | {
                    "options": [
                        self.option(option, f"{path}.options[{index}]")
                        for index, option in enumerate(options)
                    ]
                }
            case {"parts": list() as parts, **rest} if depth < MAX_DEPTH:
                return rest | {
                    "parts": [
                        self.labels(part, f"{path}.parts[{index}]", depth + 1)
                        for index, part in enumerate(parts)
                    ]
                }
            case _:
                return schema

    def option(self, option: Any, path: str) -> Any:
        match option:
            case {"label": str(label), **rest}:
                return rest | {"label": self.text(label, f"{path}.label")}
            case _:
                return option

    def text(self, text: str, path: str) -> str:
        return _PLACEHOLDER.sub(lambda found: self.value(found[1], path), text)

    def value(self, inside: str, path: str) -> str:
        value = self.ready.get(inside)
        if value is None:
            value = self.ready[inside] = self.written(inside, path)
        self.room -= len(value)
        if self.room < 0:
            raise GeneratorInvalid(path, f"values add more than {MAX_GROWTH} characters")
        return value

    def written(self, inside: str, path: str) -> str:
        shown = f"{{@{inside[:60]}@}}"
        if len(inside) > _MAX_INSIDE:
            raise GeneratorInvalid(path, f"{shown}… is too long for a placeholder")
        name, colon, form = (part.strip() for part in inside.partition(":"))
        if name not in self.values:
            raise GeneratorInvalid(path, f"{shown}: no parameter is called {name[:50]!r}")
        try:
            return written(self.values[name], read_format(form) if colon else Format())
        except BadFormat as error:
            raise GeneratorInvalid(path, f"{shown}: {error}") from None


def _texts(document: Any, depth: int) -> Iterator[str]:
    match document:
        case str():
            yield document
        case dict() if depth < MAX_DEPTH:
            for value in document.values():
                yield from _texts(value, depth + 1)
        case list() | tuple() if depth < MAX_DEPTH:
            for value in document:
                yield from _texts(value, depth + 1)
        case _:
            pass
