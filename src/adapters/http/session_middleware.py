"""The session of a request: who is it, by cookie, and did they mean to send it (CSRF)."""

from enum import StrEnum
from typing import Final

from litestar.types import ASGIApp, Receive, Scope, Send

from adapters.csrf import same
from adapters.http.cookies import SESSION_COOKIE, kept_csrf_token, read_cookie
from adapters.http.correlation import HEADER, correlation
from adapters.http.problems import Problem
from adapters.sessions import Session, Sessions

_CSRF_HEADERS: Final = frozenset({b"x-csrftoken", b"x-xsrf-token"})
_CHANGING: Final = frozenset({"POST", "PUT", "PATCH", "DELETE"})


class Access(StrEnum):
    """What a handler asks of its caller, as its `opt["access"]`."""

    SIGNED_IN = "signed_in"  # a session: what a handler that says nothing asks
    STAFF = "staff"  # a session of a member of staff
    ANYBODY = "anybody"  # a session is looked at if there is one
    BEARER = "bearer"  # the handler wants a bearer, which proves what a CSRF token proves
    OPEN = "open"  # nothing is looked at


_SESSION_OPTIONAL: Final = frozenset({Access.ANYBODY, Access.BEARER})


class SessionMiddleware:
    """Sets `scope["user"]` to the Session or None and `scope["correlation"]` to the request's id.

    Raises Problem: 401 without a session where one is needed, 403 for a change without the CSRF
    token of the session (or, before signing in, of the anonymous state) and for whoever is not
    staff where staff is needed.
    """

    def __init__(self, app: ASGIApp) -> None:
        """Stand in front of `app`."""
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Look at the request's cookies and pass it on."""
        method = scope["method"]  # type: ignore[typeddict-item]
        access = scope["route_handler"].opt.get("access", Access.SIGNED_IN)
        if access is Access.OPEN or method == "OPTIONS":
            await self._app(scope, receive, send)
            return
        cookies = given = request_id = b""
        for name, value in scope["headers"]:
            if name == b"cookie":
                cookies = cookies + b"; " + value if cookies else value
            elif name in _CSRF_HEADERS:
                given = value
            elif name == HEADER:
                request_id = value
        sessions: Sessions = scope["litestar_app"].state.parts.sessions
        token = read_cookie(cookies, SESSION_COOKIE)
        session = None
        if token is not None:
            session = sessions.remembered(token) or await sessions.find(token)
        if session is None and access not in _SESSION_OPTIONAL:
            raise Problem(401, "UNAUTHENTICATED", "sign in first")
        if (
            method in _CHANGING
            and access is not Access.BEARER
            and not _meant(sessions, session, given.decode("latin-1"), cookies)
        ):
            raise Problem(403, "CSRF_FAILED", "the CSRF token is missing or belongs elsewhere")
        if access is Access.STAFF and (session is None or not session.staff):
            raise Problem(403, "FORBIDDEN", "this is for staff")
        scope["user"] = session
        scope["correlation"] = correlation(request_id)  # type: ignore[typeddict-unknown-key]
        await self._app(scope, receive, send)


def _meant(sessions: Sessions, session: Session | None, given: str, cookies: bytes) -> bool:
    """Whether a change carries the CSRF token of its session, or of the anonymous state."""
    if session is not None:
        return same(session.csrf, given)
    kept = kept_csrf_token(cookies)
    return kept is not None and same(kept, given) and sessions.csrf.is_anonymous(given)
