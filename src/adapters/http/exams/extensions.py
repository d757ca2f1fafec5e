"""Time as staff rule it: more of it for an attempt, an exam or a learner, and when one may start.

Every one of these is an event with its actor and its reason (ADR 7).
"""

import re
import secrets
from collections.abc import Sequence
from decimal import Decimal
from functools import partial
from typing import Annotated, Final

import msgspec
from litestar import Controller, get, post, put
from litestar.openapi.spec import Example
from litestar.params import BodyKwarg, FromPath
from msgspec import Meta

from adapters.http.exams.attempt_access import any_attempt
from adapters.http.exams.attempt_headers import attempt_headers
from adapters.http.exams.attempt_replays import attempt_again
from adapters.http.exams.documentation import ONCE, STAFF_READ, STAFF_WRITE, replies
from adapters.http.once import once
from adapters.http.parts import Parts
from adapters.http.problems import Problem, invalid
from adapters.http.replies import Header, Reply, decimals_reply, json_reply
from adapters.http.requests import StrictRequest
from adapters.http.session_middleware import Access
from adapters.ledger import Call, Outcome, Step
from domain.accommodation import (
    Accommodation,
    SetAccommodation,
    accommodation,
    accommodation_key,
)
from domain.attempt import Attempt
from domain.exam import Exam, ExamNotFound, ExtendExam, SetExamWindow, exam
from domain.exam_attempt import ExtendAttempt, attempt
from domain.exam_document import is_exam_id
from domain.instants import Instant, read_instant
from domain.kernel import Erased
from domain.time_limit import ExamExtension, StartWindow

_USER_ID: Final = re.compile(r"[A-Za-z0-9._@-]{1,64}")
_STAFF: Final = {"access": Access.STAFF}
_ATTEMPT: Final = "ATTEMPT_NOT_FOUND: there is none"
_EXAM: Final = "EXAM_NOT_FOUND: there is no such exam"
_USER: Final = "USER_NOT_FOUND: this cannot be a user's id"

Minutes = Annotated[int, Meta(ge=1, le=24 * 60)]
Reason = Annotated[str, Meta(min_length=1, max_length=500)]
Moment = Annotated[str, Meta(min_length=1, max_length=40)]


class ExtendBody(msgspec.Struct, frozen=True, rename="camel"):
    """How many minutes more, and why."""

    minutes: Minutes
    reason: Reason


class ExtendExamBody(ExtendBody, frozen=True, rename="camel"):
    """`laterStarts` gives the minutes also to whoever starts later, not only to who is at it."""

    later_starts: bool = False


class AccommodationBody(msgspec.Struct, frozen=True, rename="camel"):
    """A factor of every exam's duration (a decimal from 1 to 10), minutes on top, and why."""

    reason: Reason
    factor: Decimal = Decimal(1)
    minutes: Annotated[int, Meta(ge=0, le=24 * 60)] = 0


class WindowBody(msgspec.Struct, frozen=True, rename="camel"):
    """When an exam may be started, and when it ends for who has no extension; ISO-8601, zoned.

    Left out, a bound does not bind.
    """

    opens_at: Moment | None = None
    closes_at: Moment | None = None
    ends_at: Moment | None = None


_EXTEND: Final = [Example(value={"minutes": 10, "reason": "the fire alarm"})]
_EXTEND_EXAM: Final = [
    Example(value={"minutes": 10, "reason": "the fire alarm"}),
    Example(value={"minutes": 15, "reason": "too long as it is", "laterStarts": True}),
]
_ACCOMMODATION: Final = [
    Example(value={"factor": 1.25, "reason": "application 17"}),
    Example(value={"factor": 1, "minutes": 30, "reason": "application 18"}),
]
_WINDOW: Final = [
    Example(value={"opensAt": "2030-01-31T09:00:00Z", "closesAt": "2030-01-31T09:15:00Z"}),
    Example(value={}),
]


class AttemptTime(msgspec.Struct, frozen=True, rename="camel"):
    """The time an attempt has: answers that arrive by `closesAt` count, `expiresAt` is shown."""

    attempt_id: str
    user_id: str
    exam_id: str
    expires_at: Instant
    closes_at: Instant


class Window(msgspec.Struct, frozen=True, rename="camel", omit_defaults=True):
    """When an exam may be started and when it ends; an absent bound does not bind."""

    opens_at: Instant | None = None
    closes_at: Instant | None = None
    ends_at: Instant | None = None


class ExtensionEntry(msgspec.Struct, frozen=True, rename="camel", omit_defaults=True):
    """More time for everybody at an exam."""

    extension_id: str
    minutes: int
    later_starts: bool
    at: Instant
    reason: str | None = None


