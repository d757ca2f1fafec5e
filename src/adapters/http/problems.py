"""Problems: the one place that turns whatever went wrong into a status and a code."""

import logging
import re
from collections.abc import Mapping
from traceback import extract_tb
from typing import Any, Final

from litestar.exceptions import HTTPException

from adapters.checkers.pool import TooBusy
from adapters.idempotency import InFlight, KeyReused
from adapters.passwords import TooManyWaiting
from adapters.signed_tokens import IssuerUnavailable
from adapters.uploaded_files import FileUnavailable
from adapters.views import ViewMissing
from domain.kernel import RefusalKind, Refused
from event_store.store import DiskFull, StoreBusy, StoreUnavailable

log = logging.getLogger(__name__)

_STATUS: Final = {
    RefusalKind.INVALID: 400,
    RefusalKind.FORBIDDEN: 403,
    RefusalKind.UNKNOWN: 404,
    RefusalKind.CONFLICT: 409,
    RefusalKind.STALE: 412,
    RefusalKind.TOO_LARGE: 413,
    RefusalKind.UNFIT: 422,
    RefusalKind.UNPUBLISHED: 423,
}
_FRAMEWORK: Final = {
    404: ("NOT_FOUND", "there is nothing at this address"),
    405: ("METHOD_NOT_ALLOWED", "this address does not take this method"),
    413: ("PAYLOAD_TOO_LARGE", "the body is too large"),
    415: ("UNSUPPORTED_MEDIA_TYPE", "the body must be application/json"),
}
_RETRY: Final = {"retry-after": "1"}


class Problem(Exception):
    """Why a request was not carried out: a status, a code, words for people, more for programs."""

    def __init__(
        self,
        status: int,
        code: str,
        message: str,
        *,
        details: Mapping[str, Any] | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(message)
        self.status = status
        self.code = code
        self.message = message
        self.details = details or None
        self.headers = headers or {}


def invalid(message: str, **details: Any) -> Problem:
    """The problem of a request that breaks a rule of form."""
    return Problem(400, "INVALID_PAYLOAD", message, details=details)


def problem_of(error: Exception) -> Problem:
    """The problem that an exception means to the client; unknown ones are a 500 without details."""
    match error:
        case Problem():
            return error
        case Refused():
            return Problem(_STATUS[error.kind], error.code, error.message, details=error.details)
        case DiskFull():
            return Problem(507, "STORE_FULL", "there is no room left to store anything")
        case StoreBusy() | StoreUnavailable() | ViewMissing() | FileUnavailable():
            return Problem(
                503, "STORE_UNAVAILABLE", "nothing can be stored right now", headers=_RETRY
            )
        case IssuerUnavailable():
            return Problem(
                503, "ISSUER_UNAVAILABLE", "tokens cannot be checked right now", headers=_RETRY
            )
        case KeyReused():
            return Problem(
                422, "IDEMPOTENCY_KEY_REUSED", "the Idempotency-Key was used for another request"
            )
        case InFlight():
            return Problem(
                409,
                "IDEMPOTENCY_IN_FLIGHT",
                "the first request with this Idempotency-Key is still under way",
                headers=_RETRY,
            )
        case TooBusy():
            return Problem(
                503, "CHECKER_UNAVAILABLE", "too much is being judged right now", headers=_RETRY
            )
        case TooManyWaiting():
            return Problem(429, "RATE_LIMITED", "too many people are signing in", headers=_RETRY)
        case HTTPException() if error.status_code < 500:
            if error.status_code not in _FRAMEWORK:
                return _malformed(error)
            code, message = _FRAMEWORK[error.status_code]
            return Problem(error.status_code, code, message, headers=error.headers)
    return Problem(500, "INTERNAL_ERROR", "something went wrong here")


def _malformed(error: HTTPException) -> Problem:
    """The problem of a parameter that is not of its type, or of a request beyond reading."""
    extra: Any = error.extra
    match extra:
        case [{"key": str(key), "message": str(reason)}, *_]:
            name = re.sub("_([a-z])", lambda found: found[1].upper(), key)
            reason = reason.partition(" - at `")[0]
            return invalid(f"{name}: {reason[:1].lower()}{reason[1:]}", path=name)
        case _:
            return Problem(
                error.status_code,
                "INVALID_PAYLOAD",
                "the request is malformed",
                headers=error.headers,
            )


def log_problem(problem: Problem, error: Exception, where: str, correlation: str) -> None:
    """One line for what an operator must know: never a body, an answer, a cookie or a token.

    An exception's own words may quote any of these, so only its type and place are told.
    """
    if problem.status < 500:
        return
    place = " < ".join(
        f"{'/'.join(frame.filename.split('/')[-2:])}:{frame.lineno}"
        for frame in reversed(extract_tb(error.__traceback__)[-6:])
    )
    log.error(
        "request failed status=%d code=%s request=%s where=%r error=%s at=%s",
        problem.status,
        problem.code,
        correlation,
        where,
        type(error).__qualname__,
        place,
    )
