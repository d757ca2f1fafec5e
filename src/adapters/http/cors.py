"""CORS: which other origins' scripts may call a facade (E-48, K34)."""

from collections.abc import Callable, Collection, Sequence
from typing import Final, NamedTuple

from litestar.types import ASGIApp, Message, Receive, Scope, Send

from adapters.http.replies import Header

_SECONDS: Final = b"600"
_VARY: Final = (b"vary", b"Origin")  # whatever the origin, so that no cache mixes them up


class CorsRule(NamedTuple):
    """Which origins may call, with their cookies or without, and what they may send and read."""

    origins: frozenset[bytes]
    cookies: bool
    methods: bytes
    sent: bytes
    read: bytes


def with_cookies(origins: Collection[str]) -> CorsRule:
    """The rule of the Exams facade, whose callers are signed in by cookie."""
    return CorsRule(
        frozenset(origin.encode() for origin in origins),
        cookies=True,
        methods=b"GET, POST, PUT",
        sent=b"Authorization, Content-Type, Idempotency-Key, X-CSRFToken, X-XSRF-TOKEN, "
        b"X-Request-Id",
        read=b"ETag, X-Server-Time, X-Expires-At, Retry-After, Idempotency-Replayed, "
        b"Content-Disposition",
    )


def with_bearers(origins: Collection[str]) -> CorsRule:
    """The rule of a facade whose callers show a bearer token: cookies stay at home."""
    return CorsRule(
        frozenset(origin.encode() for origin in origins),
        cookies=False,
        methods=b"GET, POST, PUT, PATCH, DELETE",
        sent=b"Authorization, Content-Type, Idempotency-Key, If-Match, X-Request-Id",
        read=b"ETag, Location, Retry-After, Idempotency-Replayed, X-Markbook-Lag, "
        b"Content-Disposition, WWW-Authenticate",
    )


class Cors:
    """Names exactly the caller's origin if it may call this address; no other hears a word."""

    def __init__(
        self, app: ASGIApp, rules: Sequence[tuple[Callable[[str], bool], CorsRule]]
    ) -> None:
        """Stand in front of everything: refusals too must be readable.

        The first rule that covers an address is its rule.
        """
        self._app = app
        self._rules = rules

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a preflight, pass everything else on and add the headers to its answer."""
        method = scope["method"]  # type: ignore[typeddict-item] # nothing but HTTP is served
        origin, preflight = None, False
        for name, value in scope["headers"]:
            if name == b"origin":
                origin = value
            elif name == b"access-control-request-method":
                preflight = method == "OPTIONS"
        rule = next((rule for covers, rule in self._rules if covers(scope["path"])), None)
        known = rule if rule is not None and origin in rule.origins else None
        headers = _headers(origin or b"", known)
        if origin is not None and preflight:
            await _preflight(send, headers, known)
            return

        async def sending(message: Message) -> None:
            if message["type"] == "http.response.start":
                message["headers"] = [*message.get("headers", ()), *headers]
            await send(message)

        await self._app(scope, receive, sending)


def _headers(origin: bytes, rule: CorsRule | None) -> list[Header]:
    if rule is None:
        return [_VARY]
    return [
        _VARY,
        (b"access-control-allow-origin", origin),
        *([(b"access-control-allow-credentials", b"true")] if rule.cookies else []),
        (b"access-control-expose-headers", rule.read),
    ]


async def _preflight(send: Send, headers: list[Header], rule: CorsRule | None) -> None:
    if rule is not None:
        headers += [
            (b"access-control-allow-methods", rule.methods),
            (b"access-control-allow-headers", rule.sent),
            (b"access-control-max-age", _SECONDS),
        ]
    await send({"type": "http.response.start", "status": 204, "headers": headers})
    await send({"type": "http.response.body", "body": b"", "more_body": False})
