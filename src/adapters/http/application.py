"""The web application: every facade under its path, every failure in its facade's envelope."""

from collections.abc import Sequence
from functools import cache
from typing import Any

from litestar import Litestar, Request, Router, get
from litestar.datastructures import State

from adapters.http import openapi, openapi_page
from adapters.http.cors import Cors
from adapters.http.exam_client import client_router
from adapters.http.exams import PREFIX, exams_router
from adapters.http.exams.errors import error_reply
from adapters.http.pages import Page
from adapters.http.parts import Parts
from adapters.http.problems import log_problem, problem_of
from adapters.http.replies import Reply
from adapters.http.sign_in_limit import SignInLimit
from adapters.settings import Settings

_DESCRIPTION = """\
Take exams: sign in, list, read, start or resume, save answers, hand in.

Sign in by cookie: `GET /api/auth/csrf`, then `POST /api/auth/login`. Every POST and PUT carries
the CSRF token in `X-CSRFToken` (or `X-XSRF-TOKEN`). Every error is
`{"error": {"code", "message", "details"?}}`.
"""


def create_application(parts: Parts) -> Litestar:
    """The application over its parts."""
    app = Litestar(
        [exams_router(), _openapi, _documentation, *_optional(parts.settings)],
        state=State({"parts": parts, "sign_in_limit": SignInLimit()}),
        debug=False,
        logging_config=None,
        openapi_config=None,
        exception_handlers={Exception: _answer},  # type: ignore[dict-item] # not its Response
    )
    if parts.settings.cors_origins:
        app.asgi_handler = Cors(app.asgi_handler, parts.settings.cors_origins)
    return app


@cache
def openapi_document() -> bytes:
    """The OpenAPI document of the Exams facade, as JSON."""
    return openapi.document(exams_router(), title="Markbook: Exams", description=_DESCRIPTION)


@cache
def _documentation_page() -> Page:
    return openapi_page.page(openapi_document(), f"{PREFIX}/openapi.json")


@get(f"{PREFIX}/openapi.json", include_in_schema=False)
async def _openapi() -> Reply:
    return Reply(openapi_document())


@get(f"{PREFIX}/docs", include_in_schema=False)
async def _documentation() -> Page:
    return _documentation_page()


def _optional(settings: Settings) -> Sequence[Router]:
    return [client_router(settings.login)] if settings.exam_page else []


def _answer(request: Request[Any, Any, Any], error: Exception) -> Reply:
    """The answer to whatever went wrong, in the envelope of the facade at this path."""
    problem = problem_of(error)
    scope: Any = request.scope
    where = f"{scope['method']} {scope.get('path_template', '-')}"
    log_problem(problem, error, where, scope.get("correlation", "-"))
    return error_reply(problem, scope["path"])
