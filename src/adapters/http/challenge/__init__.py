"""The Challenge facade, rows B1 to B24 of the contract: `/api/challenge`."""

from typing import Final

from litestar import Router

from adapters.http.bearer_middleware import BearerMiddleware
from adapters.http.bearer_request import BearerRequest
from adapters.http.challenge.me import MeController
from adapters.http.direct_calls import DirectCalls

PREFIX: Final = "/api/challenge"
TITLE: Final = "Markbook: Challenge"
DESCRIPTION: Final = """\
Chains of tasks, solutions to them, and what a checker said.

Teachers carry a bearer token: `Authorization: Bearer …`. A success is `{"error": null, "data"}`,
a failure `{"error": {"code", "message", "details"?}, "data": null}`.
"""


class ChallengeRequest(BearerRequest):
    """A request to this facade."""

    facade = "challenge"


def challenge_router() -> Router:
    """Every route of the facade; a bearer token is looked at wherever one is sent."""
    return Router(
        path=PREFIX,
        route_handlers=[MeController],
        middleware=[BearerMiddleware, DirectCalls],
        request_class=ChallengeRequest,
    )
