"""The answers of the Challenge facade as its OpenAPI document describes them."""

from typing import Any, Final

from litestar.openapi.datastructures import ResponseSpec

from adapters.http.challenge.envelope import Failure, Success

_SAYS: Final = {
    400: "INVALID_PAYLOAD: the body is not JSON of this shape; the message says where",
    401: "UNAUTHENTICATED: a bearer token was sent and is not valid",
    403: "FORBIDDEN: no bearer token, or one without the role",
    413: "PAYLOAD_TOO_LARGE: the body is larger than `max_body_kb`",
    415: "UNSUPPORTED_MEDIA_TYPE: the body is not `application/json`",
    503: "STORE_UNAVAILABLE: nothing can be stored right now; ISSUER_UNAVAILABLE: the token's "
    "issuer cannot be reached; try again",
    507: "STORE_FULL: the disk is full; nothing was stored",
}
READ: Final = (401, 503)
WRITE: Final = (400, 401, 413, 415, 503, 507)
TEACHER_READ: Final = (401, 403, 503)
TEACHER_WRITE: Final = (400, 401, 403, 413, 415, 503, 507)


def replies(data: Any, *common: int, description: str, **others: str) -> dict[int, ResponseSpec]:
    """A success with this `data` and the errors of one operation; `s404="CODE: …"` adds one."""
    errors = {code: _SAYS[code] for code in common}
    errors |= {int(name.removeprefix("s")): says for name, says in others.items()}
    return {
        200: ResponseSpec(Success[data], description=description, generate_examples=False),
        **{
            code: ResponseSpec(Failure, description=says, generate_examples=False)
            for code, says in sorted(errors.items())
        },
    }
