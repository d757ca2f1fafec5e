"""Signing in and out, and who one is (rows A7, A9, A10, A11)."""

import math
import re
from typing import Annotated, Final, Literal

import msgspec
from litestar import Controller, get, post
from litestar.openapi.spec import Example
from litestar.params import BodyKwarg
from msgspec import UNSET, Meta, UnsetType

from adapters.http.cookies import cookie_line, csrf_cookies, kept_csrf_token, session_cookie
from adapters.http.exams.documentation import READ, WRITE, replies
from adapters.http.parts import Parts
from adapters.http.problems import Problem, invalid
from adapters.http.replies import Header, Reply, json_reply
from adapters.http.requests import StrictRequest
from adapters.http.session_middleware import Access
from adapters.http.sign_in_limit import SignInLimit
from adapters.sessions import Session
from adapters.settings import Login
from domain.exam_user import ExamUser, Role, SignIn, exam_user
from domain.file_names import file_name
from event_store.envelope import Actor

_USER_ID: Final = re.compile(r"[A-Za-z0-9._@-]{1,64}")
_EXAMPLES: Final = [
    Example(summary="login=password", value={"username": "ada", "password": "correct horse"}),
    Example(summary="login=open", value={"userId": "ada"}),
]


class SignInBody(msgspec.Struct, frozen=True, rename="camel"):
    """A name and a password; with `login=open` any user id instead, as staff if wanted."""

    username: Annotated[str, Meta(min_length=1, max_length=150)] | UnsetType = UNSET
    password: Annotated[str, Meta(min_length=1, max_length=1000)] | UnsetType = UNSET
    user_id: str | UnsetType = UNSET
    roles: Annotated[list[Literal["staff"]], Meta(max_length=1)] = []


class Identity(msgspec.Struct, frozen=True, rename="camel"):
    """Who is signed in."""

    user_id: str
    username: str
    roles: tuple[str, ...]


class CsrfToken(msgspec.Struct, frozen=True, rename="camel"):
    """What to send as `X-CSRFToken` (or `X-XSRF-TOKEN`) with every change."""

    csrf_token: str


class AuthController(Controller):
    """Cookie sessions."""

    path = "/auth"
    tags = ("Sign-in",)

    @get(
        "/csrf",
        operation_id="GetCsrfToken",
        summary="Get a CSRF token",
        opt={"access": Access.ANYBODY},
        responses=replies(CsrfToken, 503, description="The token, also set as a cookie"),
    )
    async def csrf(self, request: StrictRequest) -> Reply:
        """Row A7."""
        session: Session | None = request.scope["user"]
        sessions = request.parts.sessions
        if session is not None:
            token = session.csrf
        else:
            kept = kept_csrf_token(cookie_line(request.scope))
            token = (
                kept
                if kept is not None and sessions.csrf.is_anonymous(kept)
                else sessions.csrf.anonymous()
            )
        return json_reply(CsrfToken(token), headers=_csrf(request.parts, token))

    @post(
        "/login",
        operation_id="SignIn",
        summary="Sign in",
        status_code=200,
        opt={"access": Access.ANYBODY},
        responses=replies(
            Identity,
            *WRITE,
            description="Who is signed in now; a new session and a new CSRF token as cookies",
            s401="INVALID_CREDENTIALS: the name or the password is wrong",
            s403="CSRF_FAILED, or LOGIN_CLOSED: people do not sign in here this way",
            s429="RATE_LIMITED: too many failures from this address; see `Retry-After`",
        ),
    )
    async def login(
        self,
        request: StrictRequest,
        data: Annotated[SignInBody, BodyKwarg(examples=_EXAMPLES)],
    ) -> Reply:
        """Row A9."""
        parts = request.parts
        if parts.settings.login is Login.OIDC:
            raise Problem(403, "LOGIN_CLOSED", "sign in elsewhere and exchange the token")
        if data.username is not UNSET and data.password is not UNSET:
            user_id = await _owner(request, data.username, data.password)
            command = SignIn(user_id=user_id)
        else:
            command = _open_sign_in(parts, data)
        user, _ = await parts.ledger.read(exam_user, command.user_id)
        token, session = await parts.sessions.begin(
            request.call(Actor("exam", command.user_id)),
            msgspec.structs.replace(command, roles=command.roles or user.roles),
            _name(user, command),
            request.scope["user"],
        )
        return welcome(parts, token, session)

    @post(
        "/logout",
        operation_id="SignOut",
        summary="Sign out",
        status_code=200,
        responses=replies(None, *(401, 403, 503, 507), status=204, description="Signed out"),
    )
    async def logout(self, request: StrictRequest) -> Reply:
        """Row A10."""
        parts = request.parts
        await parts.sessions.end(request.call(), request.caller)
        cookie = session_cookie("", 0, secure=parts.settings.secure_cookies)
        token = parts.sessions.csrf.anonymous()
        return Reply(b"", 204, [cookie, *_csrf(parts, token)])

    @get(
        "/me",
        operation_id="WhoAmI",
        summary="Who am I?",
        responses=replies(Identity, *READ, description="Who is signed in"),
    )
    async def me(self, request: StrictRequest) -> Reply:
        """Row A11."""
        return json_reply(_identity(request.caller))


def welcome(parts: Parts, token: str, session: Session, status: int = 200) -> Reply:
    """Who is signed in now, with the cookies of the session that has just begun."""
    seconds = int(parts.sessions.lifetime.total_seconds())
    cookie = session_cookie(token, seconds, secure=parts.settings.secure_cookies)
    return json_reply(_identity(session), status, [cookie, *_csrf(parts, session.csrf)])


async def _owner(request: StrictRequest, username: str, password: str) -> str:
    """The user with this name and password. Raises Problem, the same for a wrong either."""
    limit: SignInLimit = request.app.state.sign_in_limit
    client = request.scope["client"]
    address = client[0] if client else ""
    _refuse_beyond(limit, address)
    user_id = await request.parts.passwords.owner(username, password)
    _refuse_beyond(limit, address)  # others may have failed while this one was being checked
    if user_id is None:
        limit.failed(address)
        raise Problem(401, "INVALID_CREDENTIALS", "the name or the password is wrong")
    return user_id


def _refuse_beyond(limit: SignInLimit, address: str) -> None:
    seconds = limit.wait(address)
    if seconds:
        raise Problem(
            429,
            "RATE_LIMITED",
            "too many failures from this address",
            headers={"retry-after": str(math.ceil(seconds))},
        )


def _open_sign_in(parts: Parts, data: SignInBody) -> SignIn:
    if data.user_id is UNSET:
        raise invalid("username and password are needed")
    if parts.settings.login is not Login.OPEN:
        raise Problem(403, "LOGIN_CLOSED", "signing in without a password is not open")
    plain = data.user_id.replace("@", "_")
    if not _USER_ID.fullmatch(data.user_id) or file_name(plain) != plain:
        raise invalid(
            "userId: 1 to 64 of A-Z a-z 0-9 . _ @ -, as a file may be called", path="userId"
        )
    return SignIn(
        user_id=data.user_id, roles=tuple(Role(role) for role in data.roles), register=True
    )


def _name(user: ExamUser, command: SignIn) -> str:
    return user.username if isinstance(user.username, str) and user.username else command.user_id


def _identity(session: Session) -> Identity:
    return Identity(session.user_id, session.row.username, session.roles)


def _csrf(parts: Parts, token: str) -> list[Header]:
    seconds = int(parts.sessions.lifetime.total_seconds())
    return csrf_cookies(token, seconds, secure=parts.settings.secure_cookies)
