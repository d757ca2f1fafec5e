"""Reads the small public documents of an OIDC issuer over HTTP: bounded in time and size."""

import asyncio
from typing import Final, Self

import httpx

from adapters.issuer_keys import Unreadable

_ANSWER_SECONDS: Final = 5.0  # for a whole document
_LARGEST: Final = 262_144  # bytes of a document


class IssuerClient:
    """An HTTP client that follows no redirect: a document lies where the issuer says, or nowhere.

    Certificates of a private authority: the variable SSL_CERT_FILE names its certificate.
    """

    def __init__(self, issuer: str, seconds: float = _ANSWER_SECONDS) -> None:
        """Whoever names an issuer on this machine means this machine, not a proxy."""
        self._seconds = seconds
        self._client = httpx.AsyncClient(
            follow_redirects=False,
            timeout=seconds,
            trust_env=issuer.startswith("https://"),
            headers={"accept": "application/json", "accept-encoding": "identity"},
        )

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._client.aclose()

    async def read(self, address: str) -> bytes:
        """The document at an address. Raises Unreadable."""
        try:
            async with asyncio.timeout(self._seconds):
                return await self._read(address)
        except (httpx.HTTPError, httpx.InvalidURL, OSError, ValueError) as error:
            raise Unreadable(f"{address}: {type(error).__name__}") from None

    async def _read(self, address: str) -> bytes:
        async with self._client.stream("GET", address) as response:
            if response.status_code != 200:
                raise Unreadable(f"{address} answered {response.status_code}")
            body = bytearray()
            async for chunk in response.aiter_raw():
                body += chunk
                if len(body) > _LARGEST:
                    raise Unreadable(f"{address} sent more than {_LARGEST} bytes")
            return bytes(body)
