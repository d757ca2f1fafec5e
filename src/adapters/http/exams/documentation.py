"""The answers of the Exams facade as its OpenAPI document describes them."""

from typing import Any

from litestar.openapi.datastructures import ResponseSpec

from adapters.http.exams.errors import ErrorBody

FORBIDDEN = 4030  # a 403 that says more
_SAYS = {
    400: "INVALID_PAYLOAD: the body is not JSON of this shape; the message says where",
    401: "UNAUTHENTICATED: no session, or one that has ended",
    403: "CSRF_FAILED: the CSRF token is missing or belongs to another session",
    FORBIDDEN: "FORBIDDEN: the caller is not staff; CSRF_FAILED: the CSRF token is missing",
    409: "IDEMPOTENCY_IN_FLIGHT: the first request with this key is still under way",
    413: "PAYLOAD_TOO_LARGE: the body is larger than `max_body_kb`",
    415: "UNSUPPORTED_MEDIA_TYPE: the body is not `application/json`",
    422: "IDEMPOTENCY_KEY_REUSED: the key was used for another request",
    503: "STORE_UNAVAILABLE: nothing can be stored right now; try again",
    507: "STORE_FULL: the disk is full; nothing was stored",
}
READ = (401, 503)
WRITE = (400, 401, 403, 413, 415, 503, 507)
ONCE = (409, 422)
"""What an operation may answer besides, because it heeds an `Idempotency-Key`."""
STAFF_READ = (401, FORBIDDEN, 503)
STAFF_WRITE = (400, 401, FORBIDDEN, 413, 415, 503, 507)


def replies(
    success: type[Any] | None,
    *common: int,
    status: int = 200,
    description: str,
    **others: str,
) -> dict[int, ResponseSpec]:
    """A success and the errors of one operation; `s409="ATTEMPT_EXISTS: …"` adds one of its own."""
    errors = {code if code < 1000 else code // 10: _SAYS[code] for code in common}
    for name, says in others.items():
        status_of = int(name.removeprefix("s"))
        shared = status_of in ONCE and status_of in errors
        errors[status_of] = f"{says}. {_SAYS[status_of]}" if shared else says
    return {
        status: ResponseSpec(success, description=description, generate_examples=False),
        **{
            code: ResponseSpec(ErrorBody, description=says, generate_examples=False)
            for code, says in sorted(errors.items())
        },
    }
