"""ExamUser: a person who signs in to the Exams facade. Passwords are never in the log."""

from collections.abc import Sequence
from enum import StrEnum
from typing import ClassVar

from domain.kernel import Command, Decider, Erased, Event, Personal, RefusalKind, Refused, Value


class Role(StrEnum):
    """What an exam user may do beyond taking exams (CONTRACT §2.E)."""

    STAFF = "staff"


# --- events -------------------------------------------------------------------------------------


class UserRegistered(Event, frozen=True):
    """A person has an account; `user_id` is opaque, `username` is what they type."""

    user_id: str
    username: Personal[str | Erased]
    roles: tuple[Role, ...] = ()
    email: Personal[str | Erased | None] = None
    first_name: Personal[str | Erased | None] = None
    last_name: Personal[str | Erased | None] = None


class UserSignedIn(Event, frozen=True):
    """A session began."""


class UserSignedOut(Event, frozen=True):
    """A session ended at its owner's wish."""


class PasswordChanged(Event, frozen=True):
    """The account has another password; only its hash is kept, outside the log."""


UserEvent = UserRegistered | UserSignedIn | PasswordChanged | UserSignedOut


# --- commands -----------------------------------------------------------------------------------


class RegisterUser(Command, frozen=True):
    """Make an account."""

    founds: ClassVar[bool] = True

    user_id: str
    username: str
    roles: tuple[Role, ...] = ()
    email: str | None = None
    first_name: str | None = None
    last_name: str | None = None


class ChangePassword(Command, frozen=True):
    """Put another password in place; the hash travels beside the event, not in it."""


class SignIn(Command, frozen=True):
    """Begin a session of a person known by id; open sign-in and a token register them on the way.

    `username` is what they are registered as; without one it is the id.
    """

    user_id: str
    username: str = ""
    roles: tuple[Role, ...] = ()
    register: bool = False


class SignOut(Command, frozen=True):
    """End a session."""


UserCommand = RegisterUser | SignIn | ChangePassword | SignOut


# --- state --------------------------------------------------------------------------------------


class ExamUser(Value, frozen=True):
    """An account as it stands."""

    user_id: str = ""
    username: str | Erased = ""
    roles: tuple[Role, ...] = ()


# --- refusals -----------------------------------------------------------------------------------


class UserExists(Refused):
    """The id is in use."""

    code, kind = "USERNAME_TAKEN", RefusalKind.CONFLICT


class UserNotFound(Refused):
    """There is no such account."""

    code, kind = "USER_NOT_FOUND", RefusalKind.UNKNOWN


# --- decisions ----------------------------------------------------------------------------------


def decide(state: ExamUser, command: UserCommand) -> Sequence[UserEvent]:
    """What a command makes happen, or a refusal."""
    match command:
        case RegisterUser():
            if state.user_id:
                raise UserExists("the account exists")
            return [
                UserRegistered(
                    user_id=command.user_id,
                    username=command.username,
                    roles=command.roles,
                    email=command.email,
                    first_name=command.first_name,
                    last_name=command.last_name,
                )
            ]
        case SignIn():
            if state.user_id:
                return [UserSignedIn()]
            if not command.register:
                raise UserNotFound("no such account")
            registered = UserRegistered(
                user_id=command.user_id,
                username=command.username or command.user_id,
                roles=command.roles,
            )
            return [registered, UserSignedIn()]
        case ChangePassword():
            _known(state)
            return [PasswordChanged()]
        case SignOut():
            _known(state)
            return [UserSignedOut()]


def _known(state: ExamUser) -> None:
    if not state.user_id:
        raise UserNotFound("no such account")


# --- the fold -----------------------------------------------------------------------------------


def evolve(state: ExamUser, event: UserEvent) -> ExamUser:
    """The state after one more event."""
    match event:
        case UserRegistered():
            return ExamUser(user_id=event.user_id, username=event.username, roles=event.roles)
        case UserSignedIn() | UserSignedOut() | PasswordChanged():
            return state


exam_user: Decider[ExamUser] = Decider("exam_user", ExamUser(), decide, evolve)
