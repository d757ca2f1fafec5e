"""The stores of `tests/event_store`, for tests of what stands on them."""

from collections.abc import Callable, Iterator

import pytest

from event_store.open import open_store
from event_store.store import Store
from tests.event_store.conftest import address, shared_address, store

__all__ = ["address", "shared_address", "store"]


@pytest.fixture
def another(shared_address: str) -> Iterator[Callable[[], Store]]:
    """Opens one database again and again, as several processes do."""
    opened: list[Store] = []

    def another() -> Store:
        one = open_store(shared_address)
        opened.append(one)
        one.migrate()
        return one

    yield another
    for one in opened:
        one.close()
