"""What happens to an attempt on the way to its result: hints and the check (rows C5.5, C5.8)."""

from typing import Annotated

from litestar import Controller, post
from litestar.params import BodyKwarg, FromPath

from adapters.attempt_judging import Wanted, check_command
from adapters.http.access import one_of
from adapters.http.bank import attempt_bodies as bodies
from adapters.http.bank.answer_check_bodies import AnswerCheckDto
from adapters.http.bank.answer_checks import check_reply
from adapters.http.bank.attempt_access import NO_ATTEMPT, read_attempt
from adapters.http.bank.attempt_bodies import CheckAttemptRequest, HintDto, hint_dto
from adapters.http.bank.documentation import WRITE, replies
from adapters.http.bank.envelope import Data, data_reply
from adapters.http.bank.evidence_basis import basis_of
from adapters.http.bank.ids import new_id
from adapters.http.bank.owners import owns
from adapters.http.bank.requests import BankRequest
from adapters.http.once import Once, carried_out, once
from adapters.http.replies import Reply
from adapters.ledger import Outcome, Step
from adapters.principals import Role
from domain.answer_check import CheckStatus, answer_check
from domain.answers.rule import Method
from domain.frozen_rule import ModeNotAllowed
from domain.kernel import RefusalKind, Refused
from domain.problem_attempt import TakeHint, problem_attempt
from domain.problem_content import Solution, SolutionKind, SolutionVisibility
from domain.problem_version import known as known_version
from domain.problem_version import problem_version

_KEY = "IDEMPOTENCY_KEY_REUSED: the key belongs to another request"


class HintNotFound(Refused):
    """The version has no such hint, or keeps it from learners."""

    code, kind = "HINT_NOT_FOUND", RefusalKind.UNKNOWN


class AttemptChecksController(Controller):
    """Hints before an answer, and its judging."""

    path = "/attempts/{attempt_id:str}"
    tags = ("Attempts",)

    @post(
        "/check",
        operation_id="CheckAttempt",
        summary="Have the answer judged",
        status_code=201,
        opt={"access": one_of(Role.LEARNER, Role.CHECKER, Role.SERVICE), "owned": True},
        responses={
            **replies(
                Data[AnswerCheckDto],
                *WRITE,
                status=201,
                description="The check with its result",
                s404=NO_ATTEMPT,
                s409="ATTEMPT_NOT_SUBMITTED: no answer waits to be judged. "
                "CHECKING_RULE_REQUIRED: the version has no rule",
                s422="CHECKING_RULE_MISMATCH: the version has no such rule. MODE_NOT_ALLOWED: the "
                "rule is not judged so, or its learner asks for more than `auto`. "
                f"ANSWER_KEY_MISMATCH: the version has no key that fits. {_KEY}",
                s503="CHECKER_UNAVAILABLE: too much is being judged; try again",
            ),
            **replies(
                Data[AnswerCheckDto],
                status=202,
                description="The check without a result: a person or another service decides",
            ),
        },
    )
    async def check(
        self,
        request: BankRequest,
        attempt_id: FromPath[str],
        data: Annotated[CheckAttemptRequest | None, BodyKwarg(examples=bodies.CHECK)] = None,
    ) -> Reply:
        """Row C5.5; checkers may judge again what has a result."""
        state, _ = await read_attempt(request, attempt_id, Role.CHECKER, Role.SERVICE)
        asked = data or CheckAttemptRequest()
        principal, parts = request.principal, request.parts
        mine = owns(principal, state.learner)
        if not principal.has(Role.CHECKER, Role.SERVICE) and asked.mode not in {None, Method.AUTO}:
            raise ModeNotAllowed(
                "mode: its learner can ask for auto alone", path="mode", allowed=[Method.AUTO]
            )
        wanted = Wanted(
            rule_id=asked.checking_rule_id,
            mode=asked.mode,
            again=principal.has(Role.CHECKER),
            learner=state.learner.id if mine else None,
        )
        call, check_id = request.call(), new_id()
        stream = answer_check.stream(check_id)

        def answer(outcome: Outcome) -> Reply:
            done = outcome.states[stream].status is CheckStatus.CHECKED
            return check_reply(outcome, stream, 201 if done else 202)

        async def work(way: Once) -> Reply:
            command = await check_command(
                parts.ledger,
                parts.checkers,
                state,
                wanted,
                check_id=check_id,
                basis=await basis_of(request, state.problem.problem_id),
                now=call.now,
            )
            step = Step(problem_attempt.stream(state.attempt_id), command, request.revision)
            _, reply = await way.execute(step, answer=answer)
            return reply

        return await carried_out(request, call, work)

    @post(
        "/hints/{hint_key:str}",
        operation_id="TakeHint",
        summary="Take a hint, which may cost points",
        status_code=200,
        opt={"access": one_of(Role.LEARNER), "owned": True},
        responses=replies(
            Data[HintDto],
            *WRITE,
            description="The hint; the same again costs nothing more",
            s404=f"{NO_ATTEMPT}. HINT_NOT_FOUND: its version has no such hint for learners",
            s409="ATTEMPT_NOT_ACTIVE: it was handed in, or has ended",
            s422=_KEY,
        ),
    )
    async def hint(
        self, request: BankRequest, attempt_id: FromPath[str], hint_key: FromPath[str]
    ) -> Reply:
        """Row C5.8."""
        state, _ = await read_attempt(request, attempt_id)
        found = await _hint(request, state.subject.id, hint_key)
        call = request.call()
        command = TakeHint(hint_key=hint_key, now=call.now)
        step = Step(problem_attempt.stream(state.attempt_id), command, request.revision)
        return await once(request, [step], lambda _: data_reply(hint_dto(found)), call=call)


async def _hint(request: BankRequest, version_id: str, hint_key: str) -> Solution:
    version, _ = await request.parts.ledger.read(problem_version, version_id)
    for one in known_version(version).content.solutions:
        if (
            one.kind is SolutionKind.HINT
            and one.hint_key == hint_key
            and one.visibility is SolutionVisibility.SHOW
        ):
            return one
    raise HintNotFound("the version has no such hint")
