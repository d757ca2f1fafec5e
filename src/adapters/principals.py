"""Principals: who calls the Challenge or the Bank, by bearer token, and what they may do there."""

from enum import StrEnum
from functools import cache
from typing import Final, NamedTuple

from event_store.envelope import Actor


class Role(StrEnum):
    """Every role that a token can carry (CONTRACT §2.E)."""

    STAFF = "staff"  # Exams, by way of the exchange
    TEACHER = "teacher"  # Challenge
    CHALLENGE_AUTHOR = "challenge-author"  # Challenge
    VIEWER = "viewer"  # Bank, this and all that follow
    AUTHOR = "author"
    MODERATOR = "moderator"
    PUBLISHER = "publisher"
    CHECKER = "checker"
    EXPORTER = "exporter"
    SERVICE = "service"
    LEARNER = "learner"
    ADMIN = "admin"
    KEYS = "keys"  # a permission beside a role: answer keys may be read


BANK_ROLES: Final = frozenset(Role) - {Role.STAFF, Role.TEACHER, Role.CHALLENGE_AUTHOR}
_AT_CONTENT: Final = frozenset(
    {Role.AUTHOR, Role.MODERATOR, Role.PUBLISHER, Role.CHECKER, Role.EXPORTER}
)


class Principal(NamedTuple):
    """The holder of a good token.

    `subject` is opaque, `username` for people to read, `roles` those of the token that are known
    here, `domain` the one that a service acts for, `expires` in seconds since 1970.
    """

    subject: str
    username: str
    roles: frozenset[Role]
    domain: str | None
    expires: float

    def has(self, *roles: Role) -> bool:
        """Whether they hold one of the roles, by itself or through another.

        Who works with content may view it; an admin has every role of the Bank and none elsewhere.
        """
        return not _granted(self.roles).isdisjoint(roles)

    def actor(self, scheme: str) -> Actor:
        """Who the log says it was; `scheme` is `bank` or `challenge`."""
        return Actor(scheme, self.subject, tuple(sorted(self.roles)))


@cache
def _granted(roles: frozenset[Role]) -> frozenset[Role]:
    if Role.ADMIN in roles:
        return roles | BANK_ROLES
    return roles if roles.isdisjoint(_AT_CONTENT) else roles | {Role.VIEWER}