class ExamTime(msgspec.Struct, frozen=True, rename="camel"):
    """When an exam may be started, and the extensions it was given."""

    exam_id: str
    window: Window
    extensions: list[ExtensionEntry]


class ExamExtended(msgspec.Struct, frozen=True, rename="camel"):
    """The extension, and how many running attempts have it now."""

    exam_id: str
    extension: ExtensionEntry
    attempts: int


_extended: Final = msgspec.json.Decoder(ExamExtended).decode


class Granted(msgspec.Struct, frozen=True, rename="camel", omit_defaults=True):
    """A learner's accommodation; after a change, how many running attempts have more time."""

    user_id: str
    factor: Decimal
    minutes: int
    reason: str | None = None
    attempts: int | None = None


class ExtensionsController(Controller):
    """Extensions, accommodations and start windows; `deadline=enforce` makes them matter."""

    path = "/admin"
    tags = ("Time",)
    opt = _STAFF

    @post(
        "/attempts/{attempt_id:str}/extend",
        operation_id="ExtendAttempt",
        summary="Give one attempt more time",
        status_code=200,
        responses=replies(
            AttemptTime,
            *STAFF_WRITE,
            *ONCE,
            description="The time the attempt has now",
            s404=_ATTEMPT,
            s409="ATTEMPT_NOT_ACTIVE: it has ended. ATTEMPT_HAS_NO_DEADLINE: it was started with "
            "`deadline=off`",
        ),
    )
    async def extend_attempt(
        self,
        request: StrictRequest,
        attempt_id: FromPath[str],
        data: Annotated[ExtendBody, BodyKwarg(examples=_EXTEND)],
    ) -> Reply:
        """Extend one attempt."""
        parts, call = request.parts, request.call()
        await any_attempt(parts, attempt_id)
        stream = attempt.stream(attempt_id)
        command = ExtendAttempt(
            extension_id=_new_id(), minutes=data.minutes, reason=data.reason, now=call.now
        )

        def answer(outcome: Outcome) -> Reply:
            state: Attempt = outcome.states[stream]
            headers = attempt_headers(state, outcome.versions[stream], call.now)
            return json_reply(_attempt_time(state), headers=headers)

        again = attempt_again(request, attempt_id)
        return await once(request, [Step(stream, command)], answer, call=call, again=again)

    @post(
        "/exams/{exam_id:str}/extend",
        operation_id="ExtendExam",
        summary="Give everybody at an exam more time",
        status_code=200,
        responses=replies(
            ExamExtended,
            *STAFF_WRITE,
            *ONCE,
            description="Every running attempt has it",
            s404=_EXAM,
        ),
    )
    async def extend_exam(
        self,
        request: StrictRequest,
        exam_id: FromPath[str],
        data: Annotated[ExtendExamBody, BodyKwarg(examples=_EXTEND_EXAM)],
    ) -> Reply:
        """Extend a cohort: the exam first, so that no attempt misses it, then each attempt."""
        parts, call = request.parts, request.call()
        extension = ExamExtension(
            extension_id=_new_id(),
            minutes=data.minutes,
            later_starts=data.later_starts,
            at=call.now,
            reason=data.reason,
        )
        step = Step(exam.stream(_exam_id(exam_id)), ExtendExam(extension=extension))
        running = await parts.deadlines.running(exam_id, call.now)
        body = ExamExtended(exam_id, _extension(extension), len(running))
        return await once(
            request,
            [step],
            lambda _: json_reply(body),
            call=call,
            after=lambda _: parts.deadlines.tell_exam(call, exam_id, extension),
            again=partial(_tell_again, request.parts, call),
        )

    @put(
        "/exams/{exam_id:str}/window",
        operation_id="SetExamWindow",
        summary="Say when an exam may be started",
        responses=replies(
            ExamTime,
            *STAFF_WRITE,
            description="The window; running attempts keep the time they have",
            s404=_EXAM,
        ),
    )
    async def set_window(
        self,
        request: StrictRequest,
        exam_id: FromPath[str],
        data: Annotated[WindowBody, BodyKwarg(examples=_WINDOW)],
    ) -> Reply:
        """Set the start window in place of the one before."""
        call = request.call()
        stream = exam.stream(_exam_id(exam_id))
        command = SetExamWindow(window=_window(data))
        outcome = await request.parts.ledger.execute(call, Step(stream, command))
        return json_reply(_exam_time(outcome.states[stream]))

    @get(
        "/exams/{exam_id:str}/window",
        operation_id="GetExamWindow",
        summary="Read an exam's start window and extensions",
        responses=replies(ExamTime, *STAFF_READ, description="They are these", s404=_EXAM),
    )
    async def window(self, request: StrictRequest, exam_id: FromPath[str]) -> Reply:
        """Read the start window."""
        state, version = await request.parts.ledger.read(exam, _exam_id(exam_id))
        if not version:
            raise ExamNotFound("no such exam")
        return json_reply(_exam_time(state))

    @put(
        "/users/{user_id:str}/accommodation",
        operation_id="SetAccommodation",
        summary="Give a learner more time at every exam",
        responses=replies(
            Granted,
            *STAFF_WRITE,
            description="The accommodation; running attempts never lose time by it",
            s404=_USER,
        ),
    )
    async def accommodate(
        self,
        request: StrictRequest,
        user_id: FromPath[str],
        data: Annotated[AccommodationBody, BodyKwarg(examples=_ACCOMMODATION)],
    ) -> Reply:
        """Set an accommodation; factor 1 and no minutes take it back."""
        parts, call = request.parts, request.call()
        stream = accommodation.stream(accommodation_key(_user_id(user_id)))
        command = SetAccommodation(
            user_id=user_id,
            factor=str(data.factor),
            minutes=data.minutes,
            reason=data.reason,
            now=call.now,
        )
        outcome = await parts.ledger.execute(call, Step(stream, command))
        granted: Accommodation = outcome.states[stream]
        told = await parts.deadlines.tell_student(call, user_id, granted)
        return decimals_reply(_granted(user_id, granted, told))

    @get(
        "/users/{user_id:str}/accommodation",
        operation_id="GetAccommodation",
        summary="Read a learner's accommodation",
        responses=replies(
            Granted, *STAFF_READ, description="Factor 1 and no minutes if none", s404=_USER
        ),
    )
    async def accommodated(self, request: StrictRequest, user_id: FromPath[str]) -> Reply:
        """Read an accommodation."""
        key = accommodation_key(_user_id(user_id))
        granted, _ = await request.parts.ledger.read(accommodation, key)
        return decimals_reply(_granted(user_id, granted))


