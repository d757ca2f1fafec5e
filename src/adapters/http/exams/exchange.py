"""The exchange: a bearer token in, a cookie session out, with `login = "oidc"` (decision 11)."""

from hashlib import sha256

from litestar import Controller, post

from adapters.http.bearer_middleware import bearer_token, unauthenticated
from adapters.http.exams.auth import Identity, welcome
from adapters.http.exams.documentation import replies
from adapters.http.problems import Problem
from adapters.http.replies import Reply
from adapters.http.requests import StrictRequest
from adapters.http.session_middleware import Access
from adapters.principals import Role as Held
from adapters.settings import Login
from domain.exam_user import Role, SignIn
from event_store.envelope import Actor


class ExchangeController(Controller):
    """Sign-in for people whom an OIDC issuer knows."""

    path = "/auth"
    tags = ("Sign-in",)

    @post(
        "/exchange",
        operation_id="ExchangeToken",
        summary="Sign in with a bearer token",
        status_code=200,
        opt={"access": Access.BEARER},
        responses=replies(
            Identity,
            *(503, 507),
            description="Who is signed in now; a new session and a new CSRF token as cookies",
            s401="UNAUTHENTICATED: no bearer token, or one that is not good",
            s403="LOGIN_CLOSED: this installation signs people in itself",
        ),
    )
    async def exchange(self, request: StrictRequest) -> Reply:
        """The row of CONTRACT §2.F. No CSRF token: no browser sends a bearer by itself (K33)."""
        parts = request.parts
        if parts.settings.login is not Login.OIDC:
            raise Problem(403, "LOGIN_CLOSED", "tokens are not exchanged here")
        token = bearer_token(
            value for name, value in request.scope["headers"] if name == b"authorization"
        )
        principal = token and (parts.bearers.remembered(token) or await parts.bearers.find(token))
        if not principal:
            raise unauthenticated()
        user_id = exam_user_id(principal.subject)
        command = SignIn(
            user_id=user_id,
            username=principal.username,
            roles=(Role.STAFF,) if principal.has(Held.STAFF) else (),
            register=True,
        )
        call, previous = request.call(Actor("exam", user_id)), request.scope["user"]
        cookie, session = await parts.sessions.begin(call, command, principal.username, previous)
        return welcome(parts, cookie, session)


def exam_user_id(subject: str) -> str:
    """The user id of an issuer's subject: opaque, and plain in any file system.

    It does not depend on the issuer's address, which changes when a server moves.
    """
    return sha256(subject.encode()).hexdigest()[:32]
