"""Ids in the Bank's addresses: uuids, in lower case; anything else is nobody's (K21)."""

import re
from collections.abc import Callable
from typing import Final
from uuid import uuid4

from domain.kernel import Refused

_UUID: Final = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")


def new_id() -> str:
    """An id that nothing has yet."""
    return str(uuid4())


def known_id(text: str, missing: Callable[[str], Refused]) -> str:
    """An id as it stands in an address. Raises `missing` for what cannot be one."""
    if _UUID.fullmatch(text) is None:
        raise missing("this is no id")
    return text
