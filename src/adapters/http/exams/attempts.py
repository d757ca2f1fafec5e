"""Attempts: start or resume, autosave, submit, read (rows A3, A4, A5, A13)."""

import re
from collections.abc import Sequence
from itertools import count
from typing import Annotated, Any, Final, Literal

import msgspec
from litestar import Controller, get, post, put
from litestar.openapi.spec import Example
from litestar.params import BodyKwarg, FromPath
from msgspec import UNSET, Meta, UnsetType

from adapters.http.exams.documentation import READ, WRITE, replies
from adapters.http.parts import Parts
from adapters.http.problems import invalid
from adapters.http.replies import Reply, json_reply
from adapters.http.requests import StrictRequest
from adapters.ledger import Call, Step
from adapters.sessions import Session
from adapters.settings import RetakePolicy
from adapters.view_query import Eq
from domain.attempt import (
    Answer,
    Attempt,
    AttemptIdTaken,
    AttemptKind,
    AttemptNotFound,
    Learner,
    Phase,
    SaveAnswers,
    SlotPolicy,
    StartAttempt,
    Subject,
    SubmitAttempt,
    attempt,
    attempt_body,
)
from domain.exam import Exam, open_exam
from domain.exam_bundle import AttemptBody
from domain.exam_slot import AttemptActive
from domain.instants import Instant
from projections.exam_attempts import exam_attempts

_SCHEME: Final = "exam"
_ATTEMPT_ID: Final = re.compile(r"[A-Za-z0-9._@-]{1,255}")
_DEEPEST: Final = 32
_LONGEST: Final = 256 * 1024
_NESTED: Final[frozenset[Any]] = frozenset({list, dict})


class AnswerItem(msgspec.Struct, frozen=True, rename="camel"):
    """An answer: `response` is any JSON value (null clears it), `timeSec` seconds spent."""

    question_id: Annotated[str, Meta(min_length=1, max_length=200)]
    response: Any
    time_sec: Annotated[int, Meta(ge=0)] | Annotated[float, Meta(ge=0)] | UnsetType = UNSET


Items = Annotated[list[AnswerItem], Meta(max_length=10_000)]


class StartBody(msgspec.Struct, frozen=True, rename="camel"):
    """`resume` goes on with an active attempt if there is one, `new` never does."""

    mode: Literal["resume", "new"] = "resume"


class SaveBody(msgspec.Struct, frozen=True, rename="camel"):
    """Answers to save; others stay as they are. Whatever else is sent is ignored (E-27)."""

    answers: Items
    client_updated_at: Annotated[str, Meta(max_length=100)] | None = None


class SubmitBody(msgspec.Struct, frozen=True, rename="camel"):
    """The last answers, if there are any that have not been saved."""

    answers: Items = []


class Submitted(msgspec.Struct, frozen=True, rename="camel"):
    """Where the bundle lies below the data folder, and the finished attempt."""

    output_path: str
    attempt: AttemptBody


_ANSWERS: Final = [
    {"questionId": "q1", "response": "A", "timeSec": 12.5},
    {"questionId": "q2", "response": ["A", "C"]},
]
_START_EXAMPLES = [Example(value={}), Example(value={"mode": "resume"})]
_SAVE_EXAMPLES = [Example(value={"answers": _ANSWERS})]
_SUBMIT_EXAMPLES = [Example(value={"answers": _ANSWERS[:1]})]
_NOT_FOUND = "ATTEMPT_NOT_FOUND: there is none, or it is another learner's"


