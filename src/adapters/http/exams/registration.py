"""Registration: an account of one's own, signed in at once (row A8)."""

import re
import secrets
from typing import Annotated, Final

import msgspec
from litestar import Controller, post
from litestar.openapi.spec import Example
from litestar.params import BodyKwarg
from msgspec import Meta

from adapters.http.exams.auth import Identity, welcome
from adapters.http.exams.documentation import WRITE, replies
from adapters.http.problems import Problem, invalid
from adapters.http.replies import Reply
from adapters.http.requests import StrictRequest
from adapters.http.session_middleware import Access
from adapters.passwords import LEAST_PASSWORD
from adapters.settings import Login
from domain.exam_user import SignIn
from event_store.envelope import Actor

_CONTROL: Final = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]")
_EMAIL: Final = re.compile(r"[^@\s]{1,64}@[^@\s.]+(\.[^@\s.]+)+")
_EXAMPLE: Final = {
    "username": "ada",
    "email": "ada@example.org",
    "password": "correct horse",
    "firstName": "Ada",
    "lastName": "Lovelace",
}

Name = Annotated[str, Meta(min_length=1, max_length=150)]


class RegisterBody(msgspec.Struct, frozen=True, rename="camel"):
    """A name to sign in with, an address, and a password of six characters or more."""

    username: Name
    email: Annotated[str, Meta(min_length=3, max_length=254)]
    password: Annotated[str, Meta(min_length=LEAST_PASSWORD, max_length=1000)]
    first_name: Name | None = None
    last_name: Name | None = None


class RegistrationController(Controller):
    """Accounts that people make themselves."""

    path = "/auth"
    tags = ("Sign-in",)

    @post(
        "/register",
        operation_id="RegisterUser",
        summary="Make an account",
        opt={"access": Access.ANYBODY},
        responses=replies(
            Identity,
            *(code for code in WRITE if code != 401),
            status=201,
            description="The new account, signed in",
            s403="CSRF_FAILED, or LOGIN_CLOSED: this installation has no passwords",
            s409="USERNAME_TAKEN or EMAIL_TAKEN: somebody else has it, in whatever spelling",
            s429="RATE_LIMITED: too many people are signing in; see `Retry-After`",
        ),
    )
    async def register(
        self,
        request: StrictRequest,
        data: Annotated[RegisterBody, BodyKwarg(examples=[Example(value=_EXAMPLE)])],
    ) -> Reply:
        """Row A8."""
        parts = request.parts
        if parts.settings.login is not Login.PASSWORD:
            raise Problem(403, "LOGIN_CLOSED", "there are no passwords here")
        texts = _checked(data)
        user_id = secrets.token_hex(12)
        call = request.call(Actor("exam", user_id))
        await parts.passwords.register(
            call,
            user_id,
            texts.username,
            texts.password,
            email=texts.email,
            first_name=texts.first_name,
            last_name=texts.last_name,
        )
        command, previous = SignIn(user_id=user_id), request.scope["user"]
        token, session = await parts.sessions.begin(call, command, texts.username, previous)
        return welcome(parts, token, session, status=201)


def _checked(data: RegisterBody) -> RegisterBody:
    """The body with outer space cut. Raises Problem for what is no name or no address."""
    cut: dict[str, str | None] = {}
    for field in ("username", "email", "first_name", "last_name"):
        text: str | None = getattr(data, field)
        cut[field] = text if text is None else text.strip()
        if text is not None and (not text.strip() or _CONTROL.search(text)):
            name = RegisterBody.__struct_encode_fields__[
                RegisterBody.__struct_fields__.index(field)
            ]
            raise invalid(f"{name}: empty, or with characters that cannot be seen", path=name)
    if not _EMAIL.fullmatch(cut["email"] or ""):
        raise invalid("email: not an address such as ada@example.org", path="email")
    return msgspec.structs.replace(data, **cut)
