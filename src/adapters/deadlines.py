"""Deadlines: close attempts whose time has passed, and tell running ones of more time (ADR 7)."""

import asyncio
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Final

from adapters.clock import Clock
from adapters.codec import UnreadableEvent
from adapters.exam_shelf import ExamShelf
from adapters.files import Files
from adapters.ledger import Call, Ledger, Step
from adapters.user_attempts import attempts_of
from adapters.view_query import Condition, Eq, Range
from adapters.views import Views
from domain.accommodation import Accommodation, accommodation, accommodation_key
from domain.attempt import Attempt, AttemptExtended, AttemptNotFound
from domain.attempt_deadline import is_over
from domain.exam import Exam
from domain.exam_attempt import AccommodateAttempt, AllowExtension, ExpireAttempt, attempt
from domain.instants import Instant, plus
from domain.kernel import Command, Event, Refused
from domain.time_limit import ExamExtension, TimeLimit, given_limit
from event_store.envelope import Actor
from projections.exam_attempts import ExamAttempt, exam_attempts

SETTLE_SECONDS: Final = 2
"""An attempt is closed this long after its time: saves that came in before are stored by then."""

_SWEEPER: Final = Actor("system", "deadline")
_AT_ONCE: Final = 32
_PAGE: Final = 500


class Deadlines:
    """What the time of one process's attempts asks for; belongs to one event loop."""

    def __init__(
        self, *, ledger: Ledger, views: Views, exams: ExamShelf, files: Files, clock: Clock
    ) -> None:
        """`clock` decides when time has passed; `on_start` hears of each new deadline."""
        self._ledger = ledger
        self._views = views
        self._exams = exams
        self._files = files
        self._clock = clock
        self.on_start: Callable[[Instant], None] = lambda _closes_at: None

    # --- giving time ------------------------------------------------------------------------

    async def limit(self, now: Instant, exam: Exam, user_id: str, grace_seconds: int) -> TimeLimit:
        """The time of an attempt that this learner starts now."""
        granted, _ = await self._ledger.read(accommodation, accommodation_key(user_id))
        return given_limit(
            now=now,
            duration_minutes=exam.duration_minutes,
            window=exam.window,
            allowance=granted.allowance,
            extensions=exam.extensions,
            grace_seconds=grace_seconds,
        )

    def started(self, state: Attempt) -> None:
        """An attempt began: whoever sleeps until the next deadline may have to wake earlier."""
        if state.limit is not None:
            self.on_start(state.limit.closes_at)

    async def running(self, exam_id: str, now: Instant) -> list[str]:
        """The attempts at an exam whose time has not passed: an extension granted now is theirs."""
        rows = await self._ledger.query(
            _running, self._views, [Eq("exam_id", exam_id), Eq("status", "in_progress")]
        )
        return [
            row.attempt_id
            for row in rows
            if row.exam_id == exam_id and row.closes_at is not None and now <= row.closes_at
        ]

    async def tell_exam(self, call: Call, exam_id: str, extension: ExamExtension) -> None:
        """Give every running attempt at an exam its extension; who has it already keeps it."""
        running = await self.running(exam_id, extension.at)
        await self._tell(call, running, AllowExtension(extension=extension))

    async def tell_student(self, call: Call, user_id: str, granted: Accommodation) -> int:
        """Give every running attempt of a learner their accommodation: how many have more time."""
        rows = await self._ledger.query(attempts_of, self._views, user_id)
        running = [row.attempt_id for row in rows if row.status == "in_progress"]
        return await self._tell(call, running, _accommodate(granted))

    async def _tell(self, call: Call, attempts: Sequence[str], command: Command) -> int:
        told = 0
        for part in _parts(attempts):
            outcomes = await asyncio.gather(
                *(
                    self._ledger.execute(call, Step(attempt.stream(attempt_id), command))
                    for attempt_id in part
                )
            )
            told += sum(_extends(outcome.events) for outcome in outcomes)
        return told

    # --- the end ----------------------------------------------------------------------------

    async def settled(self, state: Attempt, version: int) -> tuple[Attempt, int]:
        """An attempt as it stands now: closed, if its time has passed and nobody did it yet."""
        if state.limit is None or not is_over(state, plus(self._clock(), -SETTLE_SECONDS)):
            return state, version
        return await self.close(state.attempt_id)

    async def close(self, attempt_id: str) -> tuple[Attempt, int]:
        """Hand in what was saved if the attempt's time has passed; its state and version then.

        An extension that was granted in time, but not told to the attempt, is told first.
        """
        stream = attempt.stream(attempt_id)
        state, version = await self._ledger.read(attempt, attempt_id)
        if not version:
            raise AttemptNotFound("no such attempt")
        document = await self._exams.document(state.subject.id, state.subject.content_hash)
        now = self._clock()
        call = Call(_SWEEPER, "system", f"deadline-{attempt_id}", now)
        pending = await self._untold(state)
        outcome = await self._ledger.execute(
            call,
            *(Step(stream, command) for command in pending),
            Step(stream, ExpireAttempt(document=document, now=now)),
        )
        closed: Attempt = outcome.states[stream]
        if closed.output_path is not None:
            await self._files.submitted(closed, document)
        return closed, outcome.versions[stream]

    async def tell_late(self, state: Attempt, arrived: Instant) -> None:
        """Before something is refused as too late: tell the attempt of time it has by right."""
        if is_over(state, arrived):
            stream = attempt.stream(state.attempt_id)
            call = Call(_SWEEPER, "system", f"deadline-{state.attempt_id}", self._clock())
            untold = await self._untold(state)
            await self._ledger.execute(call, *(Step(stream, command) for command in untold))

    async def _untold(self, state: Attempt) -> list[Command]:
        """What the attempt should have been told: most often it has been."""
        taken = await self._exams.exam(state.subject.id)
        granted, _ = await self._ledger.read(accommodation, accommodation_key(state.learner.id))
        commands: list[Command] = [AllowExtension(extension=one) for one in taken.extensions]
        if granted.user_id:
            commands.append(_accommodate(granted))
        return commands

    async def next_closing(self) -> Instant | None:
        """When the time of a running attempt ends first, if any has one."""
        rows = await self._ledger.query(_next, self._views, 1)
        return rows[0][1] if rows else None

    async def close_due(self) -> None:
        """Close every attempt whose time has passed.

        One that cannot be closed stops no other: it is a problem for the operator.
        """
        looked_at: set[str] = set()  # each once: what is still due then waits for the next time
        while True:
            rows = await self._ledger.query(_next, self._views, _PAGE)
            until = plus(self._clock(), -SETTLE_SECONDS)
            due = [key for key, closes_at in rows if closes_at < until and key not in looked_at]
            if not due:
                return
            for part in _parts(due):
                await asyncio.gather(*map(self._close_or_report, part))
            looked_at.update(due)

    async def _close_or_report(self, attempt_id: str) -> None:
        problems, subject = self._files.problems, f"deadline of {attempt_id}"
        try:
            await self.close(attempt_id)
        except (UnreadableEvent, LookupError, Refused) as error:
            problems.report(subject, str(error))
        else:
            problems.solved(subject)


def _accommodate(granted: Accommodation) -> AccommodateAttempt:
    return AccommodateAttempt(
        allowance=granted.allowance, reason=granted.reason, now=granted.set_at
    )


def _extends(events: Iterable[Event]) -> bool:
    return any(isinstance(event, AttemptExtended) for event in events)


def _parts(attempts: Sequence[str]) -> Iterator[Sequence[str]]:
    for start in range(0, len(attempts), _AT_ONCE):
        yield attempts[start : start + _AT_ONCE]


def _next(views: Views, limit: int) -> list[tuple[str, Instant]]:
    """The running attempts whose time ends first, and when."""
    found = views.find(exam_attempts, [Range("closes_at", gt="")], ["closes_at"], limit=limit)
    return [(key, row.closes_at or "") for key, row in found.rows]


def _running(views: Views, where: Sequence[Condition]) -> list[ExamAttempt]:
    rows: list[ExamAttempt] = []
    after: str | None = None
    while True:
        page = views.find(exam_attempts, where, after=after, limit=_PAGE)
        rows += [row for _, row in page.rows]
        after = page.next
        if after is None:
            return rows
