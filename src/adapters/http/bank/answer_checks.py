"""Checks of answers: lists, reading, and what checkers and services do (rows C5.9 to C5.14)."""

from typing import Annotated, Literal

from litestar import Controller, get, post
from litestar.params import BodyKwarg, FromPath
from msgspec import Meta

from adapters.http.access import one_of
from adapters.http.bank import answer_check_bodies as bodies
from adapters.http.bank.answer_check_bodies import (
    AnswerCheckDto,
    MarksRequest,
    OverrideAnswerCheckRequest,
    ReviewWishRequest,
    check_dto,
    feedback_of,
    listed_check,
    points,
)
from adapters.http.bank.attempt_access import read_attempt
from adapters.http.bank.checks_again import judged_again
from adapters.http.bank.documentation import READ, WRITE, replies
from adapters.http.bank.envelope import Data, DataPage, data_reply, page_reply
from adapters.http.bank.evidence_basis import basis_of
from adapters.http.bank.ids import known_id
from adapters.http.bank.lists import ListQuery, with_query
from adapters.http.bank.owners import refuse_strangers
from adapters.http.bank.requests import BankRequest
from adapters.http.once import Once, carried_out, once
from adapters.http.problems import Problem
from adapters.http.replies import Reply
from adapters.ledger import Outcome, Step
from adapters.principals import Role
from adapters.view_query import Condition, Eq
from domain.answer_check import (
    AnswerCheck,
    CheckedBy,
    CheckNotFound,
    CheckStatus,
    CompleteCheck,
    OverrideCheck,
    RequestManualReview,
    RetryCheck,
    answer_check,
)
from domain.attempt import AttemptNotFound
from domain.documents import absent, parsed
from domain.kernel import Command
from domain.problem_attempt import problem_attempt
from domain.problem_usage import problem_usage
from projections.answer_checks import answer_checks

NO_CHECK = "ANSWER_CHECK_NOT_FOUND: there is none, or it is somebody else's"
KEY_REUSED = "IDEMPOTENCY_KEY_REUSED: the key belongs to another request"
_NOT_NOW = "INVALID_TRANSITION: not in its present status"
_RANGE = "SCORE_OUT_OF_RANGE: a score lies between 0 and `maxScore`"

_Word = Annotated[str, Meta(min_length=1, max_length=200)]
_Status = Literal["pending", "checked", "needs_manual_review", "failed", "overridden"]
_Method = Literal["auto", "manual", "hybrid", "external"]


class ChecksQuery(ListQuery, frozen=True, kw_only=True):
    """Which checks; without `sort` the newest come first."""

    sort: Literal["requestedAt", "-requestedAt"] = "-requestedAt"
    attempt_id: _Word | None = None
    status: _Status | None = None
    method: _Method | None = None


def check_id_of(text: str) -> str:
    """A check's id in an address. Raises CheckNotFound for what cannot be one."""
    return known_id(text, CheckNotFound)


async def read_check(request: BankRequest, check_id: str) -> tuple[AnswerCheck, int]:
    """A check and its revision. Raises CheckNotFound."""
    state, revision = await request.parts.ledger.read(answer_check, check_id_of(check_id))
    if state.status is CheckStatus.ABSENT:
        raise _missing()
    return state, revision


async def own_check(request: BankRequest, check_id: str, *others: Role) -> tuple[AnswerCheck, int]:
    """A check for its owner, or for others with a role. Raises CheckNotFound for the rest."""
    state, revision = await read_check(request, check_id)
    refuse_strangers(request.principal, state.learner, *others, missing=_missing)
    return state, revision


def check_reply(outcome: Outcome, stream: str, status: int = 200) -> Reply:
    """The check as a call left it."""
    return data_reply(check_dto(outcome.states[stream]), status, revision=outcome.versions[stream])


