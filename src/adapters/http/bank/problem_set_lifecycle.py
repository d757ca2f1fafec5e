"""A problem set's way through review and use, and its next version (row C2.12)."""

from typing import Annotated, Final

from litestar import Controller, post
from litestar.params import BodyKwarg, FromPath

from adapters.http.access import one_of
from adapters.http.bank import problem_bodies as bodies
from adapters.http.bank.documentation import WRITE, replies
from adapters.http.bank.envelope import Data
from adapters.http.bank.problem_bodies import CommentRequest, ReasonRequest
from adapters.http.bank.problem_set_bodies import ProblemSetDto
from adapters.http.bank.problem_sets import NO_SET, set_reply, set_stream
from adapters.http.bank.requests import BankRequest
from adapters.http.once import once
from adapters.http.replies import Reply
from adapters.ledger import Step
from adapters.principals import Role
from domain.kernel import Command
from domain.problem_set import (
    ArchiveSet,
    CreateSetVersion,
    PublishSet,
    ReturnSetToDraft,
    SubmitSetForReview,
)

_NOT_NOW: Final = "INVALID_TRANSITION: not in its present status"
_KEY: Final = "IDEMPOTENCY_KEY_REUSED: the key belongs to another request"
_EMPTY: Final = f"SET_EMPTY: it has no items. {_NOT_NOW}"


class ProblemSetLifecycleController(Controller):
    """Commands that move a set on."""

    path = "/problem-sets/{set_id:str}"
    tags = ("Problem sets",)

    @post(
        "/submit-for-review",
        operation_id="SubmitProblemSetForReview",
        summary="Ask for a review",
        status_code=200,
        opt={"access": one_of(Role.AUTHOR)},
        responses=replies(
            Data[ProblemSetDto],
            *WRITE,
            description="The set, in review",
            s404=NO_SET,
            s409=_EMPTY,
            s422=_KEY,
        ),
    )
    async def submit(self, request: BankRequest, set_id: FromPath[str]) -> Reply:
        """Row C2.12."""
        return await _moved(request, set_id, SubmitSetForReview())

    @post(
        "/return-to-draft",
        operation_id="ReturnProblemSetToDraft",
        summary="Ask for changes",
        status_code=200,
        opt={"access": one_of(Role.MODERATOR)},
        responses=replies(
            Data[ProblemSetDto],
            *WRITE,
            description="The set, a draft again",
            s404=NO_SET,
            s409=_NOT_NOW,
            s422=_KEY,
        ),
    )
    async def give_back(
        self,
        request: BankRequest,
        set_id: FromPath[str],
        data: Annotated[CommentRequest | None, BodyKwarg(examples=bodies.COMMENT)] = None,
    ) -> Reply:
        """Row C2.12."""
        comment = None if data is None else data.comment
        return await _moved(request, set_id, ReturnSetToDraft(comment=comment))

    @post(
        "/publish",
        operation_id="PublishProblemSet",
        summary="Let this version of a set be used: it never changes again",
        status_code=200,
        opt={"access": one_of(Role.PUBLISHER)},
        responses=replies(
            Data[ProblemSetDto],
            *WRITE,
            description="The set, published",
            s404=NO_SET,
            s409=_EMPTY,
            s422=f"VERSION_NOT_PUBLISHED: one of its items is not. {_KEY}",
        ),
    )
    async def publish(self, request: BankRequest, set_id: FromPath[str]) -> Reply:
        """Row C2.12."""
        return await _moved(request, set_id, PublishSet(now=request.parts.clock()))

    @post(
        "/archive",
        operation_id="ArchiveProblemSet",
        summary="Hide a set",
        status_code=200,
        opt={"access": one_of(Role.PUBLISHER)},
        responses=replies(
            Data[ProblemSetDto],
            *WRITE,
            description="The set, hidden for good",
            s404=NO_SET,
            s409=_NOT_NOW,
            s422=_KEY,
        ),
    )
    async def archive(
        self,
        request: BankRequest,
        set_id: FromPath[str],
        data: Annotated[ReasonRequest | None, BodyKwarg(examples=bodies.REASON)] = None,
    ) -> Reply:
        """Row C2.12."""
        reason = None if data is None else data.reason
        return await _moved(request, set_id, ArchiveSet(reason=reason))

    @post(
        "/new-version",
        operation_id="CreateProblemSetVersion",
        summary="Begin the next version of a published set, with the same items",
        opt={"access": one_of(Role.AUTHOR)},
        responses=replies(
            Data[ProblemSetDto],
            *WRITE,
            status=201,
            description="The set, a draft with the next version; the published one can be read on",
            s404=NO_SET,
            s409=_NOT_NOW,
            s422=_KEY,
        ),
    )
    async def new_version(self, request: BankRequest, set_id: FromPath[str]) -> Reply:
        """Row C2.12."""
        return await _moved(request, set_id, CreateSetVersion(), 201)


async def _moved(request: BankRequest, set_id: str, command: Command, status: int = 200) -> Reply:
    """The set after a command that moves it on."""
    stream = set_stream(set_id)
    step = Step(stream, command, request.revision)
    return await once(request, [step], lambda outcome: set_reply(outcome, stream, status))
