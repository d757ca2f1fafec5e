"""The audit log: every accepted command of every kind exactly once, and no secret of it."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters import codec
from adapters.ledger import Call, Ledger, Step
from adapters.rebuild import Rebuild
from adapters.view_query import Eq, In
from adapters.views import Views
from domain.attempt import AnswersSaved
from domain.kernel import ERASED, Command, Event, Refused
from domain.registry import COMMANDS, EVENTS
from event_store.envelope import Actor
from event_store.memory import MemoryStore
from event_store.store import Append, NewEvent, Store, Transaction
from event_store.writer import Writer
from projections.audit_log import AuditActor, AuditEntry, audit_log, entry_id
from projections.audit_told import TOLD
from projections.periods import periods_between
from projections.registry import PROJECTIONS
from tests.adapters.accepted_commands import SECRET, SILENT, WAYS
from tests.adapters.any_event import structs
from tests.adapters.histories import AT, catch_up, encoded, replayed, rows_in_use, save, start

ADMIN = Actor("bank", "admin-1", ("admin", "keys"))


class Accepted:
    """What deciders made of the commands of one call, noted where it happens."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.now: list[tuple[str, int]] = []
        for kind, decider in list(COMMANDS.items()):
            monkeypatch.setitem(COMMANDS, kind, decider._replace(decide=self._noting(decider)))

    def _noting(self, decider: Any) -> Any:
        def decide(state: Any, command: Command) -> Sequence[Event]:
            events: Sequence[Event] = decider.decide(state, command)
            if events:
                self.now.append((type(command).__name__, len(events)))
            return events

        return decide


@asynccontextmanager
async def house(store: Store) -> AsyncIterator[tuple[Ledger, Views]]:
    views = Views(store, PROJECTIONS)
    views.migrate()
    views.load()
    writer = Writer(store)
    ledger = Ledger(store, writer, views)
    try:
        yield ledger, views
    finally:
        await writer.close()
        ledger.close()


def entries(views: Views) -> list[tuple[str, AuditEntry]]:
    """All of them, newest first."""
    found = views.page(audit_log, order=("-row",), per_page=10_000)
    assert found.total == len(found.rows)
    return list(found.rows)


async def lived(store: Store, steps: Sequence[Step], accepted: Accepted) -> dict[str, Counter[Any]]:
    """Carry the steps out, a call each; what was accepted in each, by correlation."""
    expected: dict[str, Counter[Any]] = {}
    async with house(store) as (ledger, views):
        for number, step in enumerate(steps):
            accepted.now = []
            call = Call(ADMIN, "bank", f"request-{number}", AT)
            try:
                await ledger.execute(call, step)
            except Refused:
                continue
            expected[call.correlation] = Counter(accepted.now)
        catch_up(store, PROJECTIONS)
        found: dict[str, Counter[Any]] = {}
        for _, entry in entries(views):
            told = found.setdefault(entry.correlation_id, Counter())
            told[entry.action, entry.events] += 1
    assert found == {name: told for name, told in expected.items() if told}
    return expected


def test_every_command_has_a_way_to_be_accepted():
    assert WAYS.keys() | SILENT == COMMANDS.keys(), "add it to tests/adapters/accepted_commands.py"


@pytest.mark.parametrize("kind", WAYS, ids=lambda kind: kind.__name__)
async def test_B08_an_accepted_command_leaves_one_entry(kind, monkeypatch):
    store = MemoryStore()
    store.migrate()
    expected = await lived(store, WAYS[kind], Accepted(monkeypatch))
    assert len(expected) == len(WAYS[kind]), "a step of the way was refused"
    name = kind.__name__
    assert any(name in {action for action, _ in told} for told in expected.values())
    for (document,) in store.read("SELECT document FROM view_audit_log_1"):
        assert SECRET not in document.decode()
    store.close()


STEPS = list({id(step.command): step for way in WAYS.values() for step in way}.values())


@given(steps=st.lists(st.sampled_from(STEPS), max_size=30))
def test_B08_whatever_happens_each_accepted_command_is_there_once(steps):
    with pytest.MonkeyPatch.context() as monkeypatch:
        store = MemoryStore()
        store.migrate()
        asyncio.run(lived(store, steps, Accepted(monkeypatch)))
        views = Views(store, PROJECTIONS)
        views.load()
        followed = rows_in_use(store, views, audit_log)
        assert followed == replayed(store, audit_log)
        Rebuild(store, PROJECTIONS, remember=3).run(["audit_log"])
        assert rows_in_use(store, views, audit_log) == followed
        store.close()


async def test_B08_an_entry_tells_who_did_what_to_which_thing_and_when(store):
    async with house(store) as (ledger, views):
        for step in WAYS[next(kind for kind in WAYS if kind.__name__ == "PublishExam")]:
            await ledger.execute(Call(ADMIN, "bank", "request-1", AT), step)
        catch_up(store, PROJECTIONS)
        [(key, entry), _] = entries(views)
        assert key == entry_id(2) == "00000000-0000-8000-8000-000000000002"
        assert entry == AuditEntry(
            at=AT,
            actor=AuditActor("bank", "admin-1", ("admin", "keys")),
            facade="bank",
            action="PublishExam",
            entity_type="exam",
            entity_id="e1",
            correlation_id="request-1",
            before={"published": False},
            after={"published": True},
        )


