"""What was wrong, in the part of an error that the envelopes of all facades share (K06)."""

from typing import Any

import msgspec

from adapters.http.problems import Problem
from adapters.http.replies import Header


class ErrorDetail(msgspec.Struct, frozen=True, omit_defaults=True):
    """What was wrong: a stable code, words for people, more for programs."""

    code: str
    message: str
    details: dict[str, Any] | None = None


def detail_of(problem: Problem, *, code: str | None = None) -> ErrorDetail:
    """A problem's detail, under another code if its facade has one."""
    details = dict(problem.details) if problem.details else None
    return ErrorDetail(code or problem.code, problem.message, details)


def headers_of(problem: Problem) -> list[Header]:
    """The headers that go with a problem."""
    return [(name.lower().encode(), value.encode()) for name, value in problem.headers.items()]
