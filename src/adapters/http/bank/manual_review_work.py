"""Work on reviews: take, give, judge, send back, take out (rows C5.17 to C5.19)."""

from typing import Annotated

from litestar import Controller, post
from litestar.params import BodyKwarg, FromPath

from adapters.http.access import one_of
from adapters.http.bank import answer_check_bodies, manual_review_bodies
from adapters.http.bank.answer_check_bodies import ReviewMarksRequest
from adapters.http.bank.answer_checks import KEY_REUSED
from adapters.http.bank.documentation import WRITE, replies
from adapters.http.bank.envelope import Data, data_reply
from adapters.http.bank.evidence_basis import basis_of
from adapters.http.bank.manual_review_bodies import (
    AssignReviewRequest,
    ManualReviewDto,
    ReviewReasonRequest,
    review_dto,
)
from adapters.http.bank.manual_reviews import NO_REVIEW, read_review
from adapters.http.bank.requests import BankRequest
from adapters.http.once import once
from adapters.http.replies import Reply
from adapters.ledger import Call, Outcome, Step
from adapters.principals import Role
from domain.answer_check import answer_check
from domain.evidence import Basis
from domain.kernel import Command
from domain.manual_review import (
    AssignReview,
    CancelReview,
    ClaimReview,
    CompleteReview,
    ManualReview,
    ReleaseReview,
    ReturnReview,
    manual_review,
)

_NOT_NOW = "INVALID_TRANSITION: not in its present status"
_TAKEN = f"REVIEW_ALREADY_CLAIMED: somebody else has it. {_NOT_NOW}"
_NOT_YOURS = "NOT_ASSIGNEE: it is somebody else's"


class ManualReviewWorkController(Controller):
    """Commands that move a review on."""

    path = "/manual-reviews/{review_id:str}"
    tags = ("Manual reviews",)

    @post(
        "/claim",
        operation_id="ClaimReview",
        summary="Take a review; of many who try at once, one has it",
        status_code=200,
        opt={"access": one_of(Role.CHECKER)},
        responses=replies(
            Data[ManualReviewDto],
            *WRITE,
            description="The review, the caller's",
            s404=NO_REVIEW,
            s409=_TAKEN,
            s422=KEY_REUSED,
        ),
    )
    async def claim(self, request: BankRequest, review_id: FromPath[str]) -> Reply:
        """Row C5.17, rule B-100."""
        return await _moved(request, review_id, ClaimReview(by=request.principal.subject))

    @post(
        "/assign",
        operation_id="AssignReview",
        summary="Give a review to somebody",
        status_code=200,
        opt={"access": one_of(Role.ADMIN)},
        responses=replies(
            Data[ManualReviewDto],
            *WRITE,
            description="The review, theirs",
            s404=NO_REVIEW,
            s409=_TAKEN,
            s422=KEY_REUSED,
        ),
    )
    async def assign(
        self,
        request: BankRequest,
        review_id: FromPath[str],
        data: Annotated[AssignReviewRequest, BodyKwarg(examples=manual_review_bodies.ASSIGN)],
    ) -> Reply:
        """Row C5.17."""
        command = AssignReview(assignee=data.assignee_id, by=request.principal.subject)
        return await _moved(request, review_id, command)

    @post(
        "/release",
        operation_id="ReleaseReview",
        summary="Give a review back; admins also others'",
        status_code=200,
        opt={"access": one_of(Role.CHECKER)},
        responses=replies(
            Data[ManualReviewDto],
            *WRITE,
            description="The review, nobody's",
            s403=_NOT_YOURS,
            s404=NO_REVIEW,
            s409=_NOT_NOW,
            s422=KEY_REUSED,
        ),
    )
    async def release(self, request: BankRequest, review_id: FromPath[str]) -> Reply:
        """Row C5.17."""
        caller = request.principal
        command = ReleaseReview(by=caller.subject, for_others=caller.has(Role.ADMIN))
        return await _moved(request, review_id, command)

    @post(
        "/complete",
        operation_id="CompleteReview",
        summary="Say what the answer is worth: the check has this result then",
        status_code=200,
        opt={"access": one_of(Role.CHECKER)},
        responses=replies(
            Data[ManualReviewDto],
            *WRITE,
            description="The review, done; check, attempt and evidence follow",
            s400="VALIDATION_ERROR: the rubric has no such criterion",
            s403=_NOT_YOURS,
            s404=NO_REVIEW,
            s409=_NOT_NOW,
            s422="SCORE_OUT_OF_RANGE: the score, or points for a criterion, are more than there "
            f"are. {KEY_REUSED}",
        ),
    )
    async def complete(
        self,
        request: BankRequest,
        review_id: FromPath[str],
        data: Annotated[ReviewMarksRequest, BodyKwarg(examples=answer_check_bodies.MARKS)],
    ) -> Reply:
        """Row C5.18."""
        call = request.call()
        state, _, _ = await read_review(request, review_id)
        command = CompleteReview(
            by=request.principal.subject,
            marks=data.marks(),
            basis=await _basis(request, state),
            now=call.now,
        )
        return await _moved(request, review_id, command, call)

    @post(
        "/return",
        operation_id="ReturnReview",
        summary="Have a review done once more",
        status_code=200,
        opt={"access": one_of(Role.ADMIN)},
        responses=replies(
            Data[ManualReviewDto],
            *WRITE,
            description="The review, to be claimed again; its check has no result meanwhile",
            s404=NO_REVIEW,
            s409=f"{_NOT_NOW}; its check was overridden, or another check counts by now",
            s422=KEY_REUSED,
        ),
    )
    async def give_back(
        self,
        request: BankRequest,
        review_id: FromPath[str],
        data: Annotated[ReviewReasonRequest, BodyKwarg(examples=manual_review_bodies.REASON)],
    ) -> Reply:
        """Row C5.19."""
        state, _, _ = await read_review(request, review_id)
        command = ReturnReview(reason=data.reason, basis=await _basis(request, state))
        return await _moved(request, review_id, command)

    @post(
        "/cancel",
        operation_id="CancelReview",
        summary="Take a review out of the queue",
        status_code=200,
        opt={"access": one_of(Role.ADMIN)},
        responses=replies(
            Data[ManualReviewDto],
            *WRITE,
            description="The review, cancelled; its check has failed and may be retried",
            s404=NO_REVIEW,
            s409=_NOT_NOW,
            s422=KEY_REUSED,
        ),
    )
    async def cancel(
        self,
        request: BankRequest,
        review_id: FromPath[str],
        data: Annotated[ReviewReasonRequest, BodyKwarg(examples=manual_review_bodies.REASON)],
    ) -> Reply:
        """Row C5.19."""
        return await _moved(request, review_id, CancelReview(reason=data.reason))


async def _basis(request: BankRequest, review: ManualReview) -> Basis:
    check, _ = await request.parts.ledger.read(answer_check, review.check_id)
    return await basis_of(request, check.problem_id)


async def _moved(
    request: BankRequest, review_id: str, command: Command, call: Call | None = None
) -> Reply:
    """The review after a command that moves it on."""
    call = call or request.call()
    _, row, _ = await read_review(request, review_id)
    stream = manual_review.stream(row.review_id)

    def answer(outcome: Outcome) -> Reply:
        told = review_dto(outcome.states[stream], row, call.now)
        return data_reply(told, revision=outcome.versions[stream])

    return await once(request, [Step(stream, command, request.revision)], answer, call=call)
