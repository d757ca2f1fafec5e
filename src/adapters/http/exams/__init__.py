"""The Exams facade, rows A1 to A22 of the contract: `/api`."""

from typing import Final

from litestar import Router

from adapters.http.direct_calls import DirectCalls
from adapters.http.exams.admin_attempts import AdminAttemptsController
from adapters.http.exams.admin_exams import AdminExamsController
from adapters.http.exams.attempts import AttemptsController
from adapters.http.exams.auth import AuthController
from adapters.http.exams.exams import ExamsController
from adapters.http.exams.exchange import ExchangeController
from adapters.http.exams.extensions import ExtensionsController
from adapters.http.exams.health import HealthController
from adapters.http.exams.my_attempts import MyAttemptsController
from adapters.http.exams.progress import ProgressController
from adapters.http.exams.registration import RegistrationController
from adapters.http.exams.results import ResultsController
from adapters.http.requests import StrictRequest
from adapters.http.session_middleware import SessionMiddleware

PREFIX: Final = "/api"
TITLE: Final = "Markbook: Exams"
DESCRIPTION: Final = """\
Take exams: sign in, list, read, start or resume, save answers, hand in.

Sign in by cookie: `GET /api/auth/csrf`, then `POST /api/auth/login`. Every POST and PUT carries
the CSRF token in `X-CSRFToken` (or `X-XSRF-TOKEN`). Every error is
`{"error": {"code", "message", "details"?}}`.
"""


class ExamsRequest(StrictRequest):
    """A request to this facade."""

    facade = "exams"


def exams_router() -> Router:
    """Every route of the facade, behind its session and CSRF."""
    return Router(
        path=PREFIX,
        route_handlers=[
            AdminAttemptsController,
            AdminExamsController,
            AttemptsController,
            AuthController,
            ExamsController,
            ExchangeController,
            ExtensionsController,
            HealthController,
            MyAttemptsController,
            ProgressController,
            RegistrationController,
            ResultsController,
        ],
        middleware=[SessionMiddleware, DirectCalls],
        request_class=ExamsRequest,
    )
