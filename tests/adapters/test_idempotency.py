"""Kept answers: what a process does with a key, on both databases and with others beside it."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters import side_tables
from adapters.idempotency import (
    KEPT_SECONDS,
    WAIT_SECONDS,
    Idempotency,
    InFlight,
    Kept,
    Keyed,
    KeyReused,
    row,
)
from adapters.ledger import Call, Ledger, Outcome, SideRow, Step
from adapters.views import Views
from domain.instants import plus
from domain.kernel import RefusalKind, Refused
from domain.reservation import Release, Reserve, UsernameTaken, username
from event_store.envelope import Actor
from event_store.open import open_store
from event_store.store import Store
from event_store.writer import Writer
from projections.registry import PROJECTIONS

T0 = "2026-01-05T09:00:00.000Z"
CALL = Call(Actor("bank", "ann"), "bank", "request-1", T0)
NAME = username.stream("n1")


class Watch:
    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


class Process:
    """One process's kept answers and its ledger."""

    def __init__(self, store: Store) -> None:
        side_tables.migrate(store)
        views = Views(store, PROJECTIONS)
        views.migrate()
        views.load()
        self.store = store
        self.watch = Watch()
        self.writer = Writer(store)
        self.ledger = Ledger(store, self.writer, views)
        self.idempotency = Idempotency(store, self.writer, self.ledger, monotonic=self.watch)

    async def close(self) -> None:
        await self.writer.close()
        self.ledger.close()

    async def post(
        self,
        key: str,
        *steps: Step,
        asked: bytes = b"asked",
        principal: str = "bank:ann",
        now: str = T0,
        before: Callable[[], Any] = lambda: None,
    ) -> str:
        """Execute the steps under a key: `new …` or `again …` and how many events there were."""
        keyed = Keyed(principal, key, asked)
        call = CALL._replace(now=now)

        def answered(outcome: Outcome) -> Kept:
            return Kept(200, b'etag: "1"', b"%d" % len(outcome.events))

        def also(outcome: Outcome) -> list[SideRow]:
            return [row(keyed, answered(outcome), now)]

        async def work() -> tuple[str, None]:
            before()
            outcome = await self.ledger.execute(call, *steps, also=also)
            return f"new {len(outcome.events)}", None

        found = await self.idempotency.once(keyed, call, work)
        if isinstance(found, Kept):
            assert (found.status, found.headers) == (200, b'etag: "1"')
            return f"again {found.body.decode()}"
        return found


def reserve(owner: str = "ann", stream: str = NAME) -> Step:
    return Step(stream, Reserve(owner=owner))


def release(owner: str = "ann") -> Step:
    return Step(NAME, Release(owner=owner))


@asynccontextmanager
async def processes(*stores: Store) -> AsyncIterator[list[Process]]:
    async with AsyncExitStack() as stack:
        made = [Process(store) for store in stores]
        for one in made:
            stack.push_async_callback(one.close)
        yield made


@pytest.fixture
async def process(store: Store) -> AsyncIterator[Process]:
    async with processes(store) as [one]:
        yield one


@pytest.fixture
async def alone() -> AsyncIterator[Process]:
    """A process on a log in memory, where the database makes no difference."""
    store = open_store("memory:")
    store.migrate()
    async with processes(store) as [one]:
        yield one
    store.close()


def kept(process: Process) -> int:
    [(count,)] = process.store.read("SELECT count(*) FROM idempotency")
    return int(count)


async def test_B05_the_second_time_nothing_happens_and_the_answer_is_the_same(process: Process):
    assert await process.post("k1", reserve()) == "new 1"
    assert await process.post("k1", reserve()) == "again 1"
    assert await process.post("k2", reserve()) == "new 0"  # a success that changed nothing
    await process.post("k3", release())
    assert await process.post("k2", reserve()) == "again 0"  # … does so for ever
    assert process.store.head() == 2


