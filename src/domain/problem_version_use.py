"""ProblemVersionUse: whether a set, a usage or a template may refer to a version of a problem."""

from enum import StrEnum

from domain.kernel import Command, RefusalKind, Refused
from domain.problem import VersionNotOfProblem


class VersionNeed(StrEnum):
    """What whoever refers to a version needs of it."""

    OF_PROBLEM = "of_problem"  # only that it belongs to the problem
    PUBLISHED = "published"
    USABLE = "usable"  # published, to be used somewhere
    ALLOWED = "allowed"  # the same, or not yet published


class ConfirmVersion(Command, frozen=True):
    """Refuse unless the version is one of the problem and as it is needed."""

    problem_id: str
    need: VersionNeed
    path: str


class VersionNotPublished(Refused):
    """What is published refers to published versions only."""

    code, kind = "VERSION_NOT_PUBLISHED", RefusalKind.UNFIT


class VersionNotUsable(Refused):
    """The version is not published and not explicitly allowed, or it is retired (C2.14)."""

    code, kind = "VERSION_NOT_USABLE", RefusalKind.CONFLICT


def check_use(command: ConfirmVersion, problem_id: str, status: str) -> None:
    """Raise unless a version of this problem and status (`draft` …) will do."""
    path = command.path
    if problem_id != command.problem_id:
        raise VersionNotOfProblem(f"{path}: no version of the problem", path=path)
    match command.need:
        case VersionNeed.PUBLISHED if status != "published":
            raise VersionNotPublished(f"{path}: the version is {status}", path=path)
        case VersionNeed.USABLE if status != "published":
            raise VersionNotUsable(f"{path}: the version is {status}", path=path)
        case VersionNeed.ALLOWED if status in {"absent", "retired"}:
            raise VersionNotUsable(f"{path}: the version is {status}", path=path)
        case _:
            return
