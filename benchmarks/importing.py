"""The row `import_problems`: whole problems from a file into a fresh Bank, by the command."""

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from benchmarks.bench import SERVER_CORE, Bench
from benchmarks.report import Comparison, RowResult, Target
from benchmarks.serving import on_core

PROBLEMS = 1_319  # as many as GSM8K's test file has


def import_problems(bench: Bench) -> RowResult:
    """Version, key, rule, solution, published; the command's start is part of the time."""
    path = bench.work / "problems.jsonl"
    path.write_text("".join(f"{json.dumps(item)}\n" for item in items(PROBLEMS)), encoding="utf-8")
    first, again = [], []
    with on_core(SERVER_CORE if bench.pinned else None):
        for number in range(bench.rounds):
            data = bench.work / f"import-{number}"
            first.append(PROBLEMS / _seconds(path, data))
            again.append(PROBLEMS / _seconds(path, data))
    return RowResult(
        name="import_problems",
        comparisons=[
            _rate("problems a second, new", first, Target(300, 600)),
            _rate("problems a second, all there already", again, Target()),
        ],
    )


def _rate(measure: str, values: list[float], target: Target) -> Comparison:
    return Comparison(measure=measure, base=[], markbook=values, relative=False, target=target)


def _seconds(path: Path, data: Path) -> float:
    words = [sys.executable, "-m", "app", "import", "problems", str(path), "--data", str(data)]
    environment = {name: value for name, value in os.environ.items() if "MARKBOOK" not in name}
    began = time.perf_counter()
    subprocess.run(words, check=True, capture_output=True, env=environment)
    return time.perf_counter() - began


def items(count: int) -> Iterator[dict[str, Any]]:
    """Problems as long as those of GSM8K: some 240 characters asked, 290 explained."""
    for number in range(count):
        asked = f"A shop sells {number} pencils a day. " * 7
        worked = f"In {number} days that is {number} times {number}. " * 8
        yield {
            "subjectKey": "mathematics",
            "sourceRef": {"domain": "manual", "type": "book", "id": str(number)},
            "version": {
                "statement": {"format": "markdown", "body": {"text": asked}},
                "answerSchema": {"type": "numeric_with_tolerance"},
            },
            "answerKey": {"value": str(number * number)},
            "checkingRule": {"method": "auto", "scoringRule": {"maxScore": 1}},
            "solutions": [{"format": "markdown", "body": {"text": worked}}],
            "publish": True,
        }
