"""Arrays in PostgreSQL's binary format: a header, then each element after its length."""

import struct
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

Value = bytes | None

_NULL = struct.pack(">i", -1)
_BOOL, _BYTEA, _INT8, _TEXT, _FLOAT8 = 16, 17, 20, 25, 701  # the same in every PostgreSQL


class ColumnType(NamedTuple):
    """How a column's values travel: the cast that turns the array into them, and its encoder."""

    cast: str
    encode: Callable[[Sequence[Any]], bytes]


def column_type(name: str) -> ColumnType:
    """How values of the type that PostgreSQL calls `name` travel; unusual ones go as text."""
    return _TYPES.get(name) or ColumnType(f"text[]::{name}[]", texts)


def texts(items: Sequence[Any]) -> bytes:
    """A text[]; bytes are taken for UTF-8, what is no text at all is sent as its `str`."""
    return _array(
        _TEXT,
        [item if item is None or isinstance(item, bytes) else str(item).encode() for item in items],
    )


def blobs(items: Sequence[Any]) -> bytes:
    """A bytea[]; text is sent as its UTF-8."""
    return _array(_BYTEA, [item.encode() if isinstance(item, str) else item for item in items])


def integers(items: Sequence[Any]) -> bytes:
    """A bigint[]."""
    return _array(_INT8, [bigint(item) for item in items])


def floats(items: Sequence[Any]) -> bytes:
    """A double precision[]."""
    return _array(_FLOAT8, [None if item is None else struct.pack(">d", item) for item in items])


def booleans(items: Sequence[Any]) -> bytes:
    """A boolean[]."""
    return _array(_BOOL, [None if item is None else bytes([bool(item)]) for item in items])


def bigint(value: int | None) -> Value:
    """One bigint, not in an array."""
    return None if value is None else value.to_bytes(8, signed=True)


def _array(element: int, items: Sequence[Value]) -> bytes:
    if not items:
        return struct.pack(">3i", 0, 0, element)
    parts = [struct.pack(">5i", 1, None in items, element, len(items), 1)]
    for item in items:
        if item is None:
            parts.append(_NULL)
        else:
            parts += len(item).to_bytes(4), item
    return b"".join(parts)


_INTEGERS = ColumnType("bigint[]", integers)
_FLOATS = ColumnType("double precision[]", floats)
_TYPES = {
    "text": ColumnType("text[]", texts),
    "bytea": ColumnType("bytea[]", blobs),
    "bigint": _INTEGERS,
    "integer": _INTEGERS,
    "smallint": _INTEGERS,
    "double precision": _FLOATS,
    "real": _FLOATS,
    "boolean": ColumnType("boolean[]", booleans),
}
