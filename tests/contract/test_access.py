"""Who may do what: every route, taken from the document, by everybody (E-29, E-46)."""

import json
from collections.abc import Callable, Iterator
from typing import Any

import httpx
import pytest

from adapters.http.facades import FacadeName, document
from tests.contract.server import Server
from tests.contract.student import Student, answer, code_of

NOBODY, OWNER, OTHER, STAFF = "nobody", "owner", "another student", "staff"
CALLERS = (NOBODY, OWNER, OTHER, STAFF)

ROUTES = [
    (operation["operationId"], method.upper(), path)
    for path, methods in json.loads(document(FacadeName.EXAMS))["paths"].items()
    for method, operation in methods.items()
]
OPEN = {"GetHealth", "GetCsrfToken", "SignIn", "RegisterUser", "ExchangeToken"}
WITHOUT_CSRF = {"SignIn", "RegisterUser", "ExchangeToken"}  # the first two: see test_sessions
OWN = {"SaveAnswers", "SubmitAttempt"}
OWN_OR_STAFF = {"GetAttempt", "GetBundle", "GetResult"}
SIGNED_IN = {
    "ListExams",
    "GetExam",
    "StartAttempt",
    "GetMyProgress",
    "ListMyAttempts",
    "WhoAmI",
    "SignOut",
}
BODIES: dict[str, Any] = {
    "SaveAnswers": {"answers": [answer("q1", "B")]},
    "VoidAttempt": {"reason": "no"},
    "SignIn": {"userId": "somebody"},
}
UNAUTHENTICATED, FORBIDDEN = (401, "UNAUTHENTICATED"), (403, "FORBIDDEN")
HIDDEN = (404, "ATTEMPT_NOT_FOUND")


def refusal(name: str, path: str, caller: str) -> tuple[int, str] | None:
    """How a caller is turned away, None if they are let in."""
    if name in OPEN:
        return None
    if caller == NOBODY:
        return UNAUTHENTICATED
    if path.startswith("/api/admin/"):
        return None if caller == STAFF else FORBIDDEN
    if name in OWN:
        return None if caller == OWNER else HIDDEN
    if name in OWN_OR_STAFF:
        return HIDDEN if caller == OTHER else None
    assert name in SIGNED_IN, f"say in this table who may {name}"
    return None


@pytest.fixture
def callers(server: Server, newcomer: Callable[..., Student]) -> Iterator[dict[str, Student]]:
    with Student(server.base) as nobody:
        nobody.get("/api/auth/csrf")
        yield {
            NOBODY: nobody,
            OWNER: newcomer(),
            OTHER: newcomer(),
            STAFF: newcomer("staff"),
        }


@pytest.mark.parametrize(("name", "method", "path"), ROUTES, ids=[name for name, _, _ in ROUTES])
def test_E29_E46_every_route_lets_in_whom_it_should_and_nobody_else(
    callers: dict[str, Student], server: Server, name: str, method: str, path: str
):
    owner = callers[OWNER]
    attempt_id = owner.started("algebra")
    before = owner.attempt(attempt_id).json()
    names = {"examId": "no-such-exam", "attemptId": attempt_id, "userId": owner.user_id}
    url = path.format(**names)
    body = BODIES.get(name) if method != "GET" else None
    letting_in = []
    for caller in sorted(CALLERS, key=lambda one: refusal(name, path, one) is None):
        expected = refusal(name, path, caller)
        if expected is None:
            letting_in.append(caller)
            continue
        response = callers[caller].request(method, url, json=body)
        assert code_of(response) == expected, (caller, name)
        assert owner.attempt(attempt_id).json() == before
    for caller in letting_in:
        response = callers[caller].request(method, url, json=body)
        assert response.status_code not in {401, 405, 500}, (caller, name, response.text)
        if not response.is_success:
            assert code_of(response) not in {UNAUTHENTICATED, FORBIDDEN, HIDDEN}, (caller, name)


@pytest.mark.parametrize(
    ("name", "method", "path"),
    [route for route in ROUTES if route[1] != "GET" and route[0] not in WITHOUT_CSRF],
    ids=lambda part: part if part.isalpha() and not part.isupper() else "",
)
def test_E47_no_change_is_made_without_the_sessions_csrf_token(
    callers: dict[str, Student], name: str, method: str, path: str
):
    owner, staff = callers[OWNER], callers[STAFF]
    attempt_id = owner.started("algebra")
    url = path.format(examId="algebra", attemptId=attempt_id, userId=owner.user_id)
    for caller in (owner, staff):
        request = caller.build_request(method, url, json=BODIES.get(name, {}))
        assert code_of(httpx.Client.send(caller, request)) == (403, "CSRF_FAILED")
        request.headers["x-csrftoken"] = callers[OTHER].cookies["csrftoken"]
        assert code_of(httpx.Client.send(caller, request)) == (403, "CSRF_FAILED")
    assert owner.attempt(attempt_id).json()["status"] == "in_progress"
