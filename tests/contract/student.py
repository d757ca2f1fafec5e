"""A browser of somebody who takes exams: keeps cookies, sends the CSRF token."""

import json
import sqlite3
import time
from collections.abc import Callable
from contextlib import closing
from typing import Any

import httpx

from tests.contract.server import Server


class Student(httpx.Client):
    """A client of the Exams API; `sign_in` before anything else."""

    def __init__(self, base: str) -> None:
        super().__init__(base_url=base, timeout=30.0)
        self.user_id = ""

    def sign_in(self, user_id: str, *roles: str) -> "Student":
        """Sign in as anybody, which `login=open` allows."""
        body = {"userId": user_id, **({"roles": list(roles)} if roles else {})}
        assert self.try_sign_in(body).status_code == 200
        self.user_id = user_id
        return self

    def try_sign_in(self, body: dict[str, Any]) -> httpx.Response:
        self.get("/api/auth/csrf")
        return self.post("/api/auth/login", json=body)

    def send(self, request: httpx.Request, **options: Any) -> httpx.Response:
        """Send with the CSRF token of the cookie, as a browser's script does."""
        token = self.cookies.get("csrftoken")
        if token and request.method != "GET" and "x-csrftoken" not in request.headers:
            request.headers["x-csrftoken"] = token
        return super().send(request, **options)

    def start(self, exam_id: str, **body: Any) -> httpx.Response:
        return self.post(f"/api/exams/{exam_id}/attempt", json=body)

    def started(self, exam_id: str, **body: Any) -> str:
        """The id of a new attempt."""
        answer = self.start(exam_id, **body)
        assert answer.status_code == 201, answer.text
        attempt_id: str = answer.json()["attemptId"]
        return attempt_id

    def save(self, attempt_id: str, *answers: dict[str, Any], **more: Any) -> httpx.Response:
        return self.put(f"/api/attempts/{attempt_id}", json={"answers": list(answers), **more})

    def attempt(self, attempt_id: str) -> httpx.Response:
        return self.get(f"/api/attempts/{attempt_id}")

    def submit(self, attempt_id: str, **body: Any) -> httpx.Response:
        return self.post(f"/api/attempts/{attempt_id}/submit", json=body)

    def progress(self) -> dict[str, Any]:
        answer = self.get("/api/progress/me")
        assert answer.status_code == 200
        body: dict[str, Any] = answer.json()
        return body


def logged(server: Server, stream: str) -> list[dict[str, Any]]:
    """The envelopes of a stream's events as they lie in the log, with their tags."""
    with closing(sqlite3.connect(server.data / "markbook.sqlite3")) as log:
        rows = log.execute(
            "SELECT state FROM stored_events WHERE originator_id = ? ORDER BY originator_version",
            (stream,),
        ).fetchall()
    return [json.loads(stored) for (stored,) in rows]


def answer(question_id: str, response: Any, **more: Any) -> dict[str, Any]:
    return {"questionId": question_id, "response": response, **more}


def code_of(response: httpx.Response) -> tuple[int, str]:
    """The status and the code of a refusal, in the one shape that errors have."""
    body = response.json()
    assert set(body) == {"error"}
    assert {"code", "message"} <= set(body["error"]) <= {"code", "message", "details"}
    return response.status_code, body["error"]["code"]


def eventually(holds: Callable[[], bool], seconds: float = 5.0) -> None:
    """Wait until something holds; the contract allows a file two seconds."""
    end = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < end, "still not so"
        time.sleep(0.05)
