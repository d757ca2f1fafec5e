"""The web application: every facade under its path, every failure in its facade's envelope."""

from collections.abc import Sequence
from functools import cache
from typing import Any

from litestar import Litestar, Request, Router, get
from litestar.datastructures import State

from adapters.http import openapi_page
from adapters.http.bearer_middleware import check_declared
from adapters.http.cors import Cors
from adapters.http.exam_client import client_router
from adapters.http.exams.errors import error_reply
from adapters.http.facades import Facade, document, facades, refuse_clashes
from adapters.http.pages import Page
from adapters.http.parts import Parts
from adapters.http.problems import log_problem, problem_of
from adapters.http.replies import Reply
from adapters.http.sign_in_limit import SignInLimit
from adapters.settings import Settings


def create_application(parts: Parts) -> Litestar:
    """The application over its parts. Raises BadSettings if two facades claim one address."""
    settings = parts.settings
    mounted = [(facade, facade.router()) for facade in facades(settings)]
    refuse_clashes(mounted)
    handlers = [router for _, router in mounted]
    documents = [_described(facade, settings.bank_base) for facade, _ in mounted]
    app = Litestar(
        [*handlers, *documents, *_optional(settings)],
        state=State({"parts": parts, "sign_in_limit": SignInLimit()}),
        debug=False,
        logging_config=None,
        openapi_config=None,
        exception_handlers={Exception: _answer},  # type: ignore[dict-item] # not its Response
    )
    check_declared(app)
    app.state.facades = [facade for facade, _ in mounted]
    if any(facade.cors.origins for facade, _ in mounted):
        rules = [(facade.covers, facade.cors) for facade, _ in mounted]
        app.asgi_handler = Cors(app.asgi_handler, rules)
    return app


def _described(facade: Facade, bank_base: str) -> Router:
    """A facade's OpenAPI document beside it, as a file and as a page."""

    @get("/openapi.json", include_in_schema=False)
    async def as_file() -> Reply:
        return Reply(document(facade.name, bank_base))

    @get("/docs", include_in_schema=False)
    async def as_page() -> Page:
        return _page(facade, bank_base)

    return Router(path=facade.prefix, route_handlers=[as_file, as_page])


@cache
def _page(facade: Facade, bank_base: str) -> Page:
    return openapi_page.page(document(facade.name, bank_base), f"{facade.prefix}/openapi.json")


def _optional(settings: Settings) -> Sequence[Router]:
    return [client_router(settings.login)] if settings.exam_page else []


def _answer(request: Request[Any, Any, Any], error: Exception) -> Reply:
    """The answer to whatever went wrong, in the envelope of the facade at this path."""
    problem = problem_of(error)
    scope: Any = request.scope
    where = f"{scope['method']} {scope.get('path_template', '-')}"
    log_problem(problem, error, where, scope.get("correlation", "-"))
    path = scope["path"]
    for facade in request.app.state.facades:
        if facade.covers(path):
            reply: Reply = facade.error_reply(problem, path)
            return reply
    return error_reply(problem, path)
