"""The load process: reads a LoadSpec from standard input, loads the server, writes a LoadResult.

Runs as `python -m benchmarks.load`, apart from the server, on a core of its own.
"""

import gc
import itertools
import os
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Literal

import msgspec

from benchmarks import bank, student
from benchmarks.bank import Claims, Person, Question
from benchmarks.exam import save_bodies
from benchmarks.http_client import Connection, LoadError, Script, run
from benchmarks.proc import cpu_us
from benchmarks.student import Session, Times

READ_EVERY_NS = 10_000_000
SIGN_IN_CONNECTIONS = 32
PAIR_WARM_UP = 0.1


class LoadSpec(msgspec.Struct, frozen=True, kw_only=True):
    """What to send where, and which processes to account for."""

    mode: Literal["autosave", "start_submit", "start", "attempts", "hand_in", "claims"]
    ports: list[int]
    exam: dict[str, Any]
    seconds: float
    warm_up: float = 1.0
    students: int = 16
    prefix: str = "run"
    pairs: int = 0
    keyed: bool = False
    people: list[Person] = []
    questions: list[Question] = []
    turns: int = 0
    reader: bool = False
    core: int | None = None
    server_pids: list[int] = []
    database_pids: list[int] = []
    fsync_counter: str | None = None


class LoadResult(msgspec.Struct, kw_only=True):
    """What was measured in the window; times in milliseconds unless the name says otherwise."""

    done: int
    seconds: float
    per_second: float
    p50_ms: float
    p99_ms: float
    max_ms: float
    server_cpu_us: float
    database_cpu_us: float
    client_core_share: float
    fsyncs_each: float | None = None
    submit_p99_ms: float | None = None
    read_p50_ms: float | None = None
    read_p99_ms: float | None = None
    reads: int = 0
    refused: int = 0


class Meter:
    """Readings of clock, processor time and fsync count at the two ends of the window."""

    def __init__(self, spec: LoadSpec) -> None:
        """Take the first reading."""
        self.spec = spec
        self.first = self._read()

    def result(self, taken: list[int]) -> LoadResult:
        """Take the second reading and divide by the number of requests."""
        spans = [last - first for first, last in zip(self.first, self._read(), strict=True)]
        wall, own, server, database, fsyncs = spans
        done = len(taken)
        if not done:
            raise LoadError("nothing was finished in the window")
        return LoadResult(
            done=done,
            seconds=wall / 1e9,
            per_second=done / (wall / 1e9),
            p50_ms=quantile(taken, 0.50),
            p99_ms=quantile(taken, 0.99),
            max_ms=max(taken) / 1e6,
            server_cpu_us=server / done,
            database_cpu_us=database / done,
            client_core_share=own / wall,
            fsyncs_each=fsyncs / done if self.spec.fsync_counter else None,
        )

    def _read(self) -> tuple[int, int, int, int, int]:
        return (
            time.perf_counter_ns(),
            time.process_time_ns(),
            cpu_us(self.spec.server_pids),
            cpu_us(self.spec.database_pids),
            _fsyncs(self.spec.fsync_counter),
        )


class Stop:
    """True from a moment on."""

    __slots__ = ("moment",)

    def __init__(self, moment: int) -> None:
        """Remember the moment (perf_counter_ns)."""
        self.moment = moment

    def __call__(self) -> bool:
        """Whether the moment has passed."""
        return time.perf_counter_ns() >= self.moment


def quantile(nanoseconds: list[int], share: float) -> float:
    """The nearest-rank quantile, in milliseconds."""
    ordered = sorted(nanoseconds)
    return ordered[min(len(ordered) - 1, int(len(ordered) * share))] / 1e6


def autosave(spec: LoadSpec) -> LoadResult:
    """Closed-loop students who change every answer at every save."""
    exam_id = spec.exam["examId"]
    names = [f"{spec.prefix}-student-{number}" for number in range(spec.students + spec.reader)]
    lines = [Connection(port) for port, _ in zip(itertools.cycle(spec.ports), names, strict=False)]
    jobs = zip(lines, [student.enrol(name, exam_id) for name in names], strict=True)
    sessions = run(list(jobs))
    bodies = [save_bodies(spec.exam, number) for number in range(spec.students)]

    def phase(seconds: float) -> tuple[Times, Times]:
        stop = _after(seconds)
        saves, reads = Times(stop), Times(stop)
        scripts = [
            student.save(session, own, saves)
            for session, own in zip(sessions[: spec.students], bodies, strict=True)
        ]
        scripts += [
            student.read(session, READ_EVERY_NS, time.perf_counter_ns, reads)
            for session in sessions[spec.students :]
        ]
        run(list(zip(lines, scripts, strict=True)))
        return saves, reads

    phase(spec.warm_up)
    meter = Meter(spec)
    saves, reads = phase(spec.seconds)
    result = meter.result(saves.taken)
    if reads.taken:
        result.reads = len(reads.taken)
        result.read_p50_ms = quantile(reads.taken, 0.50)
        result.read_p99_ms = quantile(reads.taken, 0.99)
    return result


