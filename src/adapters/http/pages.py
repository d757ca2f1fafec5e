"""Pages: answers for browsers, in which nothing is guessed, framed or fetched from elsewhere."""

from collections.abc import Sequence

from litestar.types import Receive, Scope, Send

from adapters.http.replies import Header

_ALWAYS = (
    (b"x-content-type-options", b"nosniff"),
    (b"referrer-policy", b"same-origin"),
    (b"cross-origin-opener-policy", b"same-origin"),
)


class Page:
    """An answer as an ASGI application; `policy` is its Content-Security-Policy."""

    __slots__ = ("body", "headers", "media_type", "policy", "status")

    def __init__(
        self,
        body: bytes,
        media_type: bytes,
        *,
        policy: bytes,
        status: int = 200,
        headers: Sequence[Header] = (),
    ) -> None:
        """`headers` are those beside type, length and the usual ones."""
        self.body = body
        self.media_type = media_type
        self.policy = policy
        self.status = status
        self.headers = headers

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:  # noqa: ARG002
        """Send it."""
        headers = [
            (b"content-type", self.media_type),
            (b"content-length", b"%d" % len(self.body)),
            (b"content-security-policy", self.policy),
            *_ALWAYS,
            *self.headers,
        ]
        await send({"type": "http.response.start", "status": self.status, "headers": headers})
        await send({"type": "http.response.body", "body": self.body, "more_body": False})
