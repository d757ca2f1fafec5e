"""Attempts: start or resume, autosave, submit, read (rows A3, A4, A5, A13)."""

import re
from typing import Annotated, Final

from litestar import Controller, get, post, put
from litestar.params import BodyKwarg, FromPath

from adapters.http.exams.attempt_bodies import (
    SAVE_EXAMPLES,
    START_EXAMPLES,
    SUBMIT_EXAMPLES,
    SaveBody,
    StartBody,
    SubmitBody,
    Submitted,
    changes_of,
)
from adapters.http.exams.documentation import READ, WRITE, replies
from adapters.http.exams.starting import start_or_resume
from adapters.http.parts import Parts
from adapters.http.replies import Reply, json_reply
from adapters.http.requests import StrictRequest
from adapters.ledger import Step
from adapters.sessions import Session
from adapters.settings import RetakePolicy
from domain.attempt import (
    Attempt,
    AttemptNotFound,
    Learner,
    Phase,
    SaveAnswers,
    SlotPolicy,
    SubmitAttempt,
    attempt,
    attempt_body,
)
from domain.exam import open_exam
from domain.exam_bundle import AttemptBody

_SCHEME: Final = "exam"
_ATTEMPT_ID: Final = re.compile(r"[A-Za-z0-9._@-]{1,255}")
_NOT_FOUND: Final = "ATTEMPT_NOT_FOUND: there is none, or it is another learner's"


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
        data: Annotated[StartBody | None, BodyKwarg(examples=START_EXAMPLES)] = None,
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
        sitting = await start_or_resume(parts, call, learner, exam, policy)
        if sitting.new:
            await parts.files.started(sitting.state)
        return _reply(sitting.state, sitting.version, status=201 if sitting.new else 200)

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
        data: Annotated[SaveBody, BodyKwarg(examples=SAVE_EXAMPLES)],
    ) -> Reply:
        """Row A4."""
        parts, call = request.parts, request.call()
        await _own(parts, request.caller, attempt_id)
        stream = attempt.stream(attempt_id)
        command = SaveAnswers(
            changes=changes_of(data.answers),
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
        data: Annotated[SubmitBody | None, BodyKwarg(examples=SUBMIT_EXAMPLES)] = None,
    ) -> Reply:
        """Row A5."""
        parts, call = request.parts, request.call()
        subject = (await _own(parts, request.caller, attempt_id)).subject
        document = await parts.exams.document(subject.id, subject.content_hash)
        stream = attempt.stream(attempt_id)
        changes = changes_of(data.answers) if data is not None else ()
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


def _reply(state: Attempt, version: int, status: int = 200) -> Reply:
    return json_reply(attempt_body(state), status, _etag(version))


def _etag(version: int) -> tuple[tuple[bytes, bytes]]:
    return ((b"etag", b'"%d"' % version),)
