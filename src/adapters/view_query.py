"""The query port of views: conditions on declared indexes, an order, a cursor, a limit."""

import base64
import binascii
import sys
from collections.abc import Sequence
from typing import Any, NamedTuple

import msgspec

from adapters.view_sql import count_sql, find_sql
from adapters.view_table import ViewTable, indexed_text, scalar, words_of
from projections.kernel import IndexKind

Scalar = str | int | None
_INTEGERS = range(-(2**63), 2**63)
_SURROGATES = range(0xD800, 0xE000)


class Eq(NamedTuple):
    """The index equals `value` (None: it is empty); of many values, one does."""

    name: str
    value: Scalar


class In(NamedTuple):
    """The index equals one of `values`; of many values, one does."""

    name: str
    values: Sequence[str | int]


class Prefix(NamedTuple):
    """The text begins with `prefix`, compared by code point."""

    name: str
    prefix: str


class Range(NamedTuple):
    """The index lies within the given bounds; an empty one never does."""

    name: str
    ge: str | int | None = None
    gt: str | int | None = None
    le: str | int | None = None
    lt: str | int | None = None


class Text(NamedTuple):
    """Each word of `text` begins a word of the indexed prose; no words match nothing."""

    name: str
    text: str


Condition = Eq | In | Prefix | Range | Text


class BadCursor(ValueError):
    """A cursor that this query did not give out."""


class Query(NamedTuple):
    """A query ready to run: its SQL and its parameters."""

    text: str
    parameters: tuple[Any, ...]


class _Part(NamedTuple):
    """A condition split into its shape, which is compiled once, and its values."""

    shape: tuple[Any, ...]
    values: tuple[Any, ...]


def query(
    table: ViewTable,
    where: Sequence[Condition],
    order: Sequence[str],
    after: str | None,
    limit: int,
    *,
    skip: int = 0,
) -> Query:
    """The query for `limit` rows (key, document) of a view, after a cursor's row and `skip` more.

    `order` names text and integer indexes, `-name` for descending; an empty value is smallest,
    ties are broken by key in the direction of the last name. Raises ValueError for an index that
    is not declared or a condition it does not take, BadCursor for a cursor of another order.
    """
    if table.numbered is not None:
        raise ValueError(f"view {table.projection.name!r} has numbers: it is read by pages")
    for name in order:
        kind_of(table, name.removeprefix("-"), IndexKind.TEXT, IndexKind.INTEGER)
    parts = [_part(table, condition) for condition in where]
    if after is not None:
        parts.append(_after(table, order, after))
    sql, names = find_sql(table, tuple(part.shape for part in parts), tuple(order), skips=skip > 0)
    bound: dict[str, Any] = {"limit": limit, "skip": skip} if skip else {"limit": limit}
    return Query(sql.text, sql.bind(**bound, **_bound(names, parts)))


def count(table: ViewTable, where: Sequence[Condition]) -> Query:
    """The query for the number of rows that meet every condition. Raises as `query`."""
    if table.numbered is not None:
        raise ValueError(f"view {table.projection.name!r} has numbers: it is read by pages")
    parts = [_part(table, condition) for condition in where]
    sql, names = count_sql(table, tuple(part.shape for part in parts))
    return Query(sql.text, sql.bind(**_bound(names, parts)))


def _bound(names: Sequence[str], parts: Sequence[_Part]) -> dict[str, Any]:
    values = [value for part in parts for value in part.values]
    return dict(zip(names, values, strict=True))


def cursor_of(table: ViewTable, order: Sequence[str], key: str, view: Any) -> str:
    """The cursor that continues after this row: opaque to clients."""
    values = [scalar(table.projection, name.removeprefix("-"), view) for name in order]
    plain = msgspec.json.encode([list(order), values, key])
    return base64.urlsafe_b64encode(plain).rstrip(b"=").decode()


# --- values -----------------------------------------------------------------------------------


