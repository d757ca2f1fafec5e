"""Attempts: start or resume, autosave, submit, read (rows A3, A4, A5, A13)."""

from typing import Annotated, Final

from litestar import Controller, get, post, put
from litestar.params import BodyKwarg, FromPath

from adapters.http.arrival import arrived
from adapters.http.exams.attempt_access import SCHEME, own_attempt, visible_attempt
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
from adapters.http.exams.attempt_headers import attempt_headers, attempt_reply
from adapters.http.exams.attempt_replays import attempt_again
from adapters.http.exams.documentation import ONCE, READ, WRITE, replies
from adapters.http.exams.starting import start_or_resume
from adapters.http.once import Once, carried_out, once
from adapters.http.replies import Reply, json_reply
from adapters.http.requests import StrictRequest
from adapters.ledger import Outcome, Step
from adapters.settings import RetakePolicy
from domain.attempt import Attempt, Learner
from domain.attempt_branches import refuse_branch
from domain.exam import open_exam
from domain.exam_attempt import SaveAnswers, SlotPolicy, SubmitAttempt, attempt, attempt_body
from domain.exam_bundle import AttemptBody

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
            *ONCE,
            status=201,
            description="A new attempt",
            s404="EXAM_NOT_FOUND: there is no such exam",
            s409="ATTEMPT_EXISTS: no further attempt is allowed; `details.attemptId` says why. "
            "EXAM_WINDOW_CLOSED: it cannot be started now; `details.opensAt`, `details.closesAt`",
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
        learner = Learner(scheme=SCHEME, id=request.caller.user_id)
        policy = SlotPolicy(
            new=data is not None and data.mode == "new",
            limit=parts.settings.max_active_attempts,
            retake=parts.settings.retake_policy is RetakePolicy.ALLOW,
        )

        async def work(way: Once) -> Reply:
            sitting = await start_or_resume(parts, way, learner, exam, policy)
            if sitting.new:
                await parts.files.started(sitting.state)
                parts.deadlines.started(sitting.state)
            return sitting.reply

        return await carried_out(request, call, work, attempt_again(request))

    @put(
        "/attempts/{attempt_id:str}",
        operation_id="SaveAnswers",
        summary="Save answers",
        responses=replies(
            AttemptBody,
            *WRITE,
            description="The attempt with everything saved so far",
            s404=_NOT_FOUND,
            s409="ATTEMPT_NOT_ACTIVE: it has been submitted; STALE_REVISION: another client has "
            "changed the same answers since `baseRevision`. Either way what was sent is kept for "
            "staff if `details.kept`; `details.revision` is the present one, "
            "`details.questionIds` are the answers in conflict",
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
        own = await own_attempt(parts, request.caller, attempt_id)
        stream = attempt.stream(attempt_id)
        at = arrived(request.scope, call.now)
        if own.limit is not None:
            await parts.deadlines.tell_late(own, at)
        command = SaveAnswers(
            changes=changes_of(data.answers),
            now=call.now,
            arrived=at,
            client_updated_at=data.client_updated_at,
            base_revision=data.base_revision,
            client_id=data.client_id,
        )
        outcome = await parts.ledger.execute(call, Step(stream, command))
        state: Attempt = outcome.states[stream]
        refuse_branch(state, outcome.events)
        await parts.files.saved(state)
        return attempt_reply(state, outcome.versions[stream], call.now)

    @post(
        "/attempts/{attempt_id:str}/submit",
        operation_id="SubmitAttempt",
        summary="Hand in",
        status_code=200,
        responses=replies(
            Submitted,
            *WRITE,
            *ONCE,
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
        own = await own_attempt(parts, request.caller, attempt_id)
        document = await parts.exams.document(own.subject.id, own.subject.content_hash)
        at = arrived(request.scope, call.now)
        await parts.deadlines.tell_late(own, at)
        stream = attempt.stream(attempt_id)
        changes = changes_of(data.answers) if data is not None else ()
        command = SubmitAttempt(document=document, now=call.now, changes=changes, arrived=at)

        def answer(outcome: Outcome) -> Reply:
            state: Attempt = outcome.states[stream]
            headers = attempt_headers(state, outcome.versions[stream], call.now)
            return json_reply(Submitted(state.output_path or "", attempt_body(state)), 200, headers)

        return await once(
            request,
            [Step(stream, command)],
            answer,
            call=call,
            after=lambda outcome: parts.files.submitted(outcome.states[stream], document),
            again=attempt_again(request, attempt_id, document),
        )

    @get(
        "/attempts/{attempt_id:str}",
        operation_id="GetAttempt",
        summary="Read an attempt",
        responses=replies(AttemptBody, *READ, description="The attempt", s404=_NOT_FOUND),
    )
    async def read(self, request: StrictRequest, attempt_id: FromPath[str]) -> Reply:
        """Row A13."""
        parts = request.parts
        state, version = await visible_attempt(parts, request.caller, attempt_id)
        return attempt_reply(*await parts.deadlines.settled(state, version), parts.clock())