def start_submit(spec: LoadSpec) -> LoadResult:
    """Closed-loop students; each start or pair is a user who signed in before the clock started."""
    exam_id = spec.exam["examId"]
    sessions = iter(_sign_in_all(spec))
    lines = [Connection(port) for port, _ in zip(itertools.cycle(spec.ports), range(spec.students))]

    def phase(users: Iterator[Session], seconds: float) -> tuple[Times, list[int]]:
        times = Times(_after(seconds))
        scripts = [
            student.start_and_submit(
                users, exam_id, times, keyed=spec.keyed, submits=spec.mode == "start_submit"
            )
            for _ in lines
        ]
        submits = run(list(zip(lines, scripts, strict=True)))
        return times, list(itertools.chain.from_iterable(submits))

    phase(itertools.islice(sessions, int(spec.pairs * PAIR_WARM_UP)), spec.warm_up)
    meter = Meter(spec)
    times, submits = phase(itertools.islice(sessions, spec.pairs), spec.seconds)
    result = meter.result(times.taken)
    if submits:
        result.submit_p99_ms = quantile(submits, 0.99)
    return result


def attempts(spec: LoadSpec) -> LoadResult:
    """Closed-loop learners at the Bank; `hand_in` ends after `turns`, whatever the time."""
    lines = [Connection(spec.ports[0]) for _ in range(spec.students)]
    judged = spec.mode == "attempts"
    numbers = itertools.count() if judged else iter(range(spec.turns))

    def phase(stop: Callable[[], bool]) -> Times:
        times = Times(stop)
        run(
            [
                (
                    line,
                    bank.answer_problems(
                        spec.people, spec.questions, numbers, times, keyed=spec.keyed, judged=judged
                    ),
                )
                for line in lines
            ]
        )
        return times

    if judged:
        phase(_after(spec.warm_up))
    meter = Meter(spec)
    times = phase(_after(spec.seconds) if judged else _never)
    return meter.result(times.taken)


def claims(spec: LoadSpec) -> LoadResult:
    """Graders at one queue; afterwards no review may have been given to two of them."""
    crowd = [Claims(person) for person in spec.people]
    lines = [Connection(spec.ports[0]) for _ in crowd]

    def phase(seconds: float) -> tuple[Times, Times]:
        claiming, listing = Times(_after(seconds)), Times(_never)
        run(
            [
                (line, bank.claim_reviews(one, claiming, listing))
                for line, one in zip(lines, crowd, strict=True)
            ]
        )
        return claiming, listing

    phase(spec.warm_up)
    before = sum(one.refused for one in crowd)
    meter = Meter(spec)
    claiming, listing = phase(spec.seconds)
    result = meter.result(claiming.taken)
    result.refused = sum(one.refused for one in crowd) - before
    result.reads = len(listing.taken)
    result.read_p50_ms = quantile(listing.taken, 0.50)
    result.read_p99_ms = quantile(listing.taken, 0.99)
    taken = [review for one in crowd for review in one.mine]
    if len(taken) != len(set(taken)):
        raise LoadError(f"{len(taken) - len(set(taken))} reviews were given to two graders")
    told = run([(line, bank.count_claimed(one)) for line, one in zip(lines, crowd, strict=True)])
    if told != [len(one.mine) for one in crowd]:
        raise LoadError("the server lists other reviews than those it has given")
    return result


def _sign_in_all(spec: LoadSpec) -> list[Session]:
    """`spec.pairs` signed-in users; their sessions live on the first port only."""
    lines = [Connection(spec.ports[0]) for _ in range(SIGN_IN_CONNECTIONS)]

    def one_line(first: int) -> Script[list[Session]]:
        got = []
        for number in range(first, spec.pairs, SIGN_IN_CONNECTIONS):
            session = yield from student.sign_in(f"{spec.prefix}-pair-{number}")
            got.append(session)
        return got

    found = run([(line, one_line(place)) for place, line in enumerate(lines)])
    for line in lines:
        line.close()
    return list(itertools.chain.from_iterable(found))


def _after(seconds: float) -> Stop:
    return Stop(time.perf_counter_ns() + int(seconds * 1e9))


def _never() -> bool:
    return False


def _fsyncs(path: str | None) -> int:
    return int.from_bytes(Path(path).read_bytes(), sys.byteorder) if path else 0


LOADS: dict[str, Callable[[LoadSpec], LoadResult]] = {
    "autosave": autosave,
    "start_submit": start_submit,
    "start": start_submit,
    "attempts": attempts,
    "hand_in": attempts,
    "claims": claims,
}


def main() -> None:
    """Read the spec, pin, measure, print."""
    spec = msgspec.json.decode(sys.stdin.buffer.read(), type=LoadSpec)
    if spec.core is not None:
        os.sched_setaffinity(0, {spec.core})
    gc.disable()
    try:
        result = LOADS[spec.mode](spec)
    except (LoadError, OSError) as error:
        sys.exit(f"load: {error}")
    sys.stdout.buffer.write(msgspec.json.encode(result))


if __name__ == "__main__":
    main()
