"""The tables beside a numbered view, and the SQL that reads them.

`…_bits` holds for each term, a value of an index, the numbers of the rows that have it, a row a
segment of 65,536. `…_blocks` holds for each order the numbers of all rows in that order, about a
thousand a row: each block begins at (`low`, `low_row`); one without `low` is free.
"""

from collections.abc import Sequence
from functools import cached_property, lru_cache
from typing import Any

import sqlalchemy as sa
from sqlalchemy.schema import CreateIndex, CreateTable

from adapters.sql import Sql, compiled, ddl
from event_store.store import Dialect, RowStatement


class NumberedTables:
    """The tables beside one generation of a numbered view."""

    def __init__(self, table: sa.Table, dialect: Dialect) -> None:
        """`table` is the view's own."""
        text = sa.Text(collation="C") if dialect == "postgresql" else sa.Text()
        self._table = table
        self._dialect = dialect
        self.bits = sa.Table(
            f"{table.name}_bits",
            sa.MetaData(),
            sa.Column("name", text, primary_key=True),
            sa.Column("value", text, primary_key=True),
            sa.Column("segment", sa.BigInteger, primary_key=True, autoincrement=False),
            sa.Column("rows", sa.LargeBinary, nullable=False),
            sqlite_with_rowid=False,
        )
        self.blocks = sa.Table(
            f"{table.name}_blocks",
            sa.MetaData(),
            sa.Column("name", text, primary_key=True),
            sa.Column("number", sa.BigInteger, primary_key=True, autoincrement=False),
            sa.Column("low", text),
            sa.Column("low_row", sa.BigInteger),
            sa.Column("rows", sa.LargeBinary, nullable=False),
        )
        self.names = (self.bits.name, self.blocks.name)
        self.put_bits = RowStatement(
            f"INSERT INTO {self.bits.name} (name, value, segment, rows)",
            4,
            "ON CONFLICT (name, value, segment) DO UPDATE SET rows = excluded.rows",
        )
        self.put_block = RowStatement(
            f"INSERT INTO {self.blocks.name} (name, number, low, low_row, rows)",
            5,
            "ON CONFLICT (name, number) DO UPDATE"
            " SET low = excluded.low, low_row = excluded.low_row, rows = excluded.rows",
        )
        self.some_bits = lru_cache(maxsize=32)(self._some_bits)
        self.valued = lru_cache(maxsize=32)(self._valued)
        self.between = lru_cache(maxsize=8)(self._between)
        self.in_order = lru_cache(maxsize=32)(self._in_order)
        self.block_rows = lru_cache(maxsize=4)(self._block_rows)
        self.numbers = lru_cache(maxsize=32)(self._numbers)
        self.documents = lru_cache(maxsize=32)(self._documents)
        self.values = lru_cache(maxsize=32)(self._values)

    @cached_property
    def statements(self) -> tuple[str, ...]:
        """What creates them."""
        low = sa.Index(f"{self.blocks.name}_low", *self._place)
        result = [
            ddl(self._dialect, CreateTable(self.bits)),
            ddl(self._dialect, CreateTable(self.blocks)),
            ddl(self._dialect, CreateIndex(low)),
        ]
        if self._dialect == "postgresql":  # bitmaps that compression would only slow down
            result += [
                f"ALTER TABLE {name} ALTER COLUMN rows SET STORAGE EXTERNAL" for name in self.names
            ]
        return tuple(result)

    @property
    def _place(self) -> tuple[sa.Column[Any], ...]:
        columns = self.blocks.c
        return columns.name, columns.low, columns.low_row

    # --- bits -------------------------------------------------------------------------------

    def _some_bits(self, count: int) -> Sql:
        """`name, value, segment, rows` of the segments `n0, v0, s0, n1, …`."""
        mark = "?" if self._dialect == "sqlite" else "%s"
        places = ",".join([f"({mark},{mark},{mark})"] * count)
        text = (
            f"WITH place (n, v, s) AS (VALUES {places})"
            f" SELECT name, value, segment, rows FROM place CROSS JOIN {self.bits.name}"
            " WHERE name = n AND value = v AND segment = s"
        )
        names = tuple(f"{part}{number}" for number in range(count) for part in "nvs")
        return Sql(text, names, {})

    def _valued(self, count: int) -> Sql:
        """`segment, rows` of the terms of index `name` with `count` values `v0, …`."""
        columns = self.bits.c
        marks: list[sa.BindParameter[Any]] = [sa.bindparam(f"v{number}") for number in range(count)]
        return compiled(
            self._dialect,
            sa.select(columns.segment, columns.rows).where(
                columns.name == sa.bindparam("name"), columns.value.in_(marks)
            ),
        )

    def _between(self, *, ends: bool) -> Sql:
        """`segment, rows` of the terms of index `name` from `low` to before `high`, if it ends."""
        columns = self.bits.c
        where = [columns.name == sa.bindparam("name"), columns.value >= sa.bindparam("low")]
        if ends:
            where.append(columns.value < sa.bindparam("high"))
        return compiled(self._dialect, sa.select(columns.segment, columns.rows).where(*where))

    # --- blocks -----------------------------------------------------------------------------

    @cached_property
    def directory(self) -> Sql:
        """`number, low, low_row` of the blocks of order `name`."""
        columns = self.blocks.c
        return compiled(
            self._dialect,
            sa.select(columns.number, columns.low, columns.low_row).where(
                columns.name == sa.bindparam("name")
            ),
        )

    def _block_rows(self, *, descending: bool) -> Sql:
        """`low, low_row, rows` of `limit` blocks of order `name` behind (`at`, `at_row`)."""
        columns = self.blocks.c
        place, at = (
            sa.tuple_(columns.low, columns.low_row),
            sa.tuple_(sa.bindparam("at"), sa.bindparam("at_row")),
        )
        order = [columns.low, columns.low_row]
        return compiled(
            self._dialect,
            sa.select(columns.low, columns.low_row, columns.rows)
            .where(columns.name == sa.bindparam("name"), place < at if descending else place > at)
            .order_by(*([column.desc() for column in order] if descending else order))
            .limit(sa.bindparam("limit")),
        )

    # --- the view's own table ---------------------------------------------------------------

    def _in_order(self, name: str, *, ends: bool, limited: bool = False) -> Sql:
        """`value, row` in an order, from (`low`, `low_row`) to before (`high`, `high_row`)."""
        column, row = self._table.c[name], self._table.c.row
        place = sa.tuple_(column, row)
        where = [place >= sa.tuple_(sa.bindparam("low"), sa.bindparam("low_row"))]
        if ends:
            where.append(place < sa.tuple_(sa.bindparam("high"), sa.bindparam("high_row")))
        statement = sa.select(column, row).where(*where).order_by(column, row)
        return compiled(
            self._dialect, statement.limit(sa.bindparam("limit")) if limited else statement
        )

    def _numbers(self, count: int) -> Sql:
        """`key, row` of rows with the keys `v0, …`."""
        columns = self._table.c
        return self._among(columns.key, columns.key, columns.row, count=count)

    def _documents(self, count: int) -> Sql:
        """`row, key, document` of the rows `v0, …`."""
        columns = self._table.c
        return self._among(columns.row, columns.row, columns.key, columns.document, count=count)

    def _values(self, name: str, count: int) -> Sql:
        """`value, row` of an order, for the rows `v0, …`."""
        columns = self._table.c
        return self._among(columns.row, columns[name], columns.row, count=count)

    def _among(self, column: sa.Column[Any], *wanted: sa.Column[Any], count: int) -> Sql:
        marks: list[sa.BindParameter[Any]] = [sa.bindparam(f"v{number}") for number in range(count)]
        return compiled(self._dialect, sa.select(*wanted).where(column.in_(marks)))

    @cached_property
    def last(self) -> Sql:
        """The greatest number of a row."""
        return compiled(self._dialect, sa.select(sa.func.max(self._table.c.row)))


def padded(values: Sequence[Any]) -> tuple[Any, ...]:
    """Values made as many as the next power of two, so that few shapes of SQL are compiled."""
    return (*values, *[values[-1]] * ((1 << (len(values) - 1).bit_length()) - len(values)))
