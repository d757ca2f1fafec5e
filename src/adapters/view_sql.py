"""The SQL that reads view tables, compiled once for each shape of a query."""

import operator
from collections.abc import Callable, Iterator, Sequence
from functools import lru_cache
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import ARRAY, TSQUERY, array

from adapters.sql import Sql, compiled
from adapters.view_table import ViewTable, many, vector
from event_store.store import Store
from projections.kernel import IndexKind

_KEYS_A_QUERY = 500
_COMPARE: dict[str, Callable[[Any, Any], sa.ColumnElement[bool]]] = {
    "ge": operator.ge,
    "gt": operator.gt,
    "le": operator.le,
    "lt": operator.lt,
}


def read_rows(store: Store, table: ViewTable, keys: Sequence[str]) -> dict[str, bytes]:
    """The documents of the rows with these keys, without those that are not there."""
    found: dict[str, bytes] = {}
    for start in range(0, len(keys), _KEYS_A_QUERY):
        part = keys[start : start + _KEYS_A_QUERY]
        sql = _keys(table, 1 << (len(part) - 1).bit_length())
        padding = [part[-1]] * (len(sql.names) - len(part))  # few shapes, each compiled once
        found.update(store.read(sql.text, [*part, *padding]))
    return found


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
def find_sql(
    table: ViewTable,
    shapes: tuple[tuple[Any, ...], ...],
    order: tuple[str, ...],
    *,
    skips: bool = False,
) -> tuple[Sql, tuple[str, ...]]:
    """The SQL of a query's shape, and the names of its values in the order of `_Part.values`."""
    columns = table.table.c
    clauses, names = _where(table, shapes, order)
    statement = (
        sa.select(columns.key, columns.document)
        .where(*clauses)
        .order_by(*_ordering(table, order))
        .limit(sa.bindparam("limit"))
    )
    if skips:
        statement = statement.offset(sa.bindparam("skip"))
    return compiled(table.dialect, statement), names


@lru_cache(maxsize=256)
def count_sql(table: ViewTable, shapes: tuple[tuple[Any, ...], ...]) -> tuple[Sql, tuple[str, ...]]:
    """The SQL that counts the rows of a query's shape, and the names of its values."""
    clauses, names = _where(table, shapes, ())
    counted = sa.select(sa.func.count()).select_from(table.table).where(*clauses)
    return compiled(table.dialect, counted), names


def _where(
    table: ViewTable, shapes: tuple[tuple[Any, ...], ...], order: tuple[str, ...]
) -> tuple[list[sa.ColumnElement[bool]], tuple[str, ...]]:
    names: list[str] = []

    def mark() -> sa.BindParameter[Any]:
        names.append(f"p{len(names)}")
        return sa.bindparam(names[-1])

    # the index columns of a removed row are empty: what asks for a value need not look at the row
    there = any(_wants_value(table, shape) for shape in shapes)
    clauses: list[sa.ColumnElement[bool]] = []
    if not there:
        clauses.append(table.table.c.document.is_not(None))
    for shape in shapes:
        clauses += _clauses(table, shape, order, mark)
    return clauses, tuple(names)


def _wants_value(table: ViewTable, shape: tuple[Any, ...]) -> bool:
    """Whether rows meet a condition only by a value of their own in a column."""
    if shape[0] == "range":
        return True
    if shape[0] != "in":
        return False
    return table.projection.indexes[shape[1]].kind is not IndexKind.MANY


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
