"""Calls the handlers that need nothing of the framework but their route.

Working out dependencies, converting arguments and building responses costs each request some
25 µs. A handler that takes a request, texts of its path and a strict body, and returns a Reply,
uses none of it. Every other handler is left to the framework.
"""

from collections.abc import Awaitable, Callable, Collection
from typing import Any, NamedTuple

from litestar.types import ASGIApp, Receive, Scope, Send

from adapters.http.problems import invalid
from adapters.http.replies import Reply
from adapters.http.requests import StrictRequest


class _Plan(NamedTuple):
    """How a handler is called: with or without a body, which may be optional."""

    call: Callable[..., Awaitable[Reply]]
    request: type[StrictRequest]
    body: bool
    optional: bool


class DirectCalls:
    """The innermost middleware of a facade."""

    def __init__(self, app: ASGIApp) -> None:
        """Stand in front of `app`, which calls a handler in the framework's way."""
        self._app = app
        self._plans: dict[Any, _Plan | None] = {}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Call the request's handler and send its reply."""
        handler, arguments = scope["route_handler"], scope["path_params"]
        if handler not in self._plans:
            self._plans[handler] = _plan(handler, arguments)
        plan = self._plans[handler]
        if plan is None:
            await self._app(scope, receive, send)
            return
        request = plan.request(scope, receive, send)
        if plan.body:
            if await request.body():
                arguments = {**arguments, "data": await request.json()}
            elif not plan.optional:
                raise invalid("the body is missing")
        reply = await plan.call(request=request, **arguments)
        await reply(scope, receive, send)


def _plan(handler: Any, path_texts: Collection[str]) -> _Plan | None:
    """How to call a handler; None if it asks for what only the framework gives."""
    signature = handler.parsed_fn_signature
    parameters = dict(signature.parameters)
    body = parameters.pop("data", None)
    texts = {name: one.annotation for name, one in parameters.items() if name != "request"}
    hooks = handler.resolve_before_request() or handler.resolve_after_response()
    if (
        signature.return_type.annotation is not Reply
        or hooks
        or handler.resolve_guards()
        or "request" not in parameters
        or texts != dict.fromkeys(path_texts, str)
    ):
        return None
    return _Plan(
        handler.fn,
        handler.resolve_request_class(),
        body is not None,
        body is not None and body.has_default,
    )
