"""The limit on failed sign-ins by address: a classroom shares one, so only failures count."""

import ipaddress
import time
from collections import OrderedDict
from collections.abc import Callable
from typing import NamedTuple

_MOST_ADDRESSES = 10_000
_IPV6_NETWORK = 64


class _Failures(NamedTuple):
    """Failures of one address since its window began."""

    number: int
    began: float


class SignInLimit:
    """Counts failures in windows of `seconds`; after `most` the address waits for the next one.

    Each process counts for itself.
    """

    def __init__(
        self,
        most: int = 30,
        seconds: float = 300.0,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        """Nobody has failed yet."""
        self._most = most
        self._seconds = seconds
        self._monotonic = monotonic
        self._failures: OrderedDict[str, _Failures] = OrderedDict()

    def wait(self, address: str) -> float:
        """Seconds until the address may try again; 0 if it may now."""
        failures = self._current(_network(address))
        if failures.number < self._most:
            return 0.0
        return max(failures.began + self._seconds - self._monotonic(), 0.0)

    def failed(self, address: str) -> None:
        """Count one failure."""
        network = _network(address)
        failures = self._current(network)
        self._failures[network] = failures._replace(number=failures.number + 1)
        if len(self._failures) > _MOST_ADDRESSES:
            self._failures.popitem(last=False)

    def _current(self, network: str) -> _Failures:
        now = self._monotonic()
        failures = self._failures.get(network)
        if failures is None or now - failures.began >= self._seconds:
            self._failures.pop(network, None)
            return _Failures(0, now)
        return failures


def _network(address: str) -> str:
    """Who counts as one: an IPv4 address, or an IPv6 network of one customer."""
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:
        return address
    if parsed.version == 6:
        return str(ipaddress.ip_network((parsed, _IPV6_NETWORK), strict=False))
    return address
