"""What a handler of the Challenge or the Bank asks of its caller, as its `opt["access"]`."""

from typing import Final, NamedTuple

from adapters.principals import Principal, Role


class Allowed(NamedTuple):
    """Who may call: one of `roles`, who besides holds `also` if it is named.

    Without roles anybody may, with a token if `bearer` says so.
    """

    roles: frozenset[Role]
    also: Role | None = None
    bearer: bool = False

    def lets(self, principal: Principal) -> bool:
        """Whether somebody with a good token may call."""
        return (not self.roles or principal.has(*self.roles)) and (
            self.also is None or principal.has(self.also)
        )

    @property
    def open(self) -> bool:
        """Whether nobody need say who they are."""
        return not (self.roles or self.also or self.bearer)


def one_of(*roles: Role, also: Role | None = None) -> Allowed:
    """Whoever has one of the roles, and `also` besides."""
    return Allowed(frozenset(roles), also, bearer=True)


ANYBODY: Final = Allowed(frozenset())
"""A token is looked at if one is sent (a bad one is refused), but none is needed."""

ANY_BEARER: Final = Allowed(frozenset(), bearer=True)
"""A good token is needed, whatever its roles."""
