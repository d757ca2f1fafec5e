"""The row `expressions`: through the pool, hostile ones included. Alone: beside other libraries.

`python -m benchmarks.judging_expressions` judges the corpus with Markbook, math-verify and sympy,
each case in a process that is killed after a few seconds, and prints who was right.
"""

import json
import time
from collections import Counter
from pathlib import Path
from statistics import median, quantiles
from typing import Any

import uvloop
from rich.console import Console
from rich.table import Table

from adapters.checkers.pool import ExpressionPool
from benchmarks.bench import Bench
from benchmarks.judging_rivals import Rival
from benchmarks.report import Comparison, RowResult, Target
from domain.answers.expression import Question
from domain.answers.schema import Syntax
from domain.answers.verdict import Verdict

CORPUS = Path(__file__).resolve().parents[1] / "tests/domain/answers/corpus/expressions.jsonl"
EASY = Question(path="$", expected="2x+2", given="2(x+1)")
HOSTILE = [
    "9**9**9**9",
    "(" * 10_000,
    "(" * 900 + "1" + ")" * 900,
    "±1" * 30,
    "__import__('os').system('true')",
    "*".join(f"(x+{count})" for count in range(590)),
    "*".join(["x"] * 290),
    "((((1000!)!)!)!)!",
    "√" * 55 + "2",
    "2^(" * 50 + "3" + ")" * 50,
    "e^(" * 50 + "x" + ")" * 50,
    "((((x+1)^999+1)^999+1)^999+1)^999",
    "{" + ";".join(f"√{count}" for count in range(2, 41)) + "}",
    "*".join(["sin x"] * 140) + "+1",
    ";".join(f"sin(x+{count})+y^2={count}" for count in range(25)),  # beside SYSTEM: killed
]
SYSTEM = ";".join(f"sin(x+{count})+y^2={count + 1}" for count in range(25))


def lines() -> list[dict[str, Any]]:
    return [json.loads(line) for line in CORPUS.read_text(encoding="utf-8").splitlines()]


def question(line: dict[str, Any]) -> Question:
    return Question(
        path="$",
        expected=line["key"]["expression"],
        given=line["answer"]["expression"],
        syntax=Syntax(line["schema"]["syntax"]),
        **line.get("rule", {}),
    )


def expressions(bench: Bench) -> RowResult:
    """Milliseconds a check over the whole corpus, one at a time, and after hostile ones."""
    found: dict[str, list[float]] = {"median ms": [], "p99 ms": []}
    hostile: dict[str, list[float]] = {"hostile, longest ms": [], "next check, longest ms": []}
    for _ in range(bench.rounds):
        times, ends, after = uvloop.run(_round(bench.seconds))
        found["median ms"].append(median(times))
        found["p99 ms"].append(quantiles(times, n=100)[98])
        hostile["hostile, longest ms"].append(max(ends))
        hostile["next check, longest ms"].append(max(after))
    targets = {
        "median ms": Target(1.0, 0.5),
        "p99 ms": Target(10.0, 5.0),
        "hostile, longest ms": Target(300.0),
        "next check, longest ms": Target(20.0),
    }
    return RowResult(
        name="expressions",
        comparisons=[
            Comparison(
                measure=name,
                base=[],
                markbook=values,
                better="less",
                relative=False,
                target=targets[name],
            )
            for name, values in {**found, **hostile}.items()
        ],
    )


async def _round(seconds: float) -> tuple[list[float], list[float], list[float]]:
    asked = [question(line) for line in lines()]
    times: list[float] = []
    ends: list[float] = []
    after: list[float] = []
    async with ExpressionPool() as pool:
        for one in asked[:50]:
            await pool.ask(one)
        until = time.perf_counter() + seconds
        while not times or time.perf_counter() < until:
            times += [await _timed(pool, one) for one in asked]
        for text in HOSTILE:
            for key in (text, "x+1", SYSTEM):
                ends.append(await _timed(pool, Question(path="$", expected=key, given=text)))
                after.append(await _timed(pool, EASY))
    return times, ends, after


async def _timed(pool: ExpressionPool, asked: Question) -> float:
    started = time.perf_counter()
    await pool.ask(asked)
    return (time.perf_counter() - started) * 1000


# --- beside other libraries ---------------------------------------------------------------------


def compared() -> None:
    """The table: right, false accepts, false rejects, errors and unknown, time."""
    # Modes and policies are Markbook's own; underscores must never reach sympy.
    cases = [line for line in lines() if "rule" not in line and "__" not in str(line["answer"])]
    table = Table(title=f"{len(cases)} pairs of the corpus")
    for title in ("", "right", "false accept", "false reject", "error, unknown", "median ms"):
        table.add_column(title, justify="left" if not title else "right")
    table.add_row("Markbook", *_row(*uvloop.run(_ours(cases))))
    for library in ("math_verify", "sympy"):
        table.add_row(library, *_row(*_theirs(library, cases)))
    Console(width=100).print(table)


async def _ours(cases: list[dict[str, Any]]) -> tuple[Counter[str], list[float]]:
    seen: Counter[str] = Counter()
    times: list[float] = []
    async with ExpressionPool() as pool:
        for case in cases:
            started = time.perf_counter()
            finding = await pool.ask(question(case))
            times.append((time.perf_counter() - started) * 1000)
            said = None if finding.verdict is Verdict.UNKNOWN else finding.verdict.value
            seen[_outcome(case["expect"], said)] += 1
    return seen, times


def _theirs(library: str, cases: list[dict[str, Any]]) -> tuple[Counter[str], list[float]]:
    seen: Counter[str] = Counter()
    times: list[float] = []
    with Rival(library) as rival:
        for case in cases:
            started = time.perf_counter()
            said = rival.verdict(question(case))
            times.append((time.perf_counter() - started) * 1000)
            seen[_outcome(case["expect"], said)] += 1
    return seen, times


def _outcome(expected: str, said: str | None) -> str:
    if said == expected or (said is None and expected == "invalid_format"):
        return "right"
    if said == "correct":
        return "false accept"
    if said is None:
        return "error"
    return "false reject" if expected == "correct" else "right"


def _row(seen: Counter[str], times: list[float]) -> list[str]:
    outcomes = ("right", "false accept", "false reject", "error")
    return [*(str(seen[outcome]) for outcome in outcomes), f"{median(times):.2f}"]


if __name__ == "__main__":
    compared()