async def test_B05_a_command_that_would_be_refused_by_now_is_answered_as_it_was(process: Process):
    assert await process.post("k1", reserve()) == "new 1"
    await process.post("k2", release())
    await process.post("k3", reserve("bob"))
    process.idempotency._remembered.clear()  # as after a restart
    assert await process.post("k1", reserve()) == "again 1"
    with pytest.raises(UsernameTaken):
        await process.post("k4", reserve())


@pytest.mark.parametrize("remembered", [True, False])
async def test_B06_a_key_that_was_used_for_something_else_is_refused(
    process: Process, *, remembered: bool
):
    await process.post("k1", reserve(), asked=b"one")
    if not remembered:
        process.idempotency._remembered.clear()
    with pytest.raises(KeyReused):
        await process.post("k1", release(), asked=b"another")
    assert process.store.head() == 1


async def test_B07_a_key_belongs_to_one_principal(process: Process):
    await process.post("k1", reserve())
    assert await process.post("k1", release(), principal="bank:bob") == "new 1"
    assert await process.post("k1", reserve(), principal="exam:ann") == "new 1"


async def test_B07_a_refused_call_stores_nothing_and_may_be_repeated(process: Process):
    await process.post("k1", reserve("bob"))
    with pytest.raises(UsernameTaken):
        await process.post("k2", reserve())
    assert kept(process) == 1
    await process.post("k3", release("bob"))
    assert await process.post("k2", reserve()) == "new 1"


@pytest.mark.parametrize("kind", [RefusalKind.FORBIDDEN, RefusalKind.UNKNOWN])
async def test_who_may_not_see_it_any_more_gets_no_replay(alone: Process, kind: RefusalKind):
    class Denied(Refused):
        pass

    Denied.kind = kind

    def deny() -> None:
        raise Denied("no")

    await alone.post("k1", reserve())
    alone.idempotency._remembered.clear()
    with pytest.raises(Denied):
        await alone.post("k1", reserve(), before=deny)


async def test_an_answer_is_kept_for_48_hours(process: Process):
    await process.post("k1", reserve())
    last, next_ = plus(T0, KEPT_SECONDS), plus(T0, KEPT_SECONDS + 1)
    assert await process.post("k1", reserve(), now=last) == "again 1"
    assert await process.post("k1", release(), now=next_, asked=b"another") == "new 1"
    assert kept(process) == 1
    process.idempotency._remembered.clear()
    assert await process.post("k1", release(), now=next_, asked=b"another") == "again 1"


async def test_what_is_expired_is_swept_every_hour(process: Process):
    for n in range(5):
        await process.post(f"k{n}", reserve())
    later = plus(T0, KEPT_SECONDS + 1)
    await process.post("k5", reserve(), now=later)
    assert kept(process) == 6
    process.watch.now += 3601
    await process.post("k6", reserve(), now=later)
    assert kept(process) == 2


async def test_duplicates_wait_for_the_first_and_replay(process: Process):
    posts = [process.post("k1", reserve()) for _ in range(30)]
    answers = await asyncio.gather(*posts)
    assert sorted(answers) == [*["again 1"] * 29, "new 1"]
    assert process.store.head() == 1
    assert not process.idempotency._under_way


async def test_of_duplicates_that_are_refused_each_is_refused_by_itself(alone: Process):
    await alone.post("k0", reserve("bob"))
    posts = [alone.post("k1", reserve()) for _ in range(10)]
    answers = await asyncio.gather(*posts, return_exceptions=True)
    assert all(isinstance(answer, UsernameTaken) for answer in answers)


async def test_a_duplicate_waits_two_seconds_at_most(
    alone: Process, monkeypatch: pytest.MonkeyPatch
):
    assert WAIT_SECONDS == 2
    monkeypatch.setattr("adapters.idempotency.WAIT_SECONDS", 0.2)
    keyed, go_on = Keyed("bank:ann", "k1", b""), asyncio.Event()

    async def slow() -> tuple[str, Kept]:
        await go_on.wait()
        return "done", Kept(200, b"", b"done")

    first = asyncio.create_task(alone.idempotency.once(keyed, CALL, slow))
    await asyncio.sleep(0)
    began = asyncio.get_running_loop().time()
    with pytest.raises(InFlight):
        await alone.idempotency.once(keyed, CALL, slow)
    assert 0.19 < asyncio.get_running_loop().time() - began < 2
    go_on.set()
    assert await first == "done"
    assert await alone.idempotency.once(keyed, CALL, slow) == Kept(200, b"", b"done")


