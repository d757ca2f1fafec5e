"""Signed tokens (JWS, RFC 7515): opened without trust, checked against one key, read strictly."""

import re
from collections.abc import Iterator
from typing import Any, Final

import msgspec
from joserfc.errors import JoseError, UnsupportedAlgorithmError
from joserfc.jwa import JWSAlgModel
from joserfc.jwk import ECKey, OKPKey, RSAKey
from joserfc.jws import (
    CompactSignature,
    JWSRegistry,
    extract_compact,
    serialize_compact,
    validate_compact,
)

from adapters.principals import Principal, Role

PublicKey = RSAKey | ECKey | OKPKey

LONGEST: Final = 16_384  # bytes of a token; the largest seen from an issuer are near 8,000
LEEWAY: Final = 30.0  # seconds that clocks may differ

# Signatures by a private key, never a shared secret: with one, who can check could also sign.
ALGORITHMS: Final = frozenset(
    {
        *("RS256", "RS384", "RS512", "PS256", "PS384", "PS512"),
        *("ES256", "ES384", "ES512", "EdDSA", "Ed25519"),
    }
)
_SUBJECT: Final = re.compile(r"[\x20-\x7e]{1,255}")  # OpenID Connect: ASCII, at most 255
_UNPRINTABLE: Final = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]")
_LONGEST_NAME: Final = 255
_ROLES: Final = {role.value: role for role in Role}


class BadToken(Exception):
    """The token is not good, for whatever reason; what is wrong is never told to its bearer."""


class IssuerUnavailable(Exception):
    """No key of the issuer is known, so nothing can be said about its tokens."""


class _Registry(JWSRegistry):
    """The library's rules, with our list of algorithms and sizes."""

    max_header_length = 8192
    max_payload_length = LONGEST
    max_signature_length = 2048

    def get_alg(self, name: str) -> JWSAlgModel:
        """An allowed algorithm; `EdDSA` is an older name for `Ed25519` (RFC 9864)."""
        if name not in ALGORITHMS:
            raise UnsupportedAlgorithmError(name)
        return self.algorithms["Ed25519" if name == "EdDSA" else name]


_registry: Final = _Registry(strict_check_header=False)


class Opened:
    """A token whose signature has not been checked: only its header may be read, to find the key.

    Keys and addresses of keys that a header brings along (`jwk`, `jku`, `x5c`, `x5u`) are ignored.
    """

    __slots__ = ("_signed", "kid", "type")

    def __init__(self, token: bytes) -> None:
        """Raises BadToken for what is no signed token or demands what is not understood here."""
        if len(token) > LONGEST:
            raise BadToken
        try:
            self._signed: CompactSignature = extract_compact(token, registry=_registry)
            header: dict[str, Any] = self._signed.headers()
        except (JoseError, ValueError, TypeError, AttributeError, RecursionError):
            raise BadToken from None
        if type(header) is not dict or "crit" in header or "b64" in header:
            raise BadToken
        kid, kind = header.get("kid"), header.get("typ", "")
        if not (kid is None or isinstance(kid, str)) or not isinstance(kind, str):
            raise BadToken
        self.kid = kid
        self.type = kind.lower().removeprefix("application/")

    def claims(self, key: PublicKey) -> "Claims":
        """What the token says, if this key signed it. Raises BadToken."""
        try:
            if not validate_compact(self._signed, key, registry=_registry):
                raise BadToken
            return _read(self._signed.payload)
        except (JoseError, ValueError, TypeError, RecursionError, msgspec.MsgspecError):
            raise BadToken from None


class Claims(msgspec.Struct, frozen=True):
    """The claims that are looked at (RFC 7519, and those of Keycloak); times in seconds."""

    iss: str
    sub: str
    aud: str | list[str]
    exp: float
    nbf: float = 0.0
    iat: float = 0.0
    azp: str | None = None
    typ: str | None = None  # Keycloak: Bearer, ID, Refresh, Logout …
    cnf: Any = None  # the token is good only with a proof of a key
    at_hash: Any = None  # only in ID tokens
    preferred_username: Any = None
    domain: Any = None
    roles: Any = None
    realm_access: Any = None
    resource_access: Any = None

    def check_time(self, now: float) -> None:
        """Raises BadToken for what has ended or has not begun."""
        if not max(self.nbf, self.iat) - LEEWAY <= now < self.exp + LEEWAY:
            raise BadToken

    def audience(self) -> list[str]:
        """Whom the token is meant for."""
        return [self.aud] if isinstance(self.aud, str) else self.aud

    def principal(self, roles: Iterator[str]) -> Principal:
        """Who this is, with those of `roles` that are known here. Raises BadToken."""
        if not _SUBJECT.fullmatch(self.sub):
            raise BadToken
        return Principal(
            subject=self.sub,
            username=_text(self.preferred_username) or self.sub,
            roles=frozenset(_ROLES[role] for role in roles if role in _ROLES),
            domain=_text(self.domain),
            expires=self.exp,
        )


_read: Final = msgspec.json.Decoder(Claims).decode


def _text(value: Any) -> str | None:
    if isinstance(value, str) and 0 < len(value) <= _LONGEST_NAME:
        return None if _UNPRINTABLE.search(value) else value
    return None


def texts(value: Any) -> Iterator[str]:
    """The texts in a list; nothing if it is something else."""
    if isinstance(value, list):
        yield from (one for one in value if isinstance(one, str))


def sign(header: dict[str, Any], claims: bytes, key: OKPKey) -> str:
    """The token that says `claims`, signed with a private key."""
    return serialize_compact(header, claims, key, registry=_registry)
