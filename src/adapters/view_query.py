"""The query port of views: conditions on declared indexes, an order, a cursor, a limit."""

import base64
import binascii
import operator
import sys
from collections.abc import Callable, Iterator, Sequence
from functools import lru_cache
from typing import Any, NamedTuple

import msgspec
import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import ARRAY, TSQUERY, array

from adapters.sql import Sql, compiled
from adapters.view_table import ViewTable, indexed_text, many, scalar, vector, words_of
from event_store.store import Store
from projections.kernel import IndexKind

Scalar = str | int | None
_KEYS_A_QUERY = 500
_SURROGATES = range(0xD800, 0xE000)
_COMPARE: dict[str, Callable[[Any, Any], sa.ColumnElement[bool]]] = {
    "ge": operator.ge,
    "gt": operator.gt,
    "le": operator.le,
    "lt": operator.lt,
}


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
) -> Query:
    """The query for `limit` rows (key, document) of a view, after a cursor's row.

    `order` names text and integer indexes, `-name` for descending; an empty value is smallest,
    ties are broken by key in the direction of the last name. Raises ValueError for an index that
    is not declared or a condition it does not take, BadCursor for a cursor of another order.
    """
    for name in order:
        _kind(table, name.removeprefix("-"), IndexKind.TEXT, IndexKind.INTEGER)
    parts = [_part(table, condition) for condition in where]
    if after is not None:
        parts.append(_after(table, order, after))
    sql, names = _compiled(table, tuple(part.shape for part in parts), tuple(order))
    values = [value for part in parts for value in part.values]
    return Query(sql.text, sql.bind(limit=limit, **dict(zip(names, values, strict=True))))


def cursor_of(table: ViewTable, order: Sequence[str], key: str, view: Any) -> str:
    """The cursor that continues after this row: opaque to clients."""
    values = [scalar(table.projection, name.removeprefix("-"), view) for name in order]
    plain = msgspec.json.encode([list(order), values, key])
    return base64.urlsafe_b64encode(plain).rstrip(b"=").decode()


def read_rows(store: Store, table: ViewTable, keys: Sequence[str]) -> dict[str, bytes]:
    """The documents of the rows with these keys, without those that are not there."""
    found: dict[str, bytes] = {}
    for start in range(0, len(keys), _KEYS_A_QUERY):
        part = keys[start : start + _KEYS_A_QUERY]
        sql = _keys(table, 1 << (len(part) - 1).bit_length())
        padding = [part[-1]] * (len(sql.names) - len(part))  # few shapes, each compiled once
        found.update(store.read(sql.text, [*part, *padding]))
    return found


# --- values -----------------------------------------------------------------------------------


def _kind(table: ViewTable, name: str, *allowed: IndexKind) -> IndexKind:
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
            _kind(table, name, *scalars)
            return _Part(("empty", name), ())
        case Eq(value=value):
            kind = _kind(table, name, *scalars, IndexKind.MANY)
            return _Part(("in", name, 1), (_value(table, kind, value),))
        case In(values=values):
            kind = _kind(table, name, *scalars, IndexKind.MANY)
            distinct = tuple(dict.fromkeys(_value(table, kind, value) for value in values))
            return _Part(("in", name, len(distinct)), distinct)
        case Prefix(prefix=prefix):
            kind = _kind(table, name, IndexKind.TEXT)
            low = str(_value(table, kind, prefix))
            return _range(name, [("ge", low), ("lt", _beyond(low))])
        case Range():
            kind = _kind(table, name, *scalars)
            bounds: list[tuple[str, Any]] = [(mark, getattr(condition, mark)) for mark in _COMPARE]
            return _range(
                name,
                [(mark, None if at is None else _value(table, kind, at)) for mark, at in bounds],
            )
        case Text(text=text):
            _kind(table, name, IndexKind.WORDS)
            words = words_of(text)
            if not words:
                return _Part(("nothing",), ())
            if table.dialect == "sqlite":
                return _Part(("words", name), (" ".join(f'"{word}"*' for word in words),))
            return _Part(("words", name), (" & ".join(f"'{word}':*" for word in words),))


def _range(name: str, bounds: Sequence[tuple[str, Any]]) -> _Part:
    given = [(mark, value) for mark, value in bounds if value is not None]
    return _Part(("range", name, *(mark for mark, _ in given)), tuple(value for _, value in given))


def _value(table: ViewTable, kind: IndexKind, value: Any) -> str | int:
    if kind is not IndexKind.INTEGER and isinstance(value, str):
        return indexed_text(value)
    if kind is IndexKind.INTEGER and isinstance(value, int) and value.bit_length() < 64:
        return int(value)
    raise ValueError(f"view {table.projection.name!r}: {value!r} is no value of this index")


def _beyond(prefix: str) -> str | None:
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
                _value(table, table.projection.indexes[plain_name].kind, value)
            except ValueError as error:
                raise BadCursor("not a cursor") from error
    if "\0" in key or any(isinstance(value, str) and "\0" in value for value in values):
        raise BadCursor("not a cursor")
    present = tuple(value is not None for value in values)
    return _Part(("after", *present), (*(value for value in values if value is not None), key))


