"""Version diff: what changed between two versions."""

from typing import Annotated, Any

import msgspec
from litestar import Controller, get
from litestar.params import FromPath
from msgspec import UNSET, Meta, UnsetType

from adapters.http.access import one_of
from adapters.http.bank.documentation import READ, replies
from adapters.http.bank.envelope import Data, data_reply
from adapters.http.bank.ids import known_id
from adapters.http.bank.lists import with_query
from adapters.http.bank.requests import BankRequest
from adapters.http.problems import invalid
from adapters.http.replies import Reply
from adapters.principals import Role
from domain.problem import problem
from domain.problem_version import ProblemVersion, VersionNotFound, VersionStatus, problem_version
from domain.version_diff import Change, ChangeKind, version_diff


class DiffQuery(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What to compare with."""

    other: Annotated[
        str | None, Meta(description="The id of a version; left out, the one before this")
    ] = msgspec.field(name="with", default=None)


class ChangeDto(msgspec.Struct, frozen=True, rename="camel", omit_defaults=True):
    """A place as a JSON path, and what stood and stands there; absent what is not there."""

    path: str
    change: ChangeKind
    before: Any | UnsetType = msgspec.field(name="from", default=UNSET)
    after: Any | UnsetType = msgspec.field(name="to", default=UNSET)


class VersionDiffDto(msgspec.Struct, frozen=True, rename="camel"):
    """What makes the one version of the other."""

    from_version_id: str
    to_version_id: str
    changes: list[ChangeDto]


class ProblemVersionDiffController(Controller):
    """Versions compared."""

    path = "/problem-versions/{version_id:str}/diff"
    tags = ("Problem versions",)

    @get(
        "/",
        operation_id="CompareProblemVersions",
        operation_class=with_query(DiffQuery),
        summary="See what changed from another version to this one",
        opt={"access": one_of(Role.VIEWER)},
        responses=replies(
            Data[VersionDiffDto],
            *READ,
            description="Changes of statement, answer schema, metadata and visibility; with the "
            "permission `keys` also of answer key, checking rules and solutions",
            s404="PROBLEM_VERSION_NOT_FOUND: there is none, here or in `with`",
        ),
    )
    async def compare(self, request: BankRequest, version_id: FromPath[str]) -> Reply:
        """From the version `with` to the one of the address."""
        after = await _known(request, version_id)
        other = request.query(DiffQuery).other or await _before(request, after)
        before = await _known(request, other)
        keys = request.principal.has(Role.KEYS)
        found = version_diff(before.content, after.content, keys=keys)
        return data_reply(
            VersionDiffDto(before.version_id, after.version_id, [_told(one) for one in found])
        )


async def _known(request: BankRequest, version_id: str) -> ProblemVersion:
    known_id(version_id, VersionNotFound)
    version, _ = await request.parts.ledger.read(problem_version, version_id)
    if version.status is VersionStatus.ABSENT:
        raise VersionNotFound("no such version")
    return version


async def _before(request: BankRequest, version: ProblemVersion) -> str:
    """The id of the version before this one of the same problem. Raises Problem for the first."""
    if version.version == 1:
        raise invalid("with: is missing; this is the first version of its problem", path="with")
    state, _ = await request.parts.ledger.read(problem, version.problem_id)
    return state.versions[version.version - 2]


def _told(change: Change) -> ChangeDto:
    return ChangeDto(
        change.path,
        change.kind,
        UNSET if change.kind is ChangeKind.ADDED else change.before,
        UNSET if change.kind is ChangeKind.REMOVED else change.after,
    )