class AttemptsController(Controller):
    """The caller's attempts; every answer carries the attempt's revision as `ETag`."""

    tags = ("Attempts",)

    @post(
        "/exams/{exam_id:str}/attempt",
        operation_id="StartAttempt",
        summary="Start an exam, or go on with it",
        responses=replies(AttemptBody, *WRITE, description="The active attempt", status=200)
        | replies(
            AttemptBody,
            status=201,
            description="A new attempt",
            s404="EXAM_NOT_FOUND: there is no such exam",
            s409="ATTEMPT_EXISTS: no further attempt is allowed; `details.attemptId` says why",
            s423="EXAM_NOT_PUBLISHED: the exam is not open",
        ),
    )
    async def start(
        self,
        request: StrictRequest,
        exam_id: FromPath[str],
        data: Annotated[StartBody | None, BodyKwarg(examples=_START_EXAMPLES)] = None,
    ) -> Reply:
        """Row A3."""
        parts, call = request.parts, request.call()
        exam = open_exam(await parts.exams.exam(exam_id))
        learner = Learner(scheme=_SCHEME, id=request.caller.user_id)
        policy = SlotPolicy(
            new=data is not None and data.mode == "new",
            limit=parts.settings.max_active_attempts,
            retake=parts.settings.retake_policy is RetakePolicy.ALLOW,
        )
        while True:
            try:
                state, version = await _start(parts, call, learner, exam, policy)
            except AttemptActive:
                resumed = await _resume(parts, learner, exam.exam_id)
                if resumed is not None:
                    return _reply(*resumed)
            else:
                await parts.files.started(state)
                return _reply(state, version, status=201)

    @put(
        "/attempts/{attempt_id:str}",
        operation_id="SaveAnswers",
        summary="Save answers",
        responses=replies(
            AttemptBody,
            *WRITE,
            description="The attempt with everything saved so far",
            s404=_NOT_FOUND,
            s409="ATTEMPT_NOT_ACTIVE: it has been submitted",
        ),
    )
    async def save(
        self,
        request: StrictRequest,
        attempt_id: FromPath[str],
        data: Annotated[SaveBody, BodyKwarg(examples=_SAVE_EXAMPLES)],
    ) -> Reply:
        """Row A4."""
        parts, call = request.parts, request.call()
        await _own(parts, request.caller, attempt_id)
        stream = attempt.stream(attempt_id)
        command = SaveAnswers(
            changes=_changes(data.answers),
            now=call.now,
            client_updated_at=data.client_updated_at,
        )
        outcome = await parts.ledger.execute(call, Step(stream, command))
        state: Attempt = outcome.states[stream]
        await parts.files.saved(state)
        return _reply(state, outcome.versions[stream])

    @post(
        "/attempts/{attempt_id:str}/submit",
        operation_id="SubmitAttempt",
        summary="Hand in",
        status_code=200,
        responses=replies(
            Submitted,
            *WRITE,
            description="The finished attempt; the same again if it was finished already",
            s404=_NOT_FOUND,
        ),
    )
    async def submit(
        self,
        request: StrictRequest,
        attempt_id: FromPath[str],
        data: Annotated[SubmitBody | None, BodyKwarg(examples=_SUBMIT_EXAMPLES)] = None,
    ) -> Reply:
        """Row A5."""
        parts, call = request.parts, request.call()
        subject = (await _own(parts, request.caller, attempt_id)).subject
        document = await parts.exams.document(subject.id, subject.content_hash)
        stream = attempt.stream(attempt_id)
        changes = _changes(data.answers) if data is not None else ()
        command = SubmitAttempt(document=document, now=call.now, changes=changes)
        outcome = await parts.ledger.execute(call, Step(stream, command))
        state: Attempt = outcome.states[stream]
        await parts.files.submitted(state, document)
        body = Submitted(state.output_path or "", attempt_body(state))
        return json_reply(body, headers=_etag(outcome.versions[stream]))

    @get(
        "/attempts/{attempt_id:str}",
        operation_id="GetAttempt",
        summary="Read an attempt",
        responses=replies(AttemptBody, *READ, description="The attempt", s404=_NOT_FOUND),
    )
    async def read(self, request: StrictRequest, attempt_id: FromPath[str]) -> Reply:
        """Row A13."""
        session = request.caller
        if _ATTEMPT_ID.fullmatch(attempt_id):
            state, version = await request.parts.ledger.read(attempt, attempt_id)
            if _is_exam(state) and (session.staff or state.learner.id == session.user_id):
                return _reply(state, version)
        raise _not_found()