# --- SQL ----------------------------------------------------------------------------------------


@lru_cache(maxsize=1024)
def _keys(table: ViewTable, count: int) -> Sql:
    columns = table.table.c
    marks: list[sa.BindParameter[Any]] = [sa.bindparam(f"k{number}") for number in range(count)]
    return compiled(
        table.dialect,
        sa.select(columns.key, columns.document).where(
            columns.key.in_(marks), columns.document.is_not(None)
        ),
    )


@lru_cache(maxsize=1024)
def _compiled(
    table: ViewTable, shapes: tuple[tuple[Any, ...], ...], order: tuple[str, ...]
) -> tuple[Sql, tuple[str, ...]]:
    """The SQL of a query's shape, and the names of its values in the order of `_Part.values`."""
    columns = table.table.c
    names: list[str] = []

    def mark() -> sa.BindParameter[Any]:
        names.append(f"p{len(names)}")
        return sa.bindparam(names[-1])

    clauses: list[sa.ColumnElement[bool]] = [columns.document.is_not(None)]
    for shape in shapes:
        clauses += _clauses(table, shape, order, mark)
    statement = (
        sa.select(columns.key, columns.document)
        .where(*clauses)
        .order_by(*_ordering(table, order))
        .limit(sa.bindparam("limit"))
    )
    return compiled(table.dialect, statement), tuple(names)


def _ordering(table: ViewTable, order: tuple[str, ...]) -> Iterator[sa.ColumnElement[Any]]:
    columns = table.table.c
    for name in order:
        if name.startswith("-"):
            yield columns[name[1:]].desc().nulls_last()
        else:
            yield columns[name].asc().nulls_first()
    yield columns.key.desc() if _descends(order) else columns.key.asc()


def _descends(order: tuple[str, ...]) -> bool:
    return bool(order) and order[-1].startswith("-")


def _clauses(
    table: ViewTable,
    shape: tuple[Any, ...],
    order: tuple[str, ...],
    mark: Callable[[], sa.BindParameter[Any]],
) -> Iterator[sa.ColumnElement[bool]]:
    columns = table.table.c
    match shape:
        case ("nothing",):
            yield sa.false()
        case ("empty", name):
            yield columns[name].is_(None)
        case ("in", name, count):
            yield _one_of(table, name, [mark() for _ in range(count)])
        case ("range", name, *bounds):
            yield columns[name].is_not(None)
            for bound in bounds:
                yield _COMPARE[bound](columns[name], mark())
        case ("words", name):
            yield _words(table, name, mark())
        case ("after", *present):
            yield _behind(table, order, present, mark)
        case _:
            raise ValueError(shape)


def _one_of(
    table: ViewTable, name: str, marks: list[sa.BindParameter[Any]]
) -> sa.ColumnElement[bool]:
    column = table.table.c[name]
    if not marks:
        return sa.false()
    if table.projection.indexes[name].kind is not IndexKind.MANY:
        return column.in_(marks) if len(marks) > 1 else column == marks[0]
    if table.dialect == "postgresql":
        return many(column).op("?|", is_comparison=True)(sa.cast(array(marks), ARRAY(sa.Text)))
    side = sa.table(table.side(name), sa.column("value"), sa.column("row"))
    return table.table.c.row.in_(sa.select(side.c.row).where(side.c.value.in_(marks)))


def _words(table: ViewTable, name: str, mark: sa.BindParameter[Any]) -> sa.ColumnElement[bool]:
    if table.dialect == "postgresql":
        return vector(table.table.c[name]).op("@@", is_comparison=True)(sa.cast(mark, TSQUERY))
    side = table.side(name)
    fts = sa.table(side, sa.column("rowid"), sa.column(side))
    return table.table.c.row.in_(
        sa.select(fts.c.rowid).where(fts.c[side].op("MATCH", is_comparison=True)(mark))
    )


def _behind(
    table: ViewTable,
    order: tuple[str, ...],
    present: list[bool],
    mark: Callable[[], sa.BindParameter[Any]],
) -> sa.ColumnElement[bool]:
    """Rows whose (order…, key) lies behind the cursor's; an empty value is the smallest."""
    columns = table.table.c
    given = [mark() if there else None for there in present]
    key = mark()
    behind = columns.key < key if _descends(order) else columns.key > key
    first = columns[order[0]] if order and order[0][0] != "-" else None
    start = first >= given[0] if first is not None and given[0] is not None else sa.true()
    for name, value in reversed(list(zip(order, given, strict=True))):
        column = columns[name.removeprefix("-")]
        if name.startswith("-"):
            further = sa.false() if value is None else sa.or_(column < value, column.is_(None))
        else:
            further = column.is_not(None) if value is None else column > value
        same = column.is_(None) if value is None else column == value
        behind = sa.or_(further, sa.and_(same, behind))
    return sa.and_(start, behind)  # `start` says nothing new, but an index can use it
