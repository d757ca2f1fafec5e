"""One measurement: a fresh data folder, servers, the load process, everything cleaned up."""

import contextlib
import itertools
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import msgspec

from benchmarks.fsync_shim import FsyncShim
from benchmarks.load import LoadResult, LoadSpec
from benchmarks.serving import Running, ServerFailed, free_port, on_core, serving, tail
from benchmarks.subjects import CeilingServer, MarkbookServer, Subject

SERVER_CORE, LOAD_CORE = 0, 1
LOAD_SLACK_SECONDS = 120.0
PAIRS_A_SECOND = 1500
PROBE_WRITES = 200


class NotMeasured(Exception):
    """Why a row has no figures on this machine or at this time."""


@dataclass
class Bench:
    """Options and tools that every row shares."""

    work: Path
    exam: dict[str, Any]
    rounds: int
    seconds: float
    warm_up: float
    shim: FsyncShim | None
    ceiling: CeilingServer
    subjects: list[Subject]
    events: int
    users: int
    problems: int
    numbers: Iterator[int] = field(default_factory=itertools.count)

    @property
    def pinned(self) -> bool:
        """Whether there is a core for the server and another for the load."""
        return {SERVER_CORE, LOAD_CORE} <= os.sched_getaffinity(0)

    def has(self, kind: type) -> bool:
        """Whether a kind of subject takes part in this run."""
        return any(isinstance(subject, kind) for subject in self.subjects)

    def folder(self) -> Path:
        """An empty folder, removed when the whole run ends and not before.

        ext4 without a journal looks at every recently deleted inode when it makes a file: deleting
        the thousands of files of one round would slow the next by a factor of ten.
        """
        path = self.work / f"run-{next(self.numbers)}"
        path.mkdir()
        return path

    @contextlib.contextmanager
    def serve(
        self,
        subject: Subject,
        data: Path,
        *,
        processes: int = 1,
        pin: bool = True,
        delay_us: int = 0,
        database: str | None = None,
    ) -> Iterator[tuple[Running, str | None]]:
        """The subject on a data folder; also the path of the fsync counter, if there is one."""
        counter = self.work / "fsyncs"
        environment = subject.environment()
        if self.shim is not None:
            environment |= self.shim.environment(counter, delay_us)
        elif delay_us:
            raise NotMeasured("the fsync shim is not available")
        ports = [free_port() for _ in range(processes)]
        commands = [
            (port, subject.command(data, port, database, shared=processes > 1)) for port in ports
        ]
        core = SERVER_CORE if pin and self.pinned else None
        log = self.work / f"{subject.name}.log"
        try:
            with serving(commands, environment, log, core) as running:
                yield running, str(counter) if self.shim is not None else None
        except ServerFailed as failure:
            raise NotMeasured(f"{subject.name}: {failure}") from failure
        except NotMeasured as failure:
            raise NotMeasured(f"{subject.name}: {failure}\n{tail(log)}") from failure

    def load(
        self, running: Running, counter: str | None, *, pin: bool = True, **wish: Any
    ) -> LoadResult:
        """Run the load process against servers and return what it measured."""
        spec = LoadSpec(
            ports=running.ports,
            exam=self.exam,
            seconds=self.seconds,
            warm_up=self.warm_up,
            pairs=int(PAIRS_A_SECOND * self.seconds) * (2 if wish["mode"] == "start" else 1),
            core=LOAD_CORE if pin and self.pinned else None,
            server_pids=running.pids,
            fsync_counter=counter,
            prefix=f"r{next(self.numbers)}",
            **wish,
        )
        done = subprocess.run(
            [sys.executable, "-m", "benchmarks.load"],
            input=msgspec.json.encode(spec),
            capture_output=True,
            check=False,
            timeout=spec.seconds + spec.warm_up + LOAD_SLACK_SECONDS,
        )
        if done.returncode != 0:
            raise NotMeasured(done.stderr.decode(errors="replace").strip()[-800:])
        return msgspec.json.decode(done.stdout, type=LoadResult)

    def measure(
        self,
        subject: Subject,
        mode: str,
        *,
        processes: int = 1,
        pin: bool = True,
        delay_us: int = 0,
        database: str | None = None,
        **wish: Any,
    ) -> LoadResult:
        """One whole measurement on a fresh data folder."""
        data = self.folder()
        subject.prepare(data, self.exam)
        with self.serve(
            subject,
            data,
            processes=processes,
            pin=pin,
            delay_us=delay_us,
            database=database,
        ) as (running, counter):
            seen = None if database else counter  # the database syncs in processes of its own
            return self.load(running, seen, pin=pin, mode=mode, **wish)


def default_subjects(ceiling: CeilingServer, only: str | None) -> list[Subject]:
    """Both, or the one that was asked for."""
    both: list[Subject] = [ceiling, MarkbookServer()]
    return [subject for subject in both if only in {None, subject.name}]


def probe_disk(folder: Path) -> float:
    """Microseconds of one 8 KB write and fdatasync in that folder (a tmpfs shows here)."""
    path = folder / "probe"
    with on_core(None), path.open("wb") as file:
        began = time.perf_counter()
        for _ in range(PROBE_WRITES):
            file.write(bytes(8192))
            file.flush()
            os.fdatasync(file.fileno())
        taken = time.perf_counter() - began
    path.unlink()
    return taken / PROBE_WRITES * 1e6
