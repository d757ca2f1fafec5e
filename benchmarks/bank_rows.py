"""The rows about answers in the Bank: `attempts` and `review_queue`; both are Markbook alone."""

import json
import os
import shutil
import subprocess
from pathlib import Path

from adapters.principals import Role
from adapters.settings import TOKEN_KEY_FILE
from adapters.tokens import Tokens, load_key
from benchmarks.bank import Person, Question
from benchmarks.bench import Bench, NotMeasured
from benchmarks.history_rows import settle
from benchmarks.importing import items
from benchmarks.load import LoadResult
from benchmarks.report import Comparison, RowResult, Target
from benchmarks.subjects import MarkbookServer, program

PROBLEMS, LEARNERS = 100, 250
REVIEWS, GRADERS = 10_000, 20
TOKEN_SECONDS = 86_400


def attempts(bench: Bench) -> RowResult:
    """Start, submit and automatic check, all three requests without keys, then with them."""
    _needs_markbook(bench)
    filled = bench.folder()
    questions = _imported(filled, "auto")
    sides: dict[str, list[LoadResult]] = {"without keys": [], "with keys": []}
    for number in range(bench.rounds):
        for keyed in (False, True) if number % 2 == 0 else (True, False):
            data = _copy(bench, filled)
            with bench.serve(MarkbookServer(), data) as (running, counter):
                found = bench.load(
                    running,
                    counter,
                    mode="attempts",
                    keyed=keyed,
                    people=_people(data, Role.LEARNER, LEARNERS),
                    questions=questions,
                )
            sides["with keys" if keyed else "without keys"].append(found)
    comparisons = []
    for side, results in sides.items():
        rates = [one.per_second for one in results]
        comparisons += [
            _own(f"attempts/s, {side}", rates, Target(400, 800), more=True),
            _own(f"p99 of the three requests, {side}, ms", [one.p99_ms for one in results]),
        ]
    return RowResult(name="attempts", raw=sides, comparisons=comparisons)


def review_queue(bench: Bench) -> RowResult:
    """Graders who all read the front of one queue of 10,000 and claim what they see there."""
    _needs_markbook(bench)
    filled = _filled_queue(bench)
    found = []
    for _ in range(bench.rounds):
        data = _copy(bench, filled)
        with bench.serve(MarkbookServer(), data) as (running, counter):
            graders = _people(data, Role.CHECKER, GRADERS)
            found.append(bench.load(running, counter, mode="claims", people=graders))
    granted = [(one.done - one.refused) / one.seconds for one in found]
    return RowResult(
        name="review_queue",
        raw={"claims, granted or refused": found},
        comparisons=[
            _own("p99 of a claim, ms", [one.p99_ms for one in found], Target(50, 25)),
            _own("p99 of a page of the queue, ms", [one.read_p99_ms or 0 for one in found]),
            _own("claims granted/s", granted, more=True),
            _own("refused, another was first, %", [100 * one.refused / one.done for one in found]),
        ],
    )


def _filled_queue(bench: Bench) -> Path:
    """A data folder in which 10,000 answers wait for a person; handed in over HTTP."""
    data = bench.folder()
    questions = _imported(data, "manual")
    with bench.serve(MarkbookServer(), data) as (running, counter):
        learners = _people(data, Role.LEARNER, LEARNERS)
        bench.load(
            running, counter, mode="hand_in", people=learners, questions=questions, turns=REVIEWS
        )
        settle(running.pids)  # what follows the log has caught up before anything is measured
    return data


def _imported(data: Path, method: str) -> list[Question]:
    """Published problems in an empty data folder, by the command; the report names versions."""
    path, report = data.parent / f"{method}.jsonl", data.parent / f"{method}-report.jsonl"
    rows = [one | {"checkingRule": _rule(method)} for one in items(PROBLEMS)]
    path.write_text("".join(f"{json.dumps(row)}\n" for row in rows), encoding="utf-8")
    words = ["import", "problems", str(path), "--report", str(report), "--data", str(data)]
    environment = MarkbookServer().environment()
    subprocess.run([str(program()), *words], check=True, capture_output=True, env=environment)
    reported = [json.loads(line) for line in report.read_text(encoding="utf-8").splitlines()]
    return [
        Question(told["versionId"], row["answerKey"]["value"])
        for told, row in zip(reported, rows, strict=True)
    ]


def _rule(method: str) -> dict[str, object]:
    return {"method": method, "scoringRule": {"maxScore": 1}}


def _people(data: Path, role: Role, count: int) -> list[Person]:
    """Tokens by the key of the installation."""
    tokens = Tokens(load_key(data / TOKEN_KEY_FILE))
    names = [f"{role}-{number}" for number in range(count)]
    return [Person(name, tokens.issue(name, [role], None, TOKEN_SECONDS)) for name in names]


def _copy(bench: Bench, filled: Path) -> Path:
    data = bench.folder()
    shutil.copytree(filled, data, dirs_exist_ok=True)
    for path in data.glob("*.sqlite3"):
        with path.open("rb+") as file:
            os.fsync(file.fileno())  # else the first checkpoint pays for the whole copy
    return data


def _own(
    measure: str, values: list[float], target: Target | None = None, *, more: bool = False
) -> Comparison:
    return Comparison(
        measure=measure,
        base=[],
        markbook=values,
        better="more" if more else "less",
        target=target or Target(),
        relative=False,
    )


def _needs_markbook(bench: Bench) -> None:
    if not bench.has(MarkbookServer):
        raise NotMeasured("only Markbook has a Bank")
