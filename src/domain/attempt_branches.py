"""Branches of an attempt: saves that cannot be applied are kept aside, no text is lost (ADR 8)."""

from collections.abc import Iterable
from typing import Final

from domain.attempt import (
    Answer,
    AnswersBranched,
    Attempt,
    BranchReason,
    StaleRevision,
    not_active,
)
from domain.kernel import Event
from domain.saved_answers import conflicts, fingerprint

MOST_BRANCHES: Final = 100
"""How many saves an attempt keeps aside; beyond that their senders hear that they were not."""


def refuse_branch(state: Attempt, events: Iterable[Event]) -> None:
    """Raise what the sender of a save hears that led to `state` by a branch among `events`."""
    for event in events:
        if isinstance(event, AnswersBranched):
            if event.reason is BranchReason.LATE:
                raise not_active(state, kept=True)
            raise stale(state, event.changes, event.base_revision or 0, event.client_id, kept=True)


def branch(
    state: Attempt,
    changes: tuple[Answer, ...],
    reason: BranchReason,
    base_revision: int | None = None,
    client_id: str | None = None,
) -> list[AnswersBranched]:
    """The branch that keeps these answers: none if one has them, or if there are too many."""
    full = len(state.branches) >= MOST_BRANCHES
    if not changes or full or is_kept(state, changes, reason):
        return []
    return [
        AnswersBranched(
            base_revision=base_revision, client_id=client_id, changes=changes, reason=reason
        )
    ]


def is_kept(state: Attempt, changes: Iterable[Answer], reason: BranchReason) -> bool:
    """Whether a branch has these answers already."""
    return bool(state.branches) and fingerprint(reason, changes) in state.branches


def stale(
    state: Attempt, changes: Iterable[Answer], base: int, client_id: str | None, *, kept: bool
) -> StaleRevision:
    """What the sender hears who has not seen what others changed."""
    return StaleRevision(
        "these answers have been changed elsewhere since",
        revision=state.revision,
        questionIds=conflicts(state.answers, state.changed, changes, base, client_id),
        kept=kept,
    )
