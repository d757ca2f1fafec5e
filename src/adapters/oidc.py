"""Tokens of an OIDC issuer such as Keycloak: which of them are good here, and with which roles."""

import time
from collections.abc import Callable, Collection, Iterator, Mapping
from typing import Final

from adapters.issuer_keys import IssuerKeys
from adapters.principals import Principal
from adapters.signed_tokens import BadToken, Claims, Opened, texts

_TYPES: Final = frozenset({"", "jwt", "at+jwt"})  # Keycloak says JWT and tells more in its claims


class Oidc:
    """Checks the tokens of one issuer."""

    def __init__(
        self,
        issuer: str,
        keys: IssuerKeys,
        *,
        audience: Collection[str],
        clients: Collection[str] = (),
        role_clients: Collection[str] = (),
        role_names: Mapping[str, str] | None = None,
        now: Callable[[], float] = time.time,
    ) -> None:
        """A token must be meant for one of `audience` and issued to one of `clients`.

        Without `clients` it may be issued to any. The roles of `role_clients` count besides those
        of the whole realm; `role_names` says what some of the issuer's roles are called here.
        """
        self.keys = keys
        self._issuer = issuer
        self._audience = frozenset(audience)
        self._clients = frozenset(clients)
        self._role_clients = tuple(role_clients)
        self._role_names = role_names or {}
        self._now = now

    async def verify(self, opened: Opened) -> Principal:
        """Whose token this is. Raises BadToken, IssuerUnavailable."""
        if opened.type not in _TYPES:
            raise BadToken
        key = await self.keys.find(opened.kid)
        if key is None:
            raise BadToken
        claims = opened.claims(key)
        if claims.iss != self._issuer or self._audience.isdisjoint(claims.audience()):
            raise BadToken
        if self._clients and claims.azp not in self._clients:
            raise BadToken
        # An ID token tells an application who signed in; a token with `cnf` needs a proof besides.
        if claims.typ not in {None, "Bearer"} or claims.at_hash or claims.cnf is not None:
            raise BadToken
        claims.check_time(self._now())
        return claims.principal(
            self._role_names.get(role, role) for role in _roles(claims, self._role_clients)
        )


def _roles(claims: Claims, clients: Collection[str]) -> Iterator[str]:
    """Every role in a token: plain, of the realm, of these clients."""
    yield from texts(claims.roles)
    if isinstance(claims.realm_access, dict):
        yield from texts(claims.realm_access.get("roles"))
    if isinstance(claims.resource_access, dict):
        for client in clients:
            granted = claims.resource_access.get(client)
            if isinstance(granted, dict):
                yield from texts(granted.get("roles"))
