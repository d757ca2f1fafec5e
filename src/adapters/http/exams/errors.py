"""Errors of the Exams facade: `{"error": {"code", "message", "details"?}}` (CONTRACT §2.A)."""

import msgspec

from adapters.http.error_detail import ErrorDetail, detail_of, headers_of
from adapters.http.problems import Problem
from adapters.http.replies import Reply, json_reply


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
    return json_reply(ErrorBody(detail_of(problem, code=code)), problem.status, headers_of(problem))
