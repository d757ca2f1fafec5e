"""Errors of the Exams facade: `{"error": {"code", "message", "details"?}}` (CONTRACT §2.A)."""

from typing import Any

import msgspec

from adapters.http.problems import Problem
from adapters.http.replies import Reply, json_reply


class ErrorDetail(msgspec.Struct, frozen=True, omit_defaults=True):
    """What was wrong: a stable code, words for people, more for programs."""

    code: str
    message: str
    details: dict[str, Any] | None = None


class ErrorBody(msgspec.Struct, frozen=True):
    """The body of every answer that is not a success."""

    error: ErrorDetail


_AT = (
    ("/api/exams/", "EXAM_NOT_FOUND"),
    ("/api/attempts/", "ATTEMPT_NOT_FOUND"),
    ("/api/admin/exams/", "EXAM_NOT_FOUND"),
    ("/api/admin/attempts/", "ATTEMPT_NOT_FOUND"),
)


def error_reply(problem: Problem, path: str) -> Reply:
    """The answer of this facade. An address that cannot be an exam's names none (E-43)."""
    code = problem.code
    if code == "NOT_FOUND":
        code = next((named for prefix, named in _AT if path.startswith(prefix)), code)
    details = dict(problem.details) if problem.details else None
    return json_reply(
        ErrorBody(ErrorDetail(code, problem.message, details)),
        problem.status,
        [(name.lower().encode(), value.encode()) for name, value in problem.headers.items()],
    )
