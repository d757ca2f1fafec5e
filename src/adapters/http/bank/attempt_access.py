"""Whose attempts a caller of the Bank may see and change (rows C5.1 to C5.8, B-91)."""

from adapters.http.bank.ids import known_id
from adapters.http.bank.owners import refuse_strangers
from adapters.http.bank.requests import BankRequest
from adapters.principals import Principal, Role
from domain.attempt import Attempt, AttemptKind, AttemptNotFound, Phase
from domain.kernel import RefusalKind, Refused
from domain.problem_attempt import problem_attempt

NO_ATTEMPT = "ATTEMPT_NOT_FOUND: there is none, or it is somebody else's"


class AttemptUserMismatch(Refused):
    """Only services and admins act for others (B-91)."""

    code, kind = "ATTEMPT_USER_MISMATCH", RefusalKind.FORBIDDEN


def attempt_id_of(text: str) -> str:
    """An attempt's id in an address. Raises AttemptNotFound for what cannot be one."""
    return known_id(text, AttemptNotFound)


async def read_attempt(request: BankRequest, attempt_id: str, *others: Role) -> tuple[Attempt, int]:
    """An attempt and its revision, for its owner, an admin and who has one of the `others`.

    A service has it where its own domain started it or uses the problem, or none does.
    Raises AttemptNotFound, alike for what is not there and for what is not theirs.
    """
    state, revision = await request.parts.ledger.read(problem_attempt, attempt_id_of(attempt_id))
    if state.phase is Phase.ABSENT or state.kind is not AttemptKind.PROBLEM:
        raise AttemptNotFound("no such attempt")
    principal = request.principal
    if not (Role.SERVICE in others and _serves(principal, state)):
        people = [role for role in others if role is not Role.SERVICE]
        refuse_strangers(
            principal,
            state.learner,
            Role.ADMIN,
            *people,
            missing=lambda: AttemptNotFound("no such attempt"),
        )
    return state, revision


def refuse_for_others(principal: Principal, user_id: str) -> None:
    """Raise AttemptUserMismatch unless the caller may act for this learner (B-91)."""
    if user_id != principal.subject and not principal.has(Role.SERVICE):
        raise AttemptUserMismatch("userId: is not the caller's own", path="userId")


def _serves(principal: Principal, attempt: Attempt) -> bool:
    return principal.has(Role.SERVICE) and attempt.problem.domain in {None, principal.domain}
