"""The ledger: decide, append, answer; two processes on one log; callers that go away."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from adapters.ledger import Call, Ledger, Step
from adapters.views import Views
from domain.attempt import (
    Answer,
    Attempt,
    AttemptKind,
    AttemptNotActive,
    AttemptNotFound,
    Learner,
    Subject,
)
from domain.exam_attempt import SaveAnswers, SlotPolicy, StartAttempt, SubmitAttempt, attempt
from domain.exam_slot import AttemptActive, AttemptExists, exam_slot, slot_key
from event_store.envelope import Actor, decode
from event_store.sqlite import SQLiteStore
from event_store.store import RowStatement, RowTaken
from event_store.writer import Writer
from projections.exam_attempts import exam_attempts
from projections.registry import PROJECTIONS

T0 = "2026-01-05T09:00:00.000Z"
T1 = "2026-01-05T09:00:10.000Z"
CALL = Call(Actor("exam", "ann"), "exams", "request-1", T1)
DOCUMENT = b'{"examId":"e1"}'


@asynccontextmanager
async def process(path: Path) -> AsyncIterator[Ledger]:
    """A ledger with a store of its own, as another process on the same file would have."""
    store = SQLiteStore(path)
    store.migrate()
    views = Views(store, PROJECTIONS)
    views.migrate()
    views.load()
    writer = Writer(store)
    ledger = Ledger(store, writer, views)
    try:
        yield ledger
    finally:
        await writer.close()
        ledger.close()
        store.close()


@pytest.fixture
async def ledger(tmp_path):
    async with process(tmp_path / "log.sqlite3") as one:
        yield one


@pytest.fixture
async def other(tmp_path, ledger):
    async with process(tmp_path / "log.sqlite3") as two:
        yield two


def start(attempt_id: str = "a1", **policy: object) -> Step:
    return Step(
        attempt.stream(attempt_id),
        StartAttempt(
            attempt_id=attempt_id,
            kind=AttemptKind.EXAM,
            learner=Learner("exam", "ann"),
            subject=Subject("exam", "e1", "hash"),
            item_ids=("q1", "q2"),
            now=T0,
            slot=SlotPolicy(**policy),  # type: ignore[arg-type]
        ),
    )


def save(question: str, response: object, attempt_id: str = "a1") -> Step:
    return Step(
        attempt.stream(attempt_id), SaveAnswers(changes=(Answer(question, response),), now=T1)
    )


def submit(attempt_id: str = "a1") -> Step:
    return Step(attempt.stream(attempt_id), SubmitAttempt(document=DOCUMENT, now=T1))


async def answers(ledger: Ledger, attempt_id: str = "a1") -> dict[str, object]:
    state, _ = await ledger.read(attempt, attempt_id)
    return {name: answer.response for name, answer in state.answers.items()}


async def test_a_start_and_its_slot_are_one_transaction_with_cause_and_correlation(ledger):
    outcome = await ledger.execute(CALL, start())
    assert isinstance(outcome.states["attempt-a1"], Attempt)
    one, two = ledger._store.read_log()
    slot = exam_slot.stream(slot_key("e1", "ann"))
    assert [(one.stream, one.tag), (two.stream, two.tag)] == [
        ("attempt-a1", "attempt.started"),
        (slot, "exam_slot.claimed"),
    ]
    assert decode(two.stored).causation == "attempt-a1@1"
    assert decode(two.stored).correlation == decode(one.stored).correlation == "request-1"


async def test_inline_rows_change_with_the_events(ledger):
    await ledger.execute(CALL, start())
    await ledger.execute(CALL, save("q1", "A"))
    row = ledger._views.get(exam_attempts, "a1")
    assert (row.answered, row.total, row.status) == (1, 2, "in_progress")
    await ledger.execute(CALL, submit())
    assert ledger._views.get(exam_attempts, "a1").status == "finished"


async def test_a_refusal_leaves_no_trace(ledger):
    with pytest.raises(AttemptNotFound):
        await ledger.execute(CALL, save("q1", "A"))
    await ledger.execute(CALL, start())
    with pytest.raises(AttemptActive):
        await ledger.execute(CALL, start("a2"))
    assert ledger._store.head() == 2
    assert ledger._views.get(exam_attempts, "a2") is None


async def test_E13_fifty_parallel_starts_make_one_attempt(ledger, other):
    trials = [(ledger, other)[n % 2].execute(CALL, start(f"a{n}")) for n in range(50)]
    results = await asyncio.gather(*trials, return_exceptions=True)
    refused = [result for result in results if isinstance(result, AttemptActive)]
    assert len(refused) == 49
    winner = {result.details["attemptId"] for result in refused}
    assert len(winner) == 1
    assert len([e for e in ledger._store.read_log() if e.tag == "attempt.started"]) == 1


async def test_two_processes_save_into_one_attempt_and_lose_nothing(ledger, other):
    await ledger.execute(CALL, start())
    for turn in range(5):
        await ledger.execute(CALL, save("q1", f"one {turn}"))
        await other.execute(CALL, save("q2", f"two {turn}"))
    assert await answers(ledger) == await answers(other) == {"q1": "one 4", "q2": "two 4"}
    assert ledger._views.get(exam_attempts, "a1").answered == 2


async def test_a_save_that_seems_to_change_nothing_is_checked_against_the_log(ledger, other):
    await ledger.execute(CALL, start())
    await ledger.execute(CALL, save("q1", "A"))
    await other.execute(CALL, save("q1", "B"))
    await ledger.execute(CALL, save("q1", "A"))  # the remembered state says "A" already
    assert await answers(other) == {"q1": "A"}


async def test_a_refusal_is_checked_against_the_log(ledger, other):
    await ledger.execute(CALL, start())
    await ledger.execute(CALL, submit())
    with pytest.raises(AttemptExists):
        await other.execute(CALL, start("a2"))
    await other.execute(CALL, start("a2", retake=True))
    with pytest.raises(AttemptNotActive):
        await other.execute(CALL, save("q1", ""))  # says nothing that would have to be kept


async def test_reads_see_what_another_process_wrote(ledger, other):
    await ledger.execute(CALL, start())
    assert (await other.read(attempt, "a1"))[1] == 1
    await ledger.execute(CALL, save("q1", "A"))
    assert await answers(other) == {"q1": "A"}


async def test_what_nobody_else_can_have_changed_is_not_read_again(ledger, other, monkeypatch):
    await ledger.execute(CALL, start())
    reads = []
    query = ledger.query

    async def counted(work, *args):
        reads.append(work)
        return await query(work, *args)

    monkeypatch.setattr(ledger, "query", counted)
    assert (await ledger.read(attempt, "a1"))[1] == 1
    assert reads == []
    await other.execute(CALL, save("q1", "theirs"))
    state, version = await ledger.read(attempt, "a1")
    assert (state.answers["q1"].response, version, len(reads)) == ("theirs", 2, 1)


async def test_commands_for_one_stream_wait_for_each_other(ledger):
    await ledger.execute(CALL, start())
    await asyncio.gather(*(ledger.execute(CALL, save("q1", n)) for n in range(20)))
    assert await answers(ledger) == {"q1": 19}
    _, version = await ledger.read(attempt, "a1")
    assert version == 21


async def test_a_caller_that_goes_away_loses_nothing_and_locks_nothing(ledger):
    await ledger.execute(CALL, start())
    for n in range(30):
        task = asyncio.create_task(ledger.execute(CALL, save("q1", n)))
        for _ in range(n % 10):
            await asyncio.sleep(0)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
    await asyncio.wait_for(ledger.execute(CALL, save("q2", "after")), 5)
    state, _ = await ledger.read(attempt, "a1")
    assert state.answers["q2"].response == "after"
    rebuilt = Ledger(ledger._store, ledger._writer, ledger._views)
    assert (await rebuilt.read(attempt, "a1"))[0] == state
    rebuilt.close()


async def test_the_memory_of_streams_is_bounded(ledger):
    small = Ledger(ledger._store, ledger._writer, ledger._views, remember=2)
    for n in range(5):
        await small.execute(CALL, start(f"a{n}", new=True, limit=9))
    assert len(small._cache) == 2
    await small.execute(CALL, save("q1", "A", "a0"))
    assert (await small.read(attempt, "a0"))[0].answers["q1"].response == "A"
    small.close()


async def test_rows_made_of_an_outcome_are_stored_with_it_or_not_at_all(ledger, other):
    ledger._store.exclusive(lambda cursor: cursor.execute("CREATE TABLE notes (id text UNIQUE)"))
    note = RowStatement("INSERT INTO notes (id)", 1)
    seen: list[int] = []

    def also(outcome):
        seen.append(outcome.versions["attempt-a1"])
        return [(note, (f"version {seen[-1]}",))]

    await ledger.execute(CALL, start(), also=also)
    await other.execute(CALL, save("q1", "theirs"))
    await ledger.execute(CALL, save("q1", "mine"), also=also)
    assert seen == [1, 2, 3]  # asked again: another process was quicker
    assert ledger._store.read("SELECT id FROM notes") == [("version 1",), ("version 3",)]
    with pytest.raises(RowTaken):
        await ledger.execute(CALL, save("q2", "A"), also=lambda _: [(note, ("version 1",))])
    assert await answers(other) == await answers(ledger) == {"q1": "mine"}


async def test_what_changes_nothing_is_checked_before_rows_are_made_of_it(ledger, other):
    ledger._store.exclusive(lambda cursor: cursor.execute("CREATE TABLE notes (id text UNIQUE)"))
    note = RowStatement("INSERT INTO notes (id)", 1)
    await ledger.execute(CALL, start())
    await ledger.execute(CALL, save("q1", "A"))
    await other.execute(CALL, save("q1", "B"))
    again = await ledger.execute(
        CALL, save("q1", "A"), also=lambda outcome: [(note, (str(len(outcome.events)),))]
    )
    assert len(again.events) == 1
    assert ledger._store.read("SELECT id FROM notes") == [("1",)]
    silent = await ledger.execute(CALL, save("q1", "A"), also=lambda _: [(note, ("silent",))])
    assert silent.events == []
    assert ledger._store.read("SELECT count(*) FROM notes") == [(2,)]
