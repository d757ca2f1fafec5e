"""Who am I? What a page for teachers asks before it shows itself (row B24)."""

import msgspec
from litestar import Controller, get

from adapters.http.access import ANY_BEARER
from adapters.http.bearer_request import BearerRequest
from adapters.http.challenge.documentation import replies
from adapters.http.challenge.envelope import data_reply
from adapters.http.replies import Reply
from adapters.principals import Role


class Caller(msgspec.Struct, frozen=True):
    """The bearer of a token; `roles` are those that are known here."""

    sub: str
    preferred_username: str
    roles: list[Role]
    is_teacher: bool = msgspec.field(name="isTeacher")


class MeController(Controller):
    """The caller."""

    path = "/me"
    tags = ("Sign-in",)

    @get(
        "/",
        operation_id="WhoAmI",
        summary="Who am I?",
        opt={"access": ANY_BEARER},
        responses=replies(
            Caller,
            503,
            description="Whose token this is, and what it allows",
            s401="UNAUTHENTICATED: no bearer token, or one that is not valid",
        ),
    )
    async def me(self, request: BearerRequest) -> Reply:
        """A learner of the Challenge has no token and is nobody here."""
        who = request.principal
        teacher = who.has(Role.TEACHER, Role.CHALLENGE_AUTHOR)
        return data_reply(Caller(who.subject, who.username, sorted(who.roles), teacher))
