"""Requests with strict bodies: JSON of the declared type, or a problem that says where not."""

import re
from collections.abc import Callable
from functools import cache
from typing import Any, ClassVar, Final

import msgspec
from litestar import Request
from litestar.datastructures import State
from litestar.types import Empty
from litestar.utils import make_non_optional_union
from litestar.utils.predicates import is_optional_union

from adapters.http.parts import Parts
from adapters.http.problems import Problem, invalid
from adapters.ledger import Call
from adapters.sessions import Session
from event_store.envelope import Actor

_JSON: Final = re.compile(rb"application/json[ \t]*(;.*)?", re.IGNORECASE | re.DOTALL)
_PLACE: Final = re.compile(r"(.*) - at `\$\.?(.*)`", re.DOTALL)
_LONGEST_REASON = 300


class StrictRequest(Request[Session, None, State]):
    """A request whose body is decoded once, strictly, straight into the handler's `data` type."""

    facade: ClassVar[str]

    @property
    def parts(self) -> Parts:
        """What the application is built from."""
        parts: Parts = self.scope["litestar_app"].state.parts
        return parts

    @property
    def caller(self) -> Session:
        """The caller's session, where the handler asks for one."""
        session: Session = self.scope["user"]
        return session

    def call(self, actor: Actor | None = None) -> Call:
        """The call to the ledger: by the caller, or by `actor` who is about to sign in."""
        scope: Any = self.scope
        return Call(
            actor or self.caller.actor, self.facade, scope["correlation"], self.parts.clock()
        )

    @property
    def most_bytes(self) -> int:
        """The largest body this facade takes."""
        return self.parts.settings.max_body_kb * 1024

    async def body(self) -> bytes:
        """The whole body. Raises Problem if it is too large or its sender has gone away."""
        if self._body is not Empty:
            return self._body
        most = self.most_bytes
        chunks: list[bytes] = []
        size = 0
        while True:
            message = await self.receive()
            if message["type"] != "http.request":
                raise Problem(400, "INVALID_PAYLOAD", "the connection was closed")
            chunk = message.get("body", b"")
            size += len(chunk)
            if size > most:
                raise Problem(413, "PAYLOAD_TOO_LARGE", f"the body is larger than {most} bytes")
            chunks.append(chunk)
            if not message.get("more_body", False):
                break
        self._body = chunks[0] if len(chunks) == 1 else b"".join(chunks)
        return self._body

    async def json(self) -> Any:
        """The body as the handler's `data` type. Raises Problem."""
        body = await self.body()
        if not is_json(self):
            raise Problem(415, "UNSUPPORTED_MEDIA_TYPE", "the body must be application/json")
        return decoded(
            body, _decoder(self.route_handler.parsed_fn_signature.parameters["data"].annotation)
        )


def is_json(request: StrictRequest) -> bool:
    """Whether the request says that its body is JSON."""
    for name, value in request.scope["headers"]:
        if name == b"content-type":
            return _JSON.fullmatch(value) is not None
    return False


def decoded(body: bytes, decode: Callable[[bytes], Any]) -> Any:
    """A body's value. Raises Problem with the place of the first thing that is wrong."""
    try:
        if not body.isascii():
            str(body, "utf-8")  # the decoder does not look at what it skips
        return decode(body)
    except msgspec.ValidationError as error:
        raise misfit(str(error)) from None
    except msgspec.DecodeError as error:
        raise invalid(f"the body is not JSON: {error}") from None
    except UnicodeDecodeError as error:
        raise invalid(f"the body is not UTF-8: {error.reason} at byte {error.start}") from None
    except RecursionError:
        raise invalid("the body is nested too deeply") from None


def misfit(text: str) -> Problem:
    """The problem that a decoder's words mean, with the place they name."""
    found = _PLACE.fullmatch(text)
    if found is None:
        return invalid(text[:_LONGEST_REASON])
    reason, path = found[1][:_LONGEST_REASON], found[2]
    return invalid(f"{path}: {reason[:1].lower()}{reason[1:]}", path=path)


@cache
def _decoder(annotation: Any) -> Callable[[bytes], Any]:
    """The decoder of a body; an optional one is left out, never null."""
    kind = make_non_optional_union(annotation) if is_optional_union(annotation) else annotation
    return msgspec.json.Decoder(kind).decode
