"""Flaws: everything that keeps a JSON document from being of a type, not only the first thing."""

import typing
from collections.abc import Iterator
from typing import Any, Final, NamedTuple

import msgspec

MOST_FLAWS: Final = 100
_MARK: Final = " - at `"


class Flaw(NamedTuple):
    """What is wrong at a place: `sections[0].questions[2].id`, empty for the whole."""

    path: str
    message: str

    def __str__(self) -> str:
        return f"{self.path}: {self.message}" if self.path else self.message


def flaws(value: Any, kind: Any, path: str = "") -> Iterator[Flaw]:
    """Every flaw of decoded JSON as a value of a type, the first hundred of each list."""
    if isinstance(kind, type) and issubclass(kind, msgspec.Struct) and isinstance(value, dict):
        hints = typing.get_type_hints(kind, include_extras=True)
        for field in msgspec.structs.fields(kind):
            name = field.encode_name
            if name in value:
                yield from flaws(value[name], hints[field.name], f"{path}.{name}".lstrip("."))
            elif field.required:
                yield Flaw(f"{path}.{name}".lstrip("."), "is missing")
    elif typing.get_origin(kind) is list and isinstance(value, list):
        [inner] = typing.get_args(kind)
        found = 0
        for number, item in enumerate(value):
            for flaw in flaws(item, inner, f"{path}[{number}]"):
                yield flaw
                found += 1
                if found >= MOST_FLAWS:
                    return
    else:
        try:
            msgspec.convert(value, kind)
        except msgspec.ValidationError as error:
            message = str(error).partition(_MARK)[0]
            yield Flaw(path, f"{message[:1].lower()}{message[1:]}")
