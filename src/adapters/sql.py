"""SQLAlchemy Core as a compiler: each statement becomes text and parameter order, and runs raw."""

from collections.abc import Mapping
from functools import cache
from typing import Any, NamedTuple

from sqlalchemy import ClauseElement
from sqlalchemy.dialects.postgresql.base import PGDialect
from sqlalchemy.dialects.sqlite.base import SQLiteDialect
from sqlalchemy.engine import Dialect as CoreDialect
from sqlalchemy.schema import ExecutableDDLElement

from event_store.store import Dialect


class Sql(NamedTuple):
    """A statement in one database's SQL.

    `names` are its parameters in the order of their marks, `constants` those with a fixed value.
    """

    text: str
    names: tuple[str, ...]
    constants: Mapping[str, Any]

    def bind(self, **values: Any) -> tuple[Any, ...]:
        """The parameters in the order of their marks."""
        given = {**self.constants, **values}
        return tuple(given[name] for name in self.names)


@cache
def core_dialect(dialect: Dialect) -> CoreDialect:
    """SQLAlchemy's dialect with the parameter marks of our drivers."""
    if dialect == "sqlite":
        return SQLiteDialect(paramstyle="qmark")
    return PGDialect(paramstyle="format")  # type: ignore[no-untyped-call]


def compiled(dialect: Dialect, statement: ClauseElement) -> Sql:
    """A statement in this database's SQL."""
    result: Any = statement.compile(dialect=core_dialect(dialect))
    return Sql(str(result), tuple(result.positiontup or ()), result.params)


def ddl(dialect: Dialect, element: ExecutableDDLElement) -> str:
    """The text of a `CREATE …` or `DROP …`."""
    return str(element.compile(dialect=core_dialect(dialect))).strip()
