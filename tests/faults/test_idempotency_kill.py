"""Requests with an `Idempotency-Key` and servers that die, or of which there are two (B-05)."""

import random
import sqlite3
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import httpx
import psycopg
import pytest

from tests.contract.papers import paper
from tests.contract.server import Server, lay_out
from tests.contract.student import Student

CROWD = 100
MANY = {"login": "open", "max_active_attempts": "100", "retake_policy": "allow"}
START = "/api/exams/algebra/attempt"


def keyed(student: Student, key: str, path: str, body: Any) -> httpx.Response:
    return student.post(path, json=body, headers={"idempotency-key": key})


def kept(data: Path, key: str) -> bool:
    with closing(sqlite3.connect(data / "markbook.sqlite3")) as database:
        return bool(database.execute("SELECT 1 FROM idempotency WHERE key = ?", (key,)).fetchall())


def extended(data: Path) -> list[int]:
    """How many extensions each attempt got."""
    with closing(sqlite3.connect(data / "markbook.sqlite3")) as database:
        rows = database.execute(
            "SELECT sum(topic = 'attempt.extended') FROM stored_events "
            "WHERE originator_id LIKE 'attempt-%' GROUP BY originator_id"
        ).fetchall()
    return [number for (number,) in rows]


@pytest.mark.ci
def test_B05_after_a_kill_between_commit_and_reply_the_retry_replays_and_ends_the_work(
    tmp_path: Path,
):
    """The extension of a cohort is one commit, then one for each attempt, then the reply."""
    data = tmp_path / "data"
    lay_out(data, [paper("quiz")], {"quiz": True})
    server = Server(data, login="open", deadline="enforce")
    url, body = "/api/admin/exams/quiz/extend", {"minutes": 10, "reason": "the fire alarm"}
    with server:
        for number in range(CROWD):
            with Student(server.base) as student:
                student.sign_in(f"s{number}").started("quiz")
    for turn in range(10):
        with Student(server.base) as staff:
            with server, ThreadPoolExecutor(1) as pool:
                staff.sign_in("grace", "staff")
                first = pool.submit(keyed, staff, f"k{turn}", url, body)
                while not kept(data, f"k{turn}"):
                    time.sleep(0.001)
                server.kill()
                failed = isinstance(first.exception(), httpx.TransportError)
            missing = extended(data).count(turn)
            with server:
                again = keyed(staff, f"k{turn}", url, body)
                assert (again.status_code, again.json()["attempts"]) == (200, CROWD)
                assert again.headers["idempotency-replayed"] == "true"
                if not failed:
                    assert again.content == first.result().content
        assert extended(data) == [turn + 1] * CROWD
        if failed and missing:
            print(f"kill {turn + 1} came between commit and reply: {missing} attempts untold")
            return
    raise AssertionError("no kill came between commit and reply")


class Starter(threading.Thread):
    """A learner who starts attempt after attempt, each under a key of its own."""

    def __init__(self, base: str, turn: int, number: int) -> None:
        super().__init__(daemon=True)
        self.student = Student(base)
        self.user_id = f"s-{turn}-{number}"
        self.answered: dict[str, bytes] = {}
        self.asked: list[str] = []

    def run(self) -> None:
        try:
            self.student.sign_in(self.user_id)
            for number in range(95):
                key = f"{self.user_id}-{number}"
                self.asked.append(key)
                response = keyed(self.student, key, START, {"mode": "new"})
                assert response.status_code == 201, response.text
                self.answered[key] = response.content
        except httpx.TransportError:
            return  # the server is gone

    def ask_again(self) -> None:
        """Every request once more: what was answered is replayed, the last one may be new."""
        for key in self.asked:
            response = keyed(self.student, key, START, {"mode": "new"})
            assert response.status_code == 201, response.text
            assert response.content == self.answered.get(key, response.content)
        mine = self.student.get("/api/attempts/me").json()
        assert len(mine) == len(self.asked)


def rounds(data: Path, number: int) -> None:
    lay_out(data, [paper("algebra")], {"algebra": True})
    draw = random.Random(number)
    server = Server(data, **MANY)
    asked = 0
    for turn in range(number):
        with server:
            starters = [Starter(server.base, turn, n) for n in range(6)]
            for one in starters:
                one.start()
            starters[0].join(draw.uniform(0.1, 0.5))
            server.kill()
        with server:
            for one in starters:
                one.join(20)
                one.ask_again()
                one.student.close()
                asked += len(one.asked)
    print(f"{number} kills, {asked} keys asked again")
    assert asked > number * 6


@pytest.mark.ci
def test_B05_under_kills_every_key_takes_effect_once(tmp_path: Path):
    rounds(tmp_path / "data", 3)


@pytest.mark.long
@pytest.mark.timeout(1800)
def test_B05_under_fifty_kills_every_key_takes_effect_once(tmp_path: Path):
    rounds(tmp_path / "data", 50)


@contextmanager
def pair(address: str, folder: Path) -> Iterator[tuple[Server, Server]]:
    """Two servers on one database; the exam is imported by the first."""
    settings = {**MANY, "database": address, "file_views": "off"}
    with Server(folder / "one", **settings) as one, Server(folder / "two", **settings) as two:
        with Student(one.base) as staff:
            staff.sign_in("grace", "staff")
            assert staff.post("/api/admin/exams", json=paper("algebra")).status_code == 201
            assert staff.post("/api/admin/exams/algebra/publish").status_code == 200
        yield one, two


@pytest.mark.ci
def test_B05_of_duplicates_at_two_servers_one_takes_effect(shared_address: str, tmp_path: Path):
    with pair(shared_address, tmp_path) as servers, ThreadPoolExecutor(12) as pool:
        people = [Student(server.base).sign_in("ann") for server in servers]
        for turn in range(20):
            posts = [
                pool.submit(keyed, people[n % 2], f"k{turn}", START, {"mode": "new"})
                for n in range(12)
            ]
            answers = [post.result() for post in posts]
            assert {one.status_code for one in answers} == {201}
            assert len({one.content for one in answers}) == 1
            assert len([one for one in answers if "idempotency-replayed" not in one.headers]) == 1
        for person in people:
            assert len(person.get("/api/attempts/me").json()) == 20
            reused = keyed(person, "k0", START, {"mode": "resume"})
            assert reused.json()["error"]["code"] == "IDEMPOTENCY_KEY_REUSED"
            person.close()
    if shared_address.startswith("postgresql"):
        with psycopg.connect(shared_address) as connection:
            rows = connection.execute("SELECT count(*) FROM idempotency").fetchone()
        assert rows == (20,)
