"""Cookies: the session's, which scripts cannot read, and the CSRF token's, which they must."""

from typing import Final

from litestar.types import Scope

from adapters.http.replies import Header

SESSION_COOKIE: Final = "sessionid"
CSRF_COOKIES: Final = ("csrftoken", "XSRF-TOKEN")
_PREFIXES: Final = {name: f"{name}=".encode() for name in (SESSION_COOKIE, *CSRF_COOKIES)}


def cookie_line(scope: Scope) -> bytes:
    """All cookies of a request; HTTP/2 may send them in several headers."""
    return b"; ".join(value for name, value in scope["headers"] if name == b"cookie")


def read_cookie(cookies: bytes, name: str) -> bytes | None:
    """The value of the first cookie with this name in a `Cookie` header."""
    prefix = _PREFIXES[name]
    start = 0 if cookies.startswith(prefix) else cookies.find(b"; " + prefix) + 2
    if start == 1:
        return None
    start += len(prefix)
    end = cookies.find(b";", start)
    return cookies[start : end if end >= 0 else len(cookies)]


def kept_csrf_token(cookies: bytes) -> str | None:
    """The CSRF token that a browser keeps in its cookies."""
    for name in CSRF_COOKIES:
        token = read_cookie(cookies, name)
        if token is not None:
            return token.decode("latin-1")
    return None


def session_cookie(token: str, seconds: int, *, secure: bool) -> Header:
    """The header that begins a session in the browser; an empty token ends it."""
    return _set(SESSION_COOKIE, token, seconds, "; HttpOnly", secure=secure)


def csrf_cookies(token: str, seconds: int, *, secure: bool) -> list[Header]:
    """The headers that give a browser its CSRF token, under both names clients know."""
    return [_set(name, token, seconds, "", secure=secure) for name in CSRF_COOKIES]


def _set(name: str, value: str, seconds: int, flags: str, *, secure: bool) -> Header:
    safe = "; Secure" if secure else ""
    line = f"{name}={value}; Path=/; Max-Age={seconds}; SameSite=Lax{flags}{safe}"
    return b"set-cookie", line.encode()
