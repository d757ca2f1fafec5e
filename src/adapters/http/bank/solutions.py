"""Solutions and hints of a version: list, add, edit, remove (row C1.23)."""

from typing import Annotated

from litestar import Controller, delete, get, patch, post
from litestar.params import BodyKwarg, FromPath

from adapters.http.access import one_of
from adapters.http.bank import version_bodies as bodies
from adapters.http.bank.documentation import READ, WRITE, replies
from adapters.http.bank.envelope import Data, data_reply
from adapters.http.bank.ids import new_id
from adapters.http.bank.problem_versions import (
    KEY_REUSED,
    NO_VERSION,
    NOT_A_DRAFT,
    read_version,
    version_id_of,
)
from adapters.http.bank.requests import BankRequest
from adapters.http.bank.version_bodies import EditSolutionRequest, SolutionRequest
from adapters.http.bank.version_dtos import SolutionDto, solution_dto
from adapters.http.once import once
from adapters.http.replies import Reply
from adapters.ledger import Outcome, Step
from adapters.principals import Role
from domain.problem_version import AddSolution, EditSolution, RemoveSolution, problem_version

_AUTHORS = {"access": one_of(Role.AUTHOR)}
_NONE = f"{NO_VERSION}. SOLUTION_NOT_FOUND: it has no such solution"


class SolutionsController(Controller):
    """How a version is solved, and hints on the way."""

    path = "/problem-versions/{version_id:str}/solutions"
    tags = ("Solutions",)

    @get(
        "/",
        operation_id="ListSolutions",
        summary="List a version's solutions and hints",
        opt={"access": one_of(Role.KEYS)},
        responses=replies(
            Data[list[SolutionDto]], *READ, description="All of them", s404=NO_VERSION
        ),
    )
    async def listed(self, request: BankRequest, version_id: FromPath[str]) -> Reply:
        """Row C1.23."""
        state, revision = await read_version(request, version_id)
        told = [solution_dto(state.version_id, one, body=True) for one in state.content.solutions]
        return data_reply(told, revision=revision)

    @post(
        "/",
        operation_id="AddSolution",
        summary="Add a solution or a hint to a draft",
        opt=_AUTHORS,
        responses=replies(
            Data[SolutionDto],
            *WRITE,
            status=201,
            description="The solution or hint",
            s404=NO_VERSION,
            s409=f"HINT_KEY_EXISTS: another hint has this key. {NOT_A_DRAFT}",
            s422=KEY_REUSED,
        ),
    )
    async def add(
        self,
        request: BankRequest,
        version_id: FromPath[str],
        data: Annotated[SolutionRequest, BodyKwarg(examples=bodies.SOLUTION)],
    ) -> Reply:
        """Row C1.23."""
        stream = problem_version.stream(version_id_of(version_id))
        command = AddSolution(solution=data.solution(new_id()))
        step = Step(stream, command, request.revision)

        def answer(outcome: Outcome) -> Reply:
            # Its author has just sent it: nothing in it is news to them.
            added = outcome.states[stream].content.solutions[-1]
            revision = outcome.versions[stream]
            return data_reply(solution_dto(version_id, added, body=True), 201, revision=revision)

        return await once(request, [step], answer)

    @patch(
        "/{solution_id:str}",
        operation_id="EditSolution",
        summary="Edit a solution or a hint of a draft",
        opt=_AUTHORS,
        responses=replies(
            Data[SolutionDto],
            *WRITE,
            description="The solution or hint as it is now; its body only with `keys`",
            s404=_NONE,
            s409=f"HINT_KEY_EXISTS: another hint has this key. {NOT_A_DRAFT}",
        ),
    )
    async def edit(
        self,
        request: BankRequest,
        version_id: FromPath[str],
        solution_id: FromPath[str],
        data: Annotated[EditSolutionRequest, BodyKwarg(examples=bodies.EDIT_SOLUTION)],
    ) -> Reply:
        """Beside row C1.23."""
        stream = problem_version.stream(version_id_of(version_id))
        command = EditSolution(
            solution_id=solution_id,
            hint_key=data.hint_key,
            format=data.format,
            body=data.body,
            visibility=data.visibility,
        )
        step = Step(stream, command, request.revision)
        outcome = await request.parts.ledger.execute(request.call(), step)
        solutions = outcome.states[stream].content.solutions
        [edited] = [one for one in solutions if one.solution_id == solution_id]
        told = solution_dto(version_id, edited, body=request.principal.has(Role.KEYS))
        return data_reply(told, revision=outcome.versions[stream])

    @delete(
        "/{solution_id:str}",
        operation_id="RemoveSolution",
        summary="Remove a solution or a hint of a draft",
        status_code=200,
        opt=_AUTHORS,
        responses=replies(
            Data[list[SolutionDto]],
            *WRITE,
            description="Those that are left; their bodies only with `keys`",
            s404=_NONE,
            s409=NOT_A_DRAFT,
        ),
    )
    async def remove(
        self, request: BankRequest, version_id: FromPath[str], solution_id: FromPath[str]
    ) -> Reply:
        """Beside row C1.23."""
        stream = problem_version.stream(version_id_of(version_id))
        step = Step(stream, RemoveSolution(solution_id=solution_id), request.revision)
        outcome = await request.parts.ledger.execute(request.call(), step)
        keys = request.principal.has(Role.KEYS)
        left = outcome.states[stream].content.solutions
        told = [solution_dto(version_id, one, body=keys) for one in left]
        return data_reply(told, revision=outcome.versions[stream])