async def test_a_caller_who_goes_away_keeps_nobody_waiting(alone: Process):
    for turns in range(8):
        posted = asyncio.create_task(alone.post(f"k{turns}", reserve()))
        for _ in range(turns):
            await asyncio.sleep(0)
        posted.cancel()
        await asyncio.gather(posted, return_exceptions=True)
        answer = await asyncio.wait_for(alone.post(f"k{turns}", reserve()), 5)
        assert answer.split()[0] in {"new", "again"}
    assert alone.store.head() == 1


async def test_the_memory_of_keys_is_bounded(alone: Process, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("adapters.idempotency._REMEMBER", 3)
    for n in range(5):
        await alone.post(f"k{n}", reserve())
    assert len(alone.idempotency._remembered) == 3
    assert await alone.post("k0", reserve()) == "again 1"


async def test_a_new_key_costs_no_read(alone: Process, monkeypatch: pytest.MonkeyPatch):
    await alone.post("k0", reserve())
    reads: list[Any] = []
    query = alone.ledger.query

    async def counted(work: Any, *args: Any) -> Any:
        reads.append(args)
        return await query(work, *args)

    monkeypatch.setattr(alone.ledger, "query", counted)
    await alone.post("k1", release())
    assert not any("idempotency" in str(args) for args in reads)
    await alone.post("k1", release())
    assert any("idempotency" in str(args) for args in reads)


async def test_B05_of_duplicates_in_two_processes_one_takes_effect(another: Callable[[], Store]):
    async with processes(another(), another()) as both:
        for turn in range(10):
            stream = username.stream(f"n-{turn}")
            posts = [both[n % 2].post(f"k{turn}", reserve(stream=stream)) for n in range(8)]
            answers = await asyncio.gather(*posts)
            assert sorted(answers) == [*["again 1"] * 7, "new 1"], turn
        assert both[0].store.head() == 10


async def test_B05_a_restart_forgets_no_key(another: Callable[[], Store]):
    async with processes(another()) as [before]:
        await before.post("k1", reserve())
    async with processes(another()) as [after]:
        assert await after.post("k1", reserve()) == "again 1"
        with pytest.raises(KeyReused):
            await after.post("k1", release(), asked=b"another")


PRINCIPALS, KEYS = ("bank:ann", "bank:bob"), ("k1", "k2", "k3")
POSTS = st.lists(
    st.tuples(
        st.sampled_from(PRINCIPALS),
        st.sampled_from(KEYS),
        st.sampled_from(["reserve", "release"]),
        st.booleans(),
    ),
    max_size=25,
)


@given(posts=POSTS)
def test_whatever_is_sent_each_key_takes_effect_once_and_answers_alike(
    posts: list[tuple[str, str, str, bool]],
):
    """Every effect is a name of its own, so that a second one would be seen in the log."""

    async def send() -> None:
        store = open_store("memory:")
        store.migrate()
        async with processes(store) as [process]:
            first: dict[tuple[str, str], tuple[bytes, str]] = {}
            for number, (principal, key, what, restarted) in enumerate(posts):
                if restarted:
                    process.idempotency._remembered.clear()
                new = Step(username.stream(f"s{number}"), Reserve(owner=str(number)))
                asked, known = what.encode(), first.get((principal, key))
                head = store.head()
                try:
                    answer = await process.post(key, new, asked=asked, principal=principal)
                except KeyReused:
                    assert known is not None
                    assert known[0] != asked
                    assert store.head() == head
                    continue
                if known is None:
                    assert (answer, store.head()) == ("new 1", head + 1)
                    first[principal, key] = (asked, answer)
                else:
                    assert (answer, store.head(), known[0]) == ("again 1", head, asked)
            assert kept(process) == len(first)
        store.close()

    asyncio.run(send())
