"""Whether a value fits a JSON schema: the part of it that our OpenAPI documents use, all strict."""

import re
from collections.abc import Iterator, Mapping
from typing import Any

_SAYS_NOTHING = {"title", "description", "default", "examples", "deprecated", "format"}
_TYPES: dict[str, tuple[type, ...]] = {
    "object": (dict,),
    "array": (list,),
    "string": (str,),
    "number": (int, float),
    "integer": (int,),
    "boolean": (bool,),
    "null": (type(None),),
}


def misfits(value: Any, schema: Mapping[str, Any], document: Mapping[str, Any]) -> list[str]:
    """What is wrong, a line each; a keyword that is not known here is an error, not a pass."""
    return list(_misfits(value, schema, document, "$"))


def _misfits(
    value: Any, schema: Mapping[str, Any], document: Mapping[str, Any], at: str
) -> Iterator[str]:
    for keyword, wanted in schema.items():
        match keyword:
            case "$ref":
                name = wanted.removeprefix("#/components/schemas/")
                yield from _misfits(value, document["components"]["schemas"][name], document, at)
            case "type":
                if not _is_a(value, wanted):
                    yield f"{at}: {value!r} is no {wanted}"
            case "properties" if isinstance(value, dict):
                for key, inner in wanted.items():
                    if key in value:
                        yield from _misfits(value[key], inner, document, f"{at}.{key}")
            case "required" if isinstance(value, dict):
                yield from (f"{at}.{key}: missing" for key in wanted if key not in value)
            case "additionalProperties" if isinstance(value, dict):
                for key in value.keys() - schema.get("properties", {}).keys():
                    if wanted is False:
                        yield f"{at}.{key}: not described"
                    elif wanted is not True:
                        yield from _misfits(value[key], wanted, document, f"{at}.{key}")
            case "items" if isinstance(value, list):
                for index, inner in enumerate(value):
                    yield from _misfits(inner, wanted, document, f"{at}[{index}]")
            case "enum" | "const":
                if value not in (wanted if keyword == "enum" else [wanted]):
                    yield f"{at}: {value!r} is not {wanted!r}"
            case "allOf":
                for part in wanted:
                    yield from _misfits(value, part, document, at)
            case "oneOf" | "anyOf":
                fits = [part for part in wanted if not misfits(value, part, document)]
                if not fits or (keyword == "oneOf" and len(fits) > 1):
                    yield f"{at}: {value!r} fits {len(fits)} of {len(wanted)}"
            case "properties" | "required" | "additionalProperties" | "items":
                pass  # they speak of another kind of value
            case _ if keyword in _SAYS_NOTHING:
                pass
            case _:
                yield from _bound(value, keyword, wanted, at)


def _bound(value: Any, keyword: str, wanted: Any, at: str) -> Iterator[str]:
    holds = {
        "minimum": lambda: value >= wanted,
        "maximum": lambda: value <= wanted,
        "minLength": lambda: len(value) >= wanted,
        "maxLength": lambda: len(value) <= wanted,
        "minItems": lambda: len(value) >= wanted,
        "maxItems": lambda: len(value) <= wanted,
        "pattern": lambda: re.search(wanted, value) is not None,
    }
    if not holds[keyword]():
        yield f"{at}: {value!r} breaks {keyword} {wanted!r}"


def _is_a(value: Any, kind: str) -> bool:
    if isinstance(value, bool):
        return kind == "boolean"
    if kind == "integer" and isinstance(value, float):
        return value.is_integer()
    return isinstance(value, _TYPES[kind])
