"""Starting an attempt: at which version, used where, and whether it may be (B-89, B-90)."""

from adapters.http.bank.attempt_bodies import StartAttemptRequest
from adapters.http.bank.requests import BankRequest
from adapters.principals import Principal, Role
from domain.attempt import Learner, Subject
from domain.installation_settings import INSTALLATION, installation_settings
from domain.kernel import RefusalKind, Refused
from domain.problem_attempt import StartProblemAttempt
from domain.problem_content import hash_of
from domain.problem_usage import (
    DomainMismatch,
    ProblemUsage,
    UsageNotFound,
    UsageStatus,
    allows_unpublished,
    problem_usage,
)
from domain.problem_version import VersionStatus, known, problem_version


class UsageVersionMismatch(Refused):
    """The usage is of another version, or has been released (B-90)."""

    code, kind = "USAGE_VERSION_MISMATCH", RefusalKind.UNFIT


async def start_command(
    request: BankRequest, data: StartAttemptRequest, attempt_id: str, now: str
) -> StartProblemAttempt:
    """The command that starts what was asked for.

    Raises VersionNotFound, UsageNotFound, UsageVersionMismatch, DomainMismatch.
    """
    ledger, principal = request.parts.ledger, request.principal
    found, _ = await ledger.read(problem_version, data.problem_version_id)
    version = known(found)
    usage = None
    if data.problem_usage_id is not None:
        usage = await _usage(request, data.problem_usage_id, version.version_id)
    allowed = usage is not None and allows_unpublished(usage.visibility_policy)
    if version.status is not VersionStatus.PUBLISHED and not allowed:
        allowed = await _previews(request)
    return StartProblemAttempt(
        attempt_id=attempt_id,
        learner=Learner(scheme=request.facade, id=data.user_id),
        subject=Subject(
            type=problem_version.category,
            id=version.version_id,
            content_hash=version.content_hash or hash_of(version.content),
            version=str(version.version),
        ),
        problem_id=version.problem_id,
        usage_id=None if usage is None else usage.usage_id,
        domain=_service_domain(principal) if usage is None else usage.context.domain.value,
        version_status=version.status,
        allowed=allowed,
        now=now,
    )


async def _usage(request: BankRequest, usage_id: str, version_id: str) -> ProblemUsage:
    usage, _ = await request.parts.ledger.read(problem_usage, usage_id)
    if usage.status is UsageStatus.ABSENT:
        raise UsageNotFound("no such usage")
    principal = request.principal
    if not principal.has(Role.ADMIN) and Role.SERVICE in principal.roles:
        domain = usage.context.domain
        if domain != principal.domain:
            raise DomainMismatch(
                f"problemUsageId: a service of {principal.domain} does not speak for {domain}",
                path="problemUsageId",
            )
    path = "problemUsageId"
    if usage.problem_version_id != version_id:
        raise UsageVersionMismatch(f"{path}: the usage is of another version", path=path)
    if usage.status is UsageStatus.RELEASED:
        raise UsageVersionMismatch(f"{path}: the usage was released", path=path)
    return usage


async def _previews(request: BankRequest) -> bool:
    """Whether the caller is an author who may answer what is not published (B-89)."""
    if not request.principal.has(Role.AUTHOR):
        return False
    settings, _ = await request.parts.ledger.read(installation_settings, INSTALLATION)
    return settings.attempt_allow_unpublished


def _service_domain(principal: Principal) -> str | None:
    return principal.domain if Role.SERVICE in principal.roles else None
