"""The row `bearer`: what it costs to know whose a token is, first and later, in processor time."""

import asyncio
import json
import time
from base64 import urlsafe_b64decode
from collections.abc import Callable, Coroutine
from typing import Any

from joserfc import jws
from joserfc.jwk import ECKey, Key, OKPKey, RSAKey

from adapters.bearers import Bearers
from adapters.issuer_keys import IssuerKeys
from adapters.oidc import Oidc
from adapters.principals import Role
from adapters.tokens import Tokens
from benchmarks.bench import SERVER_CORE, Bench
from benchmarks.report import Comparison, RowResult, Target
from benchmarks.serving import on_core

ISSUER = "https://id.example.org/realms/school"
TOKENS = 500  # of different people, so that each is checked once
CALLS_A_TOKEN = 20
LATER = "later call, us"
KINDS: dict[str, Callable[[], Key]] = {
    "RS256": lambda: RSAKey.generate_key(2048),
    "ES256": lambda: ECKey.generate_key("P-256"),
    "Ed25519": lambda: OKPKey.generate_key("Ed25519"),  # the installation's own
}
TARGETS = {"RS256": Target(60, 45)}  # what Keycloak signs with; the others' bare check costs more


def bearer(bench: Bench) -> RowResult:
    """Microseconds of processor time; the tokens are as long as Keycloak's."""
    measures = {
        kind: Comparison(
            measure=f"first call, {kind}, us",
            base=[],
            markbook=[],
            better="less",
            relative=False,
            target=TARGETS.get(kind, Target()),
        )
        for kind in KINDS
    }
    measures[LATER] = Comparison(
        measure=LATER, base=[], markbook=[], better="less", relative=False, target=Target(10, 5)
    )
    with on_core(SERVER_CORE if bench.pinned else None):
        for _ in range(bench.rounds):
            for kind, make in KINDS.items():
                key = make()
                first, later = asyncio.run(_microseconds(kind, key))
                measures[kind].base.append(_bare(kind, key))
                measures[kind].markbook.append(first)
                measures[LATER].markbook.append(later)
    return RowResult(name="bearer", comparisons=list(measures.values()))


def _bare(kind: str, key: Key) -> float:
    """Of the signature's check alone, as the library under the library does it."""
    signed, _, signature = _token(kind, key, 0).rpartition(b".")
    value = urlsafe_b64decode(signature + b"==")
    model = jws.JWSRegistry.algorithms[kind]
    began = time.process_time()
    for _ in range(TOKENS):
        assert model.verify(signed, value, key)
    return (time.process_time() - began) / TOKENS * 1e6


async def _microseconds(kind: str, key: Key) -> tuple[float, float]:
    """Of a token that was never seen, and of one that was."""
    if isinstance(key, OKPKey):
        own = Tokens(key)
        bearers = Bearers(own)
        tokens = [own.issue(f"{n}", [Role.AUTHOR], None, 900).encode() for n in range(TOKENS + 1)]
    else:
        keys = IssuerKeys(ISSUER, _reading(key))
        oidc = Oidc(ISSUER, keys, audience=["markbook"], role_clients=["journal"])
        bearers = Bearers(Tokens(OKPKey.generate_key("Ed25519")), oidc)
        tokens = [_token(kind, key, n) for n in range(TOKENS + 1)]
    assert await bearers.find(tokens.pop()) is not None  # the keys are read
    began = time.process_time()
    for token in tokens:
        assert bearers.remembered(token) is None
        assert await bearers.find(token) is not None
    checked = time.process_time()
    for _ in range(CALLS_A_TOKEN):
        for token in tokens:
            assert bearers.remembered(token) is not None
    later = time.process_time() - checked
    return (checked - began) / TOKENS * 1e6, later / TOKENS / CALLS_A_TOKEN * 1e6


def _reading(key: Key) -> Callable[[str], Coroutine[Any, Any, bytes]]:
    public = {**key.as_dict(private=False), "kid": "one", "use": "sig"}
    document = {"issuer": ISSUER, "jwks_uri": f"{ISSUER}/keys", "keys": [public]}

    async def read(_: str) -> bytes:
        return json.dumps(document).encode()

    return read


def _token(kind: str, key: Key, number: int) -> bytes:
    now = int(time.time())
    claims = {
        "exp": now + 900,
        "iat": now,
        "jti": f"onrtac:{number:032x}",
        "iss": ISSUER,
        "aud": ["markbook", "account"],
        "sub": f"7a9d3c2e-0d3b-4c55-9f0e-{number:012x}",
        "typ": "Bearer",
        "azp": "journal",
        "sid": "0b9f7a52-5d0a-44b0-b8f7-0a3f5f1f2a77",
        "acr": "1",
        "allowed-origins": ["https://journal.example.org"],
        "realm_access": {"roles": ["default-roles-school", "offline_access", "uma_authorization"]},
        "resource_access": {
            "journal": {"roles": ["teacher"]},
            "account": {"roles": ["manage-account", "manage-account-links", "view-profile"]},
        },
        "scope": "openid profile email",
        "email_verified": True,
        "name": f"Teacher {number}",
        "preferred_username": f"teacher-{number}",
        "email": f"teacher-{number}@example.org",
    }
    header = {"alg": kind, "typ": "JWT", "kid": "one"}
    return jws.serialize_compact(header, json.dumps(claims), key, algorithms=[kind]).encode()
