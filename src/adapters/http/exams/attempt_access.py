"""Who may see an attempt: its learner and staff; to all others it is not there (E-29)."""

import re
from typing import Final

from adapters.http.parts import Parts
from adapters.sessions import Session
from domain.attempt import Attempt, AttemptNotFound, Phase
from domain.exam_attempt import attempt

SCHEME: Final = "exam"
"""The identity scheme of those who sign in to this facade."""

_ATTEMPT_ID: Final = re.compile(r"[A-Za-z0-9._@-]{1,255}")


async def own_attempt(parts: Parts, session: Session, attempt_id: str) -> Attempt:
    """The caller's own attempt, as this process remembers it or else as it is stored.

    Whose it is never changes. Another's costs the same read as one that is not there (E-29).
    Raises AttemptNotFound.
    """
    if not _ATTEMPT_ID.fullmatch(attempt_id):
        raise _not_found()
    state, _ = parts.ledger.remembered(attempt, attempt_id) or (attempt.initial, 0)
    if state.learner.id != session.user_id or not _is_exam(state):
        state, _ = await parts.ledger.read(attempt, attempt_id)
        if state.learner.id != session.user_id or not _is_exam(state):
            raise _not_found()
    return state


async def any_attempt(parts: Parts, attempt_id: str) -> tuple[Attempt, int]:
    """An exam attempt and its revision, whosever it is. Raises AttemptNotFound."""
    if _ATTEMPT_ID.fullmatch(attempt_id):
        state, version = await parts.ledger.read(attempt, attempt_id)
        if _is_exam(state):
            return state, version
    raise _not_found()


async def visible_attempt(parts: Parts, session: Session, attempt_id: str) -> tuple[Attempt, int]:
    """The caller's own attempt, or for staff anybody's. Raises AttemptNotFound."""
    state, version = await any_attempt(parts, attempt_id)
    if not session.staff and state.learner.id != session.user_id:
        raise _not_found()
    return state, version


def _is_exam(state: Attempt) -> bool:
    return state.phase is not Phase.ABSENT and state.learner.scheme == SCHEME


def _not_found() -> AttemptNotFound:
    return AttemptNotFound("no such attempt")
