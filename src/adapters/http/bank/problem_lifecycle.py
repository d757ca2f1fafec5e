"""A problem's way through review, use and retirement (rows C1.5 to C1.9)."""

from typing import Annotated

from litestar import Controller, post
from litestar.params import BodyKwarg, FromPath

from adapters.http.access import one_of
from adapters.http.bank import problem_bodies as bodies
from adapters.http.bank.documentation import WRITE, replies
from adapters.http.bank.envelope import Data
from adapters.http.bank.problem_bodies import (
    CommentRequest,
    ProblemDto,
    ReasonRequest,
    RetireProblemRequest,
    ReturnRequest,
)
from adapters.http.bank.problems import NO_PROBLEM, problem_id_of, problem_reply
from adapters.http.bank.requests import BankRequest
from adapters.http.once import once
from adapters.http.replies import Reply
from adapters.ledger import Step
from adapters.principals import Role
from adapters.view_query import Eq
from domain.kernel import Command
from domain.problem import (
    ArchiveProblem,
    PublishProblem,
    RestoreProblem,
    RetireProblem,
    ReturnProblemToDraft,
    SubmitProblemForReview,
    problem,
)
from domain.problem_usage import UsageStatus
from projections.problem_usages import problem_usages

_NOT_NOW = "INVALID_TRANSITION: not in its present status"
_KEY = "IDEMPOTENCY_KEY_REUSED: the key belongs to another request"


class ProblemLifecycleController(Controller):
    """Commands that move a problem on."""

    path = "/problems/{problem_id:str}"
    tags = ("Problems",)

    @post(
        "/submit-for-review",
        operation_id="SubmitProblemForReview",
        summary="Ask for a review",
        status_code=200,
        opt={"access": one_of(Role.AUTHOR)},
        responses=replies(
            Data[ProblemDto],
            *WRITE,
            description="The problem, in review",
            s404=NO_PROBLEM,
            s409=f"NO_VERSION: there is nothing to review. {_NOT_NOW}",
            s422=_KEY,
        ),
    )
    async def submit(
        self,
        request: BankRequest,
        problem_id: FromPath[str],
        data: Annotated[CommentRequest | None, BodyKwarg(examples=bodies.COMMENT)] = None,
    ) -> Reply:
        """Row C1.5."""
        comment = None if data is None else data.comment
        return await _moved(request, problem_id, SubmitProblemForReview(comment=comment))

    @post(
        "/return-to-draft",
        operation_id="ReturnProblemToDraft",
        summary="Ask for changes",
        status_code=200,
        opt={"access": one_of(Role.MODERATOR)},
        responses=replies(
            Data[ProblemDto],
            *WRITE,
            description="The problem, a draft again",
            s404=NO_PROBLEM,
            s409=_NOT_NOW,
            s422=_KEY,
        ),
    )
    async def give_back(
        self,
        request: BankRequest,
        problem_id: FromPath[str],
        data: Annotated[ReturnRequest, BodyKwarg(examples=bodies.RETURN)],
    ) -> Reply:
        """Row C1.6."""
        return await _moved(request, problem_id, ReturnProblemToDraft(comment=data.comment))

    @post(
        "/publish",
        operation_id="PublishProblem",
        summary="Let a problem be used",
        status_code=200,
        opt={"access": one_of(Role.PUBLISHER)},
        responses=replies(
            Data[ProblemDto],
            *WRITE,
            description="The problem, published",
            s404=NO_PROBLEM,
            s409=f"NO_PUBLISHED_VERSION: none of its versions is published. {_NOT_NOW}",
            s422=_KEY,
        ),
    )
    async def publish(self, request: BankRequest, problem_id: FromPath[str]) -> Reply:
        """Row C1.7."""
        return await _moved(request, problem_id, PublishProblem())

    @post(
        "/retire",
        operation_id="RetireProblem",
        summary="Take a problem out of use",
        status_code=200,
        opt={"access": one_of(Role.PUBLISHER)},
        responses=replies(
            Data[ProblemDto],
            *WRITE,
            description="The problem, retired",
            s404=NO_PROBLEM,
            s409=_NOT_NOW,
            s422=f"UNKNOWN_PROBLEM: there is no such problem to replace it. {_KEY}",
        ),
    )
    async def retire(
        self,
        request: BankRequest,
        problem_id: FromPath[str],
        data: Annotated[RetireProblemRequest, BodyKwarg(examples=bodies.RETIRE)],
    ) -> Reply:
        """Row C1.8."""
        command = RetireProblem(reason=data.reason, replacement=data.replacement_problem_id)
        return await _moved(request, problem_id, command)

    @post(
        "/archive",
        operation_id="ArchiveProblem",
        summary="Hide a problem",
        status_code=200,
        opt={"access": one_of(Role.PUBLISHER)},
        responses=replies(
            Data[ProblemDto],
            *WRITE,
            description="The problem, hidden",
            s404=NO_PROBLEM,
            s409=f"PROBLEM_IN_USE: usages of its versions are going on. {_NOT_NOW}",
            s422=_KEY,
        ),
    )
    async def archive(
        self,
        request: BankRequest,
        problem_id: FromPath[str],
        data: Annotated[ReasonRequest | None, BodyKwarg(examples=bodies.REASON)] = None,
    ) -> Reply:
        """Row C1.9."""
        reason = None if data is None else data.reason
        where = [Eq("problem_id", problem_id), Eq("status", UsageStatus.ACTIVE)]
        views, query = request.parts.views, request.parts.ledger.query
        usages = await query(views.count, problem_usages, where)
        return await _moved(request, problem_id, ArchiveProblem(reason=reason, usages=usages))

    @post(
        "/restore",
        operation_id="RestoreProblem",
        summary="Bring a hidden problem back",
        status_code=200,
        opt={"access": one_of(Role.PUBLISHER)},
        responses=replies(
            Data[ProblemDto],
            *WRITE,
            description="The problem, where it was before",
            s404=NO_PROBLEM,
            s409=_NOT_NOW,
            s422=_KEY,
        ),
    )
    async def restore(
        self,
        request: BankRequest,
        problem_id: FromPath[str],
        data: Annotated[ReasonRequest | None, BodyKwarg(examples=bodies.REASON)] = None,
    ) -> Reply:
        """Row C1.9."""
        reason = None if data is None else data.reason
        return await _moved(request, problem_id, RestoreProblem(reason=reason))


async def _moved(request: BankRequest, problem_id: str, command: Command) -> Reply:
    """The problem after a command that moves it on."""
    stream = problem.stream(problem_id_of(problem_id))
    step = Step(stream, command, request.revision)
    return await once(request, [step], lambda outcome: problem_reply(outcome, stream))
