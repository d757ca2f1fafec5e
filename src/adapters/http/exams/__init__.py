"""The Exams facade, rows A1 to A22 of the contract: `/api`."""

from litestar import Router

from adapters.http.direct_calls import DirectCalls
from adapters.http.exams.admin_attempts import AdminAttemptsController
from adapters.http.exams.admin_exams import AdminExamsController
from adapters.http.exams.attempts import AttemptsController
from adapters.http.exams.auth import AuthController
from adapters.http.exams.exams import ExamsController
from adapters.http.exams.extensions import ExtensionsController
from adapters.http.exams.health import HealthController
from adapters.http.exams.my_attempts import MyAttemptsController
from adapters.http.exams.progress import ProgressController
from adapters.http.exams.registration import RegistrationController
from adapters.http.exams.results import ResultsController
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
            AdminAttemptsController,
            AdminExamsController,
            AttemptsController,
            AuthController,
            ExamsController,
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
