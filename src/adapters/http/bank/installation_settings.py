"""Installation settings: read and change (row C6.6)."""

from dataclasses import dataclass
from typing import Any, Final

import msgspec
from litestar import Controller, get, patch
from litestar.openapi.spec import OpenAPIMediaType, Operation, RequestBody, Schema
from litestar.openapi.spec.enums import OpenAPIType
from litestar.params import JSONBody

from adapters.http.access import one_of
from adapters.http.bank.documentation import READ, WRITE, replies
from adapters.http.bank.envelope import Data, data_reply
from adapters.http.bank.requests import BankRequest
from adapters.http.replies import Reply
from adapters.ledger import Step
from adapters.principals import Role
from domain.installation_settings import (
    INSTALLATION,
    ChangeSettings,
    InstallationSettings,
    installation_settings,
)

_STREAM = installation_settings.stream(INSTALLATION)
_EXAMPLES: Final = [
    {"subjects": [{"key": "mathematics", "title": "Mathematics"}]},
    {"attemptAllowUnpublished": True, "maxBodyMb": 4},
    {"repeatedDifficultyThreshold": 5},
]


@dataclass
class _ChangeOperation(Operation):
    """The framework cannot know which names and values the object takes."""

    def __post_init__(self) -> None:
        schema = Schema(
            type=OpenAPIType.OBJECT,
            description="Settings by name, with their new values; null brings the default back",
            examples=_EXAMPLES,
        )
        content = {"application/json": OpenAPIMediaType(schema=schema)}
        self.request_body = RequestBody(required=True, content=content)


class SettingsBody(InstallationSettings, frozen=True, kw_only=True):
    """Every setting as it stands; `revision` grows with every change."""

    revision: int


class InstallationSettingsController(Controller):
    """The settings of this installation, for administrators."""

    path = "/settings"
    tags = ("Settings",)
    opt = {"access": one_of(Role.ADMIN)}  # noqa: RUF012 - the framework's attribute

    @get(
        "/",
        operation_id="GetSettings",
        summary="Read the installation's settings",
        responses=replies(Data[SettingsBody], *READ, description="Every setting"),
    )
    async def read(self, request: BankRequest) -> Reply:
        """What holds now, defaults included."""
        state, revision = await request.parts.ledger.read(installation_settings, INSTALLATION)
        return data_reply(_body(state, revision), revision=revision)

    @patch(
        "/",
        operation_id="ChangeSettings",
        operation_class=_ChangeOperation,
        summary="Change some of the installation's settings",
        responses=replies(
            Data[SettingsBody],
            *WRITE,
            description="Every setting as it is now; each change is in the audit log",
            s422="UNKNOWN_SETTING: there is no setting of that name; nothing was changed",
        ),
    )
    async def change(self, request: BankRequest, data: JSONBody[dict[str, Any]]) -> Reply:
        """All of the changes, or none."""
        step = Step(_STREAM, ChangeSettings(changes=data), request.revision)
        outcome = await request.parts.ledger.execute(request.call(), step)
        revision = outcome.versions[_STREAM]
        return data_reply(_body(outcome.states[_STREAM], revision), revision=revision)


def _body(state: InstallationSettings, revision: int) -> SettingsBody:
    return SettingsBody(revision=revision, **msgspec.structs.asdict(state))
