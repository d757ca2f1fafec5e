"""What the HTTP adapters are built from: the composition root fills it once."""

from collections.abc import Callable
from dataclasses import dataclass

from adapters.bearers import Bearers
from adapters.checkers.on_demand import Checkers
from adapters.clock import Clock
from adapters.deadlines import Deadlines
from adapters.exam_import import ExamImport
from adapters.exam_listing import ExamListing
from adapters.exam_shelf import ExamShelf
from adapters.files import Files
from adapters.idempotency import Idempotency
from adapters.ledger import Ledger
from adapters.passwords import Passwords
from adapters.projector import Projector
from adapters.sessions import Sessions
from adapters.settings import Settings
from adapters.views import Views


@dataclass(frozen=True, slots=True)
class Parts:
    """The parts; `writer_health` says why nothing can be stored any more, or None."""

    ledger: Ledger
    views: Views
    followed: Projector
    files: Files
    sessions: Sessions
    bearers: Bearers
    passwords: Passwords
    idempotency: Idempotency
    exams: ExamShelf
    exam_import: ExamImport
    exam_listing: ExamListing
    deadlines: Deadlines
    checkers: Checkers
    settings: Settings
    clock: Clock
    writer_health: Callable[[], BaseException | None]
