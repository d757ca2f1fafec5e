"""A version's way through review, use and retirement (rows C1.15 to C1.18)."""

from typing import Annotated

from litestar import Controller, post
from litestar.params import BodyKwarg, FromPath

from adapters.author_tests import author_test_run
from adapters.http.access import one_of
from adapters.http.bank import problem_bodies, version_bodies
from adapters.http.bank.documentation import WRITE, replies
from adapters.http.bank.envelope import Data
from adapters.http.bank.problem_bodies import ReturnRequest
from adapters.http.bank.problem_versions import (
    KEY_REUSED,
    NO_VERSION,
    read_version,
    version_id_of,
    version_reply,
)
from adapters.http.bank.requests import BankRequest
from adapters.http.bank.version_bodies import PublishRequest, RetireRequest
from adapters.http.bank.version_dtos import ProblemVersionDto
from adapters.http.once import Once, carried_out, once
from adapters.http.replies import Reply
from adapters.ledger import Step
from adapters.principals import Role
from domain.kernel import Command
from domain.problem_version import (
    PublishVersion,
    RetireVersion,
    ReturnVersionToDraft,
    SubmitVersionForReview,
    problem_version,
)

_NOT_NOW = "INVALID_TRANSITION: not in its present status"


class VersionLifecycleController(Controller):
    """Commands that move a version on."""

    path = "/problem-versions/{version_id:str}"
    tags = ("Problem versions",)

    @post(
        "/submit-for-review",
        operation_id="SubmitVersionForReview",
        summary="Ask for a review",
        status_code=200,
        opt={"access": one_of(Role.AUTHOR)},
        responses=replies(
            Data[ProblemVersionDto],
            *WRITE,
            description="The version, in review",
            s404=NO_VERSION,
            s409=_NOT_NOW,
            s422="ANSWER_SCHEMA_INVALID, ANSWER_KEY_MISMATCH, CHECKING_RULE_INVALID: its parts do "
            f"not fit each other; `details.path` says where. {KEY_REUSED}",
        ),
    )
    async def submit(self, request: BankRequest, version_id: FromPath[str]) -> Reply:
        """Row C1.15."""
        return await _moved(request, version_id, SubmitVersionForReview())

    @post(
        "/return-to-draft",
        operation_id="ReturnVersionToDraft",
        summary="Ask for changes",
        status_code=200,
        opt={"access": one_of(Role.MODERATOR)},
        responses=replies(
            Data[ProblemVersionDto],
            *WRITE,
            description="The version, a draft again",
            s404=NO_VERSION,
            s409=_NOT_NOW,
            s422=KEY_REUSED,
        ),
    )
    async def give_back(
        self,
        request: BankRequest,
        version_id: FromPath[str],
        data: Annotated[ReturnRequest, BodyKwarg(examples=problem_bodies.RETURN)],
    ) -> Reply:
        """Row C1.16."""
        return await _moved(request, version_id, ReturnVersionToDraft(comment=data.comment))

    @post(
        "/publish",
        operation_id="PublishProblemVersion",
        summary="Let a version be used: nothing of it changes any more",
        status_code=200,
        opt={"access": one_of(Role.PUBLISHER)},
        responses=replies(
            Data[ProblemVersionDto],
            *WRITE,
            description="The version, published; its author's tests have passed",
            s404=NO_VERSION,
            s409="CHECKING_RULE_REQUIRED: it has none. RUBRIC_REQUIRED: a person judges it, and no "
            "manual or hybrid rule has a rubric. AUTHOR_TESTS_FAILED: `details.failed` lists them. "
            f"{_NOT_NOW}",
            s422="ANSWER_KEY_MISMATCH: there is no key, or it does not fit the schema. "
            f"CHECKING_RULE_INVALID: a rule does not fit it. {KEY_REUSED}",
            s503="CHECKER_UNAVAILABLE: the tests could not be run; try again",
        ),
    )
    async def publish(
        self,
        request: BankRequest,
        version_id: FromPath[str],
        data: Annotated[PublishRequest | None, BodyKwarg(examples=version_bodies.PUBLISH)] = None,
    ) -> Reply:
        """Row C1.17."""
        call = request.call()
        stream = problem_version.stream(version_id_of(version_id))
        retire_previous = data is not None and data.retire_previous

        async def work(way: Once) -> Reply:
            state, _ = await read_version(request, version_id)
            keys = request.principal.has(Role.KEYS)
            run = await author_test_run(request.parts.checkers, state, notes=keys)
            command = PublishVersion(now=call.now, retire_previous=retire_previous, run=run)
            step = Step(stream, command, request.revision)
            _, reply = await way.execute(
                step, answer=lambda outcome: version_reply(outcome, stream)
            )
            return reply

        return await carried_out(request, call, work)

    @post(
        "/retire",
        operation_id="RetireProblemVersion",
        summary="Take a version out of use",
        status_code=200,
        opt={"access": one_of(Role.PUBLISHER)},
        responses=replies(
            Data[ProblemVersionDto],
            *WRITE,
            description="The version, retired; it stays readable",
            s404=NO_VERSION,
            s409=_NOT_NOW,
            s422=KEY_REUSED,
        ),
    )
    async def retire(
        self,
        request: BankRequest,
        version_id: FromPath[str],
        data: Annotated[RetireRequest, BodyKwarg(examples=version_bodies.RETIRE)],
    ) -> Reply:
        """Row C1.18."""
        command = RetireVersion(reason=data.reason, now=request.parts.clock())
        return await _moved(request, version_id, command)


async def _moved(request: BankRequest, version_id: str, command: Command) -> Reply:
    """The version after a command that moves it on."""
    stream = problem_version.stream(version_id_of(version_id))
    step = Step(stream, command, request.revision)
    return await once(request, [step], lambda outcome: version_reply(outcome, stream))
