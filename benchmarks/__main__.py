"""The command line: `python -m benchmarks [ROWS] [OPTIONS]`."""

import os
import platform
import sqlite3
import tempfile
from collections.abc import Callable
from pathlib import Path

import click
from rich.console import Console

from benchmarks import (
    bank_rows,
    bearer,
    history_rows,
    importing,
    judging_expressions,
    judging_values,
    lists,
    rows,
)
from benchmarks.bench import Bench, NotMeasured, default_subjects, probe_disk
from benchmarks.exam import load_exam
from benchmarks.fsync_shim import FsyncShim, ShimUnavailable
from benchmarks.report import RowResult, as_json, show
from benchmarks.subjects import DRIVER, CeilingServer

ROWS: dict[str, Callable[[Bench], RowResult]] = {
    "autosave": rows.autosave,
    "start_submit": rows.start_submit,
    "idempotency": rows.idempotency,
    "two_processes": rows.two_processes,
    "slow_disk": rows.slow_disk,
    "rebuild": history_rows.rebuild,
    "million": history_rows.million,
    "million_pairs": history_rows.million_pairs,
    "cold_start": history_rows.cold_start,
    "postgres": rows.postgres,
    "judging": judging_values.judging,
    "expressions": judging_expressions.expressions,
    "lists": lists.lists,
    "bearer": bearer.bearer,
    "import_problems": importing.import_problems,
    "attempts": bank_rows.attempts,
    "review_queue": bank_rows.review_queue,
}
TABLE_WIDTH = 130
SAMPLES = Path(__file__).resolve().parents[1] / ".." / "shared" / "samples" / "exams"


@click.command()
@click.argument("names", nargs=-1, type=click.Choice(list(ROWS)))
@click.option("--rounds", default=6, show_default=True, help="paired rounds a row")
@click.option("--seconds", default=5.0, show_default=True, help="measured window of a round")
@click.option("--warm-up", default=1.0, show_default=True, help="seconds of load before it")
@click.option("--only", type=click.Choice(["ceiling", "markbook"]), help="one side only")
@click.option("--samples", type=click.Path(path_type=Path), default=SAMPLES, help="exam folder")
@click.option("--work", type=click.Path(path_type=Path, exists=True), help="folder on a real disk")
@click.option("--events", default=1_000_000, show_default=True, help="past events of a long log")
@click.option("--users", default=10_000, show_default=True, help="past users of a long log")
@click.option("--problems", default=1_000_000, show_default=True, help="rows of long lists")
@click.option("--commit", type=click.Choice(["inline", "thread"]), help="ceiling on SQLite")
@click.option("--locked/--busy", default=True, help="ceiling with two processes: how they wait")
@click.option("--driver", type=click.Choice(["pool", "libpq"]), default=DRIVER, show_default=True)
@click.option("--json", "json_file", type=click.Path(path_type=Path), help="write all figures here")
def main(
    *,
    names: tuple[str, ...],
    rounds: int,
    seconds: float,
    warm_up: float,
    only: str | None,
    samples: Path,
    work: Path | None,
    events: int,
    users: int,
    problems: int,
    commit: str | None,
    locked: bool,
    driver: str,
    json_file: Path | None,
) -> None:
    """Markbook beside the fastest CRUD service we could write, in paired rounds."""
    console = Console()
    console.width = max(console.width, TABLE_WIDTH)
    found: list[RowResult] = []
    with tempfile.TemporaryDirectory(prefix="markbook-bench-", dir=work) as name:
        folder = Path(name)
        folder.chmod(0o755)  # a database server that runs as another user must pass through
        ceiling = CeilingServer(commit=commit, locked=locked, driver=driver)
        bench = Bench(
            work=folder,
            exam=load_exam(samples),
            rounds=rounds,
            seconds=seconds,
            warm_up=warm_up,
            shim=_shim(console, folder),
            ceiling=ceiling,
            subjects=default_subjects(ceiling, only),
            events=events,
            users=users,
            problems=problems,
        )
        machine = {
            "cores": os.cpu_count(),
            "pinned": bench.pinned,
            "python": platform.python_version(),
            "sqlite": sqlite3.sqlite_version,
            "fdatasync_us": round(probe_disk(folder)),
            "rounds": rounds,
            "seconds": seconds,
        }
        console.print(", ".join(f"{key} {value}" for key, value in machine.items()))
        for row in names or ROWS:
            with console.status(f"{row} …"):
                found.append(_measured(bench, row))
            console.print(f"{row}: done")
        show(console, found)
        if json_file is not None:
            json_file.write_bytes(as_json(machine, found))


def _measured(bench: Bench, row: str) -> RowResult:
    try:
        return ROWS[row](bench)
    except NotMeasured as reason:
        return RowResult(name=row, not_measured=str(reason))


def _shim(console: Console, folder: Path) -> FsyncShim | None:
    try:
        return FsyncShim(folder)
    except ShimUnavailable as reason:
        console.print(f"no fsync shim: {reason}", style="yellow")
        return None


if __name__ == "__main__":
    main()
