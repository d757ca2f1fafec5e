"""Leases: at most one process does a job, and a late one can be told from its successor.

Time is the database's own, so all processes of all machines read one clock. A clock that jumps can
only end a lease early; the fencing token, which grows with every change of hands, then keeps
whoever held it before from writing.
"""

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.schema import CreateTable

from adapters.sql import Sql, compiled, ddl
from event_store.store import Cursor, Dialect, Store

_leases = sa.Table(
    "leases",
    sa.MetaData(),
    sa.Column("name", sa.Text, primary_key=True),
    sa.Column("owner", sa.Text, nullable=False),
    sa.Column("token", sa.BigInteger, nullable=False),
    sa.Column("expires_at", sa.Double, nullable=False),  # seconds since 1970
)
_named = _leases.c.name == sa.bindparam("of")
_held = sa.and_(_named, _leases.c.token == sa.bindparam("held"))


class Leases:
    """The leases in one store, which must be this thread's own: they are taken by `exclusive`."""

    def __init__(self, store: Store) -> None:
        """Compile the statements; `migrate` makes the table."""
        self._store = store
        dialect = store.dialect
        now = _now(dialect)
        until = now + sa.bindparam("seconds")
        self._create = ddl(dialect, CreateTable(_leases, if_not_exists=True))
        self._taken = compiled(
            dialect,
            sa.select(_leases.c.token).where(
                _named, _leases.c.owner != sa.bindparam("by"), _leases.c.expires_at > now
            ),
        )
        insert = (sqlite if dialect == "sqlite" else postgresql).insert(_leases)
        new = insert.excluded
        self._acquire = compiled(
            dialect,
            insert.values(
                name=sa.bindparam("of"), owner=sa.bindparam("by"), token=1, expires_at=until
            )
            .on_conflict_do_update(
                index_elements=["name"],
                set_={
                    "owner": new.owner,
                    "token": _leases.c.token + 1,
                    "expires_at": new.expires_at,
                },
                where=sa.or_(_leases.c.expires_at <= now, _leases.c.owner == new.owner),
            )
            .returning(_leases.c.token),
        )
        renewal = _leases.update().where(_held).values(expires_at=until)
        self._renew = compiled(dialect, renewal.returning(_leases.c.token))
        self._release = compiled(dialect, _leases.update().where(_held).values(expires_at=0.0))

    def migrate(self) -> None:
        """Make the table if it is not there."""
        self._store.exclusive(lambda cursor: cursor.execute(self._create))

    def acquire(self, name: str, owner: str, ttl: float) -> int | None:
        """Take a lease for `ttl` seconds: its fencing token, or None while another owner has it."""
        if self._store.read(self._taken.text, self._taken.bind(of=name, by=owner)):
            return None  # without taking the append lock
        return self._store.exclusive(
            lambda cursor: _first(cursor, self._acquire, of=name, by=owner, seconds=ttl)
        )

    def held(self, name: str) -> bool:
        """Whether anybody has a lease."""
        return bool(self._store.read(self._taken.text, self._taken.bind(of=name, by="")))

    def renew(self, name: str, token: int, ttl: float) -> bool:
        """Hold the lease for `ttl` seconds from now; False if somebody else took it."""
        return self._store.exclusive(lambda cursor: self.confirm(cursor, name, token, ttl))

    def confirm(self, cursor: Cursor, name: str, token: int, ttl: float) -> bool:
        """The same inside a transaction, whose writes are then safe: False means write nothing."""
        return _first(cursor, self._renew, of=name, held=token, seconds=ttl) is not None

    def release(self, name: str, token: int) -> None:
        """Let others take the lease at once."""
        sql = self._release
        self._store.exclusive(
            lambda cursor: cursor.execute(sql.text, sql.bind(of=name, held=token))
        )


def _first(cursor: Cursor, sql: Sql, **values: object) -> int | None:
    cursor.execute(sql.text, sql.bind(**values))
    row = cursor.fetchone()
    return None if row is None else int(row[0])


def _now(dialect: Dialect) -> sa.ColumnElement[float]:
    """Seconds since 1970 by the database's clock, at this statement."""
    if dialect == "sqlite":
        return sa.literal_column("((julianday('now') - 2440587.5) * 86400.0)", sa.Double)
    return sa.literal_column("extract(epoch FROM statement_timestamp())::float8", sa.Double)
