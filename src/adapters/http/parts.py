"""What the HTTP adapters are built from: the composition root fills it once."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from adapters.clock import Clock
from adapters.exam_shelf import ExamShelf
from adapters.ledger import Ledger
from adapters.passwords import Passwords
from adapters.sessions import Sessions
from adapters.settings import Settings
from adapters.views import Views
from domain.attempt import Attempt


class ExamFiles(Protocol):
    """Files that follow exam attempts (decision 9), see `adapters.files`."""

    async def started(self, state: Attempt) -> None:
        """An attempt began."""

    async def saved(self, state: Attempt) -> None:
        """Answers were saved."""

    async def submitted(self, state: Attempt, document: bytes) -> None:
        """An attempt is finished: its files are on disk when this returns."""


@dataclass(frozen=True, slots=True)
class Parts:
    """The parts; `writer_health` says why nothing can be stored any more, or None."""

    ledger: Ledger
    views: Views
    files: ExamFiles
    sessions: Sessions
    passwords: Passwords
    exams: ExamShelf
    settings: Settings
    clock: Clock
    writer_health: Callable[[], BaseException | None]
