"""Starts servers under test on chosen cores, waits until they answer, stops them by their pid."""

import contextlib
import http.client
import os
import socket
import subprocess
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

READY_SECONDS = 60.0
STOP_SECONDS = 20.0
POLL_SECONDS = 0.005
HOST = "127.0.0.1"


class ServerFailed(Exception):
    """A server that did not start, or died; carries the end of its log."""


@dataclass
class Running:
    """Servers that answer on `ports`; `first_answer` is what the first one took from exec."""

    ports: list[int] = field(default_factory=list)
    pids: list[int] = field(default_factory=list)
    first_answer: float = 0.0


def free_port() -> int:
    """A port that was free a moment ago."""
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        port: int = probe.getsockname()[1]
    return port


@contextlib.contextmanager
def on_core(core: int | None) -> Iterator[None]:
    """Children started inside run on that core only."""
    before = os.sched_getaffinity(0)
    if core is not None:
        os.sched_setaffinity(0, {core})
    try:
        yield
    finally:
        os.sched_setaffinity(0, before)


@contextlib.contextmanager
def serving(
    commands: Sequence[tuple[int, list[str]]],
    environment: dict[str, str],
    log: Path,
    core: int | None,
) -> Iterator[Running]:
    """Start (port, command) one after the other; each must answer before the next begins."""
    running, processes = Running(), []
    try:
        for port, command in commands:
            began = time.perf_counter()
            with log.open("ab") as output, on_core(core):
                process = subprocess.Popen(command, env=environment, stdout=output, stderr=output)
            processes.append(process)
            _wait_until_ready(process, port, log)
            running.first_answer = running.first_answer or time.perf_counter() - began
            running.ports.append(port)
            running.pids.append(process.pid)
        yield running
        for process in processes:
            if process.poll() is not None:
                raise ServerFailed(f"a server died with {process.returncode}\n{tail(log)}")
    finally:
        for process in processes:
            _stop(process)


def _wait_until_ready(process: "subprocess.Popen[bytes]", port: int, log: Path) -> None:
    deadline = time.monotonic() + READY_SECONDS
    while time.monotonic() < deadline:
        if process.poll() is not None:
            raise ServerFailed(f"exit code {process.returncode}\n{tail(log)}")
        if _healthy(port):
            return
        time.sleep(POLL_SECONDS)
    raise ServerFailed(f"not ready within {READY_SECONDS:.0f} s\n{tail(log)}")


def _healthy(port: int) -> bool:
    connection = http.client.HTTPConnection(HOST, port, timeout=2)
    try:
        connection.request("GET", "/api/healthz")
        return connection.getresponse().status == http.HTTPStatus.OK
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()


def _stop(process: "subprocess.Popen[bytes]") -> None:
    process.terminate()
    try:
        process.wait(STOP_SECONDS)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def tail(log: Path) -> str:
    """The last lines of a server's log."""
    return "\n".join(log.read_text(errors="replace").splitlines()[-15:])