class AnswerChecksController(Controller):
    """Checks of answers."""

    path = "/answer-checks"
    tags = ("Answer checks",)

    @get(
        "/",
        operation_id="ListAnswerChecks",
        summary="List checks, the newest first; learners see their own",
        opt={"access": one_of(Role.LEARNER, Role.CHECKER), "owned": True},
        operation_class=with_query(ChecksQuery),
        responses=replies(DataPage[AnswerCheckDto], *READ, description="Checks"),
    )
    async def listed(self, request: BankRequest) -> Reply:
        """Row C5.9."""
        query, parts, principal = request.query(ChecksQuery), request.parts, request.principal
        asked = {
            "attempt_id": query.attempt_id,
            "status": query.status,
            "method": query.method,
            "user_id": None if principal.has(Role.CHECKER) else principal.subject,
        }
        where: list[Condition] = [
            Eq(name, value) for name, value in asked.items() if value is not None
        ]
        page = (query.page, query.per_page)
        found = await parts.ledger.query(parts.views.page, answer_checks, where, query.order, *page)
        return page_reply([listed_check(row) for _, row in found.rows], query, found.total)

    @get(
        "/{check_id:str}",
        operation_id="GetAnswerCheck",
        summary="Read a check",
        opt={"access": one_of(Role.LEARNER, Role.CHECKER), "owned": True},
        responses=replies(Data[AnswerCheckDto], *READ, description="The check", s404=NO_CHECK),
    )
    async def read(self, request: BankRequest, check_id: FromPath[str]) -> Reply:
        """Row C5.10."""
        state, revision = await own_check(request, check_id, Role.CHECKER)
        return data_reply(check_dto(state), revision=revision)

    @post(
        "/{check_id:str}/override",
        operation_id="OverrideAnswerCheck",
        summary="Put another result in the place of the one there is",
        status_code=200,
        opt={"access": one_of(Role.CHECKER)},
        responses=replies(
            Data[AnswerCheckDto],
            *WRITE,
            description="The check, overridden; attempt and evidence follow",
            s404=NO_CHECK,
            s409="CHECK_NOT_OVERRIDABLE: it has no result yet, or another check counts",
            s422=f"{_RANGE}. {KEY_REUSED}",
        ),
    )
    async def override(
        self,
        request: BankRequest,
        check_id: FromPath[str],
        data: Annotated[OverrideAnswerCheckRequest, BodyKwarg(examples=bodies.OVERRIDE)],
    ) -> Reply:
        """Row C5.11."""
        state, _ = await read_check(request, check_id)
        command = OverrideCheck(
            score=points(data.score, "score"),
            reason=data.reason,
            is_correct=data.is_correct,
            feedback=feedback_of(data.feedback),
            basis=await basis_of(request, state.problem_id),
            now=request.parts.clock(),
        )
        return await _done(request, state, command)

    @post(
        "/{check_id:str}/retry",
        operation_id="RetryAnswerCheck",
        summary="Judge again what has failed",
        status_code=202,
        opt={"access": one_of(Role.CHECKER, Role.SERVICE)},
        responses=replies(
            Data[AnswerCheckDto],
            *WRITE,
            status=202,
            description="The check as it is now: a machine judges at once",
            s404=NO_CHECK,
            s409=_NOT_NOW,
            s422=f"CHECKING_RULE_MISMATCH: its rule has changed since. {KEY_REUSED}",
            s503="CHECKER_UNAVAILABLE: too much is being judged; try again",
        ),
    )
    async def retry(self, request: BankRequest, check_id: FromPath[str]) -> Reply:
        """Row C5.12."""
        call = request.call()
        state = await _for_services(request, check_id)
        stream = answer_check.stream(state.check_id)

        async def work(way: Once) -> Reply:
            again = await judged_again(request.parts, state)
            command = RetryCheck(
                judgement=again.judgement,
                duration_ms=again.duration_ms,
                basis=await basis_of(request, state.problem_id),
                now=call.now,
            )
            step = Step(stream, command, request.revision)
            _, reply = await way.execute(
                step, answer=lambda outcome: check_reply(outcome, stream, 202)
            )
            return reply

        return await carried_out(request, call, work)

    @post(
        "/{check_id:str}/request-manual-review",
        operation_id="RequestManualReview",
        summary="Let a person decide",
        status_code=200,
        opt={"access": one_of(Role.LEARNER, Role.CHECKER), "owned": True},
        responses=replies(
            Data[AnswerCheckDto],
            *WRITE,
            description="The check; a review is in the queue",
            s403="REVIEW_NOT_OFFERED: the usage's visibility policy does not let its learners ask",
            s404=NO_CHECK,
            s409=_NOT_NOW,
            s422=KEY_REUSED,
        ),
    )
    async def to_a_person(
        self,
        request: BankRequest,
        check_id: FromPath[str],
        data: Annotated[ReviewWishRequest | None, BodyKwarg(examples=bodies.WISH)] = None,
    ) -> Reply:
        """Row C5.13."""
        state, _ = await own_check(request, check_id, Role.CHECKER)
        if not (request.principal.has(Role.CHECKER) or await _offered(request, state)):
            raise Problem(403, "REVIEW_NOT_OFFERED", "learners cannot ask for a review here")
        command = RequestManualReview(
            comment=None if data is None else data.comment,
            basis=await basis_of(request, state.problem_id),
        )
        return await _done(request, state, command)

    @post(
        "/{check_id:str}/external-result",
        operation_id="GiveExternalResult",
        summary="Say what another service found",
        status_code=200,
        opt={"access": one_of(Role.SERVICE)},
        responses=replies(
            Data[AnswerCheckDto],
            *WRITE,
            description="The check with this result; attempt and evidence follow",
            s404=NO_CHECK,
            s409=f"{_NOT_NOW}, or its method is not `external`",
            s422=f"{_RANGE}. {KEY_REUSED}",
        ),
    )
    async def found_elsewhere(
        self,
        request: BankRequest,
        check_id: FromPath[str],
        data: Annotated[MarksRequest, BodyKwarg(examples=bodies.RESULT)],
    ) -> Reply:
        """Row C5.14."""
        state = await _for_services(request, check_id)
        command = CompleteCheck(
            finding=data.marks(),
            by=CheckedBy.EXTERNAL,
            basis=await basis_of(request, state.problem_id),
            now=request.parts.clock(),
        )
        return await _done(request, state, command)


async def _for_services(request: BankRequest, check_id: str) -> AnswerCheck:
    """A check for checkers, and for services whose the attempt is. Raises CheckNotFound."""
    state, _ = await read_check(request, check_id)
    try:
        await read_attempt(request, state.attempt_id, Role.CHECKER, Role.SERVICE)
    except AttemptNotFound:
        raise _missing() from None
    return state


def _missing() -> CheckNotFound:
    return CheckNotFound("no such check")


async def _done(request: BankRequest, state: AnswerCheck, command: Command) -> Reply:
    """The check after a command."""
    stream = answer_check.stream(state.check_id)
    step = Step(stream, command, request.revision)
    return await once(request, [step], lambda outcome: check_reply(outcome, stream))


async def _offered(request: BankRequest, check: AnswerCheck) -> bool:
    """Whether the usage lets learners ask: `visibilityPolicy.requestManualReview` is true."""
    ledger = request.parts.ledger
    attempt, _ = await ledger.read(problem_attempt, check.attempt_id)
    if attempt.problem.usage_id is None:
        return False
    usage, _ = await ledger.read(problem_usage, attempt.problem.usage_id)
    policy = usage.visibility_policy
    return not absent(policy) and parsed(policy).get("requestManualReview") is True
