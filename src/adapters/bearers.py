"""Bearers: who the bearer of a token is, remembered so that a token is checked once."""

import time
from collections.abc import Callable
from hashlib import sha256
from typing import Final, NamedTuple

from adapters.oidc import Oidc
from adapters.principals import Principal
from adapters.signed_tokens import LEEWAY, BadToken, Opened
from adapters.tokens import Tokens

_REMEMBER: Final = 16_384


class _Known(NamedTuple):
    """A good token's bearer; `until` in seconds since 1970, `generation` of the issuer's keys."""

    principal: Principal
    until: float
    generation: int | None


class Bearers:
    """Checks tokens: those of the installation itself, and those of an OIDC issuer if there is one.

    Remembers only good ones, by their sha-256, until they end or until a key of their issuer is
    withdrawn. Belongs to one event loop.
    """

    def __init__(
        self, tokens: Tokens, oidc: Oidc | None = None, now: Callable[[], float] = time.time
    ) -> None:
        """`now` is in seconds since 1970."""
        self._tokens = tokens
        self._oidc = oidc
        self._now = now
        self._known: dict[bytes, _Known] = {}

    def remembered(self, token: bytes) -> Principal | None:
        """The bearer of a token that was found good and still is; None: look with `find`."""
        known = self._known.get(sha256(token).digest())
        if known is None or self._now() >= known.until:
            return None
        if known.generation is not None and self._oidc is not None:
            keys = self._oidc.keys
            if not keys.settled() or known.generation != keys.generation:
                return None
        return known.principal

    async def find(self, token: bytes) -> Principal | None:
        """The bearer of a token; None if it is not good. Raises IssuerUnavailable."""
        try:
            opened = Opened(token)
            generation = None
            if opened.kid == self._tokens.kid:
                principal = self._tokens.verify(opened)
            elif self._oidc is not None:
                principal = await self._oidc.verify(opened)
                generation = self._oidc.keys.generation  # that of its key: nothing came between
            else:
                return None
        except BadToken:
            return None
        self._remember(token, _Known(principal, principal.expires + LEEWAY, generation))
        return principal

    def _remember(self, token: bytes, known: _Known) -> None:
        if len(self._known) >= _REMEMBER:
            del self._known[next(iter(self._known))]
        self._known[sha256(token).digest()] = known
