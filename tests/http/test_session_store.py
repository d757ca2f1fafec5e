"""Sessions are remembered, looked up again in time, and end everywhere."""

import asyncio
from hashlib import sha256
from pathlib import Path

import pytest

from adapters.http.parts import Parts
from adapters.ledger import Call
from adapters.sessions import Session, Sessions
from domain.exam_user import SignIn
from event_store.envelope import Actor
from tests.http.conftest import World, another, operator


def call(user_id: str) -> Call:
    return operator()._replace(actor=Actor("exam", user_id))


async def begin(
    sessions: Sessions, user_id: str, previous: Session | None = None
) -> tuple[bytes, Session]:
    command = SignIn(user_id=user_id, register=True)
    token, session = await sessions.begin(call(user_id), command, user_id, previous)
    return token.encode(), session


async def found(sessions: Sessions, token: bytes) -> Session | None:
    return sessions.remembered(token) or await sessions.find(token)


@pytest.fixture
def sessions(world: World) -> Sessions:
    return world.parts.sessions


@pytest.fixture
async def others(world: World, tmp_path: Path) -> Parts:
    return another(world.store, world.writer, tmp_path, world.watch).parts


async def test_only_the_hash_of_a_token_is_stored(world: World, sessions: Sessions):
    token, _ = await begin(sessions, "ada")
    [row] = world.store.read("SELECT * FROM sessions")
    assert token.decode() not in str(row)
    assert sha256(token).hexdigest() == row[0]


async def test_a_remembered_session_costs_no_read(
    sessions: Sessions, monkeypatch: pytest.MonkeyPatch
):
    token, session = await begin(sessions, "ada")
    monkeypatch.delattr(Sessions, "_read")
    assert await found(sessions, token) is session
    assert sessions.remembered(token) is session


async def test_another_process_finds_the_session_with_the_same_csrf_token(
    sessions: Sessions, others: Parts
):
    token, session = await begin(sessions, "ada")
    there = await found(others.sessions, token)
    assert there is not None
    assert there._replace(until=session.until) == session


async def test_signing_out_elsewhere_is_seen_once_two_seconds_have_passed(
    world: World, sessions: Sessions, others: Parts
):
    token, session = await begin(sessions, "ada")
    assert await found(others.sessions, token) is not None
    await sessions.end(call("ada"), session)
    assert await found(sessions, token) is None
    world.watch.now += 2.01
    assert await found(others.sessions, token) is None


async def test_one_look_in_the_background_is_enough_for_all_sessions(
    world: World, sessions: Sessions, others: Parts
):
    begun = [await begin(sessions, f"user-{number}") for number in range(5)]
    for token, _ in begun:
        assert await found(others.sessions, token) is not None
    for _, session in begun[:3]:
        await sessions.end(call(session.user_id), session)
    world.watch.now += 1.5
    assert others.sessions.remembered(begun[4][0]) is not None  # and asks meanwhile
    for _ in range(100):
        await asyncio.sleep(0.001)
    alive = [others.sessions.remembered(token) is not None for token, _ in begun]
    assert alive == [False, False, False, True, True]


async def test_a_session_that_ends_while_it_is_looked_up_is_not_remembered(
    sessions: Sessions, others: Parts, world: World, monkeypatch: pytest.MonkeyPatch
):
    token, session = await begin(sessions, "ada")
    assert await found(others.sessions, b"x" * 43) is None
    read = others.sessions._read
    ending = True

    def slow(key: str) -> Session | None:
        nonlocal ending
        row = read(key)
        if ending:
            ending = False
            future = asyncio.run_coroutine_threadsafe(sessions.end(call("ada"), session), loop)
            future.result()
            world.watch.now += 3
            asyncio.run_coroutine_threadsafe(others.sessions.find(b"y" * 43), loop).result()
        return row

    loop = asyncio.get_running_loop()
    monkeypatch.setattr(others.sessions, "_read", slow)
    assert await others.sessions.find(token) is None
    assert others.sessions.remembered(token) is None


async def test_a_session_ends_by_itself_after_its_hours(world: World, sessions: Sessions):
    token, _ = await begin(sessions, "ada")
    world.watch.now += 12 * 3600 + 1
    assert sessions.remembered(token) is None


async def test_signing_in_ends_the_session_before_in_one_transaction(
    world: World, sessions: Sessions
):
    old, previous = await begin(sessions, "ada")
    new, _ = await begin(sessions, "grace", previous)
    assert await found(sessions, old) is None
    assert await found(sessions, new) is not None
    tags = [event.tag for event in world.store.read_log() if event.tag.startswith("exam_user")]
    assert tags == [
        "exam_user.registered",
        "exam_user.signed_in",
        "exam_user.signed_out",
        "exam_user.registered",
        "exam_user.signed_in",
    ]


async def test_the_numbers_of_ended_sessions_never_go_back(world: World, sessions: Sessions):
    for number in range(3):
        _, session = await begin(sessions, f"user-{number}")
        await sessions.end(call(session.user_id), session)
    await world.writer.exclusive(
        lambda cursor: cursor.execute("UPDATE sessions SET expires_at = '2000'")
    )
    await sessions._sweep_sometimes("2001")
    assert len(world.store.read("SELECT 1 FROM sessions")) == 3  # not yet
    world.watch.now += 3601
    await sessions._sweep_sometimes("2001")
    assert world.store.read("SELECT ended FROM sessions") == [(3,)]
    _, session = await begin(sessions, "last")
    await sessions.end(call("last"), session)
    assert world.store.read("SELECT max(ended) FROM sessions") == [(4,)]


@pytest.mark.parametrize("token", [b"", b"x", b"x" * 42, b"x" * 44, b"\xff" * 43])
async def test_what_cannot_be_a_token_is_nobodys(sessions: Sessions, token: bytes):
    assert await found(sessions, token) is None
