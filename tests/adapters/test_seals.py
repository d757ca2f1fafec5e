"""Seals: events that close their stream: the ledger sets them, both databases keep them."""

from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack

import pytest

from adapters.ledger import Call, Ledger, Step
from adapters.views import Views
from domain.kernel import Event
from domain.registry import SEALS
from domain.reservation import Release, Released, Reserve, Reserved, username
from event_store.envelope import Actor
from event_store.store import Append, NewEvent, Store, StreamSealed, Transaction
from event_store.writer import Writer
from projections.registry import PROJECTIONS

CALL = Call(Actor("bank", "ann"), "bank", "request-1", "2026-01-05T09:00:00.000Z")
NAME = username.stream("n1")
TAKE, GIVE = Step(NAME, Reserve(owner="ann")), Step(NAME, Release(owner="ann"))


def sealing(monkeypatch: pytest.MonkeyPatch, event: type[Event], *tags: str) -> None:
    seals: dict[type[Event], tuple[str, ...]] = {**SEALS, event: tags}
    monkeypatch.setattr("adapters.ledger.SEALS", seals)


@pytest.fixture
async def process(another: Callable[[], Store]) -> AsyncIterator[Callable[[], Ledger]]:
    """Makes ledgers on one database, each with a store of its own."""
    async with AsyncExitStack() as stack:

        def process() -> Ledger:
            store = another()
            views = Views(store, PROJECTIONS)
            views.migrate()
            views.load()
            writer = Writer(store)
            ledger = Ledger(store, writer, views)
            stack.callback(ledger.close)
            stack.push_async_callback(writer.close)
            return ledger

        yield process


async def test_an_event_seals_its_stream_to_all_but_what_it_allows(
    process: Callable[[], Ledger], monkeypatch: pytest.MonkeyPatch
):
    sealing(monkeypatch, Reserved, "reservation.released")
    ledger = process()
    await ledger.execute(CALL, TAKE)
    await ledger.execute(CALL, GIVE)
    by_hand = Append(NAME, 2, [NewEvent("reservation.reserved", b"{}")])
    [refused] = ledger._store.append([Transaction([by_hand])])
    assert isinstance(refused, StreamSealed)
    elsewhere = username.stream("n2")
    await ledger.execute(CALL, TAKE._replace(stream=elsewhere))
    assert ledger._store.head() == 3


async def test_a_decider_that_allows_what_its_seal_forbids_is_told_so(
    process: Callable[[], Ledger], monkeypatch: pytest.MonkeyPatch
):
    sealing(monkeypatch, Released)
    ledger = process()
    await ledger.execute(CALL, TAKE, GIVE)
    with pytest.raises(StreamSealed):
        await ledger.execute(CALL, TAKE)
    assert (await ledger.read(username, "n1"))[1] == 2


async def test_who_did_not_see_the_seal_yet_reads_on_and_decides_again(
    process: Callable[[], Ledger], monkeypatch: pytest.MonkeyPatch
):
    sealing(monkeypatch, Released)
    one, two = process(), process()
    await one.execute(CALL, TAKE)
    await two.execute(CALL, GIVE)
    outcome = await one.execute(CALL, GIVE)  # decided on what is remembered: somebody holds it
    assert (outcome.events, outcome.versions[NAME]) == ([], 2)


async def test_a_step_that_seals_may_be_followed_by_others_in_its_transaction(
    process: Callable[[], Ledger], monkeypatch: pytest.MonkeyPatch
):
    sealing(monkeypatch, Released)
    ledger = process()
    await ledger.execute(CALL, TAKE, GIVE, TAKE)
    with pytest.raises(StreamSealed):
        await ledger.execute(CALL, GIVE)
    assert (await ledger.read(username, "n1"))[1] == 3
