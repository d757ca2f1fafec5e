"""Serves the ceiling: `python -m benchmarks.ceiling --data DIR --port N [--database URL] …`."""

from pathlib import Path

import click
import uvicorn

from benchmarks.ceiling.app import Ceiling
from benchmarks.ceiling.model import Store, read_exam
from benchmarks.ceiling.sqlite_store import SqliteStore, ThreadedSqliteStore

COMMITS = ("inline", "thread")
DRIVERS = ("pool", "libpq")


@click.command()
@click.option("--data", type=click.Path(path_type=Path, file_okay=False), required=True)
@click.option("--port", type=int, required=True)
@click.option("--exam", type=click.Path(path_type=Path, dir_okay=False), required=True)
@click.option("--commit", type=click.Choice(COMMITS), default="inline", help="where SQLite commits")
@click.option("--locked/--busy", default=False, help="file lock, or SQLite's own busy wait")
@click.option("--database", help="PostgreSQL URL instead of SQLite")
@click.option(
    "--driver", type=click.Choice(DRIVERS), default="libpq", help="how to talk to PostgreSQL"
)
@click.option("--connections", type=int, default=8, help="PostgreSQL connections")
def main(
    *,
    data: Path,
    port: int,
    exam: Path,
    commit: str,
    locked: bool,
    database: str | None,
    driver: str,
    connections: int,
) -> None:
    """One process, uvloop and httptools, no access log."""
    store: Store
    if database:
        from benchmarks.ceiling.postgres_store import LibpqStore, PoolStore

        store = (PoolStore if driver == "pool" else LibpqStore)(database, connections)
    else:
        store = (SqliteStore if commit == "inline" else ThreadedSqliteStore)(data, locked=locked)
    uvicorn.run(
        Ceiling(read_exam(exam.read_bytes()), store),
        host="127.0.0.1",
        port=port,
        loop="uvloop",
        http="httptools",
        ws="none",
        lifespan="off",
        access_log=False,
        log_level="warning",
        server_header=False,
        date_header=False,
    )


if __name__ == "__main__":
    main()
