"""Leisure: when views are folded that nobody waits for.

Folding costs the same processor time whenever it is done, so while many write it is put off: at
once on a quiet machine, late on a busy one, but never more than a bounded number of events late.
"""

from typing import Final

LOOK_SECONDS: Final = 0.2
"""How often it is asked how much is being written."""

BUSY_RATE: Final = 500
"""So many events a second leave no time for anything else."""

MOST_BEHIND: Final = 20_000
"""So many events may wait: about what is folded in the second that a reader waits."""


class Leisure:
    """How much is being written, and so how far views may be folded."""

    def __init__(self) -> None:
        """Nothing is known yet: the first look finds a quiet machine."""
        self._looked = float("-inf")
        self._seen = 0
        self._until = 0

    def look(self, head: int, now: float) -> None:
        """Take note of the head at a moment, in seconds; after a rest the first event counts."""
        passed = now - self._looked
        if head > self._seen and passed >= LOOK_SECONDS:
            if head - self._seen <= BUSY_RATE * passed:
                self._until = head
            self._seen, self._looked = head, now

    def allows(self, position: int, head: int) -> bool:
        """Whether a view that is at `position` is to be folded further."""
        return position < self._until or head - position > MOST_BEHIND
