"""Hypothesis strategies for every registered event, made from its fields' types."""

import types
import typing
from collections.abc import Mapping
from decimal import Decimal
from enum import Enum
from typing import Any

import msgspec
from hypothesis import strategies as st

from domain.kernel import Event
from domain.registry import EVENTS

TEXT = st.text(st.characters(codec="utf-8"), max_size=12)
JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**70), 2**70)
    | st.floats(allow_nan=False, allow_infinity=False)
    | TEXT,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(TEXT, inner, max_size=4),
    max_leaves=8,
)


def values(annotation: Any) -> st.SearchStrategy[Any]:
    """Values of a field's type."""
    if typing.get_origin(annotation) is typing.Annotated:
        annotation = typing.get_args(annotation)[0]
    origin, arguments = typing.get_origin(annotation), typing.get_args(annotation)
    if origin in {typing.Union, types.UnionType}:
        if Any in arguments:
            return JSON
        return st.one_of(*map(values, arguments))
    if origin is tuple:
        return st.lists(values(arguments[0]), max_size=4).map(tuple)
    if origin is Mapping:
        return st.dictionaries(*map(values, arguments), max_size=4)
    if annotation is msgspec.Raw:
        return JSON.map(msgspec.json.encode).map(msgspec.Raw)
    if isinstance(annotation, type) and issubclass(annotation, Enum):
        return st.sampled_from(annotation)
    if isinstance(annotation, type) and issubclass(annotation, msgspec.Struct):
        return structs(annotation)
    plain: dict[Any, st.SearchStrategy[Any]] = {
        str: TEXT,
        int: st.integers(-(2**63), 2**63 - 1),
        float: st.floats(allow_nan=False, allow_infinity=False),
        bool: st.booleans(),
        Decimal: st.decimals(allow_nan=False, allow_infinity=False),
        type(None): st.none(),
        Any: JSON,
        msgspec.UnsetType: st.just(msgspec.UNSET),
    }
    return plain[annotation]


def structs(kind: type[Any]) -> st.SearchStrategy[Any]:
    """Values of a struct."""
    hints = typing.get_type_hints(kind, include_extras=True)
    return st.builds(kind, **{name: values(hints[name]) for name in kind.__struct_fields__})


def events() -> st.SearchStrategy[Event]:
    """Any registered event."""
    return st.one_of(*map(structs, EVENTS.values()))
