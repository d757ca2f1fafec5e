"""Attempts at problems: start, list, read, hand in, give up, annul (rows C5.1 to C5.7)."""

from typing import Annotated, Literal

import msgspec
from litestar import Controller, get, post
from litestar.params import BodyKwarg, FromPath
from msgspec import Meta

from adapters.http.access import one_of
from adapters.http.bank import attempt_bodies as bodies
from adapters.http.bank.attempt_access import (
    NO_ATTEMPT,
    read_attempt,
    refuse_for_others,
)
from adapters.http.bank.attempt_bodies import (
    CancelAttemptRequest,
    ProblemAttemptDto,
    StartAttemptRequest,
    SubmitAttemptRequest,
    VoidAttemptRequest,
    attempt_dto,
    listed_dto,
)
from adapters.http.bank.attempt_starting import start_command
from adapters.http.bank.documentation import READ, WRITE, replies
from adapters.http.bank.envelope import Data, DataPage, data_reply, page_reply
from adapters.http.bank.evidence_basis import basis_of
from adapters.http.bank.ids import new_id
from adapters.http.bank.lists import ListQuery, with_query
from adapters.http.bank.requests import BankRequest
from adapters.http.once import Once, carried_out, once
from adapters.http.replies import Reply
from adapters.ledger import Call, Outcome, Step
from adapters.principals import Principal, Role
from adapters.view_query import Condition, Eq
from domain.attempt import Attempt
from domain.kernel import Command
from domain.problem_attempt import (
    CancelAttempt,
    SubmitProblemAttempt,
    VoidProblemAttempt,
    problem_attempt,
)
from domain.problem_paper import schema_of
from domain.problem_version import known as known_version
from domain.problem_version import problem_version
from projections.problem_attempts import problem_attempts

_KEY = "IDEMPOTENCY_KEY_REUSED: the key belongs to another request"
_NOT_NOW = "INVALID_TRANSITION: not in its present status"

_Word = Annotated[str, Meta(min_length=1, max_length=200)]
_Status = Literal["started", "submitted", "checking", "checked", "cancelled", "void"]


class AttemptsQuery(ListQuery, frozen=True, kw_only=True):
    """Which attempts; without `sort` the newest come first."""

    sort: Literal["startedAt", "-startedAt"] = "-startedAt"
    user_id: _Word | None = None
    problem_version_id: _Word | None = None
    problem_usage_id: _Word | None = None
    status: _Status | None = None


class AttemptQuery(
    msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, rename="camel"
):
    """What else is to be told of an attempt."""

    include: Annotated[Literal["answer"], Meta(description="With the answer")] | None = None


