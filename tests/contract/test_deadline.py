"""Deadlines on a real server: attempts of a few seconds that end with nobody there (ADR 7)."""

import itertools
import json
import socket
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from domain.instants import instant, plus
from tests.contract.papers import paper
from tests.contract.server import Server, lay_out
from tests.contract.student import Student, answer, code_of, eventually

GRACE = 1
SETTLE = 2


@pytest.fixture(scope="module")
def strict(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A server that enforces deadlines."""
    data = tmp_path_factory.mktemp("strict") / "data"
    names = ("short", "slow", "crowd", "long")
    lay_out(data, [paper(name) for name in names], dict.fromkeys(names, True))
    with Server(
        data, login="open", deadline="enforce", deadline_grace_seconds=str(GRACE)
    ) as started:
        yield started


def ends_in(server: Server, exam_id: str, seconds: float) -> str:
    """Let an exam end for all who start from now on; when that is."""
    end = instant(datetime.now(UTC) + timedelta(seconds=seconds))
    with Student(server.base) as staff:
        staff.sign_in("grace", "staff")
        window = staff.put(f"/api/admin/exams/{exam_id}/window", json={"endsAt": end})
        assert window.status_code == 200, window.text
    return end


def wait_until(at: str) -> None:
    time.sleep(max(0.0, (datetime.fromisoformat(at) - datetime.now(UTC)).total_seconds()))


def test_an_attempt_is_submitted_at_its_deadline_without_its_client(strict: Server):
    end = ends_in(strict, "short", 2)
    with Student(strict.base) as ann:
        ann.sign_in("ann")
        start = ann.start("short")
        attempt_id = start.json()["attemptId"]
        assert start.headers["x-expires-at"] == end
        assert start.headers["x-server-time"] == start.json()["startedAt"]
        assert ann.save(attempt_id, answer("q1", "A")).status_code == 200
    bundle = strict.data / "output" / f"short_{attempt_id}.json"
    assert not bundle.exists()
    eventually(bundle.exists, seconds=2 + GRACE + SETTLE + 3)
    assert datetime.now(UTC) > datetime.fromisoformat(plus(end, GRACE))
    attempt = json.loads(bundle.read_bytes())["attempt"]
    assert (attempt["status"], attempt["submittedAt"]) == ("finished", end)
    assert attempt["answers"] == [{"questionId": "q1", "response": "A"}]
    with Student(strict.base) as ann:
        ann.sign_in("ann")
        late = ann.save(attempt_id, answer("q1", "B"))
        assert code_of(late) == (409, "ATTEMPT_NOT_ACTIVE")
        assert ann.attempt(attempt_id).json() == attempt
        assert ann.submit(attempt_id).json()["attempt"] == attempt
        assert ann.progress()["finished"] == ["short"]


def test_a_save_whose_last_byte_comes_after_the_grace_is_late(strict: Server):
    end = ends_in(strict, "slow", 1)
    with Student(strict.base) as bob:
        bob.sign_in("bob")
        attempt_id = bob.started("slow")
        body = json.dumps({"answers": [answer("q1", "A")]}).encode()
        cookies = "; ".join(f"{name}={value}" for name, value in bob.cookies.items())
        head = (
            f"PUT /api/attempts/{attempt_id} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n"
            f"Cookie: {cookies}\r\nX-CSRFToken: {bob.cookies['csrftoken']}\r\n"
            f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
        ).encode()
        with socket.create_connection(("127.0.0.1", strict.port)) as slow:
            slow.sendall(head + body[:-1])
            wait_until(plus(end, GRACE))
            time.sleep(0.1)
            slow.sendall(body[-1:])
            reply = b"".join(iter(lambda: slow.recv(65536), b""))
        assert reply.startswith(b"HTTP/1.1 409")
        assert b"ATTEMPT_NOT_ACTIVE" in reply
        assert b'"kept":true' in reply


def test_a_running_attempt_is_extended_over_http(strict: Server):
    with Student(strict.base) as eve, Student(strict.base) as staff:
        eve.sign_in("eve")
        staff.sign_in("grace", "staff")
        start = eve.start("long")
        attempt_id = start.json()["attemptId"]
        before = start.headers["x-expires-at"]
        assert before == plus(start.json()["startedAt"], 3600)
        extended = staff.post(
            f"/api/admin/attempts/{attempt_id}/extend", json={"minutes": 5, "reason": "alarm"}
        )
        assert extended.json()["expiresAt"] == plus(before, 300)
        cohort = staff.post("/api/admin/exams/long/extend", json={"minutes": 5, "reason": "alarm"})
        assert cohort.json()["attempts"] == 1
        assert eve.attempt(attempt_id).headers["x-expires-at"] == plus(before, 600)
        submitted = eve.submit(attempt_id)
        assert submitted.headers["x-expires-at"] == plus(before, 600)
        assert set(submitted.json()) == {"outputPath", "attempt"}


def test_results_are_paged_and_exported_over_http(strict: Server):
    with Student(strict.base) as staff:
        staff.sign_in("grace", "staff")
        for name in ("res-1", "res-2", "res-3"):
            with Student(strict.base) as student:
                student.sign_in(name)
                attempt_id = student.started("long")
                student.save(attempt_id, answer("q1", "A"))
                student.submit(attempt_id)
                result = student.get(f"/api/attempts/{attempt_id}/result")
                assert code_of(result) == (409, "RESULTS_NOT_RELEASED")
        url = "/api/admin/exams/long/results"
        everyone = staff.get(url).json()
        pages = [staff.get(url, params={"page": page, "perPage": 2}).json() for page in (1, 2)]
        assert [one for page in pages for one in page["items"]] == everyone["items"][:4]
        assert pages[0]["total"] == everyone["total"] >= 3
        for query in ({"page": 0}, {"perPage": 201}, {"page": "x"}):
            assert code_of(staff.get(url, params=query)) == (400, "INVALID_PAYLOAD")
        table = staff.get(f"{url}.csv")
        assert table.headers["content-type"] == "text/csv; charset=utf-8"
        assert len(table.text.splitlines()) == everyone["total"] + 1


@pytest.mark.ci
def test_saves_that_cross_the_deadline_count_or_are_kept_and_none_is_lost(strict: Server):
    end = ends_in(strict, "crowd", 2.5)

    def write(number: int) -> tuple[str, str | None, list[str]]:
        """Save without a pause until well after the end: what counted last, what came late."""
        counted: str | None = None
        late: list[str] = []
        with Student(strict.base) as student:
            student.sign_in(f"crowd-{number}")
            attempt_id = student.started("crowd")
            for text in map(str, itertools.count()):
                saved = student.save(attempt_id, answer("q4", text))
                if saved.status_code == 200:
                    assert late == []
                    counted = text
                    continue
                assert code_of(saved) == (409, "ATTEMPT_NOT_ACTIVE")
                late.append(text)
                if len(late) == 20:
                    return attempt_id, counted, late
        raise AssertionError

    with ThreadPoolExecutor(8) as crowd:
        written = list(crowd.map(write, range(8)))
    with Student(strict.base) as staff:
        staff.sign_in("grace", "staff")
        for attempt_id, counted, late in written:
            bundle = strict.data / "output" / f"crowd_{attempt_id}.json"
            eventually(bundle.exists, seconds=GRACE + SETTLE + 5)
            attempt = json.loads(bundle.read_bytes())["attempt"]
            assert attempt["answers"] == [{"questionId": "q4", "response": counted}]
            assert end <= attempt["submittedAt"] < plus(end, GRACE + 1)
            history = staff.get(f"/api/admin/attempts/{attempt_id}/history").json()
            kept = [
                change["after"]
                for entry in history["entries"]
                if entry["event"] == "answers_branched"
                for change in entry["changes"]
            ]
            assert kept == late


@pytest.mark.ci
def test_a_deadline_that_passes_while_no_server_runs_is_kept_by_the_next_one(tmp_path: Path):
    data = tmp_path / "data"
    lay_out(data, [paper("down")], {"down": True})
    settings = {"login": "open", "deadline": "enforce", "deadline_grace_seconds": "0"}
    with Server(data, **settings) as first, Student(first.base) as ann:
        end = ends_in(first, "down", 2)
        ann.sign_in("ann")
        attempt_id = ann.started("down")
        ann.save(attempt_id, answer("q1", "A"))
    wait_until(plus(end, SETTLE + 1))
    bundle = data / "output" / f"down_{attempt_id}.json"
    assert not bundle.exists()
    with Server(data, **settings | {"deadline": "off"}):
        eventually(bundle.exists, seconds=5)
    attempt = json.loads(bundle.read_bytes())["attempt"]
    assert (attempt["status"], attempt["submittedAt"]) == ("finished", end)
