"""SIGKILL at any moment leaves every file the old or the new whole; the next start mends the rest.

A real process takes exams in a loop and is killed; nothing it acknowledged may be missing.
"""

import asyncio
import json
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import msgspec
import pytest

from adapters.settings import FileViews
from domain.exam_attempt import attempt, attempt_body
from projections.exams import exams
from projections.progress import progress_body
from tests.adapters.file_house import House, house, soon

USERS = 4
ROOT = Path(__file__).parents[2]


async def work(data: Path, mode: FileViews) -> None:
    """Take exams as fast as possible and say what has been acknowledged, until killed."""
    async with house(data, mode=mode) as here:
        here.put_exam("e1", questions=50)
        await soon(lambda: here.views.get(exams, "e1") is not None)
        await here.publish("e1")

        async def student(number: int) -> None:
            user = f"u{number}"
            turn = len(here.rows(user))
            while True:
                turn += 1
                attempt_id = await here.start(user, "e1", turn, retake=True, new=True, limit=100)
                for question in range(3):
                    await here.save(attempt_id, f"q{question}", "ответ " * 50)
                await here.submit(attempt_id)
                print(attempt_id, flush=True)

        await asyncio.gather(*(student(number) for number in range(USERS)))


def everything_is_whole(data: Path) -> None:
    for path in data.rglob("*.json"):
        content = path.read_bytes()
        assert content, f"{path.name} is empty"
        json.loads(content)


async def agrees_with_the_log(here: House) -> bool:
    """Whether every file is what the log says, to the byte."""
    finished: dict[str, set[str]] = {}
    for user in (f"u{number}" for number in range(USERS)):
        rows = here.rows(user)
        if not rows:
            continue
        progress = (here.data / f"progress/{user}.json").read_bytes()
        if progress != msgspec.json.encode(progress_body(user, rows)):
            return False
        for row in rows:
            state, _ = await here.ledger.read(attempt, row.attempt_id)
            body = msgspec.json.encode(attempt_body(state))
            path = here.data / f"attempts/{user}/e1/{row.attempt_id}.json"
            if path.read_bytes() != body:
                return False
            if row.output_path is not None:
                finished.setdefault(user, set()).add("e1")
                document = (await here.exam("e1")).document
                bundle = b'{"exam":%b,"attempt":%b}' % (document, body)
                if (here.data / row.output_path).read_bytes() != bundle:
                    return False
    listed = here.manifest()["users"]
    return all(set(listed[user]["finished"]) == done for user, done in finished.items())


async def mended(data: Path) -> None:
    async with house(data) as here:
        end = time.monotonic() + 20
        while True:
            try:
                if await agrees_with_the_log(here):
                    break
            except (FileNotFoundError, KeyError):
                pass
            assert time.monotonic() < end, "files were not brought up to the log"
            await asyncio.sleep(0.05)
        await soon(lambda: not list(data.rglob("*.markbook-tmp")))
        assert here.keeper.problems == {}


def run_and_kill(data: Path, mode: FileViews, seconds: float) -> set[str]:
    process = subprocess.Popen(
        [sys.executable, "-m", "tests.faults.test_files_kill", str(data), mode],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    try:
        first = process.stdout.readline()
        assert first, "the process ended before it did anything"
        time.sleep(seconds)
    finally:
        process.send_signal(signal.SIGKILL)
        rest, _ = process.communicate()
    acknowledged = first + rest
    return set(acknowledged[: acknowledged.rfind("\n")].split())


def rounds(data: Path, mode: FileViews, number: int) -> None:
    chance = random.Random(number)
    acknowledged: set[str] = set()
    for _ in range(number):
        acknowledged |= run_and_kill(data, mode, chance.random() * 0.5)
        everything_is_whole(data)
        for attempt_id in acknowledged:  # bundle, attempt and progress were there before the reply
            user = attempt_id.partition("-")[0]
            assert (data / f"output/e1_{attempt_id}.json").exists()
            status = json.loads((data / f"attempts/{user}/e1/{attempt_id}.json").read_bytes())
            assert status["status"] == "finished"
        if chance.random() < 0.5:  # some crashes follow each other
            asyncio.run(mended(data))
    asyncio.run(mended(data))
    everything_is_whole(data)


@pytest.mark.ci
@pytest.mark.parametrize("mode", [FileViews.COALESCED, FileViews.SYNC])
def test_E41_E36_every_file_is_whole_after_any_kill_and_mended_by_the_next_start(tmp_path, mode):
    rounds(tmp_path, mode, 4)


@pytest.mark.long
@pytest.mark.parametrize("mode", [FileViews.COALESCED, FileViews.SYNC])
def test_E41_E36_a_hundred_kills(tmp_path, mode):
    rounds(tmp_path, mode, 100)


if __name__ == "__main__":
    asyncio.run(work(Path(sys.argv[1]), FileViews(sys.argv[2])))
