"""The bearer of a request to Challenge or Bank: who is it, by token, and may they call.

Cookies are never looked at, so a browser that is signed in to the Exams facade is nobody here
(K33).
"""

import re
from collections.abc import Iterable
from typing import Any, Final, NamedTuple

from litestar import Litestar
from litestar.middleware import DefineMiddleware
from litestar.routes import HTTPRoute
from litestar.types import ASGIApp, Receive, Scope, Send

from adapters.bearers import Bearers
from adapters.http.access import Allowed
from adapters.http.correlation import HEADER, correlation
from adapters.http.problems import Problem
from adapters.http.requests import StrictRequest

_BEARER: Final = re.compile(rb"bearer +([^ ]+) *", re.IGNORECASE)
_ANY_SCHEME: Final = re.compile(rb"bearer( |$)", re.IGNORECASE)
_CHALLENGE: Final = {"WWW-Authenticate": "Bearer"}


class _Rule(NamedTuple):
    """What a handler asks, and what whoever brings no token is told if one is needed."""

    access: Allowed
    absent: int


class BearerMiddleware:
    """Sets `scope["user"]` to the Principal or None and `scope["correlation"]` to the request's id.

    Raises Problem: 401 in one constant shape for every token that is not good and, in the Bank,
    for none where one is needed; 403 for whoever may not call and, in the Challenge, for no token
    where a role is needed (K09).
    """

    def __init__(self, app: ASGIApp) -> None:
        """Stand in front of `app`."""
        self._app = app
        self._rules: dict[Any, _Rule] = {}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Look at the request's token and pass it on."""
        if scope["method"] == "OPTIONS":  # type: ignore[typeddict-item] # nothing but HTTP
            await self._app(scope, receive, send)
            return
        handler: Any = scope["route_handler"]
        rule = self._rules.get(handler) or self._rules.setdefault(handler, _rule(handler))
        given: list[bytes] = []
        request_id = b""
        for name, value in scope["headers"]:
            if name == b"authorization":
                given.append(value)
            elif name == HEADER:
                request_id = value
        scope["correlation"] = correlation(request_id)  # type: ignore[typeddict-unknown-key]
        principal = None
        token = bearer_token(given)
        if token is not None:
            bearers: Bearers = scope["litestar_app"].state.parts.bearers
            principal = bearers.remembered(token) or await bearers.find(token)
            if principal is None:
                raise unauthenticated()
            if not rule.access.lets(principal):
                raise _forbidden()
        elif rule.absent:
            raise unauthenticated() if rule.absent == 401 else _forbidden()
        scope["user"] = principal
        await self._app(scope, receive, send)


def unauthenticated() -> Problem:
    """The one answer to every token that is not good: it never says what is wrong with it."""
    return Problem(401, "UNAUTHENTICATED", "a valid bearer token is needed", headers=_CHALLENGE)


def _forbidden() -> Problem:
    return Problem(403, "FORBIDDEN", "your roles do not allow this")


def bearer_token(values: Iterable[bytes]) -> bytes | None:
    """The token in the values of the header `Authorization`; None if no bearer is among them.

    Raises Problem for two headers, of which different servers believe different ones, and for a
    bearer that is not one word.
    """
    given = list(values)
    if not any(_ANY_SCHEME.match(value) for value in given):
        return None
    found = _BEARER.fullmatch(given[0]) if len(given) == 1 else None
    if found is None:
        raise unauthenticated()
    return found[1]


def _rule(handler: Any) -> _Rule:
    access: Allowed = handler.opt["access"]
    request: type[StrictRequest] = handler.resolve_request_class()
    if access.open:
        return _Rule(access, 0)
    return _Rule(access, 403 if request.facade == "challenge" and access.roles else 401)


def check_declared(app: Litestar) -> None:
    """Every route behind this middleware says who may call. Raises ValueError, at the start."""
    for route in app.routes:
        if not isinstance(route, HTTPRoute):
            continue
        for handler in route.route_handlers:
            ours = any(
                one is BearerMiddleware
                or (isinstance(one, DefineMiddleware) and one.middleware is BearerMiddleware)
                for one in handler.resolve_middleware()
            )
            if ours and not isinstance(handler.opt.get("access"), Allowed):
                if handler.http_methods == {"OPTIONS"}:
                    continue
                raise ValueError(f"{route.path}: {handler} does not say who may call it")
