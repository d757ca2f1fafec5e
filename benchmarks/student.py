"""What a student's browser sends, as scripts for the client: sign in, start, save, submit, read."""

import json
from collections.abc import Callable, Generator, Iterator
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any
from uuid import uuid4

from benchmarks.http_client import Answer, LoadError, Pause, Script

OK, CREATED = HTTPStatus.OK.value, HTTPStatus.CREATED.value
CSRF_COOKIE = "csrftoken"
CHECK_EVERY = 97


@dataclass(slots=True)
class Session:
    """A signed-in student: the header lines every later request carries."""

    user: str
    lines: str = ""
    attempt: str = ""


@dataclass(slots=True)
class Times:
    """Latencies of one phase, nanoseconds; `stop` says when no new request may begin."""

    stop: Callable[[], bool]
    taken: list[int] = field(default_factory=list)


def request(method: str, path: str, lines: str = "", body: bytes = b"") -> bytes:
    """One HTTP/1.1 request on a keep-alive connection."""
    head = f"{method} {path} HTTP/1.1\r\nHost: 127.0.0.1\r\n{lines}"
    if method != "GET":
        head += f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n"
    return f"{head}\r\n".encode() + body


def sign_in(
    user: str, password: str | None = None, taken: list[int] | None = None
) -> Script[Session]:
    """A7 then A9; the session keeps every cookie the server set. No password: `login = open`."""
    cookies: dict[str, str] = {}
    answer = yield request("GET", "/api/auth/csrf")
    _keep_cookies(expect(answer, OK), cookies)
    who = {"userId": user} if password is None else {"username": user, "password": password}
    answer = yield request("POST", "/api/auth/login", _lines(cookies), json.dumps(who).encode())
    _keep_cookies(expect(answer, OK), cookies)
    if taken is not None:
        taken.append(answer.nanoseconds)
    return Session(user, _lines(cookies))


def start(session: Session, exam_id: str, key: str = "") -> Generator[bytes | Pause, Answer, int]:
    """A3; remembers the attempt id and returns the latency."""
    path, lines = f"/api/exams/{exam_id}/attempt", session.lines + key
    answer = yield request("POST", path, lines, b"{}")
    body = expect(answer, CREATED).body
    begin = body.index(b'"attemptId":"') + 13
    session.attempt = body[begin : body.index(b'"', begin)].decode()
    return answer.nanoseconds


def enrol(user: str, exam_id: str) -> Script[Session]:
    """Sign in and start the exam: a student ready to save."""
    session = yield from sign_in(user)
    yield from start(session, exam_id)
    return session


def save(session: Session, bodies: list[bytes], times: Times) -> Script[None]:
    """A4 in a closed loop, cycling through the bodies; every so often the echo is compared."""
    path = f"/api/attempts/{session.attempt}"
    requests = [request("PUT", path, session.lines, body) for body in bodies]
    least, turn, last = min(map(len, bodies)), 0, 0
    while not times.stop():
        last = turn % len(bodies)
        answer = yield requests[last]
        if answer.status != OK or len(answer.body) < least:
            raise LoadError(f"save: {answer.status} {answer.body[:200]!r}")
        times.taken.append(answer.nanoseconds)
        if turn % CHECK_EVERY == 0:
            _same_answers(answer.body, bodies[last])
        turn += 1
    if turn:
        answer = yield request("GET", path, session.lines)
        _same_answers(expect(answer, OK).body, bodies[last])


def start_and_submit(
    sessions: Iterator[Session],
    exam_id: str,
    times: Times,
    *,
    keyed: bool = False,
    submits: bool = True,
) -> Script[list[int]]:
    """A3 and A5, a new user each time, until users or time run out; returns submit times.

    `keyed` gives each request an `Idempotency-Key` of its own; without `submits` it is A3 alone.
    """
    taken: list[int] = []
    while not times.stop() and (session := next(sessions, None)) is not None:
        first = yield from start(session, exam_id, key_line(keyed))
        if not submits:
            times.taken.append(first)
            continue
        path = f"/api/attempts/{session.attempt}/submit"
        answer = yield request("POST", path, session.lines + key_line(keyed), b"{}")
        if b'"outputPath"' not in expect(answer, OK).body or b'"finished"' not in answer.body:
            raise LoadError(f"submit: {answer.body[:200]!r}")
        times.taken.append(first + answer.nanoseconds)
        taken.append(answer.nanoseconds)
    return taken


def key_line(keyed: bool) -> str:
    return f"Idempotency-Key: {uuid4()}\r\n" if keyed else ""


def read(session: Session, every_ns: int, clock: Callable[[], int], times: Times) -> Script[None]:
    """A13 at a fixed pace (not a closed loop): how long a reader waits beside the writers."""
    asked = request("GET", f"/api/attempts/{session.attempt}", session.lines)
    due = clock()
    while not times.stop():
        answer = yield asked
        times.taken.append(expect(answer, OK).nanoseconds)
        due = max(due + every_ns, clock())
        yield Pause(due)


def expect(answer: Answer, status: int) -> Answer:
    """The answer itself, or LoadError when the status is another one."""
    if answer.status != status:
        raise LoadError(f"expected {status}, got {answer.status}: {answer.body[:300]!r}")
    return answer


def _keep_cookies(answer: Answer, cookies: dict[str, str]) -> None:
    for line in answer.head.decode("latin-1").split("\r\n"):
        name, _, value = line.partition(":")
        if name.lower() == "set-cookie":
            key, _, content = value.strip().partition(";")[0].partition("=")
            cookies[key] = content


def _lines(cookies: dict[str, str]) -> str:
    pairs = "; ".join(f"{name}={value}" for name, value in cookies.items())
    return f"Cookie: {pairs}\r\nX-CSRFToken: {cookies.get(CSRF_COOKIE, '')}\r\n"


def _same_answers(body: bytes, sent: bytes) -> None:
    if _by_question(body) != _by_question(sent):
        raise LoadError("the echoed answers are not the ones that were sent")


def _by_question(body: bytes) -> dict[str, Any]:
    return {a["questionId"]: (a["response"], a.get("timeSec")) for a in json.loads(body)["answers"]}
