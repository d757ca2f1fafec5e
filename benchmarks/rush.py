"""The day of the exam: `python -m benchmarks.rush [--scale 0.1] [--seconds 60]`.

3,000 students sign in with passwords over five minutes, all start within ten seconds, save all 50
answers every ten seconds for three minutes and hand in within the last thirty seconds. One server
process on one core, SQLite, loopback. Every acknowledged answer is compared with the bundles.
"""

import contextlib
import gc
import json
import os
import random
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import click
from rich.console import Console
from rich.table import Table

from benchmarks import student
from benchmarks.bench import LOAD_CORE, SERVER_CORE
from benchmarks.crowd import Crowd
from benchmarks.exam import SAMPLE, generate_exam, save_bodies
from benchmarks.http_client import LoadError, Pause, Script
from benchmarks.load import quantile
from benchmarks.proc import cpu_us, resident_bytes
from benchmarks.serving import Running, free_port, serving
from benchmarks.subjects import MarkbookServer

STUDENTS = 3000
SIGN_IN_SECONDS, START_SECONDS, SUBMIT_SECONDS = 300.0, 10.0, 30.0
SAVE_EVERY_SECONDS = 10.0
CALM_SECONDS = 2.0  # between signing in and the start, and before the first student signs in
PASSWORD = "correct horse battery staple"
SECOND = 1_000_000_000


@dataclass(frozen=True)
class Plan:
    """When what happens, in seconds after the beginning."""

    students: int
    sign_in: float
    start: float
    saving: float
    submit: float

    @property
    def starts_at(self) -> float:
        """When the exam opens."""
        return CALM_SECONDS + self.sign_in + CALM_SECONDS

    @property
    def ends_at(self) -> float:
        """When the last student has handed in."""
        return self.starts_at + self.start + self.saving


def planned(scale: float, seconds: float) -> Plan:
    """The day with a part of the students: as many a second sign in, start and hand in."""
    return Plan(
        students=max(1, round(STUDENTS * scale)),
        sign_in=SIGN_IN_SECONDS * scale,
        start=START_SECONDS * scale,
        saving=seconds,
        submit=min(SUBMIT_SECONDS * scale, seconds),
    )


@dataclass
class Tally:
    """Latencies in nanoseconds, what was acknowledged last for each attempt, and what failed."""

    sign_in: list[int] = field(default_factory=list)
    start: list[int] = field(default_factory=list)
    save: list[int] = field(default_factory=list)
    submit: list[int] = field(default_factory=list)
    acknowledged: dict[str, bytes] = field(default_factory=dict)
    failures: list[str] = field(default_factory=list)


def sitting(number: int, plan: Plan, began: int, bodies: list[bytes], tally: Tally) -> Script[None]:
    """All that one student does; whatever goes wrong ends it and is counted."""
    try:
        yield from _sitting(number, plan, began, bodies, tally)
    except LoadError as error:
        tally.failures.append(f"student-{number}: {error}")


def _sitting(
    number: int, plan: Plan, began: int, bodies: list[bytes], tally: Tally
) -> Script[None]:
    draw = random.Random(number)

    def at(seconds: float) -> Pause:
        return Pause(began + int(seconds * SECOND))

    yield at(CALM_SECONDS + plan.sign_in * number / plan.students)
    session = yield from student.sign_in(f"student-{number}", PASSWORD, tally.sign_in)
    started = plan.starts_at + draw.uniform(0, plan.start)
    yield at(started)
    taken = yield from student.start(session, SAMPLE)
    tally.start.append(taken)
    path = f"/api/attempts/{session.attempt}"
    end = plan.ends_at - draw.uniform(0, plan.submit)
    due = started + draw.uniform(0, SAVE_EVERY_SECONDS)
    turn = number
    while due < end:
        yield at(due)
        body = bodies[turn % len(bodies)].replace(b"Draft", b"Draft of student %d," % number)
        answer = yield student.request("PUT", path, session.lines, body)
        tally.save.append(student.expect(answer, student.OK).nanoseconds)
        tally.acknowledged[session.attempt] = body
        turn += 1
        due += SAVE_EVERY_SECONDS
    yield at(end)
    answer = yield student.request("POST", f"{path}/submit", session.lines, b"{}")
    tally.submit.append(student.expect(answer, student.OK).nanoseconds)
    tally.acknowledged.setdefault(session.attempt, b'{"answers":[]}')


def lost(data: Path, tally: Tally) -> list[str]:
    """The attempts whose bundle is missing or holds anything but what was acknowledged last."""
    bundles = {}
    for path in (data / "output").glob("*.json"):
        attempt = json.loads(path.read_bytes())["attempt"]
        bundles[attempt["attemptId"]] = _by_question(attempt["answers"])
    return [
        attempt_id
        for attempt_id, body in tally.acknowledged.items()
        if bundles.get(attempt_id) != _by_question(json.loads(body)["answers"])
    ]


def _by_question(answers: list[dict[str, Any]]) -> dict[str, Any]:
    return {one["questionId"]: (one["response"], one.get("timeSec")) for one in answers}


