"""A view that nobody keeps up answers all the same, and says how far behind it is."""

import time

import httpx
from litestar import Litestar

from tests.http.conftest import TOKENS, World


async def test_a_view_that_cannot_catch_up_says_how_many_events_it_lacks(
    world: World, app: Litestar
):
    token = TOKENS.issue("somebody", ["admin"], None, 60)  # type: ignore[list-item] # by value
    began = time.monotonic()
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app)) as client:  # type: ignore[arg-type] # as a server calls it
        answer = await client.get(
            "http://test/api/v2/task-bank/audit-logs", headers={"authorization": f"Bearer {token}"}
        )
    assert 0.9 < time.monotonic() - began < 10
    assert answer.status_code == 200
    assert answer.json()["data"] == []
    assert answer.headers["x-markbook-lag"] == str(world.store.head())
