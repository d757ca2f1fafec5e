"""`markbook import problems`: every row right or reported, twice is once, a crash loses nothing."""

import json
import os
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterable
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from event_store.sqlite import SQLiteStore


def item(number: int, **changes: Any) -> dict[str, Any]:
    """A published problem with everything, told by its sourceRef."""
    return {
        "code": f"sum-{number}",
        "subjectKey": "mathematics",
        "sourceRef": {"domain": "manual", "type": "book", "id": str(number)},
        "version": {
            "statement": {"format": "markdown", "body": {"text": f"{number} + 1 = ?"}},
            "answerSchema": {"type": "numeric_with_tolerance"},
        },
        "answerKey": {"value": number + 1},
        "checkingRule": {"method": "auto", "scoringRule": {"maxScore": 1}},
        "solutions": [{"format": "markdown", "body": {"text": "Count."}}],
        "publish": True,
        **changes,
    }


def write(path: Path, items: Iterable[Any]) -> Path:
    path.write_text("".join(f"{json.dumps(one)}\n" for one in items), encoding="utf-8")
    return path


def command(path: Path, data: Path, *options: str) -> list[str]:
    words = ["import", "problems", str(path), "--data", str(data), *options]
    return [sys.executable, "-m", "app", *words]


def run(path: Path, data: Path, *options: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        command(path, data, *options), capture_output=True, text=True, timeout=60, check=False
    )


def tags(data: Path) -> list[str]:
    """The tags of the log, in order."""
    store = SQLiteStore(data / "markbook.sqlite3")
    try:
        return [event.tag for event in store.scan()]
    finally:
        store.close()


def stored(data: Path) -> int:
    """How many events a log holds that another process may be making at this moment."""
    try:
        with closing(sqlite3.connect(f"file:{data / 'markbook.sqlite3'}?mode=ro", uri=True)) as log:
            [count] = log.execute("SELECT count(*) FROM stored_events").fetchone()
            return int(count)
    except sqlite3.OperationalError:
        return 0


def test_a_file_becomes_published_problems_and_the_same_file_again_nothing(tmp_path: Path):
    path, data = write(tmp_path / "p.jsonl", map(item, range(70))), tmp_path / "data"
    first = run(path, data)
    assert (first.returncode, first.stdout) == (
        0,
        "70 created, 0 updated, 0 unchanged, 0 failed.\n",
    )
    log = tags(data)
    for tag in ("problem.published", "problem_version.published", "problem_version.solution_added"):
        assert log.count(tag) == 70
    again = run(path, data, "--report", str(tmp_path / "report.jsonl"))
    assert again.stdout == "0 created, 0 updated, 70 unchanged, 0 failed.\n"
    assert tags(data) == log
    rows = [json.loads(row) for row in (tmp_path / "report.jsonl").read_text().splitlines()]
    assert [row["row"] for row in rows] == list(range(1, 71))
    assert len({row["problemId"] for row in rows}) == 70


def test_changed_content_is_a_new_version_that_replaces_the_published_one(tmp_path: Path):
    data = tmp_path / "data"
    run(write(tmp_path / "a.jsonl", [item(1)]), data)
    changed = item(1, answerKey={"value": 3})
    assert run(write(tmp_path / "b.jsonl", [changed]), data).stdout.startswith("0 created, 1 upd")
    log = tags(data)
    assert (log.count("problem.created"), log.count("problem_version.published")) == (1, 2)
    assert log.count("problem_version.retired") == 1


def test_a_dry_run_says_what_would_be_and_stores_nothing(tmp_path: Path):
    path = write(tmp_path / "p.jsonl", [item(1), item(2, answerKey={"value": "two"})])
    said = run(path, tmp_path / "data", "--dry-run")
    assert said.stdout == "Would be: 1 created, 0 updated, 0 unchanged, 1 failed.\n"
    assert said.returncode == 1
    assert tags(tmp_path / "data") == []


WRONG = [
    ("nonsense", "VALIDATION_ERROR"),
    ("[]", "VALIDATION_ERROR"),
    ("{}", "subjectKey"),
    (json.dumps(item(1, colour="red")), "colour"),
    (json.dumps(item(1, code="")), "code: "),
    (json.dumps(item(1, sourceRef={"domain": "moon", "type": "x", "id": "1"})), "sourceRef"),
    (json.dumps(item(1, checkingRule=None)), "CHECKING_RULE_REQUIRED"),
    (json.dumps(item(1, answerKey={"value": "abc"})), "ANSWER_KEY_MISMATCH"),
    (
        json.dumps(item(1, version=item(1)["version"] | {"answerSchema": {"type": "telepathy"}})),
        "ANSWER_SCHEMA_INVALID",
    ),
    ("[" * 5000, "VALIDATION_ERROR"),
    ('"' + "x" * 2_000_000 + '"', "PAYLOAD_TOO_LARGE"),
    (json.dumps(item(9, code="SUM-7")), "PROBLEM_CODE_EXISTS"),
]


def test_B12_a_wrong_row_is_reported_with_its_number_and_the_rest_goes_on(tmp_path: Path):
    path = tmp_path / "p.jsonl"
    lines = [json.dumps(item(7)), "", *(line for line, _ in WRONG), json.dumps(item(8))]
    path.write_text("\n".join(lines), encoding="utf-8")
    result = run(path, tmp_path / "data")
    assert result.returncode == 1
    assert result.stdout == f"2 created, 0 updated, 0 unchanged, {len(WRONG)} failed.\n"
    told = [line for line in result.stderr.splitlines() if line]
    assert len(told) == len(WRONG)
    for row, (line, (_, said)) in enumerate(zip(told, WRONG, strict=True), 3):
        assert line.startswith(f"row {row}: ")
        assert said in line
        assert len(line) < 400


@pytest.mark.ci
def test_an_import_killed_halfway_is_finished_by_the_next(tmp_path: Path):
    data = tmp_path / "data"
    path = write(tmp_path / "p.jsonl", map(item, range(1500)))
    process = subprocess.Popen(command(path, data), stdout=subprocess.DEVNULL)
    end = time.monotonic() + 30
    while time.monotonic() < end and process.poll() is None:
        if stored(data) > 500:
            break
        time.sleep(0.05)
    os.kill(process.pid, signal.SIGKILL)
    process.wait()
    done = tags(data).count("problem.created")
    assert 0 < done < 1500
    again = run(path, data)
    assert again.stdout == f"{1500 - done:,} created, 0 updated, {done:,} unchanged, 0 failed.\n"
    assert tags(data).count("problem.published") == 1500
