"""ProblemUsage: where a version of a problem is used, by whom and under which rules (B-41, B-42).

What was registered never changes: the scoring rule is a copy of that moment. A usage is released,
never deleted.
"""

from collections.abc import Sequence
from enum import StrEnum
from typing import ClassVar

import msgspec

from domain.documents import NOTHING, Document, absent, parsed, record_or_nothing
from domain.instants import Instant
from domain.kernel import Command, Decider, Erased, Event, Personal, RefusalKind, Refused, Value
from domain.keys import composite_key


class ContextDomain(StrEnum):
    """Which domain uses a problem (B-41): `migration` is none."""

    LMS = "lms"
    COMPETITIONS = "competitions"
    MANAGEMENT = "management"
    STOREFRONT = "storefront"
    MANUAL = "manual"


class UsageStatus(StrEnum):
    """Whether a usage goes on; ABSENT is said of none that exists."""

    ABSENT = "absent"
    ACTIVE = "active"
    RELEASED = "released"


class UsageContext(Value, frozen=True, kw_only=True):
    """What uses the problem, in the words of its domain; `position` is the usage's alone there."""

    domain: ContextDomain
    type: str
    id: str
    position: int | None = None


# --- events -------------------------------------------------------------------------------------


class UsageRegistered(Event, frozen=True, kw_only=True):
    """A version is used; the two documents are as they were at that moment."""

    usage_id: str
    problem_id: str
    problem_version_id: str
    context: UsageContext
    scoring_rule_snapshot: Document = NOTHING
    visibility_policy: Document = NOTHING
    registered_at: Instant


class UsageReleased(Event, frozen=True, kw_only=True):
    """It is not used there any more."""

    reason: Personal[str | Erased | None] = None
    released_at: Instant


UsageEvent = UsageRegistered | UsageReleased


# --- commands: `caller_domain` is that of a service, which speaks for no other -------------------


class RegisterUsage(Command, frozen=True, kw_only=True):
    """Say that a version is used, under a newly made id."""

    founds: ClassVar[bool] = True

    usage_id: str
    problem_id: str
    problem_version_id: str
    context: UsageContext
    scoring_rule_snapshot: Document = NOTHING
    visibility_policy: Document = NOTHING
    caller_domain: str | None = None
    now: Instant


class ReleaseUsage(Command, frozen=True, kw_only=True):
    """Say that it is not used there any more."""

    reason: str | None = None
    caller_domain: str | None = None
    now: Instant


UsageCommand = RegisterUsage | ReleaseUsage


# --- state --------------------------------------------------------------------------------------


class ProblemUsage(Value, frozen=True):
    """A usage as it stands."""

    usage_id: str = ""
    status: UsageStatus = UsageStatus.ABSENT
    problem_id: str = ""
    problem_version_id: str = ""
    context: UsageContext = UsageContext(domain=ContextDomain.MANUAL, type="", id="")
    scoring_rule_snapshot: Document = NOTHING
    visibility_policy: Document = NOTHING
    registered_at: Instant = ""
    released_at: Instant | None = None


# --- refusals -----------------------------------------------------------------------------------


class UsageNotFound(Refused):
    """There is no such usage."""

    code, kind = "USAGE_NOT_FOUND", RefusalKind.UNKNOWN


class UsageIdTaken(Refused):
    """The id made for a new usage is in use: make another."""

    code, kind = "USAGE_EXISTS", RefusalKind.CONFLICT


class DomainMismatch(Refused):
    """A service speaks for another domain than its own (C2.14)."""

    code, kind = "DOMAIN_MISMATCH", RefusalKind.FORBIDDEN


# --- decisions ----------------------------------------------------------------------------------


def decide(state: ProblemUsage, command: UsageCommand) -> Sequence[UsageEvent]:
    """What a command makes happen, or a refusal."""
    match command:
        case RegisterUsage():
            check_domain(command.caller_domain, command.context)
            if state.status is not UsageStatus.ABSENT:
                raise UsageIdTaken("there is a usage with this id already")
            rule, policy = command.scoring_rule_snapshot, command.visibility_policy
            return [
                UsageRegistered(
                    usage_id=command.usage_id,
                    problem_id=command.problem_id,
                    problem_version_id=command.problem_version_id,
                    context=command.context,
                    scoring_rule_snapshot=record_or_nothing(rule, "scoringRuleSnapshot"),
                    visibility_policy=record_or_nothing(policy, "visibilityPolicy"),
                    registered_at=command.now,
                )
            ]
        case ReleaseUsage():
            if state.status is UsageStatus.ABSENT:
                raise UsageNotFound("no such usage")
            check_domain(command.caller_domain, state.context)
            if state.status is UsageStatus.RELEASED:
                return []
            return [UsageReleased(reason=command.reason, released_at=command.now)]


def check_domain(caller_domain: str | None, context: UsageContext) -> None:
    """Raise DomainMismatch unless a caller speaks for the domain of a context; None: for any."""
    if caller_domain not in {None, context.domain}:
        raise DomainMismatch(
            f"contextDomain: a service of {caller_domain} does not speak for {context.domain}",
            path="contextDomain",
        )


def allows_unpublished(policy: Document) -> bool:
    """Whether a visibility policy says that the version need not be published (B-89)."""
    return not absent(policy) and parsed(policy).get("allowUnpublished") is True


def position_key(context: UsageContext) -> str:
    """The key of the reservation that gives a position in a context to one usage at a time."""
    return composite_key(context.domain, context.type, context.id, str(context.position))


# --- the fold -----------------------------------------------------------------------------------


def evolve(state: ProblemUsage, event: UsageEvent) -> ProblemUsage:
    """The state after one more event."""
    match event:
        case UsageRegistered():
            return ProblemUsage(status=UsageStatus.ACTIVE, **msgspec.structs.asdict(event))
        case UsageReleased(released_at=at):
            return msgspec.structs.replace(state, status=UsageStatus.RELEASED, released_at=at)


problem_usage: Decider[ProblemUsage] = Decider("problem_usage", ProblemUsage(), decide, evolve)
