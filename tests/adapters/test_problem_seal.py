"""A published version on every database: no bug above the store can add a content event (B-18)."""

from collections.abc import AsyncIterator
from typing import Any

import pytest

from adapters.ledger import Call, Ledger, Step
from adapters.views import Views
from domain.problem import CreateProblem, TakeVersionNumber, problem
from domain.problem_version import (
    AnswerKeySet,
    EditVersion,
    ProblemVersionEdited,
    ProblemVersionReturnedToDraft,
    PublishVersion,
    RetireVersion,
    SetAnswerKey,
    SubmitVersionForReview,
    VersionStatus,
    problem_version,
)
from domain.registry import COMMANDS, EVENTS
from event_store.envelope import Actor
from event_store.store import Append, NewEvent, Store, StreamSealed, Transaction
from event_store.writer import Writer
from projections.problem_variants import problem_variants
from projections.problem_versions import problem_versions
from tests.adapters.histories import encoded
from tests.domain.problem_world import NOW, READY, raw

CALL = Call(Actor("bank", "ann"), "bank", "request-1", NOW)
V1 = problem_version.stream("v1")
FORBIDDEN = [tag for tag in EVENTS if tag.startswith("problem_version.") and "retired" not in tag]


@pytest.fixture
async def ledger(store: Store) -> AsyncIterator[Ledger]:
    views = Views(store, [problem_versions, problem_variants])
    views.migrate()
    views.load()
    writer = Writer(store)
    one = Ledger(store, writer, views)
    yield one
    await writer.close()
    one.close()


async def publish(ledger: Ledger) -> None:
    create = CreateProblem(problem_id="p1", code="A-1", subject_key="x")
    take = TakeVersionNumber(version_id="v1", content=READY)
    await ledger.execute(CALL, *(Step(problem.stream("p1"), one) for one in (create, take)))
    await ledger.execute(CALL, Step(V1, SubmitVersionForReview()))
    await ledger.execute(CALL, Step(V1, PublishVersion(now=NOW)))


async def test_B18_the_database_itself_refuses_content_of_a_published_version(
    store: Store, ledger: Ledger
):
    await publish(ledger)
    _, version = await ledger.read(problem_version, "v1")
    before = [one.stored for one in store.read_stream(V1)]
    smuggled = [
        encoded(ProblemVersionEdited(metadata=raw({"a": 1}))),
        encoded(AnswerKeySet(key=raw({"value": 5}))),
        encoded(ProblemVersionReturnedToDraft(comment="x")),
        *(NewEvent(tag, b"{}") for tag in FORBIDDEN),
    ]
    for event in smuggled:
        [answer] = store.append([Transaction([Append(V1, version, [event])])])
        assert isinstance(answer, StreamSealed), event.tag
    assert [one.stored for one in store.read_stream(V1)] == before
    await ledger.execute(CALL, Step(V1, RetireVersion(reason="x", now=NOW)))
    state, _ = await ledger.read(problem_version, "v1")
    assert state.status is VersionStatus.RETIRED
    assert state.content == READY


async def test_B18_a_decider_that_forgot_the_rule_is_stopped_by_the_seal(
    store: Store, ledger: Ledger, monkeypatch: pytest.MonkeyPatch
):
    await publish(ledger)
    forgetful = problem_version._replace(
        decide=lambda _state, _command: [ProblemVersionEdited(metadata=raw({"a": 1}))]
    )
    deciders: dict[Any, Any] = COMMANDS
    monkeypatch.setitem(deciders, EditVersion, forgetful)
    monkeypatch.setitem(deciders, SetAnswerKey, forgetful)
    for command in (EditVersion(), SetAnswerKey(key=raw({}))):
        with pytest.raises(StreamSealed):
            await ledger.execute(CALL, Step(V1, command))
    state, _ = await ledger.read(problem_version, "v1")
    assert state.content == READY
