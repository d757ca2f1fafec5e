"""A server whose disk is full or fails to sync: clients hear of it, acknowledged answers stay."""

import time
from pathlib import Path

import pytest

from tests.contract.papers import paper
from tests.contract.server import Server, lay_out
from tests.contract.student import Student, answer, code_of

QUESTION = paper("algebra")["sections"][0]["questions"][0]["id"]
LONG = "x" * 20_000
POISONED = 70


def saved(server: Server, attempt_id: str) -> str:
    """The one answer of a student's attempt, as the server has it."""
    with Student(server.base) as student:
        student.sign_in("ann")
        [item] = student.attempt(attempt_id).json()["answers"]
        response: str = item["response"]
        return response


@pytest.mark.ci
def test_a_full_disk_answers_507_and_goes_on_when_there_is_room(small_disk: Path):
    data = small_disk / "data"
    lay_out(data, [paper("algebra")], {"algebra": True})
    ballast = small_disk / "ballast"
    ballast.write_bytes(bytes(600_000))
    with Server(data, login="open") as server, Student(server.base) as student:
        student.sign_in("ann")
        attempt_id = student.started("algebra")
        acknowledged, refused = "", None
        for turn in range(1000):
            reply = student.save(attempt_id, answer(QUESTION, f"{turn} {LONG}"))
            if reply.status_code != 200:
                refused = reply
                break
            acknowledged = f"{turn} {LONG}"
        assert refused is not None
        assert code_of(refused) == (507, "STORE_FULL")
        assert student.attempt(attempt_id).json()["answers"][0]["response"] == acknowledged
        ballast.unlink()
        assert student.save(attempt_id, answer(QUESTION, "room")).status_code == 200
        assert student.attempt(attempt_id).json()["answers"][0]["response"] == "room"


@pytest.mark.ci
def test_a_failing_fsync_answers_503_ends_the_server_and_loses_nothing(
    shim: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    data, switch = tmp_path / "data", tmp_path / "failing"
    lay_out(data, [paper("algebra")], {"algebra": True})
    monkeypatch.setenv("FAILING_FSYNC", str(switch))
    with monkeypatch.context() as preloaded:
        preloaded.setenv("LD_PRELOAD", str(shim))
        server = Server(data, login="open").__enter__()
    process = server._process
    assert process is not None
    try:
        with Student(server.base) as student:
            student.sign_in("ann")
            attempt_id = student.started("algebra")
            assert student.save(attempt_id, answer(QUESTION, "safe")).status_code == 200
            switch.touch()
            reply = student.save(attempt_id, answer(QUESTION, "lost"))
            assert code_of(reply) == (503, "STORE_UNAVAILABLE")
        end = time.monotonic() + 20
        while process.poll() is None and time.monotonic() < end:
            time.sleep(0.05)
        assert process.returncode == POISONED, server.log.read_text()
    finally:
        server.stop()
    switch.unlink()
    with Server(data, login="open") as again:
        assert saved(again, attempt_id) in {"safe", "lost"}  # whole: the new or the old
