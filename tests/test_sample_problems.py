"""The sample problems, where they are: each answered rightly and wrongly, every verdict right."""

import json
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import NamedTuple

import pytest

from tests.contract.caller import Caller, data_of
from tests.contract.server import Server

ROOT = Path(__file__).parents[1]
SAMPLES = ROOT.parent / "shared" / "samples" / "gsm8k" / "test.jsonl"
PROBLEMS = 1_319
LEARNERS = 16
CATCH_UP_SECONDS = 30


class Problem(NamedTuple):
    """A published version and the number that is right."""

    version_id: str
    right: str


class Told(NamedTuple):
    """What the Bank says an answer is worth, with the answer."""

    answer: str
    is_correct: bool
    score: float


def imported(folder: Path, data: Path) -> list[Problem]:
    """The samples in a Bank, made as the example and the command's help say."""
    items, report = folder / "problems.jsonl", folder / "report.jsonl"
    script = ROOT / "examples" / "problems" / "from_gsm8k.py"
    with items.open("wb") as file:
        subprocess.run([sys.executable, script, SAMPLES], check=True, stdout=file)
    command = [sys.executable, "-m", "app", "import", "problems", str(items)]
    subprocess.run([*command, "--report", str(report), "--data", str(data)], check=True)
    rows = [json.loads(line) for line in report.read_text().splitlines()]
    keys = [json.loads(line)["answerKey"] for line in items.read_text().splitlines()]
    return [Problem(row["versionId"], key["value"]) for row, key in zip(rows, keys, strict=True)]


def answered(caller: Caller, problem: Problem, answer: str) -> Told:
    """Started, handed in and judged."""
    body = {"problemVersionId": problem.version_id, "userId": caller.subject}
    path = f"/attempts/{data_of(caller.post('/attempts', json=body), 201)['id']}"
    data_of(caller.post(f"{path}/submit", json={"answer": {"value": answer}}))
    check = data_of(caller.post(f"{path}/check"), 201)
    assert check["status"] == "checked"
    return Told(answer, check["isCorrect"], check["score"])


def wrong_verdicts(server: Server, first: int, problems: list[Problem]) -> Iterator[str]:
    """Of one learner, who takes every sixteenth problem, each of them twice."""
    with Caller(server, "learner", subject=f"learner-{first}") as caller:
        for problem in problems[first::LEARNERS]:
            wrong = str(int(problem.right) + 1)
            for told, expected in (
                (answered(caller, problem, problem.right), Told(problem.right, True, 1)),
                (answered(caller, problem, wrong), Told(wrong, False, 0)),
            ):
                if told != expected:
                    yield f"{problem}: {told}"


def total(checker: Caller, signal: str) -> int:
    """How often the evidence says so, once the list holds all that has happened."""
    end = time.monotonic() + CATCH_UP_SECONDS
    while True:
        listed = checker.get(f"/evidence?signal={signal}&perPage=1")
        if "x-markbook-lag" not in listed.headers:
            found: int = listed.json()["meta"]["total"]
            return found
        assert time.monotonic() < end, f"the list still lacks {listed.headers['x-markbook-lag']}"


@pytest.mark.ci
@pytest.mark.skipif(not SAMPLES.is_file(), reason="the samples are not here")
def test_every_sample_problem_is_judged_rightly_when_answered_rightly_and_wrongly(tmp_path: Path):
    data = tmp_path / "data"
    problems = imported(tmp_path, data)
    assert len({problem.version_id for problem in problems}) == PROBLEMS
    with Server(data) as server, ThreadPoolExecutor(LEARNERS) as pool:
        found = pool.map(
            lambda first: list(wrong_verdicts(server, first, problems)), range(LEARNERS)
        )
        assert [wrong for some in found for wrong in some] == []
        with Caller(server, "checker") as checker:
            assert {signal: total(checker, signal) for signal in ("solved", "failed")} == {
                "solved": PROBLEMS,
                "failed": PROBLEMS,
            }