async def _tell_again(parts: Parts, call: Call, reply: Reply) -> Sequence[Header]:
    """Tell who has not been told because the first request was cut off."""
    told = _extended(reply.body)
    state, _ = await parts.ledger.read(exam, told.exam_id)
    for extension in state.extensions:
        if extension.extension_id == told.extension.extension_id:
            await parts.deadlines.tell_exam(call, told.exam_id, extension)
    return ()


def _new_id() -> str:
    return secrets.token_hex(8)


def _exam_id(text: str) -> str:
    if not is_exam_id(text):
        raise ExamNotFound("no such exam")
    return text


def _user_id(text: str) -> str:
    if not _USER_ID.fullmatch(text):
        raise Problem(404, "USER_NOT_FOUND", "this cannot be a user's id")
    return text


def _window(body: WindowBody) -> StartWindow:
    return StartWindow(
        opens_at=_instant("opensAt", body.opens_at),
        closes_at=_instant("closesAt", body.closes_at),
        ends_at=_instant("endsAt", body.ends_at),
    )


def _instant(name: str, text: str | None) -> Instant | None:
    try:
        return None if text is None else read_instant(text)
    except (ValueError, OverflowError) as error:
        raise invalid(f"{name}: not an instant: {error}", path=name) from None


def _plain(reason: str | Erased) -> str | None:
    return None if isinstance(reason, Erased) else reason or None


def _attempt_time(state: Attempt) -> AttemptTime:
    limit = state.limit
    return AttemptTime(
        attempt_id=state.attempt_id,
        user_id=state.learner.id,
        exam_id=state.subject.id,
        expires_at=limit.expires_at if limit else "",
        closes_at=limit.closes_at if limit else "",
    )


def _extension(one: ExamExtension) -> ExtensionEntry:
    return ExtensionEntry(
        one.extension_id, one.minutes, one.later_starts, one.at, _plain(one.reason)
    )


def _exam_time(state: Exam) -> ExamTime:
    window = state.window
    return ExamTime(
        state.exam_id,
        Window(window.opens_at, window.closes_at, window.ends_at),
        [_extension(one) for one in state.extensions],
    )


def _granted(user_id: str, granted: Accommodation, told: int | None = None) -> Granted:
    allowance = granted.allowance
    return Granted(
        user_id, Decimal(allowance.factor), allowance.minutes, _plain(granted.reason), told
    )
