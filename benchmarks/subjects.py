"""The two servers that are compared: how each is given its exam and started."""

import json
import os
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

ALONE, SHARED = "thread", "inline"  # the faster way to commit with one process and with two
DRIVER = "libpq"


class Subject(Protocol):
    """A server under test."""

    @property
    def name(self) -> str:
        """What the table calls it."""

    def prepare(self, data: Path, exam: dict[str, Any]) -> None:
        """Put the published exam into an empty data folder."""

    def command(self, data: Path, port: int, database: str | None, *, shared: bool) -> list[str]:
        """The command line of one process; `shared` when others use the same data folder."""

    def environment(self) -> dict[str, str]:
        """The whole environment of the process."""


def _clean_environment() -> dict[str, str]:
    """Ours without settings that a developer's shell may hold."""
    return {key: value for key, value in os.environ.items() if not key.startswith("MARKBOOK_")}


@dataclass(frozen=True)
class CeilingServer:
    """`benchmarks.ceiling`: raw ASGI, msgspec, one durable transaction a request."""

    name: str = "ceiling"
    commit: str | None = None
    locked: bool = True
    driver: str = DRIVER

    def prepare(self, data: Path, exam: dict[str, Any]) -> None:
        """One file beside its database."""
        (data / "exam.json").write_text(json.dumps(exam, ensure_ascii=False))

    def command(self, data: Path, port: int, database: str | None, *, shared: bool) -> list[str]:
        """Run from this interpreter."""
        line = [sys.executable, "-m", "benchmarks.ceiling", "--data", str(data)]
        line += ["--port", str(port), "--exam", str(data / "exam.json")]
        if database:
            return [*line, "--database", database, "--driver", self.driver]
        commit = self.commit or (SHARED if shared else ALONE)
        return [*line, "--commit", commit, "--locked" if shared and self.locked else "--busy"]

    def environment(self) -> dict[str, str]:
        """Nothing of its own."""
        return _clean_environment()


@dataclass(frozen=True)
class MarkbookServer:
    """`markbook serve` with open sign-in, its exam published by files as an operator would."""

    name: str = "markbook"

    def prepare(self, data: Path, exam: dict[str, Any]) -> None:
        """`input/` and `manifest.json`."""
        exam_id = exam["examId"]
        (data / "input").mkdir(exist_ok=True)
        (data / "input" / f"{exam_id}.json").write_text(json.dumps(exam, ensure_ascii=False))
        manifest = {"exams": [{"examId": exam_id, "published": True}], "users": {}}
        (data / "manifest.json").write_text(json.dumps(manifest))

    def command(self, data: Path, port: int, database: str | None, *, shared: bool) -> list[str]:
        """The installed console script; several processes need no extra option."""
        del shared
        line = [str(program()), "serve", "--data", str(data), "--port", str(port)]
        return [*line, "--database", database] if database else line

    def environment(self) -> dict[str, str]:
        """Sign-in without passwords (loopback only)."""
        return _clean_environment() | {"MARKBOOK_LOGIN": "open"}


def program() -> Path:
    """The console script of this virtual environment."""
    return Path(sys.executable).parent / "markbook"
