"""The Exams facade, rows A1 to A22 of the contract: `/api`."""

from litestar import Router

from adapters.http.exams.attempts import AttemptsController
from adapters.http.exams.auth import AuthController
from adapters.http.exams.exams import ExamsController
from adapters.http.exams.health import HealthController
from adapters.http.exams.progress import ProgressController
from adapters.http.requests import StrictRequest
from adapters.http.session_middleware import SessionMiddleware

PREFIX = "/api"


class ExamsRequest(StrictRequest):
    """A request to this facade."""

    facade = "exams"


def exams_router() -> Router:
    """Every route of the facade, behind its session and CSRF."""
    return Router(
        path=PREFIX,
        route_handlers=[
            AttemptsController,
            AuthController,
            ExamsController,
            HealthController,
            ProgressController,
        ],
        middleware=[SessionMiddleware],
        request_class=ExamsRequest,
    )
