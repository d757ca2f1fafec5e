"""Replies: bytes and headers that are ready to send, without a framework's detours."""

from collections.abc import Sequence
from typing import Any, Final
from urllib.parse import quote

import msgspec
from litestar.types import Receive, Scope, Send

Header = tuple[bytes, bytes]

# Answers are personal and change: no cache may keep one, no browser may guess its type.
_JSON: Final[tuple[Header, ...]] = (
    (b"content-type", b"application/json"),
    (b"cache-control", b"no-store"),
    (b"x-content-type-options", b"nosniff"),
)
_BODILESS: Final[tuple[Header, ...]] = ((b"cache-control", b"no-store"),)
_encode = msgspec.json.Encoder().encode
_encode_decimals = msgspec.json.Encoder(decimal_format="number").encode


class Reply:
    """An answer as an ASGI application: a status, a JSON body (none for 204), more headers."""

    __slots__ = ("body", "headers", "status")

    def __init__(self, body: bytes, status: int = 200, headers: Sequence[Header] = ()) -> None:
        """`body` is JSON; the usual headers need not be given."""
        self.body = body
        self.status = status
        self.headers = headers

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:  # noqa: ARG002
        """Send it."""
        if self.status == 204:
            headers: list[Header] = [*_BODILESS, *self.headers]
        else:
            headers = [*_JSON, (b"content-length", b"%d" % len(self.body)), *self.headers]
        await send({"type": "http.response.start", "status": self.status, "headers": headers})
        await send({"type": "http.response.body", "body": self.body, "more_body": False})

    def to_asgi_response(self, **_: Any) -> "Reply":
        """Itself: what the framework asks of the answer to an exception."""
        return self


class Attachment(Reply):
    """Bytes of another type, to be kept under `name`, whatever characters that has."""

    __slots__ = ("media_type", "name")

    def __init__(self, body: bytes, media_type: bytes, name: str) -> None:
        """`media_type` as in the header `Content-Type`."""
        super().__init__(body)
        self.media_type = media_type
        self.name = name

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:  # noqa: ARG002
        """Send it."""
        headers: list[Header] = [
            (b"content-type", self.media_type),
            (b"content-disposition", _disposition(self.name)),
            (b"content-length", b"%d" % len(self.body)),
            *_JSON[1:],
        ]
        await send({"type": "http.response.start", "status": self.status, "headers": headers})
        await send({"type": "http.response.body", "body": self.body, "more_body": False})


def _disposition(name: str) -> bytes:
    """Plain names as they are, others percent-encoded besides a plain likeness (RFC 6266)."""
    plain = "".join(
        char if char.isascii() and (char.isalnum() or char in " ._-") else "_" for char in name
    )
    header = f'attachment; filename="{plain}"'
    if plain != name:
        header += f"; filename*=UTF-8''{quote(name, safe='')}"
    return header.encode()


def json_reply(value: Any, status: int = 200, headers: Sequence[Header] = ()) -> Reply:
    """The reply whose body is `value`, built by the caller from what its reader may see."""
    return Reply(_encode(value), status, headers)


def decimals_reply(value: Any, status: int = 200, headers: Sequence[Header] = ()) -> Reply:
    """The reply whose body is `value`, its decimals written as JSON numbers, digit by digit."""
    return Reply(_encode_decimals(value), status, headers)
