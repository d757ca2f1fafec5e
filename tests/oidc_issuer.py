"""An OIDC issuer in a process of its own, on loopback: signs what a test wants, changes its keys.

`python -m tests.oidc_issuer PORT` runs it. Its documents are those of Keycloak; everything below
`/test/` is for tests alone.
"""

import asyncio
import json
import socket
import subprocess
import sys
import time
from base64 import urlsafe_b64encode
from typing import Any, Self

import httpx
import uvicorn
from joserfc import jws
from joserfc.jwk import ECKey, Key, OKPKey, RSAKey

REALM = "/realms/school"
DISCOVERY = f"{REALM}/.well-known/openid-configuration"
CERTS = f"{REALM}/protocol/openid-connect/certs"


class Issuer:
    """The ASGI application: keys, and how it behaves at the moment."""

    def __init__(self, base: str) -> None:
        self.base = base
        self.keys: dict[str, Key] = {}
        self.reads = {DISCOVERY: 0, CERTS: 0}
        self.behaviour: dict[str, Any] = {}
        self.rotate({})

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] != "http":
            return
        body = b""
        while True:
            message = await receive()
            body += message.get("body", b"")
            if not message.get("more_body"):
                break
        path = scope["path"]
        if path in self.reads:
            status, headers, answer = await self.published(path)
        else:
            act = getattr(self, path.removeprefix("/test/"))
            status, headers, answer = 200, [], json.dumps(act(json.loads(body or b"{}"))).encode()
        await send({"type": "http.response.start", "status": status, "headers": headers})
        await send({"type": "http.response.body", "body": answer})

    async def published(self, path: str) -> tuple[int, list[tuple[bytes, bytes]], bytes]:
        """The documents that everybody may read, unless a test wants otherwise."""
        self.reads[path] += 1
        await asyncio.sleep(self.behaviour.get("delay", 0.0))
        if "status" in self.behaviour:
            return self.behaviour["status"], [(b"location", CERTS.encode())], b"no"
        if "body" in self.behaviour:
            return 200, [], self.behaviour["body"].encode() * self.behaviour.get("times", 1)
        document: dict[str, Any] = (
            {"issuer": self.base + REALM, "jwks_uri": self.base + CERTS}
            if path == DISCOVERY
            else {"keys": [self.public(kid) for kid in self.keys]}
        )
        return 200, [], json.dumps(document | self.behaviour.get("with", {})).encode()

    def public(self, kid: str) -> dict[str, Any]:
        return {**self.keys[kid].as_dict(private=False), "kid": kid, "use": "sig"}

    def rotate(self, wish: dict[str, Any]) -> list[str]:
        """New keys of every kind; the old ones go unless they are to stay."""
        old = self.keys if wish.get("keep") else {}
        number = time.monotonic_ns()
        self.keys = {
            **old,
            f"RS256-{number}": RSAKey.generate_key(2048),
            f"PS256-{number}": RSAKey.generate_key(2048),
            f"ES256-{number}": ECKey.generate_key("P-256"),
            f"EdDSA-{number}": OKPKey.generate_key("Ed25519"),
        }
        return list(self.keys)

    def behave(self, wish: dict[str, Any]) -> None:
        self.behaviour = wish

    def counts(self, _: dict[str, Any]) -> dict[str, int]:
        return self.reads

    def certificates(self, _: dict[str, Any]) -> list[dict[str, Any]]:
        return [self.public(kid) for kid in self.keys]

    def sign(self, wish: dict[str, Any]) -> str:
        """A token with these claims and header fields, signed with the newest key of its kind."""
        algorithm = wish.get("alg", "RS256")
        kid = next(kid for kid in reversed(self.keys) if kid.startswith(algorithm))
        header = {"alg": algorithm, "typ": "JWT", "kid": kid, **wish.get("header", {})}
        header = {name: value for name, value in header.items() if value is not None}
        signer = jws.JWSRegistry.algorithms["Ed25519" if algorithm == "EdDSA" else algorithm]
        parts = [_encoded(json.dumps(part).encode()) for part in (header, wish["claims"])]
        signed = b".".join(parts)
        return (signed + b"." + _encoded(signer.sign(signed, self.keys[kid]))).decode()


def _encoded(value: bytes) -> bytes:
    return urlsafe_b64encode(value).rstrip(b"=")


class RunningIssuer:
    """The process, from its start to its end."""

    def __init__(self) -> None:
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port: int = probe.getsockname()[1]
        self.base = f"http://127.0.0.1:{self.port}"
        self.issuer = self.base + REALM
        self._client = httpx.Client(base_url=self.base, timeout=30.0, trust_env=False)
        self._process: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()
        self._client.close()

    def start(self) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.oidc_issuer", str(self.port)]
        )
        end = time.monotonic() + 30
        while True:
            try:
                self.ask("counts")
            except httpx.TransportError:
                assert time.monotonic() < end, "the issuer did not start"
                time.sleep(0.02)
            else:
                return

    def stop(self) -> None:
        process, self._process = self._process, None
        if process is not None:
            process.terminate()
            process.wait(15)

    def ask(self, act: str, **wish: Any) -> Any:
        answer = self._client.post(f"/test/{act}", json=wish)
        assert answer.status_code == 200, answer.text
        return answer.json()

    def reads(self) -> int:
        """How often anybody has read its keys."""
        count: int = self.ask("counts")[CERTS]
        return count

    def claims(self, **changes: Any) -> dict[str, Any]:
        """What Keycloak says of a teacher; a change to None leaves a claim out."""
        now = int(time.time())
        claims = {
            "iss": self.issuer,
            "sub": "7a9d3c2e-0d3b-4c55-9f0e-2f1d6a0b9c11",
            "aud": ["markbook", "account"],
            "azp": "journal",
            "typ": "Bearer",
            "iat": now,
            "exp": now + 300,
            "preferred_username": "ada",
            "realm_access": {"roles": ["offline_access", "viewer"]},
            "resource_access": {
                "journal": {"roles": ["teacher"]},
                "elsewhere": {"roles": ["admin"]},
            },
            **changes,
        }
        return {name: value for name, value in claims.items() if value is not None}

    def token(
        self, alg: str = "RS256", header: dict[str, Any] | None = None, **changes: Any
    ) -> str:
        """A token; `changes` to its claims."""
        token: str = self.ask("sign", alg=alg, header=header or {}, claims=self.claims(**changes))
        return token


if __name__ == "__main__":
    port = int(sys.argv[1])
    uvicorn.run(
        Issuer(f"http://127.0.0.1:{port}"),
        port=port,
        log_level="critical",
        lifespan="off",
        timeout_graceful_shutdown=1,
    )
