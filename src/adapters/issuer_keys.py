"""The public keys of an OIDC issuer: found by discovery, remembered, read again when they change.

A key that the issuer withdraws is no longer believed after two minutes; after one hour none is, if
the issuer has not been reached since.
"""

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import Any, Final, TypeVar

import msgspec
from joserfc.errors import JoseError
from joserfc.jwk import ECKey, OKPKey, RSAKey, import_key

from adapters.addresses import is_safe
from adapters.signed_tokens import IssuerUnavailable, PublicKey

_FRESH_SECONDS: Final = 60.0  # then the keys are read again, beside the request that noticed
_STALE_SECONDS: Final = 120.0  # then a request waits for that
_ALONE_SECONDS: Final = 3600.0  # how long they are believed while the issuer cannot be reached
_READS_IN_HAND: Final = 5.0  # so many at once, and one more every few seconds: whatever key ids
_SECONDS_A_READ: Final = 5.0  # strangers think up, a new key is known after a few seconds
_AFTER_FAILURE_SECONDS: Final = 2.0
_MOST_KEYS: Final = 100
_LEAST_RSA_BITS: Final = 2048
_PUBLIC_PARTS: Final = frozenset({"kty", "alg", "kid", "n", "e", "crv", "x", "y"})
_DISCOVERY: Final = "/.well-known/openid-configuration"
log = logging.getLogger(__name__)
T = TypeVar("T")


class Unreadable(Exception):
    """What the issuer answered is of no use; the message says why, to an operator."""


class _Discovery(msgspec.Struct):
    issuer: str
    jwks_uri: str


class _KeySet(msgspec.Struct):
    keys: list[dict[str, Any]]


class IssuerKeys:
    """The keys of one issuer, as one process knows them; belongs to one event loop.

    `generation` grows whenever a known key was withdrawn or exchanged.
    """

    def __init__(
        self,
        issuer: str,
        read: Callable[[str], Awaitable[bytes]],
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        """`read` fetches a document and raises Unreadable. Nothing is read yet."""
        self.generation = 0
        self._issuer = issuer
        self._read = read
        self._monotonic = monotonic
        self._keys: dict[str | None, PublicKey] = {}
        self._address: str | None = None
        self._read_at = float("-inf")
        self._failing = False
        self._in_hand = _READS_IN_HAND
        self._tried_at = float("-inf")
        self._looking: asyncio.Task[None] | None = None

    async def close(self) -> None:
        """Read nothing any more."""
        if self._looking is not None:
            self._looking.cancel()
            with suppress(asyncio.CancelledError):
                await self._looking

    def settled(self) -> bool:
        """Whether what is known may be believed without waiting; if it is old, looks again."""
        age = self._monotonic() - self._read_at
        if age <= _FRESH_SECONDS:
            return True
        self._look()
        return age <= _STALE_SECONDS or (self._failing and age <= _ALONE_SECONDS)

    async def find(self, kid: str | None) -> PublicKey | None:
        """The key with this id; without an id, the only key. Raises IssuerUnavailable."""
        if not self.settled():
            await self._wait()
            if self._monotonic() - self._read_at > _ALONE_SECONDS:
                raise IssuerUnavailable
        if kid is None:
            return next(iter(self._keys.values())) if len(self._keys) == 1 else None
        if kid not in self._keys:
            await self._wait()
        return self._keys.get(kid)

    async def _wait(self) -> None:
        self._look()
        if self._looking is not None:
            await asyncio.shield(self._looking)

    def _look(self) -> None:
        """Begin to read the keys, unless that is going on or was done too often just now."""
        if self._looking is not None:
            return
        now = self._monotonic()
        since = now - self._tried_at
        in_hand = min(_READS_IN_HAND, self._in_hand + since / _SECONDS_A_READ)
        if in_hand < 1 or (self._failing and since < _AFTER_FAILURE_SECONDS):
            return
        self._in_hand, self._tried_at = in_hand - 1, now
        self._looking = asyncio.create_task(self._look_again())

    async def _look_again(self) -> None:
        began = self._monotonic()
        try:
            keys = await self._fetched()
        except Unreadable as error:
            self._address = None
            if not self._failing:
                log.warning("cannot read the keys of %s: %s", self._issuer, error)
            self._failing = True
        else:
            if self._failing:
                log.info("the keys of %s can be read again", self._issuer)
            if any(keys.get(kid) != key for kid, key in self._keys.items()):
                self.generation += 1
            self._keys, self._read_at, self._failing = keys, began, False
        finally:
            self._looking = None

    async def _fetched(self) -> dict[str | None, PublicKey]:
        """The issuer's keys by their ids. Raises Unreadable."""
        if self._address is None:
            where = self._issuer.rstrip("/") + _DISCOVERY
            found = _decoded(await self._read(where), _Discovery, where)
            if found.issuer != self._issuer:
                raise Unreadable(f"{where} is about another issuer, {found.issuer[:200]!r}")
            plain = self._issuer.startswith("http://")
            if not is_safe(found.jwks_uri) or (found.jwks_uri.startswith("http://") and not plain):
                raise Unreadable(f"its keys are at an address without TLS: {found.jwks_uri[:200]}")
            self._address = found.jwks_uri
        document = _decoded(await self._read(self._address), _KeySet, self._address)
        usable = map(_usable, document.keys[:_MOST_KEYS])
        keys = {kid: key for kid, key in usable if key is not None}
        if not keys:
            raise Unreadable(f"{self._address}: no key for signatures is among its keys")
        return keys


def _decoded(text: bytes, kind: type[T], where: str) -> T:
    try:
        return msgspec.json.decode(text, type=kind)
    except (msgspec.MsgspecError, ValueError, RecursionError):
        raise Unreadable(f"{where} is no JSON of the expected form") from None


def _usable(document: dict[str, Any]) -> tuple[str | None, PublicKey | None]:
    """A key for signatures under its id; None for what is none or is too weak."""
    kid = document.get("kid")
    if document.get("use", "sig") != "sig" or not (kid is None or isinstance(kid, str)):
        return None, None
    public = {name: value for name, value in document.items() if name in _PUBLIC_PARTS}
    if public.get("alg") == "EdDSA":
        del public["alg"]  # an older name for Ed25519; the curve says the same
    try:
        key = import_key(public)
        weak = isinstance(key, RSAKey) and key.public_key.key_size < _LEAST_RSA_BITS
    except (JoseError, ValueError, TypeError, KeyError):
        return None, None
    return (kid, key) if isinstance(key, RSAKey | ECKey | OKPKey) and not weak else (None, None)
