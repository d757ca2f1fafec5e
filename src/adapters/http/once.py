"""Once: a POST that may be sent again under its `Idempotency-Key` (decision 8, B-05 to B-07, K15).

A handler first refuses whoever may not do or see what is asked; only then may it be answered from
what is kept. Without the header all this costs a look at the headers.
"""

import re
from collections.abc import Awaitable, Callable, Sequence
from hashlib import sha256
from typing import Any, Final

from adapters.http.problems import Problem
from adapters.http.replies import Header, Reply
from adapters.http.requests import StrictRequest
from adapters.idempotency import Kept, Keyed, row
from adapters.ledger import Call, Ledger, Outcome, SideRow, Step

Answer = Callable[[Outcome], Reply]
After = Callable[[Outcome], Awaitable[None]]
Again = Callable[[Reply], Awaitable[Sequence[Header]]]

_HEADER: Final = b"idempotency-key"
_KEY: Final = re.compile(rb"[\x21-\x7e]{1,255}")
_REPLAYED: Final[Header] = (b"idempotency-replayed", b"true")
_KEPT: Final = frozenset({b"etag", b"location"})  # the others belong to one moment


class Once:
    """One request's way to the ledger: its answer is stored with its events, if it has a key."""

    __slots__ = ("_keyed", "_ledger", "call", "stored")

    def __init__(self, ledger: Ledger, call: Call, keyed: Keyed | None) -> None:
        """Nothing is stored yet."""
        self._ledger = ledger
        self.call = call
        self._keyed = keyed
        self.stored = False

    async def execute(self, *steps: Step, answer: Answer) -> tuple[Outcome, Reply]:
        """As `Ledger.execute`, and the success that `answer` makes of the outcome alone."""
        keyed = self._keyed
        if keyed is None:
            outcome = await self._ledger.execute(self.call, *steps)
            return outcome, answer(outcome)
        replies: list[Reply] = []

        def also(outcome: Outcome) -> Sequence[SideRow]:
            replies.append(answer(outcome))
            return [row(keyed, _kept(replies[-1]), self.call.now)]

        outcome = await self._ledger.execute(self.call, *steps, also=also)
        self.stored = True
        return outcome, replies[-1]


async def once(
    request: StrictRequest,
    steps: Sequence[Step],
    answer: Answer,
    *,
    call: Call | None = None,
    after: After | None = None,
    again: Again | None = None,
) -> Reply:
    """Carry out the steps and answer; the same request again is answered without them.

    `answer` makes a success of the outcome alone. `call` is the one that the steps took their
    time from. `after` is what must be done between the commit and the reply, `again` the same for
    a reply that was kept; it also gives the headers of the moment. Errors: see `carried_out`.
    """

    async def work(way: Once) -> Reply:
        outcome, reply = await way.execute(*steps, answer=answer)
        if after is not None:
            await after(outcome)
        return reply

    return await carried_out(request, call or request.call(), work, again)


async def carried_out(
    request: StrictRequest,
    call: Call,
    work: Callable[[Once], Awaitable[Reply]],
    again: Again | None = None,
    *,
    content: bytes | None = None,
) -> Reply:
    """The reply of `work`, or the one it gave before under this request's key.

    `work` does its one `execute` by the given way, and beside it only what may be repeated; if it
    executes nothing, its reply is kept all the same. `again` is for what a kept reply does not
    hold: it makes true what must be so before any answer, and gives headers of the moment.
    `content` is what the body means, where the same may be said in other bytes.
    Raises Problem 400 for what is no key, KeyReused, InFlight, and whatever the work does.
    """
    keyed = await _keyed(request, call, content)
    if keyed is None:
        return await work(Once(request.parts.ledger, call, None))

    async def keep() -> tuple[Reply, Kept | None]:
        way = Once(request.parts.ledger, call, keyed)
        reply = await work(way)
        return reply, None if way.stored else _kept(reply)

    found = await request.parts.idempotency.once(keyed, call, keep)
    return found if isinstance(found, Reply) else await _replayed(found, again)


async def _replayed(kept: Kept, again: Again | None) -> Reply:
    lines = (line.partition(b": ") for line in kept.headers.splitlines())
    headers: list[Header] = [*((name, value) for name, _, value in lines), _REPLAYED]
    reply = Reply(kept.body, kept.status, headers)
    if again is not None:
        headers.extend(await again(reply))
    return reply


def _kept(reply: Reply) -> Kept:
    lines = [b"%b: %b" % header for header in reply.headers if header[0] in _KEPT]
    return Kept(reply.status, b"\n".join(lines), reply.body)


async def _keyed(request: StrictRequest, call: Call, content: bytes | None) -> Keyed | None:
    """Whose request this is under which key, if it has one. Raises Problem."""
    scope: Any = request.scope
    given = [value for name, value in scope["headers"] if name == _HEADER]
    if not given:
        return None
    if len(given) > 1 or not _KEY.fullmatch(given[0]):
        raise Problem(
            400,
            "INVALID_PAYLOAD",
            "Idempotency-Key: must be 1 to 255 visible ASCII characters, sent once",
            details={"path": "Idempotency-Key"},
        )
    path = scope.get("raw_path") or scope["path"].encode()
    body = await request.body() if content is None else content
    asked = b"\n".join((scope["method"].encode(), path, scope["query_string"], body))
    actor = call.actor
    return Keyed(f"{actor.scheme}:{actor.subject}", given[0].decode(), sha256(asked).digest())
