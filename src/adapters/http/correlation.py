"""The id of a request, which all events and log lines that it leads to share."""

import re
import secrets
from itertools import count
from typing import Final

HEADER: Final = b"x-request-id"
_PROCESS: Final = secrets.token_hex(6)  # with a number the id of a request that brought none
_NUMBERS: Final = count(1)
_SANE: Final = re.compile(rb"[A-Za-z0-9._-]{1,64}")


def correlation(given: bytes) -> str:
    """The id that a request's header gives, or a new one if that is empty or odd."""
    return given.decode() if _SANE.fullmatch(given) else f"{_PROCESS}-{next(_NUMBERS)}"
