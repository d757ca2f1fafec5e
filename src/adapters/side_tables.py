"""Tables beside the log: sessions, passwords, secrets, kept answers. Operational, never events."""

import secrets as randomness
from typing import Final

import sqlalchemy as sa
from sqlalchemy.schema import CreateIndex, CreateTable

from adapters.sql import compiled, ddl
from event_store.store import Cursor, Store

_metadata = sa.MetaData()

sessions = sa.Table(
    "sessions",
    _metadata,
    sa.Column("token_hash", sa.Text, primary_key=True),  # sha-256 of the cookie, in hexadecimal
    sa.Column("user_id", sa.Text, nullable=False),
    sa.Column("username", sa.Text, nullable=False),
    sa.Column("roles", sa.Text, nullable=False),  # separated by spaces
    sa.Column("began_at", sa.Text, nullable=False),
    sa.Column("expires_at", sa.Text, nullable=False),
    sa.Column("ended", sa.BigInteger, index=True),  # 1, 2, 3 … in the order of signing out
)

passwords = sa.Table(
    "passwords",
    _metadata,
    sa.Column("username", sa.Text, primary_key=True),  # as `domain.keys.folded` makes it
    sa.Column("user_id", sa.Text, nullable=False, unique=True),
    sa.Column("hash", sa.Text, nullable=False),  # argon2id in its own notation
)

secrets = sa.Table(
    "secrets",
    _metadata,
    sa.Column("name", sa.Text, primary_key=True),
    sa.Column("value", sa.Text, nullable=False),  # in hexadecimal
)

idempotency = sa.Table(
    "idempotency",
    _metadata,
    sa.Column("principal", sa.Text, primary_key=True),  # identity scheme:subject
    sa.Column("key", sa.Text, primary_key=True),
    sa.Column("fingerprint", sa.LargeBinary, nullable=False),  # sha-256 of all that was asked
    sa.Column("status", sa.Integer, nullable=False),
    sa.Column("headers", sa.LargeBinary, nullable=False),  # lines `name: value`
    sa.Column("body", sa.LargeBinary, nullable=False),
    sa.Column("stored_at", sa.Text, nullable=False, index=True),
)

CSRF_KEY: Final = "csrf"
"""The name of the secret that signs CSRF tokens, the same for all processes."""


def migrate(store: Store) -> None:
    """Create what is missing; safe to repeat and safe for several processes at once."""
    store.exclusive(lambda cursor: _create(store, cursor))


def _create(store: Store, cursor: Cursor) -> None:
    for table in _metadata.sorted_tables:
        cursor.execute(ddl(store.dialect, CreateTable(table, if_not_exists=True)))
        for index in sorted(table.indexes, key=str):
            cursor.execute(ddl(store.dialect, CreateIndex(index, if_not_exists=True)))
    known = compiled(store.dialect, sa.select(secrets.c.name))
    cursor.execute(known.text, known.bind())
    if (CSRF_KEY,) not in cursor.fetchall():
        new = compiled(store.dialect, secrets.insert().values(name=CSRF_KEY, value=""))
        cursor.execute(new.text, new.bind(name=CSRF_KEY, value=randomness.token_hex(32)))


def read_secret(store: Store, name: str) -> bytes:
    """A server secret. Raises LookupError before `migrate`."""
    query = compiled(
        store.dialect, sa.select(secrets.c.value).where(secrets.c.name == sa.bindparam("of"))
    )
    rows = store.read(query.text, query.bind(of=name))
    if not rows:
        raise LookupError(f"no secret {name!r}: run markbook migrate")
    return bytes.fromhex(rows[0][0])
