"""Removing generations of views that nobody uses any more, a little at a time."""

from collections.abc import Callable
from functools import partial

from adapters.view_catalog import Catalog, Generation, read_listing
from event_store.store import Cursor, Store

_ROWS = 500  # removed in one transaction; dropping a large SQLite table at once takes seconds


def sweep(store: Store, pause: Callable[[], None]) -> None:
    """Remove what rebuilds have replaced or left unfinished; `pause` is called between steps."""
    catalog = Catalog(store.dialect)
    _, generations = read_listing(store.read(catalog.listing.text, catalog.listing.bind()))
    for one in generations:
        if not one.in_use:
            if store.dialect == "sqlite":
                _empty(store, one, pause)
            store.exclusive(partial(catalog.drop, one=one))
            pause()


def _empty(store: Store, one: Generation, pause: Callable[[], None]) -> None:
    """Remove the indexes and rows of a generation's SQLite tables."""
    known = "SELECT name, type FROM sqlite_master WHERE tbl_name = ? AND sql NOT LIKE '%VIRTUAL%'"
    for table in one.tables:
        found = store.read(known, (table,))
        for name in [name for name, kind in found if kind == "index"]:
            store.exclusive(partial(_drop_index, name=name))
            pause()
        if any(kind == "table" for _, kind in found):
            columns = store.read("SELECT name FROM pragma_table_info(?) WHERE pk", (table,))
            key = ", ".join(name for (name,) in columns)
            while store.exclusive(partial(_some, table=table, key=key)):
                pause()


def _drop_index(cursor: Cursor, name: str) -> None:
    cursor.execute(f"DROP INDEX {name}")


def _some(cursor: Cursor, table: str, key: str) -> bool:
    """Remove some rows; whether there are more."""
    cursor.execute(
        f"DELETE FROM {table} WHERE ({key}) IN (SELECT {key} FROM {table} LIMIT {_ROWS})"
    )
    cursor.execute(f"SELECT 1 FROM {table} LIMIT 1")
    return cursor.fetchone() is not None
