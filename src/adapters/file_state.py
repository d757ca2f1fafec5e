"""What the file keeper remembers beside the log, and whose data folder this is."""

import secrets
from collections.abc import Mapping
from typing import Final

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.schema import CreateTable

from adapters.file_writing import Folder
from adapters.settings import BadSettings
from adapters.sql import compiled, ddl
from event_store.store import Cursor, Store

MARKER: Final = ".markbook-database"
"""The file that tells whose folder this is: the id of a database."""

POSITION: Final = "position"
"""How far all files and their folders are on disk: a position of the log."""

FLAGS: Final = "manifest_flags"
"""The published flags that were last read from or written to the manifest, as JSON."""

_DATABASE = "database"
_state = sa.Table(
    "file_state",
    sa.MetaData(),
    sa.Column("name", sa.Text, primary_key=True),
    sa.Column("value", sa.Text, nullable=False),
)


class ForeignFolder(BadSettings):
    """The data folder holds another database's files; the message tells the operator what to do."""


class FileState:
    """A few named values in a table of their own."""

    def __init__(self, store: Store) -> None:
        """Compile the statements; `migrate` makes the table."""
        self._store = store
        dialect = store.dialect
        insert = (sqlite if dialect == "sqlite" else postgresql).insert(_state)
        values = insert.values(name=sa.bindparam("of"), value=sa.bindparam("is"))
        self._create = ddl(dialect, CreateTable(_state, if_not_exists=True))
        self._all = compiled(dialect, sa.select(_state.c.name, _state.c.value))
        self._keep = compiled(dialect, values.on_conflict_do_nothing())
        self._put = compiled(
            dialect,
            values.on_conflict_do_update(
                index_elements=["name"], set_={"value": insert.excluded.value}
            ),
        )

    def migrate(self) -> None:
        """Make the table, and give the database an id, if that has not been done."""
        new = self._keep.bind(**{"of": _DATABASE, "is": secrets.token_hex(16)})

        def work(cursor: Cursor) -> None:
            cursor.execute(self._create)
            cursor.execute(self._keep.text, new)

        self._store.exclusive(work)

    def read(self) -> dict[str, str]:
        """All values by name."""
        return dict(self._store.read(self._all.text, self._all.bind()))

    def write(self, cursor: Cursor, values: Mapping[str, str]) -> None:
        """Put values inside a transaction of the store."""
        for name, value in values.items():
            cursor.execute(self._put.text, self._put.bind(**{"of": name, "is": value}))

    def claim(self, folder: Folder) -> None:
        """Mark the folder as this database's. Raises ForeignFolder if it is another's."""
        mine = self.read()[_DATABASE].encode()
        folder.create(MARKER, mine + b"\n")
        found = (folder.read(MARKER) or b"").strip()
        if found != mine:
            raise ForeignFolder(
                f"the files in {folder.root} belong to another database. Choose another data "
                f"folder, or set file_views=off. If this database has taken the place of that "
                f"one for good, delete {folder.path(MARKER)}"
            )
