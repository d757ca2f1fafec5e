"""The Bank's envelope: `{data, meta?}`, or `{data: null, error}` (B-01)."""

import re
from collections.abc import Sequence
from typing import Any, Final, Generic, TypeVar

import msgspec

from adapters.http.bank.lists import ListQuery
from adapters.http.error_detail import ErrorDetail, detail_of, headers_of
from adapters.http.problems import Problem
from adapters.http.replies import Header, Reply, decimals_reply, json_reply

T = TypeVar("T")

_NAMED: Final = re.compile(r"(?:missing required|contains unknown) field `([^`]+)`")
# What the parts that all facades share call otherwise.
_CODES: Final = {"INVALID_PAYLOAD": "VALIDATION_ERROR"}


class Data(msgspec.Struct, Generic[T], frozen=True):
    """A success."""

    data: T


class PageMeta(msgspec.Struct, frozen=True, rename="camel"):
    """Which page of how many this is; `total` counts the rows of all pages."""

    page: int
    per_page: int
    total: int
    total_pages: int


class DataPage(msgspec.Struct, Generic[T], frozen=True):
    """One page of a list."""

    data: list[T]
    meta: PageMeta


class Failure(msgspec.Struct, frozen=True):
    """The body of every answer that is not a success."""

    data: None
    error: ErrorDetail


def data_reply(
    value: Any, status: int = 200, *, revision: int | None = None, headers: Sequence[Header] = ()
) -> Reply:
    """A success. `revision` goes out as the `ETag` that `If-Match` takes."""
    if revision is not None:
        headers = [*headers, (b"etag", b'"%d"' % revision)]
    return decimals_reply(Data(value), status, headers)


def page_reply(rows: Sequence[Any], query: ListQuery, total: int, *, lag: int = 0) -> Reply:
    """One page of a list of `total` rows, from a view that lacks the latest `lag` events."""
    pages = -(-total // query.per_page)
    meta = PageMeta(query.page, query.per_page, total, pages)
    headers = [(b"x-markbook-lag", b"%d" % lag)] if lag else []
    return decimals_reply(DataPage(list(rows), meta), headers=headers)


def error_reply(problem: Problem, _path: str) -> Reply:
    """The answer of this facade to what went wrong; 400 names the fields (§2.C)."""
    detail = detail_of(problem, code=_CODES.get(problem.code))
    if detail.code == "VALIDATION_ERROR":
        details = detail.details or {}
        place = _field(detail.message, str(details.get("path", "")))
        if place:
            fields = [{"path": place, "message": detail.message}]
            detail = msgspec.structs.replace(detail, details={**details, "fields": fields})
    return json_reply(Failure(None, detail), problem.status, headers_of(problem))


def _field(message: str, path: str) -> str:
    """The field that is wrong: at `path`, or the one in it that is missing or unknown."""
    named = _NAMED.search(message)
    return ".".join(part for part in (path, named[1] if named else "") if part)