async def _start(
    parts: Parts, call: Call, learner: Learner, exam: Exam, policy: SlotPolicy
) -> tuple[Attempt, int]:
    """A new attempt under an id that nobody has. Raises AttemptActive, AttemptExists."""
    for number in count():
        attempt_id = _mint(learner.id, exam.exam_id, call.now, number)
        stream = attempt.stream(attempt_id)
        command = StartAttempt(
            attempt_id=attempt_id,
            kind=AttemptKind.EXAM,
            learner=learner,
            subject=Subject(
                type="exam", id=exam.exam_id, content_hash=exam.content_hash, version=exam.version
            ),
            item_ids=exam.question_ids,
            now=call.now,
            slot=policy,
        )
        try:
            outcome = await parts.ledger.execute(call, Step(stream, command))
        except AttemptIdTaken:
            continue
        return outcome.states[stream], outcome.versions[stream]
    raise AssertionError  # `count` does not end


def _mint(user_id: str, exam_id: str, now: Instant, number: int) -> str:
    """`<userId>-<examId>-<timestamp>`, with a counter when that is taken (K21)."""
    stamp = now.translate({ord(mark): None for mark in "-:."})
    return f"{user_id}-{exam_id}-{stamp}" + (f"-{number}" if number else "")


async def _resume(parts: Parts, learner: Learner, exam_id: str) -> tuple[Attempt, int] | None:
    """The active attempt saved last (E-11, E-12), unless it has been finished meanwhile."""
    found = await parts.ledger.query(
        parts.views.find,
        exam_attempts,
        (Eq("user_id", learner.id), Eq("exam_id", exam_id), Eq("status", "in_progress")),
        ("-updated_at",),
        None,
        1,
    )
    for attempt_id, _ in found.rows:
        state, version = await parts.ledger.read(attempt, attempt_id)
        if state.phase is Phase.STARTED:
            return state, version
    return None


async def _own(parts: Parts, session: Session, attempt_id: str) -> Attempt:
    """The caller's own attempt, as this process remembers it or else as it is stored.

    Whose it is never changes. Another's costs the same read as one that is not there (E-29).
    """
    if not _ATTEMPT_ID.fullmatch(attempt_id):
        raise _not_found()
    state, _ = parts.ledger.remembered(attempt, attempt_id) or (attempt.initial, 0)
    if not _is_of(session, state):
        state, _ = await parts.ledger.read(attempt, attempt_id)
        if not _is_of(session, state):
            raise _not_found()
    return state


def _is_of(session: Session, state: Attempt) -> bool:
    return state.learner.id == session.user_id and _is_exam(state)


def _is_exam(state: Attempt) -> bool:
    return state.phase is not Phase.ABSENT and state.learner.scheme == _SCHEME


def _not_found() -> AttemptNotFound:
    return AttemptNotFound("no such attempt")


def _changes(items: Sequence[AnswerItem]) -> tuple[Answer, ...]:
    """The answers in the domain's words. Raises Problem for one that is too deep or too long."""
    for index, item in enumerate(items):
        response = item.response
        kind = response.__class__
        if (kind is str and len(response) > _LONGEST) or (kind in _NESTED and not _fits(response)):
            path = f"answers[{index}].response"
            raise invalid(f"{path}: too long, or nested deeper than {_DEEPEST} levels", path=path)
    return tuple(
        [
            Answer(
                item_id=item.question_id,
                response=item.response,
                time_sec=None if item.time_sec is UNSET else item.time_sec,
            )
            for item in items
        ]
    )


def _fits(response: Any) -> bool:
    level: list[Any] = [response]
    for _ in range(_DEEPEST):
        level = [
            inner
            for value in level
            for inner in (value.values() if value.__class__ is dict else value)
            if inner.__class__ in _NESTED
        ]
        if not level:
            return len(msgspec.json.encode(response)) <= _LONGEST
    return False


def _reply(state: Attempt, version: int, status: int = 200) -> Reply:
    return json_reply(attempt_body(state), status, _etag(version))


def _etag(version: int) -> tuple[tuple[bytes, bytes]]:
    return ((b"etag", b'"%d"' % version),)