@dataclass(frozen=True)
class Row:
    """A line of the table: the latencies of one kind of request, and the bound on its p99."""

    name: str
    taken: list[int]
    most_ms: float | None

    @property
    def holds(self) -> bool:
        """Whether there are figures and they are within the bound."""
        return bool(self.taken) and (
            self.most_ms is None or quantile(self.taken, 0.99) < self.most_ms
        )


@click.command()
@click.option("--scale", default=1.0, show_default=True, help="part of the 3,000 students")
@click.option("--seconds", default=180.0, show_default=True, help="how long they save answers")
@click.option("--work", type=click.Path(path_type=Path, exists=True), help="folder on a real disk")
def main(*, scale: float, seconds: float, work: Path | None) -> None:
    """A whole exam morning against one server process; exits with 1 if anything is missed."""
    console, plan = Console(width=110), planned(scale, seconds)
    _raise_limits()
    with tempfile.TemporaryDirectory(prefix="markbook-rush-", dir=work) as name:
        data = Path(name) / "data"
        data.mkdir()
        MarkbookServer().prepare(data, generate_exam())
        console.print(f"making {plan.students} accounts …")
        _make_accounts(data, plan.students)
        console.print(f"{plan.students} students, {plan.ends_at:.0f} s …")
        with _served(data) as running:
            tally, notes = _morning(plan, running)
        missing = lost(data, tally)
    held = _show(console, plan, tally, missing, notes)
    sys.exit(0 if held else 1)


def _morning(plan: Plan, running: Running) -> tuple[Tally, list[str]]:
    """Let it happen; what was measured, and what it cost."""
    tally = Tally()
    bodies = save_bodies(generate_exam(), 0)
    crowd = Crowd[None](running.ports[0])
    before, began = cpu_us(running.pids), time.perf_counter_ns()
    gc.freeze()
    with _on_load_core():
        crowd.run(sitting(number, plan, began, bodies, tally) for number in range(plan.students))
    wall = (time.perf_counter_ns() - began) / 1e9
    used = (cpu_us(running.pids) - before) / 1e6
    share, memory = 100 * used / wall, resident_bytes(running.pids) / 2**20
    late, latest = quantile(crowd.late, 0.99), max(crowd.late) / 1e6
    return tally, [
        f"server: {used:.1f} s of a core in {wall:.1f} s ({share:.0f} %), {memory:.0f} MB",
        f"load: {crowd.connections} connections; {late:.1f} ms late at p99, {latest:.1f} at most",
    ]


def _show(console: Console, plan: Plan, tally: Tally, missing: list[str], notes: list[str]) -> bool:
    rows = [
        Row("sign in (password)", tally.sign_in, None),
        Row("start", tally.start, 2000.0),
        Row("autosave, 50 answers", tally.save, 500.0),
        Row("submit", tally.submit, 2000.0),
    ]
    table = Table(title=f"{plan.students} students, one server process on one core, SQLite")
    for column in ("request", "number", "p50 ms", "p99 ms", "max ms", "p99 must be", ""):
        table.add_column(column, justify="left" if column == "request" else "right")
    for row in rows:
        figures = [f"{quantile(row.taken, q):.1f}" if row.taken else "–" for q in (0.5, 0.99, 1.0)]
        bound = f"< {row.most_ms:.0f}" if row.most_ms else ""
        verdict = "[green]held[/]" if row.holds else "[red]missed[/]"
        table.add_row(row.name, str(len(row.taken)), *figures, bound, verdict if bound else "")
    console.print(table)
    errors, students = len(tally.failures), len(tally.submit)
    console.print(f"{errors} errors; {students} of {plan.students} handed in", markup=False)
    console.print(f"{len(tally.acknowledged)} bundles compared, {len(missing)} differ")
    for line in [*notes, *tally.failures[:10], *missing[:10]]:
        console.print(line, markup=False)
    whole = not errors and not missing and students == plan.students
    return whole and all(row.holds for row in rows)


def _make_accounts(data: Path, students: int) -> None:
    command = [sys.executable, "-m", "benchmarks.product", "accounts", str(data)]
    subprocess.run([*command, str(students), PASSWORD], check=True, stdout=subprocess.DEVNULL)


@contextlib.contextmanager
def _served(data: Path) -> Iterator[Running]:
    subject, port = MarkbookServer(), free_port()
    command = subject.command(data, port, None, shared=False)
    environment = subject.environment() | {"MARKBOOK_LOGIN": "password"}
    core = SERVER_CORE if _two_cores() else None
    with serving([(port, command)], environment, data.parent / "server.log", core) as running:
        yield running


@contextlib.contextmanager
def _on_load_core() -> Iterator[None]:
    before = os.sched_getaffinity(0)
    if _two_cores():
        os.sched_setaffinity(0, {LOAD_CORE})
    try:
        yield
    finally:
        os.sched_setaffinity(0, before)


def _two_cores() -> bool:
    return {SERVER_CORE, LOAD_CORE} <= os.sched_getaffinity(0)


def _raise_limits() -> None:
    """Every student has a connection, on both sides."""
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))


if __name__ == "__main__":
    main()
