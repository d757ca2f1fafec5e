"""The further names of a view's rows: a table `…_names` beside it, from name to key."""

from collections.abc import Sequence
from functools import cached_property, lru_cache

import sqlalchemy as sa
from sqlalchemy.schema import CreateTable

from adapters.sql import Sql, compiled, ddl
from event_store.store import Dialect, RowStatement


class NamesTable:
    """The names of one generation of a view. A name means one row for good."""

    def __init__(self, view_table: str, dialect: Dialect) -> None:
        """Beside the table `view_table`."""
        text = sa.Text(collation="C") if dialect == "postgresql" else sa.Text()
        self._dialect = dialect
        self.table = sa.Table(
            f"{view_table}_names",
            sa.MetaData(),
            sa.Column("name", text, primary_key=True),
            sa.Column("key", text, nullable=False),
            sqlite_with_rowid=False,
        )
        self.put = RowStatement(
            f"INSERT INTO {self.table.name} (name, key)", 2, "ON CONFLICT (name) DO NOTHING"
        )
        self.select = lru_cache(maxsize=32)(self._select)

    @cached_property
    def statements(self) -> Sequence[str]:
        """What creates it."""
        return (ddl(self._dialect, CreateTable(self.table)),)

    def _select(self, count: int) -> Sql:
        """`name, key` of `count` names."""
        columns = self.table.c
        marks: list[sa.BindParameter[str]] = [sa.bindparam(f"n{number}") for number in range(count)]
        return compiled(
            self._dialect, sa.select(columns.name, columns.key).where(columns.name.in_(marks))
        )
