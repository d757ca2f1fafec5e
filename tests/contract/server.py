"""A real server in a process of its own, over a data folder laid out as an operator would."""

import json
import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, Self

import httpx

START_SECONDS = 30.0
STOP_SECONDS = 15.0


class Server:
    """`markbook serve` on a free port of loopback, with settings given as variables."""

    def __init__(self, data: Path, **settings: str) -> None:
        self.data = data
        self.settings = settings
        self.port = _free_port()
        self.base = f"http://127.0.0.1:{self.port}"
        self.log = data.parent / f"{data.name}-{self.port}.log"
        self._process: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> Self:
        with self.log.open("wb") as log:
            self._process = subprocess.Popen(
                [*_command("serve", self.data), "--port", str(self.port)],
                env=_environment(self.settings),
                stdout=log,
                stderr=log,
            )
        end = time.monotonic() + START_SECONDS
        while not self._answers():
            if self._process.poll() is not None or time.monotonic() > end:
                self.stop()
                raise AssertionError(f"the server did not start:\n{self.log.read_text()}")
            time.sleep(0.05)
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def stop(self) -> None:
        """Ask it to end and wait until it has."""
        process, self._process = self._process, None
        if process is None:
            return
        process.terminate()
        try:
            process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()

    def kill(self) -> None:
        """End it as SIGKILL does."""
        process, self._process = self._process, None
        if process is not None:
            process.kill()
            process.wait()

    def add_user(self, name: str, password: str, *, staff: bool = False) -> None:
        """Make an account as an operator does."""
        subprocess.run(
            [
                *_command("user", "add", self.data),
                *(["--staff"] if staff else []),
                "--password-stdin",
                name,
            ],
            env=_environment(self.settings),
            input=f"{password}\n".encode(),
            check=True,
            capture_output=True,
            timeout=START_SECONDS,
        )

    def _answers(self) -> bool:
        try:
            return httpx.get(f"{self.base}/api/healthz", timeout=2).status_code == 200
        except httpx.TransportError:
            return False


def lay_out(data: Path, exams: Iterable[Mapping[str, Any]], published: Mapping[str, bool]) -> None:
    """A data folder with these exam files and this manifest."""
    (data / "input").mkdir(parents=True, exist_ok=True)
    for exam in exams:
        put_exam(data, exam)
    publish(data, published)


def put_exam(data: Path, exam: Mapping[str, Any]) -> None:
    """Put an exam's file in place, whole."""
    target = data / "input" / f"{exam['examId']}.json"
    fresh = target.with_suffix(".new")
    fresh.write_text(json.dumps(exam), encoding="utf-8")
    fresh.replace(target)


def publish(data: Path, published: Mapping[str, bool]) -> None:
    """Set published flags in the manifest, as an operator edits it."""
    path = data / "manifest.json"
    manifest = json.loads(path.read_text()) if path.exists() else {"exams": [], "users": {}}
    kept = [entry for entry in manifest["exams"] if entry["examId"] not in published]
    added = [{"examId": exam_id, "published": flag} for exam_id, flag in published.items()]
    fresh = path.with_suffix(".new")
    fresh.write_text(json.dumps({**manifest, "exams": [*kept, *added]}, indent=1))
    fresh.replace(path)


def _command(*words: str | Path) -> list[str]:
    *names, data = words
    return [sys.executable, "-m", "app", *map(str, names), "--data", str(data)]


def _environment(settings: Mapping[str, str]) -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith("MARKBOOK_")}
    return {**kept, **{f"MARKBOOK_{name.upper()}": value for name, value in settings.items()}}


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