class AttemptsController(Controller):
    """Attempts."""

    path = "/attempts"
    tags = ("Attempts",)

    @post(
        "/",
        operation_id="StartProblemAttempt",
        summary="Begin an attempt",
        opt={"access": one_of(Role.LEARNER, Role.SERVICE, Role.ADMIN)},
        responses=replies(
            Data[ProblemAttemptDto],
            *(status for status in WRITE if status != 412),
            status=201,
            description="The attempt, started",
            s403="ATTEMPT_USER_MISMATCH: only services and admins begin attempts of others. "
            "DOMAIN_MISMATCH: a service does not speak for other domains",
            s404="PROBLEM_VERSION_NOT_FOUND, USAGE_NOT_FOUND: there is none",
            s409="VERSION_NOT_ATTEMPTABLE: it is not published, nor does the usage's policy or an "
            "author's preview allow it",
            s422="USAGE_VERSION_MISMATCH: the usage is of another version, or was released. "
            f"{_KEY}",
        ),
    )
    async def start(
        self,
        request: BankRequest,
        data: Annotated[StartAttemptRequest, BodyKwarg(examples=bodies.START)],
    ) -> Reply:
        """Row C5.1."""
        refuse_for_others(request.principal, data.user_id)
        call, attempt_id = request.call(), new_id()
        stream = problem_attempt.stream(attempt_id)

        async def work(way: Once) -> Reply:
            command = await start_command(request, data, attempt_id, call.now)
            _, reply = await way.execute(
                Step(stream, command), answer=lambda outcome: _reply(outcome, stream, 201)
            )
            return reply

        return await carried_out(request, call, work)

    @get(
        "/",
        operation_id="ListProblemAttempts",
        summary="List attempts, the newest first; learners see their own, services their domain's",
        opt={
            "access": one_of(Role.LEARNER, Role.CHECKER, Role.SERVICE, Role.ADMIN),
            "owned": True,
        },
        operation_class=with_query(AttemptsQuery),
        responses=replies(DataPage[ProblemAttemptDto], *READ, description="Attempts"),
    )
    async def listed(self, request: BankRequest) -> Reply:
        """Row C5.2."""
        query, parts = request.query(AttemptsQuery), request.parts
        asked = {
            "user_id": query.user_id,
            "version_id": query.problem_version_id,
            "usage_id": query.problem_usage_id,
            "status": query.status,
        }
        where = [
            *_seen_by(request.principal),
            *(Eq(name, value) for name, value in asked.items() if value is not None),
        ]
        page = (query.page, query.per_page)
        found = await parts.ledger.query(
            parts.views.page, problem_attempts, where, query.order, *page
        )
        return page_reply([listed_dto(row) for _, row in found.rows], query, found.total)

    @get(
        "/{attempt_id:str}",
        operation_id="GetProblemAttempt",
        summary="Read an attempt",
        opt={"access": one_of(Role.LEARNER, Role.CHECKER, Role.ADMIN), "owned": True},
        operation_class=with_query(AttemptQuery),
        responses=replies(
            Data[ProblemAttemptDto], *READ, description="The attempt", s404=NO_ATTEMPT
        ),
    )
    async def read(self, request: BankRequest, attempt_id: FromPath[str]) -> Reply:
        """Row C5.3: the answer goes to its owner and to checkers only (B-101)."""
        query = request.query(AttemptQuery)
        state, revision = await read_attempt(request, attempt_id, Role.CHECKER)
        dto = attempt_dto(state, answer=query.include is not None)
        return data_reply(dto, revision=revision)

    @post(
        "/{attempt_id:str}/submit",
        operation_id="SubmitProblemAttempt",
        summary="Hand in the answer",
        status_code=200,
        opt={"access": one_of(Role.LEARNER, Role.SERVICE), "owned": True},
        responses=replies(
            Data[ProblemAttemptDto],
            *WRITE,
            description="The attempt, submitted; checking is a call of its own",
            s404=NO_ATTEMPT,
            s409="ATTEMPT_NOT_SUBMITTABLE: it was handed in, or has ended",
            s422="ANSWER_SCHEMA_MISMATCH: the answer has not the schema's shape, or cannot be "
            f"read; the attempt stays started. {_KEY}",
        ),
    )
    async def submit(
        self,
        request: BankRequest,
        attempt_id: FromPath[str],
        data: Annotated[SubmitAttemptRequest, BodyKwarg(examples=bodies.SUBMIT)],
    ) -> Reply:
        """Row C5.4."""
        call = request.call()
        state, _ = await read_attempt(request, attempt_id, Role.SERVICE)
        version, _ = await request.parts.ledger.read(problem_version, state.subject.id)
        command = SubmitProblemAttempt(
            answer=data.answer,
            schema=schema_of(known_version(version).content.answer_schema),
            basis=await basis_of(request, state.problem.problem_id),
            now=call.now,
        )
        return await _done(request, call, state, command)

    @post(
        "/{attempt_id:str}/cancel",
        operation_id="CancelProblemAttempt",
        summary="Give up before handing in",
        status_code=200,
        opt={"access": one_of(Role.LEARNER, Role.ADMIN), "owned": True},
        responses=replies(
            Data[ProblemAttemptDto],
            *WRITE,
            description="The attempt, cancelled",
            s404=NO_ATTEMPT,
            s409=_NOT_NOW,
            s422=_KEY,
        ),
    )
    async def cancel(
        self,
        request: BankRequest,
        attempt_id: FromPath[str],
        data: Annotated[CancelAttemptRequest | None, BodyKwarg(examples=bodies.CANCEL)] = None,
    ) -> Reply:
        """Row C5.6."""
        state, _ = await read_attempt(request, attempt_id)
        reason = None if data is None else data.reason
        call = request.call()
        return await _done(request, call, state, CancelAttempt(reason=reason, now=call.now))

    @post(
        "/{attempt_id:str}/void",
        operation_id="VoidProblemAttempt",
        summary="Take an attempt out of the count, with all that follows from it",
        status_code=200,
        opt={"access": one_of(Role.CHECKER, Role.ADMIN)},
        responses=replies(
            Data[ProblemAttemptDto],
            *WRITE,
            description="The attempt, void",
            s404=NO_ATTEMPT,
            s409=_NOT_NOW,
            s422=_KEY,
        ),
    )
    async def void(
        self,
        request: BankRequest,
        attempt_id: FromPath[str],
        data: Annotated[VoidAttemptRequest, BodyKwarg(examples=bodies.VOID)],
    ) -> Reply:
        """Row C5.7."""
        state, _ = await read_attempt(request, attempt_id, Role.CHECKER)
        call = request.call()
        command = VoidProblemAttempt(reason=data.reason, now=call.now)
        return await _done(request, call, state, command)


def _reply(outcome: Outcome, stream: str, status: int = 200) -> Reply:
    """The attempt as a call left it."""
    dto = attempt_dto(outcome.states[stream])
    return data_reply(dto, status, revision=outcome.versions[stream])


async def _done(request: BankRequest, call: Call, state: Attempt, command: Command) -> Reply:
    """The attempt after a command."""
    stream = problem_attempt.stream(state.attempt_id)
    step = Step(stream, command, request.revision)
    return await once(request, [step], lambda outcome: _reply(outcome, stream), call=call)


def _seen_by(principal: Principal) -> list[Condition]:
    """Which attempts are there for the caller at all."""
    if principal.has(Role.CHECKER):
        return []
    if principal.has(Role.SERVICE):
        return [Eq("domain", principal.domain or "")]
    return [Eq("user_id", principal.subject)]
