"""CORS: which other origins' scripts may call this one with its cookies (E-48)."""

from collections.abc import Collection
from typing import Final

from litestar.types import ASGIApp, Message, Receive, Scope, Send

from adapters.http.replies import Header

_METHODS: Final = b"GET, POST, PUT"
_HEADERS: Final = b"Content-Type, X-CSRFToken, X-XSRF-TOKEN, X-Request-Id"
_EXPOSED: Final = b"ETag, X-Server-Time, X-Expires-At, Retry-After, Content-Disposition"
_SECONDS: Final = b"600"


class Cors:
    """Names exactly the caller's origin if it is one of those configured; no other hears a word."""

    def __init__(self, app: ASGIApp, origins: Collection[str]) -> None:
        """Stand in front of everything: refusals too must be readable."""
        self._app = app
        self._origins = frozenset(origin.encode() for origin in origins)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a preflight, pass everything else on and add the headers to its answer."""
        method = scope["method"]  # type: ignore[typeddict-item] # nothing but HTTP is served
        origin, preflight = None, False
        for name, value in scope["headers"]:
            if name == b"origin":
                origin = value
            elif name == b"access-control-request-method":
                preflight = method == "OPTIONS"
        headers = self._headers(origin)
        if origin is not None and preflight:
            await _preflight(send, headers)
            return

        async def sending(message: Message) -> None:
            if message["type"] == "http.response.start":
                message["headers"] = [*message.get("headers", ()), *headers]
            await send(message)

        await self._app(scope, receive, sending)

    def _headers(self, origin: bytes | None) -> list[Header]:
        vary = (b"vary", b"Origin")  # whatever the origin, so that no cache mixes them up
        if origin is None or origin not in self._origins:
            return [vary]
        return [
            vary,
            (b"access-control-allow-origin", origin),
            (b"access-control-allow-credentials", b"true"),
            (b"access-control-expose-headers", _EXPOSED),
        ]


async def _preflight(send: Send, headers: list[Header]) -> None:
    if len(headers) > 1:
        headers += [
            (b"access-control-allow-methods", _METHODS),
            (b"access-control-allow-headers", _HEADERS),
            (b"access-control-max-age", _SECONDS),
        ]
    await send({"type": "http.response.start", "status": 204, "headers": headers})
    await send({"type": "http.response.body", "body": b"", "more_body": False})
