"""Own tokens: signed with the installation's key, for whoever has no OIDC issuer, and for scripts.

The key is one file that only its owner may read, made at the first start. All processes that
serve one installation share it.
"""

import os
import secrets
import stat
import time
from collections.abc import Callable, Collection, Iterator
from pathlib import Path
from typing import Final

import msgspec
from joserfc.errors import JoseError
from joserfc.jwk import OKPKey

from adapters.principals import Principal, Role
from adapters.signed_tokens import BadToken, Claims, Opened, sign, texts

_CURVE: Final = "Ed25519"
_NAME: Final = "markbook"  # who issues these tokens, and for whom
_TYPE: Final = "at+jwt"  # RFC 9068: an access token and nothing else
_LARGEST_FILE = 4096


class BadSubject(ValueError):
    """Nobody can be called that."""


class BadKeyFile(ValueError):
    """The key cannot be used; the message is one line that says what to do."""


class Tokens:
    """Issues and checks the tokens of one installation."""

    def __init__(self, key: OKPKey, now: Callable[[], float] = time.time) -> None:
        """`key` is the installation's, private part included."""
        self._now = now
        self._key = key
        self._public = OKPKey.import_key(key.as_dict(private=False))
        self.kid = key.thumbprint()

    def issue(
        self, subject: str, roles: Collection[Role], domain: str | None, seconds: float
    ) -> str:
        """A token for `subject` that is good for so long from now. Raises BadSubject."""
        now = int(self._now())
        claims = {
            "iss": _NAME,
            "aud": _NAME,
            "sub": subject,
            "roles": sorted(roles),
            **({"domain": domain} if domain is not None else {}),
            "iat": now,
            "nbf": now,
            "exp": now + int(seconds),
        }
        header = {"alg": _CURVE, "typ": _TYPE, "kid": self.kid}
        token = sign(header, msgspec.json.encode(claims), self._key)
        try:
            issued = self.verify(Opened(token.encode()))
        except BadToken:
            issued = None
        if issued is None or (issued.subject, issued.domain) != (subject, domain):
            raise BadSubject(
                "a subject is 1 to 255 printable ASCII characters, a domain 1 to 255 of any text"
            )
        return token

    def verify(self, opened: Opened) -> Principal:
        """Whose token this is. Raises BadToken."""
        if opened.type != _TYPE:
            raise BadToken
        claims = opened.claims(self._public)
        if claims.iss != _NAME or claims.audience() != [_NAME] or claims.cnf is not None:
            raise BadToken
        claims.check_time(self._now())
        return claims.principal(_known(claims))


def _known(claims: Claims) -> Iterator[str]:
    return texts(claims.roles)


def load_key(path: Path) -> OKPKey:
    """The key in a file, which is made if it is not there. Raises BadKeyFile.

    Whoever makes it writes it whole under another name and links it into place, so of several
    processes at their first start one wins and all read the same key.
    """
    try:
        if not path.exists():
            _make(path)
        return _read(path)
    except OSError as error:
        raise BadKeyFile(f"token key {path}: {error.strerror or error}") from None


def _make(path: Path) -> None:
    key = OKPKey.generate_key(_CURVE, private=True)
    path.parent.mkdir(parents=True, exist_ok=True)
    fresh = path.with_name(f".{path.name}.{secrets.token_hex(8)}")
    try:
        descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "wb") as file:
            os.fchmod(file.fileno(), 0o600)
            file.write(msgspec.json.encode(key.as_dict(private=True)) + b"\n")
            file.flush()
            os.fsync(file.fileno())
        try:
            os.link(fresh, path)
        except FileExistsError:
            return  # another process was first
    finally:
        fresh.unlink(missing_ok=True)
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)


def _read(path: Path) -> OKPKey:
    with path.open("rb") as file:
        found = os.fstat(file.fileno())
        # One's own; or root's and readable by one's group, as secrets are mounted.
        shared = 0o037 if found.st_uid == 0 and os.geteuid() != 0 else 0o077
        if found.st_uid not in {0, os.geteuid()}:
            raise BadKeyFile(
                f"token key {path}: belongs to another user; run: chown {os.geteuid()} {path}"
            )
        if stat.S_IMODE(found.st_mode) & shared:
            raise BadKeyFile(f"token key {path}: others can read it; run: chmod 600 {path}")
        text = file.read(_LARGEST_FILE + 1)
    try:
        key = OKPKey.import_key(msgspec.json.decode(text, type=dict[str, str | list[str]]))
        usable = key.is_private and key.curve_name == _CURVE
    except (JoseError, ValueError, msgspec.MsgspecError):
        usable = False
    if not usable:
        raise BadKeyFile(
            f"token key {path}: no private Ed25519 key in JWK form; move it away and a new one is "
            "made, with which tokens issued before are no longer good"
        )
    return key