async def test_the_events_of_one_command_tell_together_what_changed(store):
    async with house(store) as (ledger, views):
        [step] = WAYS[next(kind for kind in WAYS if kind.__name__ == "ChangeSettings")]
        await ledger.execute(Call(ADMIN, "bank", "request-1", AT), step)
        catch_up(store, PROJECTIONS)
        [(_, entry)] = entries(views)
    assert entry.events == 2
    assert entry.before == {"maxBodyMb": 1, "repeatedDifficultyThreshold": 3}
    assert entry.after == {"maxBodyMb": 3, "repeatedDifficultyThreshold": 4}


async def test_newest_first_is_the_order_of_the_log_though_the_clock_went_back(store):
    async with house(store) as (ledger, views):
        for number in range(12):
            call = Call(ADMIN, "bank", f"r{number:02}", f"2026-01-02T03:04:{59 - number}.000Z")
            await ledger.execute(
                call, Step(f"attempt-a{number}", start(f"a{number}", f"u{number}"))
            )
        catch_up(store, PROJECTIONS)
        told = [entry.correlation_id for _, entry in entries(views)]
        assert told == sorted(told, reverse=True)
        ids = [key for key, _ in entries(views)]
        assert ids == sorted(ids, reverse=True)


async def test_entries_are_found_by_thing_actor_action_and_time(store):
    async with house(store) as (ledger, views):
        times = [f"2026-0{month}-0{day}T0{hour}:00:00.500Z"
                 for month in (1, 2) for day in (1, 2) for hour in (3, 4)]  # fmt: skip
        for number, at in enumerate(times):
            call = Call(Actor("exam", f"u{number % 2}"), "exams", f"r{number}", at)
            step = Step(f"attempt-a{number}", start(f"a{number}", f"u{number}"))
            await ledger.execute(call, step)
        catch_up(store, PROJECTIONS)

        def found(*where: Any) -> list[str]:
            page = views.page(audit_log, where, ("row",), per_page=100)
            return [entry.correlation_id for _, entry in page.rows]

        assert found(Eq("entity_type", "attempt"), Eq("actor_id", "u1")) == ["r1", "r3", "r5", "r7"]
        assert found(Eq("entity_type", "attempt"), Eq("entity_id", "a4")) == ["r4"]
        assert len(found(Eq("action", "ClaimSlot"))) == len(times)
        for since in times:
            for until in times:
                between = In("periods", periods_between(since, until))
                told = found(Eq("action", "StartAttempt"), between)
                assert told == [f"r{n}" for n, at in enumerate(times) if since <= at <= until]


def test_events_from_before_commands_were_named_are_entries_of_their_own(store):
    views = Views(store, PROJECTIONS)
    views.migrate()
    saved = AnswersSaved(changes=(), answered_count=1, updated_at=AT)
    old = [encoded(saved), encoded(saved), encoded(saved, save())]
    store.append([Transaction([Append("attempt-a1", 0, old)])])
    catch_up(store, PROJECTIONS)
    told = [(entry.action, entry.events) for _, entry in entries(views)]
    assert told == [("SaveAnswers", 1), ("attempt.answers_saved", 1), ("attempt.answers_saved", 1)]


@pytest.mark.parametrize("kind", TOLD, ids=lambda kind: kind.__name__)
def test_what_is_told_is_plain_json_whatever_the_event_holds(kind):
    @given(structs(kind))
    def holds(event: Event) -> None:
        before, after = TOLD[kind](event)
        plain = {"before": dict(before), "after": dict(after)}
        back = msgspec.json.decode(msgspec.json.encode(plain))
        assert msgspec.json.encode(back) == msgspec.json.encode(plain)

    holds()


def test_a_reason_that_was_erased_is_told_as_erased():
    voided = EVENTS["attempt.voided"](reason=ERASED, voided_at=AT)
    assert TOLD[type(voided)](voided).after["reason"] == ERASED


def test_an_event_that_is_not_on_the_list_tells_nothing_but_who_and_when():
    new = codec.encode(
        AnswersSaved(changes=(), answered_count=7, updated_at=AT),
        at=AT,
        actor=ADMIN,
        facade="exams",
        correlation="c",
        command="SaveAnswers",
    )
    store = MemoryStore()
    store.migrate()
    Views(store, PROJECTIONS).migrate()
    store.append([Transaction([Append("attempt-a1", 0, [NewEvent(*new)])])])
    [(document, *_)] = replayed(store, audit_log).values()
    assert msgspec.json.decode(document) == {
        "at": AT,
        "actor": {"scheme": "bank", "subject": "admin-1", "roles": ["admin", "keys"]},
        "facade": "exams",
        "action": "SaveAnswers",
        "entityType": "attempt",
        "entityId": "a1",
        "correlationId": "c",
    }
    store.close()
