"""The Challenge's envelope: `{error: null, data}`, or `{error, data: null}` (CONTRACT §2.B)."""

from typing import Any, Generic, TypeVar

import msgspec

from adapters.http.error_detail import ErrorDetail, detail_of, headers_of
from adapters.http.problems import Problem
from adapters.http.replies import Reply, json_reply

T = TypeVar("T")


class Success(msgspec.Struct, Generic[T], frozen=True):
    """A success: `error` is there, and null."""

    error: None
    data: T


class Failure(msgspec.Struct, frozen=True):
    """The body of every answer that is not a success."""

    error: ErrorDetail
    data: None


def data_reply(value: Any) -> Reply:
    """A success; always 200 (decision 3)."""
    return json_reply(Success(None, value))


def error_reply(problem: Problem, _path: str) -> Reply:
    """The answer of this facade to what went wrong."""
    return json_reply(Failure(detail_of(problem), None), problem.status, headers_of(problem))
