"""From an address to a log: which kind of store a URL or a path means."""

from pathlib import Path

from psycopg import ProgrammingError
from psycopg.conninfo import conninfo_to_dict

from event_store.memory import MemoryStore
from event_store.postgres import PostgresStore
from event_store.sqlite import SQLiteStore
from event_store.store import Store


def open_store(where: str | Path) -> Store:
    """The store at `where`; its `migrate` creates what is missing.

    A path or `sqlite:///path` is an SQLite file in an existing folder (`sqlite:////var/x` names
    the absolute path), `postgresql://user:password@host:port/database` a PostgreSQL database, and
    `memory:` an empty log that ends with the process. Raises ValueError for anything else.
    """
    if isinstance(where, Path):
        return _sqlite(where)
    if where == "memory:":
        return MemoryStore()
    scheme, separator, rest = where.partition("://")
    if not separator:
        return _sqlite(Path(where))
    if scheme == "sqlite" and rest.startswith("/"):
        return _sqlite(Path(rest[1:]))
    if scheme in {"postgresql", "postgres"}:
        return _postgres(where)
    raise ValueError(
        f"bad database URL {scheme}://…: use sqlite:///path, "
        "postgresql://user:password@host/database or a path"
    )


def _sqlite(path: Path) -> SQLiteStore:
    if path.name == "" or path.is_dir():
        raise ValueError(f"bad database path {str(path)!r}: it names no file")
    if not path.parent.is_dir():
        raise ValueError(f"bad database path {str(path)!r}: its folder does not exist")
    return SQLiteStore(path)


def _postgres(url: str) -> PostgresStore:
    try:
        address = conninfo_to_dict(url)
    except ProgrammingError as error:
        raise ValueError(f"bad database URL: {str(error).strip()}") from error
    if not all(port.isdigit() for port in str(address.get("port", 5432)).split(",")):
        raise ValueError(f"bad database URL: {address['port']!r} is no port number")
    if not address.get("dbname"):
        raise ValueError("bad database URL: it names no database (postgresql://host/DATABASE)")
    return PostgresStore(url)
