"""Passwords: one account a name, and nothing to learn from a wrong one."""

import pytest

from adapters import passwords as module
from adapters.passwords import Passwords, TooManyWaiting
from domain.exam_user import Role, UserExists
from domain.reservation import NameTaken
from tests.http.conftest import World, operator


@pytest.fixture
async def passwords(world: World) -> Passwords:
    await world.parts.passwords.register(operator(), "u1", " Ada ", "correct horse", (Role.STAFF,))
    return world.parts.passwords


async def test_the_right_password_tells_whose_it_is(passwords: Passwords):
    for name in ("Ada", "ada", " ADA "):
        assert await passwords.owner(name, "correct horse") == "u1"


@pytest.mark.parametrize(
    ("name", "password"),
    [("Ada", "correct hors"), ("Ada", ""), ("Bob", "correct horse"), ("", ""), ("a\0", "x")],
)
async def test_anything_else_tells_nothing(passwords: Passwords, name: str, password: str):
    assert await passwords.owner(name, password) is None


async def test_a_password_is_the_same_however_it_was_typed(passwords: Passwords):
    await passwords.register(operator(), "u2", "Zoë", "e\u0301clair")
    assert await passwords.owner("zoe\u0308", "\u00e9clair") == "u2"


async def test_neither_a_name_nor_an_id_is_given_twice(world: World, passwords: Passwords):
    head = world.store.head()
    with pytest.raises(NameTaken):
        await passwords.register(operator(), "u3", "ADA", "another one")
    with pytest.raises(UserExists):
        await passwords.register(operator(), "u1", "Eve", "another one")
    assert world.store.head() == head
    assert await passwords.owner("Ada", "correct horse") == "u1"
    assert await passwords.owner("Ada", "another one") is None


async def test_no_password_or_hash_is_in_the_log(world: World, passwords: Passwords):
    log = b"".join(event.stored for event in world.store.read_log())
    assert b"correct horse" not in log
    assert b"argon2" not in log
    [(hashed,)] = world.store.read("SELECT hash FROM passwords")
    assert hashed.startswith("$argon2id$v=19$m=19456,t=2,p=1$")


async def test_more_than_can_wait_are_sent_away(
    passwords: Passwords, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(module, "_MOST_WAITING", 0)
    with pytest.raises(TooManyWaiting):
        await passwords.owner("Ada", "correct horse")