def kind_of(table: ViewTable, name: str, *allowed: IndexKind) -> IndexKind:
    """The kind of a declared index. Raises ValueError unless it is one of those allowed."""
    index = table.projection.indexes.get(name)
    if index is None or index.kind not in allowed:
        kinds = " or ".join(allowed)
        raise ValueError(f"view {table.projection.name!r} has no {kinds} index {name!r}")
    return index.kind


def _part(table: ViewTable, condition: Condition) -> _Part:
    name = condition.name
    scalars = (IndexKind.TEXT, IndexKind.INTEGER)
    match condition:
        case Eq(value=None):
            kind_of(table, name, *scalars)
            return _Part(("empty", name), ())
        case Eq(value=value):
            kind = kind_of(table, name, *scalars, IndexKind.MANY)
            return _Part(("in", name, 1), (value_of(table, kind, value),))
        case In(values=values):
            kind = kind_of(table, name, *scalars, IndexKind.MANY)
            distinct = tuple(dict.fromkeys(value_of(table, kind, value) for value in values))
            return _Part(("in", name, len(distinct)), distinct)
        case Prefix(prefix=prefix):
            kind = kind_of(table, name, IndexKind.TEXT)
            low = str(value_of(table, kind, prefix))
            return _range(name, [("ge", low), ("lt", beyond(low))])
        case Range():
            kind = kind_of(table, name, *scalars)
            bounds: list[tuple[str, Any]] = [
                (mark, getattr(condition, mark)) for mark in ("ge", "gt", "le", "lt")
            ]
            return _range(
                name,
                [(mark, None if at is None else value_of(table, kind, at)) for mark, at in bounds],
            )
        case Text(text=text):
            kind_of(table, name, IndexKind.WORDS)
            words = words_of(text)
            if not words:
                return _Part(("nothing",), ())
            if table.dialect == "sqlite":
                return _Part(("words", name), (" ".join(f'"{word}"*' for word in words),))
            return _Part(("words", name), (" & ".join(f"'{word}':*" for word in words),))


def _range(name: str, bounds: Sequence[tuple[str, Any]]) -> _Part:
    given = [(mark, value) for mark, value in bounds if value is not None]
    return _Part(("range", name, *(mark for mark, _ in given)), tuple(value for _, value in given))


def value_of(table: ViewTable, kind: IndexKind, value: Any) -> str | int:
    """A value as an index of this kind holds it. Raises ValueError if it cannot."""
    if kind is not IndexKind.INTEGER and isinstance(value, str):
        return indexed_text(value)
    if kind is IndexKind.INTEGER and isinstance(value, int) and value in _INTEGERS:
        return int(value)
    raise ValueError(f"view {table.projection.name!r}: {value!r} is no value of this index")


def beyond(prefix: str) -> str | None:
    """The smallest text greater than every text with this prefix, None if there is none."""
    while prefix:
        code = ord(prefix[-1])
        prefix = prefix[:-1]
        if code < sys.maxunicode:
            after = code + 1 if code + 1 not in _SURROGATES else _SURROGATES.stop
            return prefix + chr(after)
    return None


def _after(table: ViewTable, order: Sequence[str], cursor: str) -> _Part:
    """The rows behind a cursor's row."""
    try:
        plain = base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4))
        names, values, key = msgspec.json.decode(
            plain, type=tuple[list[str], list[str | int | None], str]
        )
    except (binascii.Error, ValueError, msgspec.MsgspecError) as error:
        raise BadCursor("not a cursor") from error
    if names != list(order) or len(values) != len(order):
        raise BadCursor("the cursor belongs to another order")
    for name, value in zip(order, values, strict=True):
        if value is not None:
            plain_name = name.removeprefix("-")
            try:
                value_of(table, table.projection.indexes[plain_name].kind, value)
            except ValueError as error:
                raise BadCursor("not a cursor") from error
    if "\0" in key or any(isinstance(value, str) and "\0" in value for value in values):
        raise BadCursor("not a cursor")
    present = tuple(value is not None for value in values)
    return _Part(("after", *present), (*(value for value in values if value is not None), key))
