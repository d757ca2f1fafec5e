"""200,000 generated and mutated texts through the pool: no error, no hang, no limit passed."""

import asyncio
from collections import Counter
from itertools import count
from pathlib import Path

import pytest

from adapters.checkers.pool import ExpressionPool
from domain.answers.expression import Question
from domain.answers.schema import Syntax
from tests.adapters.expression_texts import texts

MAX_RESIDENT_KB = 300 * 1024


@pytest.mark.long
async def test_two_hundred_thousand_texts_leave_the_workers_alive_and_within_their_limits():
    seen: Counter[str] = Counter()
    slowest = 0.0
    loop = asyncio.get_running_loop()
    async with ExpressionPool(workers=1, wall=1.0) as pool:
        turn = count()
        for seed in range(20):
            for syntax, key, answer in texts(seed=1000 + seed, count=10_000):
                question = Question(path="$", expected=key, given=answer, syntax=Syntax(syntax))
                started = loop.time()
                finding = await pool.ask(question)
                slowest = max(slowest, loop.time() - started)
                seen[finding.verdict.value] += 1
                if "error" in finding.facts:
                    seen["error"] += 1
                    print(finding.facts["error"], repr(key), repr(answer))
                if next(turn) % 1000 == 0:
                    assert max(map(resident_kb, pool.pids)) < MAX_RESIDENT_KB
    print(dict(seen), f"slowest {slowest * 1000:.0f} ms, killed {pool.killed}")
    assert seen.total() - seen["error"] == 200_000
    assert seen["error"] == pool.killed == 0


def resident_kb(pid: int) -> int:
    for line in Path(f"/proc/{pid}/status").read_text(encoding="ascii").splitlines():
        if line.startswith("VmRSS:"):
            return int(line.split()[1])
    return 0
