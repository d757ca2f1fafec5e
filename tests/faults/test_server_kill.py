"""A server killed under load, again and again: every acknowledged answer is read back."""

import json
import random
import subprocess
import threading
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.contract.papers import paper
from tests.contract.server import Server, lay_out
from tests.contract.student import Student, answer

STUDENTS = 6
QUESTIONS = [q["id"] for s in paper("algebra")["sections"] for q in s["questions"]]


class Writer(threading.Thread):
    """A student who saves as fast as the server answers, and notes what was acknowledged."""

    def __init__(self, base: str, name: str) -> None:
        super().__init__(daemon=True)
        self.student = Student(base)
        self.name = name
        self.attempt_id: str | None = None
        self.acknowledged: dict[str, Any] = {}
        self.sent: dict[str, Any] = {}
        self.submitted: dict[str, Any] | None = None

    def run(self) -> None:
        draw = random.Random(self.name)
        try:
            self.student.sign_in(self.name)
            started = self.student.start("algebra")
            if started.status_code not in {200, 201}:
                return
            self.attempt_id = started.json()["attemptId"]
            for turn in range(100_000):
                self.sent = {draw.choice(QUESTIONS): f"{turn}"}
                saved = self.student.save(
                    self.attempt_id, *(answer(q, r) for q, r in self.sent.items())
                )
                assert saved.status_code == 200, saved.text
                self.acknowledged |= self.sent
                self.sent = {}
                if draw.random() < 0.01:
                    done = self.student.submit(self.attempt_id)
                    assert done.status_code == 200, done.text
                    self.submitted = done.json()
                    return
        except (httpx.TransportError, json.JSONDecodeError):
            return  # the server is gone


def kill(server: Server) -> None:
    assert server._process is not None
    server._process.kill()
    server._process.wait()
    server._process = None


def check(server: Server, writers: list[Writer]) -> int:
    """Every acknowledged answer is there; what was under way is there whole or not at all."""
    count = 0
    for writer in writers:
        if writer.attempt_id is None:
            continue
        with Student(server.base) as student:
            student.sign_in(writer.name)
            body = student.attempt(writer.attempt_id).json()
            saved = {item["questionId"]: item["response"] for item in body["answers"]}
            assert saved in (writer.acknowledged, writer.acknowledged | writer.sent)
            count += len(writer.acknowledged)
            if writer.submitted is not None:
                assert body == writer.submitted["attempt"]
                bundle = json.loads((server.data / writer.submitted["outputPath"]).read_bytes())
                assert bundle["attempt"] == body
                assert "algebra" in student.progress()["finished"]
    return count


def every_file_is_whole(data: Path) -> int:
    files = [path for path in data.rglob("*.json") if not path.name.startswith(".")]
    for path in files:
        json.loads(path.read_bytes())
    return len(files)


def rounds(tmp_path: Path, number: int, *, seconds: float) -> None:
    data = tmp_path / "data"
    lay_out(data, [paper("algebra")], {"algebra": True})
    draw = random.Random(number)
    acknowledged = files = 0
    writers: list[Writer] = []
    for turn in range(number):
        server = Server(data, login="open", remember_streams="16")
        with server:
            acknowledged += check(server, writers)
            writers = [Writer(server.base, f"s-{turn}-{n}") for n in range(STUDENTS)]
            for writer in writers:
                writer.start()
            writers[0].join(draw.uniform(0.1, seconds))
            kill(server)
            for writer in writers:
                writer.join(20)
                assert not writer.is_alive()
                writer.student.close()
        files += every_file_is_whole(data)
    with Server(data, login="open") as server:
        acknowledged += check(server, writers)
    command = ["rebuild", "--check", "--data", str(data)]
    subprocess.run([*_markbook(), *command], check=True, capture_output=True, timeout=120)
    print(f"{number} kills, {acknowledged} acknowledged answers read back, {files} files whole")
    assert acknowledged > number


def _markbook() -> list[str]:
    import sys

    return [sys.executable, "-m", "app"]


@pytest.mark.ci
def test_E36_E41_five_kills_under_load_lose_nothing_acknowledged(tmp_path):
    rounds(tmp_path, 5, seconds=1.5)


@pytest.mark.long
@pytest.mark.timeout(1800)
def test_a_hundred_kills_under_load_lose_nothing_acknowledged(tmp_path):
    rounds(tmp_path, 100, seconds=2.5)
