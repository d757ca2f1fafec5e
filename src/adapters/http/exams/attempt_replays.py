"""What a kept reply about an attempt does not hold: its files, headers of the moment."""

from collections.abc import Sequence
from typing import Final

import msgspec

from adapters.http.exams.attempt_headers import time_headers
from adapters.http.once import Again
from adapters.http.replies import Header, Reply
from adapters.http.requests import StrictRequest
from domain.attempt import Phase
from domain.exam_attempt import attempt


class _Named(msgspec.Struct, rename="camel"):
    attempt_id: str


_read: Final = msgspec.json.Decoder(_Named).decode


def attempt_again(
    request: StrictRequest, attempt_id: str | None = None, document: bytes | None = None
) -> Again:
    """For a reply that shows `attempt_id`, or the attempt whose id it begins with.

    `document` is the exam of one that was handed in: its bundle is there before the reply, also
    when the first one was cut off (decision 9).
    """

    async def again(reply: Reply) -> Sequence[Header]:
        parts = request.parts
        named = attempt_id or _read(reply.body).attempt_id
        state, _ = await parts.ledger.read(attempt, named)
        if document is not None and state.phase is Phase.FINISHED:
            await parts.files.submitted(state, document)
        else:
            await parts.files.saved(state)
        return time_headers(state, parts.clock())

    return again
