"""The catalogue of views: which generation of each is in use, how far it is, what stopped it."""

from enum import StrEnum
from typing import Any, NamedTuple

import sqlalchemy as sa
from sqlalchemy.schema import CreateTable, DropTable

from adapters.sql import Sql, compiled, ddl
from adapters.view_table import ViewTable
from event_store.store import Cursor, Dialect, ReadRows


class Status(StrEnum):
    """How a generation of a view stands."""

    BUILDING = "building"  # a rebuild fills it; nobody reads it yet
    ACTIVE = "active"
    RETIRED = "retired"  # another has taken over; nobody reads it any more
    POISONED = "poisoned"  # in use, but an event it cannot fold keeps it from following the log


class Generation(NamedTuple):
    """One generation of a view.

    `version` is that of the projection which filled it, `position` how far of the log it holds
    (followed views; for inline views: where it took over), `tables` what belongs to it,
    `error` and `error_position` say what stopped it.
    """

    name: str
    generation: int
    version: int
    status: Status
    position: int
    tables: tuple[str, ...]
    error: str | None
    error_position: int | None

    @property
    def in_use(self) -> bool:
        """Whether readers see this generation."""
        return self.status in {Status.ACTIVE, Status.POISONED}


class Poison(NamedTuple):
    """An event that a view cannot fold: why, and where it lies."""

    error: str
    position: int


_catalog = sa.Table(
    "view_catalog",
    sa.MetaData(),
    sa.Column("name", sa.Text, primary_key=True),
    sa.Column("generation", sa.BigInteger, primary_key=True, autoincrement=False),
    sa.Column("version", sa.BigInteger, nullable=False),
    sa.Column("status", sa.Text, nullable=False),
    sa.Column("position", sa.BigInteger, nullable=False),
    sa.Column("tables", sa.Text, nullable=False),  # names between spaces, in the order to drop
    sa.Column("error", sa.Text),
    sa.Column("error_position", sa.BigInteger),
)
_epoch = sa.Table("view_epoch", sa.MetaData(), sa.Column("epoch", sa.BigInteger))
_one = (_catalog.c.name == sa.bindparam("of"), _catalog.c.generation == sa.bindparam("number"))


class Catalog:
    """The catalogue's statements in one database's SQL; all but `listing` run under the lock."""

    def __init__(self, dialect: Dialect) -> None:
        """Compile them."""
        self._dialect = dialect
        self._create = ddl(dialect, CreateTable(_catalog, if_not_exists=True))
        # One statement, so that the epoch and the generations are of one moment.
        self.listing = compiled(
            dialect,
            sa.select(_epoch.c.epoch, _catalog)
            .select_from(_epoch.outerjoin(_catalog, sa.true()))
            .order_by(_catalog.c.name, _catalog.c.generation),
        )
        self._add = compiled(
            dialect,
            _catalog.insert().values({c.name: sa.bindparam(c.name) for c in _catalog.columns}),
        )
        self._remove = compiled(dialect, _catalog.delete().where(*_one))
        self._position = self._update("position")
        self._retired = self._update("status", "tables")
        self._status = self._update("status", "error", "error_position")
        self._raise = compiled(dialect, _epoch.update().values(epoch=_epoch.c.epoch + 1))

    def _update(self, *columns: str) -> Sql:
        values: dict[str, Any] = {name: sa.bindparam(f"new_{name}") for name in columns}
        return compiled(self._dialect, _catalog.update().where(*_one).values(values))

    def create(self, cursor: Cursor) -> None:
        """Make the catalogue if it is not there."""
        cursor.execute(self._create)

    def read(self, cursor: Cursor) -> tuple[int, list[Generation]]:
        """The epoch and every generation, inside a transaction."""
        cursor.execute(self.listing.text, self.listing.bind())
        return read_listing(cursor.fetchall())

    def add(self, cursor: Cursor, table: ViewTable, status: Status, position: int) -> None:
        """Create a generation's tables and enter it."""
        for statement in table.statements:
            cursor.execute(statement)
        self._run(
            cursor,
            self._add,
            name=table.projection.name,
            generation=table.generation,
            version=table.projection.version,
            status=status,
            position=position,
            tables=" ".join(table.tables),
            error=None,
            error_position=None,
        )

    def drop(self, cursor: Cursor, one: Generation) -> None:
        """Remove a generation and its tables."""
        for table in one.tables:
            drop = DropTable(sa.Table(table, sa.MetaData()), if_exists=True)
            cursor.execute(ddl(self._dialect, drop))
        self._run(cursor, self._remove, of=one.name, number=one.generation)

    def retire(self, cursor: Cursor, one: Generation) -> None:
        """Take a generation out of use at once, however large: `view_sweep` removes it later.

        Whoever still reads its table by name fails, and so learns that there is a newer one.
        """
        table, *others = one.tables
        cursor.execute(f"ALTER TABLE {table} RENAME TO old_{table}")
        self._run(
            cursor,
            self._retired,
            of=one.name,
            number=one.generation,
            new_status=Status.RETIRED,
            new_tables=" ".join([f"old_{table}", *others]),
        )

    def advance(self, cursor: Cursor, one: Generation, position: int) -> None:
        """Note how far a generation is."""
        self._run(cursor, self._position, of=one.name, number=one.generation, new_position=position)

    def set_status(
        self, cursor: Cursor, one: Generation, status: Status, poison: Poison | None = None
    ) -> None:
        """Note how a generation stands, and what stopped it."""
        error, position = poison or (None, None)
        self._run(
            cursor,
            self._status,
            of=one.name,
            number=one.generation,
            new_status=status,
            new_error=error,
            new_error_position=position,
        )

    def raise_epoch(self, cursor: Cursor) -> None:
        """Make every process look at the catalogue again before it appends."""
        self._run(cursor, self._raise)

    @staticmethod
    def _run(cursor: Cursor, sql: Sql, **values: object) -> None:
        cursor.execute(sql.text, sql.bind(**values))


def read_listing(rows: ReadRows) -> tuple[int, list[Generation]]:
    """The epoch and the generations in the rows of `Catalog.listing`."""
    generations = []
    for _, name, generation, version, status, position, tables, error, at in rows:
        if name is not None:  # an empty catalogue is one row with the epoch alone
            names = tuple(tables.split())
            generations.append(
                Generation(name, generation, version, Status(status), position, names, error, at)
            )
    return rows[0][0], generations
