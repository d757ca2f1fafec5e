"""CSRF tokens: signed with the server's secret, bound to the session or to the anonymous state."""

import hmac
import secrets
from base64 import urlsafe_b64encode
from hashlib import sha256
from typing import Final

_NONCE_BYTES: Final = 18
_NONCE_LENGTH: Final = 24


class CsrfTokens:
    """Makes and checks tokens; every process with the same secret makes the same ones."""

    def __init__(self, secret: bytes) -> None:
        """`secret` never leaves the server."""
        self._secret = secret

    def of_session(self, key: str) -> str:
        """The token of a session: whoever has another session has another token."""
        return self._signature("session", key)

    def anonymous(self) -> str:
        """A new token for somebody who is not signed in: a nonce and its signature."""
        nonce = secrets.token_urlsafe(_NONCE_BYTES)
        return nonce + self._signature("anonymous", nonce)

    def is_anonymous(self, token: str) -> bool:
        """Whether `anonymous` of this installation made the token."""
        nonce, signature = token[:_NONCE_LENGTH], token[_NONCE_LENGTH:]
        return same(self._signature("anonymous", nonce), signature)

    def _signature(self, state: str, value: str) -> str:
        digest = hmac.digest(self._secret, f"{state}:{value}".encode(), sha256)
        return urlsafe_b64encode(digest).rstrip(b"=").decode()


def same(one: str, other: str) -> bool:
    """Whether two tokens are equal, in a time that does not tell where they differ."""
    return hmac.compare_digest(one.encode(), other.encode())
