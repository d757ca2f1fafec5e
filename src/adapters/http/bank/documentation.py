"""The answers of the Bank as its OpenAPI document describes them."""

from typing import Any, Final

from litestar.openapi.datastructures import ResponseSpec

from adapters.http.bank.envelope import Failure

_SAYS: Final = {
    400: "VALIDATION_ERROR: the request is not of this shape; `details.fields` says where",
    401: "UNAUTHENTICATED: no bearer token, or one that is not valid",
    403: "FORBIDDEN: the caller lacks the role",
    412: "PRECONDITION_FAILED: it has changed since the revision in `If-Match`",
    413: "PAYLOAD_TOO_LARGE: the body is larger than the setting `maxBodyMb`",
    415: "UNSUPPORTED_MEDIA_TYPE: the body is not `application/json`",
    503: "STORE_UNAVAILABLE: nothing can be stored right now; ISSUER_UNAVAILABLE: the token's "
    "issuer cannot be reached; try again",
    507: "STORE_FULL: the disk is full; nothing was stored",
}
READ: Final = (400, 401, 403, 503)
WRITE: Final = (400, 401, 403, 412, 413, 415, 503, 507)


def replies(
    success: Any,
    *common: int,
    status: int = 200,
    description: str,
    **others: str,
) -> dict[int, ResponseSpec]:
    """A success and the errors of one operation; `s409="CODE: …"` adds one of its own."""
    errors = {code: _SAYS[code] for code in common}
    for name, says in others.items():
        code = int(name.removeprefix("s"))
        errors[code] = f"{errors[code]}; {says}" if code in errors else says
    return {
        status: ResponseSpec(success, description=description, generate_examples=False),
        **{
            code: ResponseSpec(Failure, description=says, generate_examples=False)
            for code, says in sorted(errors.items())
        },
    }
