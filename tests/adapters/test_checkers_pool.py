"""The pool: killed workers, warm spares, a bounded queue, quotas, limits, no orphans."""

import asyncio
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from adapters.checkers.pool import MAX_AT_ONCE, MAX_WAITING, ExpressionPool, TooBusy
from adapters.checkers.worker import MAX_FILES, MAX_MEMORY
from domain.answers.expression import Finding, Question
from domain.answers.verdict import Reason, Verdict

EASY = Question(path="$", expected="2x+2", given="2(x+1)")
# Hundreds of pairs of equations, a point to be found for each where only one of them holds.
SLOW = Question(
    path="$",
    expected=";".join(f"sin(x+{count})+y^2={count}" for count in range(25)),
    given=";".join(f"sin(x+{count})+y^2={count + 1}" for count in range(25)),
)

HOSTILE = [
    "9**9**9**9",
    "(" * 10_000,
    "(" * 10_000 + "1" + ")" * 10_000,
    "±1" * 30,
    "__import__('os').system('true')",
    "*".join(f"(x+{count})" for count in range(590)),
    "*".join(["x"] * 590),
    "((((1000!)!)!)!)!",
    "1000!*" * 50 + "1",
    "√" * 59 + "2",
    "∛(" * 55 + "x" + ")" * 55,
    "x^" * 58 + "2",
    "2^(" * 50 + "3" + ")" * 50,
    "e^(" * 50 + "x" + ")" * 50,
    "((((x+1)^999+1)^999+1)^999+1)^999",
    "sin(10^1000)+cos(e^(90000))",
    "|" * 100 + "x" + "|" * 100,
    "1/(" * 50 + "x-x" + ")" * 50,
    "{" + ";".join(f"√{count}" for count in range(2, 41)) + "}",
    "πn/499+π/499, n∈Z",
    "\ud800",
    "é" + "\u0301" * 1000,
    r"\frac" * 300,
    r"\begin{cases}" * 60,
]


@pytest.fixture
async def pool():
    async with ExpressionPool(workers=1) as pool:
        yield pool


async def test_an_expression_is_judged_in_another_process(pool: ExpressionPool):
    finding = await pool.ask(EASY)
    assert finding.verdict is Verdict.CORRECT
    assert os.getpid() not in pool.pids


async def test_a_hostile_expression_ends_soon_and_the_next_is_served_at_once():
    async with ExpressionPool(workers=1) as pool:
        for given in HOSTILE:
            for expected in (given, "x+1", "{√2; √3}", "πn/500, n∈Z"):
                started = time.perf_counter()
                finding = await pool.ask(Question(path="$", expected=expected, given=given))
                assert time.perf_counter() - started < 1, "0.3 s on a quiet machine: the benchmark"
                assert given == expected or finding.verdict is not Verdict.CORRECT
                assert finding.reason is not Reason.EMPTY
                assert (await pool.ask(EASY)).verdict is Verdict.CORRECT


async def test_a_time_out_is_unknown_and_a_warm_spare_serves_the_next():
    async with ExpressionPool(workers=1) as pool:
        before = set(pool.pids)
        finding = await pool.ask(SLOW)
        assert (finding.verdict, finding.reason) == (Verdict.UNKNOWN, Reason.TIMED_OUT)
        assert len(pool.pids) == 1, "the spare is ready before the killed worker's heir"
        assert set(pool.pids) < before
        assert (await pool.ask(EASY)).verdict is Verdict.CORRECT
        assert pool.killed == 1


async def test_a_worker_that_dies_leaves_the_answer_unknown_and_is_replaced(pool: ExpressionPool):
    pids = pool.pids
    for pid in pids:
        os.kill(pid, signal.SIGKILL)
    lost = [await pool.ask(EASY) for _ in pids]
    assert {finding.verdict for finding in lost} == {Verdict.UNKNOWN}
    async with asyncio.timeout(20):
        while (await pool.ask(EASY)).verdict is not Verdict.CORRECT:
            pass


