"""The rows that load a server: one function each, paired rounds in alternating order."""

from collections.abc import Callable, Iterable

from benchmarks.bench import Bench, NotMeasured
from benchmarks.load import LoadResult
from benchmarks.postgres import PostgresUnavailable, postgres_server
from benchmarks.report import Better, Comparison, RowResult, Target
from benchmarks.serving import free_port
from benchmarks.subjects import MarkbookServer, Subject

Results = dict[str, list[LoadResult]]
SLOW_DISK_US = 3000


def paired(bench: Bench, measure: Callable[[Subject], LoadResult]) -> Results:
    """Rounds in the order ABBA…, so that a slow drift of the machine hits both sides."""
    results: Results = {subject.name: [] for subject in bench.subjects}
    for number in range(bench.rounds):
        for subject in bench.subjects if number % 2 == 0 else reversed(bench.subjects):
            results[subject.name].append(measure(subject))
    return results


def compare(
    results: Results,
    measure: str,
    field: str,
    better: Better = "more",
    target: Target | None = None,
    *,
    relative: bool = True,
) -> Comparison:
    """One field of the results on both sides."""
    sides = {side: list(_values(found, field)) for side, found in results.items()}
    return Comparison(
        measure=measure,
        base=sides.get("ceiling", []),
        markbook=sides.get("markbook", []),
        better=better,
        target=target or Target(),
        relative=relative,
    )


def _values(found: list[LoadResult], field: str) -> Iterable[float]:
    return (value for result in found if (value := getattr(result, field)) is not None)


def autosave(bench: Bench) -> RowResult:
    """Saves of all 50 answers, SQLite, durable."""
    results = paired(bench, lambda subject: bench.measure(subject, "autosave"))
    return RowResult(
        name="autosave",
        raw=results,
        comparisons=[
            compare(results, "saves/s", "per_second", target=Target(1.15, 1.4)),
            compare(results, "p99 ms", "p99_ms", "less", Target(1.0)),
            compare(results, "fsyncs a save", "fsyncs_each", "less"),
        ],
    )


def start_submit(bench: Bench) -> RowResult:
    """Start and submit by a new user each time; only Markbook writes files."""
    results = paired(bench, lambda subject: bench.measure(subject, "start_submit"))
    return RowResult(
        name="start_submit",
        raw=results,
        comparisons=[
            compare(results, "pairs/s", "per_second", target=Target(0.65, 0.85)),
            compare(results, "p99 of a pair, ms", "p99_ms", "less", Target(1.3)),
        ],
    )


def idempotency(bench: Bench) -> RowResult:
    """POSTs with an Idempotency-Key of their own against the same without; both are Markbook.

    Starts, whose answer is small and which write no file, then start and submit as a pair.
    """
    if not bench.has(MarkbookServer):
        raise NotMeasured("only Markbook knows keys")
    measured: dict[str, Results] = {}
    for mode in ("start", "start_submit"):
        sides: Results = {"without": [], "with a key": []}
        for number in range(bench.rounds):
            for keyed in (False, True) if number % 2 == 0 else (True, False):
                side = sides["with a key" if keyed else "without"]
                side.append(bench.measure(MarkbookServer(), mode, keyed=keyed))
        measured[mode] = sides
    comparisons = []
    for mode, what in (("start", "starts"), ("start_submit", "pairs")):
        sides = {"ceiling": measured[mode]["without"], "markbook": measured[mode]["with a key"]}
        comparisons += [
            compare(sides, f"{what}/s (base: no key)", "per_second", target=Target(0.9, 0.95)),
            compare(sides, f"p99 of {what}, ms", "p99_ms", "less"),
            compare(sides, f"server CPU of {what}, µs", "server_cpu_us", "less"),
        ]
    return RowResult(
        name="idempotency",
        raw={
            f"{mode}, {side}": one
            for mode, found in measured.items()
            for side, one in found.items()
        },
        comparisons=comparisons,
    )


def two_processes(bench: Bench) -> RowResult:
    """Two server processes on one SQLite file; nothing pinned, half of the students each."""
    results = paired(
        bench, lambda subject: bench.measure(subject, "autosave", processes=2, pin=False)
    )
    return RowResult(
        name="two_processes",
        raw=results,
        comparisons=[
            compare(results, "saves/s", "per_second", target=Target(1.0, 1.2)),
            compare(results, "p99 ms", "p99_ms", "less"),
        ],
    )


def slow_disk(bench: Bench) -> RowResult:
    """3 ms added to every fsync of both; one more student reads beside the writers."""
    results = paired(
        bench,
        lambda subject: bench.measure(subject, "autosave", delay_us=SLOW_DISK_US, reader=True),
    )
    reads = Target(6.0, 4.0)
    return RowResult(
        name="slow_disk",
        raw=results,
        comparisons=[
            compare(results, "saves/s", "per_second", target=Target(5.0, 7.0)),
            compare(results, "p99 of GET, ms", "read_p99_ms", "less", reads, relative=False),
        ],
    )


def postgres(bench: Bench) -> RowResult:
    """Autosave and start + submit on a PostgreSQL server of its own; only the app is pinned."""
    try:
        with postgres_server(bench.work, free_port()) as server:

            def measure(subject: Subject, mode: str) -> LoadResult:
                with server.database(f"bench_{next(bench.numbers)}") as url:
                    return bench.measure(subject, mode, database=url, database_pids=[server.pid])

            saves = paired(bench, lambda subject: measure(subject, "autosave"))
            pairs = paired(bench, lambda subject: measure(subject, "start_submit"))
    except PostgresUnavailable as reason:
        raise NotMeasured(str(reason)) from reason
    return RowResult(
        name="postgres",
        raw={
            **{f"{side}, autosave": found for side, found in saves.items()},
            **{f"{side}, start+submit": found for side, found in pairs.items()},
        },
        comparisons=[
            compare(saves, "saves/s", "per_second", target=Target(0.85, 1.05)),
            compare(saves, "p99 ms", "p99_ms", "less"),
            compare(pairs, "pairs/s", "per_second", target=Target(0.5, 0.7)),
            compare(pairs, "p99 of a pair, ms", "p99_ms", "less"),
        ],
    )
