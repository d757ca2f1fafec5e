"""Passwords: argon2id in a bounded pool, as slow for a user who is not there."""

import asyncio
import unicodedata
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Final, TypeVar

import sqlalchemy as sa
from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from argon2.low_level import Type

from adapters import side_tables
from adapters.ledger import Call, Ledger, Step
from adapters.sql import compiled
from domain.exam_user import RegisterUser, Role, exam_user
from domain.keys import composite_key, folded
from domain.reservation import NameKind, Reserve, email_address, username
from event_store.store import RowStatement, Store

T = TypeVar("T")

LEAST_PASSWORD = 6
_THREADS = 2
_MOST_WAITING = 256

_table = side_tables.passwords
_ROW: Final = RowStatement(
    f"INSERT INTO {_table.name} (username, user_id, hash)",
    3,
    f"ON CONFLICT (username) DO UPDATE SET hash = excluded.hash "
    f"WHERE {_table.name}.user_id = excluded.user_id",
)


class TooManyWaiting(Exception):
    """More people are signing in than can be checked soon: try again in a moment."""


class Passwords:
    """Checks and keeps passwords; belongs to one event loop. A check takes about 25 ms."""

    def __init__(self, store: Store, ledger: Ledger) -> None:
        """The cost is OWASP's: 19 MiB, two passes, one lane."""
        self._store = store
        self._ledger = ledger
        self._hasher = PasswordHasher(
            time_cost=2, memory_cost=19 * 1024, parallelism=1, type=Type.ID
        )
        self._pool = ThreadPoolExecutor(_THREADS, thread_name_prefix="passwords")
        self._waiting = 0
        self._decoy = self._hasher.hash("nobody has this password")
        self._find = compiled(
            store.dialect,
            sa.select(_table.c.user_id, _table.c.hash).where(
                _table.c.username == sa.bindparam("name")
            ),
        )

    async def owner(self, name: str, password: str) -> str | None:
        """The id of the user with this name and password, or None. Raises TooManyWaiting."""
        return await self._run(self._owner, name, password)

    def _owner(self, name: str, password: str) -> str | None:
        rows = (
            []
            if "\0" in name
            else self._store.read(self._find.text, self._find.bind(name=folded(name)))
        )
        user_id: str | None
        hashed: str
        user_id, hashed = rows[0] if rows else (None, self._decoy)
        try:
            self._hasher.verify(hashed, _plain(password))
        except (VerificationError, InvalidHashError):
            return None
        return user_id

    async def register(
        self,
        call: Call,
        user_id: str,
        name: str,
        password: str,
        roles: tuple[Role, ...] = (),
        *,
        email: str | None = None,
        first_name: str | None = None,
        last_name: str | None = None,
    ) -> None:
        """Make an account in one transaction. Raises UserExists, UsernameTaken, EmailTaken."""
        hashed = await self._run(self._hasher.hash, _plain(password))
        account = RegisterUser(
            user_id=user_id,
            username=name,
            roles=roles,
            email=email,
            first_name=first_name,
            last_name=last_name,
        )
        steps = [
            Step(exam_user.stream(user_id), account),
            Step(username.stream(composite_key(folded(name))), Reserve(owner=user_id)),
        ]
        if email is not None:
            reserve = Reserve(owner=user_id, of=NameKind.EMAIL)
            steps.append(Step(email_address.stream(composite_key(folded(email))), reserve))
        row = (folded(name), user_id, hashed)
        await self._ledger.execute(call, *steps, rows=[(_ROW, row)])

    async def _run(self, work: Callable[..., T], *texts: str) -> T:
        if self._waiting >= _MOST_WAITING:
            raise TooManyWaiting
        self._waiting += 1
        try:
            return await asyncio.get_running_loop().run_in_executor(self._pool, work, *texts)
        finally:
            self._waiting -= 1

    def close(self) -> None:
        """End the threads."""
        self._pool.shutdown(wait=True, cancel_futures=True)


def _plain(password: str) -> str:
    return unicodedata.normalize("NFC", password)
