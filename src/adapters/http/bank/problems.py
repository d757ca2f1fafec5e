"""Problems: begin, read, edit (rows C1.2 to C1.4)."""

from typing import Annotated

from litestar import Controller, get, patch, post
from litestar.params import BodyKwarg, FromPath
from msgspec import UNSET

from adapters.http.access import one_of
from adapters.http.bank import problem_bodies as bodies
from adapters.http.bank.documentation import READ, WRITE, replies
from adapters.http.bank.envelope import Data, data_reply
from adapters.http.bank.ids import known_id, new_id
from adapters.http.bank.problem_bodies import (
    CreateProblemRequest,
    EditProblemRequest,
    ProblemDto,
    problem_dto,
)
from adapters.http.bank.requests import BankRequest
from adapters.http.once import once
from adapters.http.replies import Reply
from adapters.ledger import Outcome, Step
from adapters.principals import Role
from domain.installation_settings import INSTALLATION, SubjectStatus, installation_settings
from domain.problem import (
    CreateProblem,
    EditProblem,
    ProblemNotFound,
    known,
    problem,
)

NO_PROBLEM = "PROBLEM_NOT_FOUND: there is none"


def problem_id_of(text: str) -> str:
    """A problem's id in an address. Raises ProblemNotFound for what cannot be one."""
    return known_id(text, ProblemNotFound)


def problem_reply(outcome: Outcome, stream: str, status: int = 200) -> Reply:
    """The problem as a call left it."""
    state, revision = outcome.states[stream], outcome.versions[stream]
    return data_reply(problem_dto(state), status, revision=revision)


class ProblemsController(Controller):
    """Problems."""

    path = "/problems"
    tags = ("Problems",)

    @post(
        "/",
        operation_id="CreateProblem",
        summary="Begin a problem",
        opt={"access": one_of(Role.AUTHOR)},
        responses=replies(
            Data[ProblemDto],
            *(status for status in WRITE if status != 412),
            status=201,
            description="The problem, a draft without versions",
            s409="PROBLEM_CODE_EXISTS: another problem has this code",
            s422="UNKNOWN_SUBJECT: the installation has subjects, and this is none of them",
        ),
    )
    async def create(
        self,
        request: BankRequest,
        data: Annotated[CreateProblemRequest, BodyKwarg(examples=bodies.CREATE)],
    ) -> Reply:
        """Row C1.2."""
        problem_id = new_id()
        stream = problem.stream(problem_id)
        command = CreateProblem(
            problem_id=problem_id,
            code=data.code or _made_code(problem_id),
            subject_key=data.subject_key,
            default_difficulty=data.default_difficulty,
            source_ref=None if data.source_ref is None else data.source_ref.ref(),
            subjects=await _subjects(request),
        )

        def answer(outcome: Outcome) -> Reply:
            return problem_reply(outcome, stream, 201)

        return await once(request, [Step(stream, command)], answer)

    @get(
        "/{problem_id:str}",
        operation_id="GetProblem",
        summary="Read a problem",
        opt={"access": one_of(Role.VIEWER)},
        responses=replies(Data[ProblemDto], *READ, description="The problem", s404=NO_PROBLEM),
    )
    async def read(self, request: BankRequest, problem_id: FromPath[str]) -> Reply:
        """Row C1.3."""
        state, revision = await request.parts.ledger.read(problem, problem_id_of(problem_id))
        return data_reply(problem_dto(known(state)), revision=revision)

    @patch(
        "/{problem_id:str}",
        operation_id="EditProblem",
        summary="Edit a problem",
        opt={"access": one_of(Role.AUTHOR)},
        responses=replies(
            Data[ProblemDto],
            *WRITE,
            description="The problem as it is now",
            s404=NO_PROBLEM,
            s409="PROBLEM_CODE_LOCKED: a code changes only in draft. PROBLEM_CODE_EXISTS: another "
            "problem has it",
        ),
    )
    async def edit(
        self,
        request: BankRequest,
        problem_id: FromPath[str],
        data: Annotated[EditProblemRequest, BodyKwarg(examples=bodies.EDIT)],
    ) -> Reply:
        """Row C1.4."""
        stream = problem.stream(problem_id_of(problem_id))
        ref = data.source_ref
        command = EditProblem(
            code=data.code,
            default_difficulty=data.default_difficulty,
            source_ref=ref if ref is None or ref is UNSET else ref.ref(),
        )
        step = Step(stream, command, request.revision)
        outcome = await request.parts.ledger.execute(request.call(), step)
        return problem_reply(outcome, stream)


def _made_code(problem_id: str) -> str:
    """A code for a problem whose author gives none: 64 bits of its id."""
    digits = problem_id.replace("-", "").upper()
    return f"P-{digits[:4]}-{digits[4:8]}-{digits[-8:-4]}-{digits[-4:]}"


async def _subjects(request: BankRequest) -> tuple[str, ...]:
    """The subjects that problems may have here; none: any will do (decision 14)."""
    state, _ = await request.parts.ledger.read(installation_settings, INSTALLATION)
    return tuple(one.key for one in state.subjects if one.status is SubjectStatus.ACTIVE)
