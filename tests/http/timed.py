"""A world whose clock a test moves, with deadlines enforced."""

from dataclasses import replace
from typing import Any

import msgspec

from adapters.deadlines import Deadlines
from adapters.http.application import create_application
from adapters.settings import Deadline
from domain.instants import Instant, plus
from tests.contract.papers import paper
from tests.http.conftest import Answer, Browser, World

T0 = "2036-01-05T09:00:00.000Z"
GRACE, SETTLE = 10, 2


class Hands:
    """A clock that a test moves: `at` seconds after T0."""

    def __init__(self) -> None:
        self.at = 0

    def __call__(self) -> Instant:
        return plus(T0, self.at)


class TimedWorld:
    """One process with an exam of ten minutes, `quiz`, and one of an hour, `algebra`."""

    def __init__(self, world: World, **settings: Any) -> None:
        self.world = world
        self.clock = Hands()
        self.arrived: int | None = None
        parts = world.parts
        self.parts = replace(
            parts,
            clock=self.clock,
            settings=msgspec.structs.replace(
                parts.settings,
                **{"deadline": Deadline.ENFORCE, "deadline_grace_seconds": GRACE, **settings},
            ),
            deadlines=Deadlines(
                ledger=parts.ledger,
                views=parts.views,
                exams=parts.exams,
                files=parts.files,
                clock=self.clock,
            ),
        )
        self.app = create_application(self.parts)

    async def prepared(self) -> "TimedWorld":
        await self.world.put_exam(paper("quiz", durationMinutes=10))
        return self

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        """The application, behind a server that notes when a request was complete."""
        if self.arrived is not None:
            scope["arrived"] = plus(T0, self.arrived)
        await self.app(scope, receive, send)

    async def student(self, user_id: str) -> Browser:
        return await Browser(self).sign_in(user_id)  # type: ignore[arg-type] # called like one

    async def staff(self) -> Browser:
        browser = Browser(self)  # type: ignore[arg-type] # called like one
        await browser("GET", "/api/auth/csrf")
        body = {"userId": "grace", "roles": ["staff"]}
        assert (await browser("POST", "/api/auth/login", body)).status == 200
        return browser


def json_of(answer: Answer) -> Any:
    assert answer.status < 300, answer.body
    return msgspec.json.decode(answer.body)


def header(answer: Answer, name: str) -> str | None:
    return dict(answer.headers).get(name.encode(), b"").decode() or None


async def started(browser: Browser, exam_id: str = "quiz") -> str:
    answer = await browser("POST", f"/api/exams/{exam_id}/attempt", {})
    assert answer.status == 201, answer.body
    attempt_id: str = json_of(answer)["attemptId"]
    return attempt_id


async def save(browser: Browser, attempt_id: str, response: Any, question: str = "q1") -> Answer:
    body = {"answers": [{"questionId": question, "response": response}]}
    return await browser("PUT", f"/api/attempts/{attempt_id}", body)
