"""The ceiling's raw ASGI application: routes, session, CSRF, merge, one commit a request."""

import secrets
from collections.abc import Awaitable, Callable
from typing import Any

import msgspec

from benchmarks.ceiling.model import (
    Attempt,
    Exam,
    Kept,
    Refused,
    Store,
    VersionMoved,
    answered,
    decode_attempt,
    decode_body,
    keep,
    now,
)

Scope = dict[str, Any]
Receive = Callable[[], Awaitable[dict[str, Any]]]
Send = Callable[[dict[str, Any]], Awaitable[None]]

JSON = (b"content-type", b"application/json")
ATTEMPTS = "/api/attempts/"
EXAMS = "/api/exams/"
TRIES = 5


class Ceiling:
    """Sessions and attempts in memory, every change durable before its reply."""

    def __init__(self, exam: Exam, store: Store) -> None:
        """Serve one exam from one store."""
        self.exam, self.store = exam, store
        self.sessions: dict[bytes, tuple[str, bytes]] = {}
        self.attempts: dict[str, Kept] = {}
        self.active: dict[str, str] = {}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] != "http":
            return
        cookies: list[tuple[bytes, bytes]] = []
        try:
            status, body = await self._route(scope, receive, cookies)
        except Refused as refusal:
            status, body = refusal.status, b'{"error":{"code":"%s"}}' % refusal.code.encode()
        length = (b"content-length", b"%d" % len(body))
        await send(
            {"type": "http.response.start", "status": status, "headers": [JSON, length, *cookies]}
        )
        await send({"type": "http.response.body", "body": body})

    async def _route(
        self, scope: Scope, receive: Receive, cookies: list[tuple[bytes, bytes]]
    ) -> tuple[int, bytes]:
        method, path = scope["method"], scope["path"]
        if path.startswith("/api/auth/"):
            return await self._sign_in(scope, receive, cookies)
        if path == "/api/healthz":
            return 200, b'{"status":"ok"}'
        user = self._user(scope)
        if method == "PUT" and path.startswith(ATTEMPTS):
            return 200, await self._save(path[len(ATTEMPTS) :], user, await _body(receive))
        if method == "GET" and path.startswith(ATTEMPTS):
            return 200, (await self._own(path[len(ATTEMPTS) :], user)).document
        if method == "POST" and path.endswith("/attempt") and path.startswith(EXAMS):
            return await self._start(path[len(EXAMS) : -len("/attempt")], user)
        if method == "POST" and path.endswith("/submit"):
            return 200, await self._submit(path[len(ATTEMPTS) : -len("/submit")], user)
        raise Refused(404, "NOT_FOUND")

    async def _sign_in(
        self, scope: Scope, receive: Receive, cookies: list[tuple[bytes, bytes]]
    ) -> tuple[int, bytes]:
        token = secrets.token_urlsafe(24).encode()
        cookies += [
            (b"set-cookie", name + token + b"; Path=/") for name in (b"csrftoken=", b"XSRF-TOKEN=")
        ]
        if scope["path"] == "/api/auth/csrf":
            return 200, b'{"csrfToken":"%s"}' % token
        user = msgspec.json.decode(await _body(receive))["userId"]
        session = secrets.token_urlsafe(24).encode()
        self.sessions[session] = (user, token)
        cookies.append((b"set-cookie", b"session=" + session + b"; Path=/; HttpOnly"))
        return 200, msgspec.json.encode({"userId": user, "username": user, "roles": []})

    def _user(self, scope: Scope) -> str:
        cookie = csrf = b""
        for name, value in scope["headers"]:
            if name == b"cookie":
                cookie = value
            elif name == b"x-csrftoken":
                csrf = value
        start = cookie.find(b"session=")
        stop = cookie.find(b";", start)
        session = cookie[start + 8 : stop if stop >= 0 else len(cookie)]
        known = self.sessions.get(session)
        if start < 0 or known is None:
            raise Refused(401, "UNAUTHENTICATED")
        if scope["method"] != "GET" and csrf != known[1]:
            raise Refused(403, "CSRF_FAILED")
        return known[0]

    async def _own(self, attempt_id: str, user: str) -> Kept:
        kept = self.attempts.get(attempt_id) or await self._reload(attempt_id)
        if kept.attempt.user_id != user:
            raise Refused(404, "ATTEMPT_NOT_FOUND")
        return kept

    async def _reload(self, attempt_id: str) -> Kept:
        row = await self.store.load(attempt_id)
        if row is None:
            raise Refused(404, "ATTEMPT_NOT_FOUND")
        attempt = decode_attempt(row[1])
        answers = {answer.question_id: answer for answer in attempt.answers}
        kept = self.attempts[attempt_id] = Kept(row[0], attempt, answers, row[1])
        return kept

    async def _start(self, exam_id: str, user: str) -> tuple[int, bytes]:
        if exam_id != self.exam.exam_id:
            raise Refused(404, "EXAM_NOT_FOUND")
        if user in self.active:
            return 200, self.attempts[self.active[user]].document
        moment = now()
        attempt_id = f"{user}-{exam_id}-{secrets.token_hex(8)}"
        attempt = Attempt(attempt_id, user, exam_id, "in_progress", moment, moment, [])
        kept = keep(1, attempt, {})
        self.active[user] = attempt_id
        await self.store.insert(kept, 0)
        self.attempts[attempt_id] = kept
        return 201, kept.document

    async def _save(self, attempt_id: str, user: str, body: bytes) -> bytes:
        try:
            changes = decode_body(body).answers
        except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
            raise Refused(400, "INVALID_PAYLOAD") from None
        known = self.exam.questions
        for change in changes:
            if change.question_id not in known:
                raise Refused(400, "INVALID_PAYLOAD")
        kept = await self._own(attempt_id, user)
        for _ in range(TRIES):
            if kept.attempt.status != "in_progress":
                raise Refused(409, "ATTEMPT_NOT_ACTIVE")
            answers = kept.answers | {change.question_id: change for change in changes}
            old = kept.attempt
            attempt = Attempt(
                old.attempt_id,
                user,
                old.exam_id,
                old.status,
                old.started_at,
                now(),
                list(answers.values()),
            )
            merged = keep(kept.version + 1, attempt, answers)
            try:
                await self.store.update(merged, answered(answers))
            except VersionMoved:
                kept = await self._reload(attempt_id)
                continue
            self.attempts[attempt_id] = merged
            return merged.document
        raise Refused(503, "STORE_BUSY")

    async def _submit(self, attempt_id: str, user: str) -> bytes:
        kept = await self._own(attempt_id, user)
        exam_id = kept.attempt.exam_id
        if kept.attempt.status == "in_progress":
            moment = now()
            attempt = msgspec.structs.replace(
                kept.attempt, status="finished", updated_at=moment, submitted_at=moment
            )
            kept = keep(kept.version + 1, attempt, kept.answers)
            bundle = b'{"exam":%s,"attempt":%s}' % (self.exam.document, kept.document)
            await self.store.submit(kept, answered(kept.answers), bundle)
            self.attempts[attempt_id] = kept
        path = f"output/{exam_id}_{attempt_id}.json".encode()
        return b'{"outputPath":"%s","attempt":%s}' % (path, kept.document)


async def _body(receive: Receive) -> bytes:
    message = await receive()
    body: bytes = message.get("body", b"")
    while message.get("more_body"):
        message = await receive()
        body += message.get("body", b"")
    return body