async def test_a_cancelled_question_never_answers_another(pool: ExpressionPool):
    for _ in range(3):
        asked = asyncio.create_task(pool.ask(SLOW))
        await asyncio.sleep(0.005)
        asked.cancel()
        with pytest.raises(asyncio.CancelledError):
            await asked
        finding = await pool.ask(Question(path="$.mine", expected="1", given="1"))
        assert (finding.path, finding.verdict) == ("$.mine", Verdict.CORRECT)


async def test_a_full_queue_refuses_at_once_and_says_when_to_come_again():
    async with ExpressionPool(workers=1) as pool:
        asked = [asyncio.create_task(pool.ask(EASY)) for _ in range(MAX_WAITING + 1)]
        await asyncio.sleep(0)
        with pytest.raises(TooBusy) as refused:
            await pool.ask(EASY)
        assert refused.value.retry_after > 0
        found: list[Finding] = await asyncio.gather(*asked)
        assert {finding.verdict for finding in found} == {Verdict.CORRECT}


async def test_one_learner_cannot_take_the_pool_from_the_others(pool: ExpressionPool):
    async with pool.admitted("a"), pool.admitted("a"):
        assert MAX_AT_ONCE == 2
        with pytest.raises(TooBusy):
            async with pool.admitted("a"):
                pass
        async with pool.admitted("b"):
            assert (await pool.ask(EASY)).verdict is Verdict.CORRECT
    async with pool.admitted("a"):
        pass


async def test_a_learner_has_so_many_answers_a_minute(
    pool: ExpressionPool, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr("adapters.checkers.pool.MAX_A_MINUTE", 3)
    for _ in range(3):
        async with pool.admitted("a"):
            pass
    with pytest.raises(TooBusy) as refused:
        async with pool.admitted("a"):
            pass
    assert 0 < refused.value.retry_after <= 60


async def test_a_worker_lives_within_its_limits(pool: ExpressionPool):
    for pid in pool.pids:
        lines = limits(pid)
        assert lines["Max address space"] == [str(MAX_MEMORY)] * 2
        assert lines["Max open files"] == [str(MAX_FILES)] * 2
        assert lines["Max processes"] == ["0", "0"]
        assert lines["Max file size"] == ["0", "0"]


async def test_stopping_leaves_no_process_behind():
    async with ExpressionPool() as pool:
        pids = pool.pids
        await pool.ask(EASY)
    assert len(pids) == 4
    assert not any(is_alive(pid) for pid in pids)
    with pytest.raises(TooBusy):
        await pool.ask(EASY)


async def test_stopping_waits_for_what_is_asked_and_refuses_what_waits():
    async with ExpressionPool(workers=1) as pool:
        pids = pool.pids
        asked = asyncio.create_task(pool.ask(EASY))
        waiting = asyncio.create_task(pool.ask(EASY))
        await asyncio.sleep(0)
    assert (await asked).verdict is Verdict.CORRECT
    with pytest.raises(TooBusy):
        await waiting
    assert not any(is_alive(pid) for pid in pids)


PARENT = """
import asyncio
from adapters.checkers.pool import ExpressionPool
async def main():
    async with ExpressionPool() as pool:
        print(*pool.pids, flush=True)
        await asyncio.sleep(60)
asyncio.run(main())
"""


def test_no_worker_outlives_a_parent_that_is_killed():
    with subprocess.Popen([sys.executable, "-c", PARENT], stdout=subprocess.PIPE) as parent:
        assert parent.stdout is not None
        pids = parent.stdout.readline().split()
        parent.kill()
    assert len(pids) == 4
    deadline = time.monotonic() + 5
    while time.monotonic() < deadline and any(is_alive(int(pid)) for pid in pids):
        time.sleep(0.02)
    assert not any(is_alive(int(pid)) for pid in pids)


def limits(pid: int) -> dict[str, list[str]]:
    text = Path(f"/proc/{pid}/limits").read_text(encoding="ascii")
    return {line[:26].strip(): line[26:].split()[:2] for line in text.splitlines()}


def is_alive(pid: int) -> bool:
    try:
        state = Path(f"/proc/{pid}/stat").read_text(encoding="ascii").rpartition(")")[2].split()[0]
    except OSError:
        return False
    return state != "Z"
