"""Which attempt goes on when two were saved in the same millisecond (E-12)."""

import dataclasses
import json

import msgspec

from adapters.clock import system_clock
from adapters.http.application import create_application
from tests.http.conftest import Browser, World


async def test_E12_of_attempts_saved_at_the_same_instant_the_greatest_id_goes_on(world: World):
    now = system_clock()
    parts = dataclasses.replace(
        world.parts,
        clock=lambda: now,
        settings=msgspec.structs.replace(world.parts.settings, max_active_attempts=3),
    )
    ada = await Browser(create_application(parts)).sign_in("ada")
    started = [
        json.loads((await ada("POST", "/api/exams/algebra/attempt", {"mode": "new"})).body)
        for _ in range(3)
    ]
    assert len({one["updatedAt"] for one in started}) == 1
    ids = [one["attemptId"] for one in started]
    assert len(set(ids)) == 3
    resumed = await ada("POST", "/api/exams/algebra/attempt")
    assert json.loads(resumed.body)["attemptId"] == max(ids)
    save = {"answers": [{"questionId": "q1", "response": "A"}]}
    await ada("PUT", f"/api/attempts/{min(ids)}", save)
    resumed = await ada("POST", "/api/exams/algebra/attempt", {"mode": "resume"})
    assert json.loads(resumed.body)["attemptId"] == min(ids)
