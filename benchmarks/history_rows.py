"""The rows about a long log: rebuild, autosave with a million past events, cold start."""

import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import msgspec

from benchmarks.bench import Bench, NotMeasured
from benchmarks.load import LoadResult
from benchmarks.proc import cpu_us, resident_bytes
from benchmarks.report import Comparison, RowResult, Target
from benchmarks.subjects import MarkbookServer, program
from projections.registry import PROJECTIONS

FILL_SECONDS = 1800
REBUILD_SECONDS = 600
SETTLE_SECONDS = 1.0
CATCH_UP_SECONDS, CALM_SECONDS, CALM_CPU_US = 900, 3, 50_000
MEGABYTE = 1_000_000
FILLED = "filled"


class Scanned(msgspec.Struct):
    """What `python -m benchmarks.product scan` prints."""

    events: int
    seconds: float


def filled_folder(bench: Bench) -> Path:
    """A data folder with a long history, made once a run and shared by the three rows."""
    if not bench.has(MarkbookServer):
        raise NotMeasured("only Markbook has a log")
    folder = bench.work / FILLED
    if not (folder / "filled").exists():
        folder.mkdir(exist_ok=True)
        MarkbookServer().prepare(folder, bench.exam)
        with bench.serve(MarkbookServer(), folder):
            pass  # the server makes its tables and imports the exam
        _product("fill", str(folder), str(bench.events), str(bench.users), seconds=FILL_SECONDS)
        with bench.serve(MarkbookServer(), folder) as (running, _counter):
            settle(running.pids)  # files and followed views catch up with the history
        (folder / "filled").touch()
    return folder


def rebuild(bench: Bench) -> RowResult:
    """`markbook rebuild` of the inline views against a bare scan, decode and fold of the same log.

    The followed ones cost more a row (words, the audit log): they are built beside.
    """
    folder = filled_folder(bench)
    inline = [one.name for one in PROJECTIONS if one.inline]

    def scan() -> float:
        found = msgspec.json.decode(
            _product("scan", str(folder), seconds=REBUILD_SECONDS), type=Scanned
        )
        return found.events / found.seconds

    def build() -> float:
        count = msgspec.json.decode(
            _product("count", str(folder), seconds=REBUILD_SECONDS), type=Scanned
        )
        began = time.perf_counter()
        _run([str(program()), "rebuild", "--data", str(folder), *inline], REBUILD_SECONDS)
        return count.events / (time.perf_counter() - began)

    base, mine = _alternate(bench.rounds, scan, build)
    return RowResult(
        name="rebuild",
        comparisons=[
            Comparison(measure="events/s", base=base, markbook=mine, target=Target(0.8, 1.2))
        ],
    )


def million(bench: Bench) -> RowResult:
    """Autosave on the long log against autosave on an empty one; both sides are Markbook."""
    return _long_against_empty(bench, "million", "autosave", "saves/s", Target(0.9, 0.98))


def million_pairs(bench: Bench) -> RowResult:
    """Start and submit on the long log against the same on an empty one."""
    return _long_against_empty(bench, "million_pairs", "start_submit", "pairs/s", Target(1.0))


def _long_against_empty(
    bench: Bench, name: str, mode: str, measure: str, target: Target
) -> RowResult:
    folder = filled_folder(bench)
    server = MarkbookServer()
    empty: list[LoadResult] = []
    long: list[LoadResult] = []

    def on_empty() -> float:
        empty.append(bench.measure(server, mode))
        return empty[-1].per_second

    def on_long() -> float:
        with bench.serve(server, folder) as (running, counter):
            long.append(bench.load(running, counter, mode=mode))
        return long[-1].per_second

    base, mine = _alternate(bench.rounds, on_empty, on_long)
    return RowResult(
        name=name,
        raw={"empty log": empty, "long log": long},
        comparisons=[
            Comparison(
                measure=f"{measure} (base: empty log)", base=base, markbook=mine, target=target
            )
        ],
    )


def cold_start(bench: Bench) -> RowResult:
    """From exec to the first 200 of /api/healthz, and the memory it then holds."""
    folder = filled_folder(bench)
    seconds, memory = [], []
    for _ in range(bench.rounds):
        with bench.serve(MarkbookServer(), folder) as (running, _counter):
            seconds.append(running.first_answer)
            first = resident_bytes(running.pids)
            time.sleep(SETTLE_SECONDS)
            memory.append(max(first, resident_bytes(running.pids)) / MEGABYTE)
    return RowResult(
        name="cold_start",
        comparisons=[
            Comparison(
                measure="seconds to the first answer",
                base=[],
                markbook=seconds,
                better="less",
                relative=False,
                target=Target(2.0, 1.0),
            ),
            Comparison(
                measure="resident MB",
                base=[],
                markbook=memory,
                better="less",
                relative=False,
                target=Target(200.0, 120.0),
            ),
        ],
    )


def settle(pids: list[int]) -> None:
    """Return once the servers have been nearly idle for a few seconds, or after a long time."""
    deadline, calm, before = time.monotonic() + CATCH_UP_SECONDS, 0, cpu_us(pids)
    while calm < CALM_SECONDS and time.monotonic() < deadline:
        time.sleep(1)
        now = cpu_us(pids)
        calm = calm + 1 if now - before < CALM_CPU_US else 0
        before = now


def _alternate(
    rounds: int, base: Callable[[], float], mine: Callable[[], float]
) -> tuple[list[float], list[float]]:
    found: tuple[list[float], list[float]] = ([], [])
    for number in range(rounds):
        order = ((0, base), (1, mine)) if number % 2 == 0 else ((1, mine), (0, base))
        for side, measure in order:
            found[side].append(measure())
    return found


def _product(*words: str, seconds: int) -> bytes:
    return _run([sys.executable, "-m", "benchmarks.product", *words], seconds)


def _run(command: list[str], seconds: int) -> bytes:
    try:
        done = subprocess.run(command, capture_output=True, check=False, timeout=seconds)
    except (OSError, subprocess.TimeoutExpired) as error:
        raise NotMeasured(str(error)) from error
    if done.returncode != 0:
        raise NotMeasured(done.stderr.decode(errors="replace").strip()[-800:])
    return done.stdout
