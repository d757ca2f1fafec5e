"""CORS: the configured origins may call with cookies, no other hears a word (E-48)."""

from collections.abc import Callable

import httpx
import pytest

from tests.contract.conftest import ORIGIN
from tests.contract.server import Server
from tests.contract.student import Student, answer

LOCAL = "http://localhost:4200"
STRANGERS = [
    "https://evil.example",
    "https://exams.example.org.evil.example",
    "https://exams.example.org:444",
    "http://exams.example.org",
    "https://EXAMS.example.org",
    "https://examsXexample.org",
    "https://exams.example.org/",
    "null",
    "*",
    "",
]


def preflight(server: Server, path: str, origin: str, method: str) -> httpx.Response:
    headers = {
        "Origin": origin,
        "Access-Control-Request-Method": method,
        "Access-Control-Request-Headers": "content-type,x-xsrf-token",
    }
    return httpx.options(server.base + path, headers=headers)


def allowed(response: httpx.Response) -> dict[str, str]:
    return {
        name.removeprefix("access-control-"): value
        for name, value in response.headers.items()
        if name.startswith("access-control-")
    }


@pytest.mark.parametrize("origin", [ORIGIN, LOCAL])
@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("PUT", "/api/attempts/x"),
        ("POST", "/api/auth/login"),
        ("GET", "/api/exams"),
        ("POST", "/api/admin/exams"),
        ("PUT", "/api/nothing"),
    ],
)
def test_E48_a_preflight_of_a_configured_origin_allows_it_exactly(
    office: Server, origin: str, method: str, path: str
):
    response = preflight(office, path, origin, method)
    assert (response.status_code, response.content) == (204, b"")
    said = allowed(response)
    assert said["allow-origin"] == origin
    assert said["allow-credentials"] == "true"
    assert method in said["allow-methods"].split(", ")
    names = said["allow-headers"].lower().split(", ")
    assert {"content-type", "x-csrftoken", "x-xsrf-token"} <= set(names)
    assert "*" not in "".join(said.values())
    assert response.headers["vary"] == "Origin"


@pytest.mark.parametrize("origin", STRANGERS)
def test_E48_another_origin_gets_no_allow_header(office: Server, origin: str):
    for response in (
        preflight(office, "/api/exams", origin, "PUT"),
        httpx.get(f"{office.base}/api/exams", headers={"Origin": origin}),
        httpx.get(f"{office.base}/api/healthz", headers={"Origin": origin}),
    ):
        assert allowed(response) == {}
        assert response.headers["vary"] == "Origin"


def test_E48_replies_and_refusals_alike_can_be_read_by_the_origin(
    office: Server, at_office: Callable[..., Student]
):
    student = at_office()
    student.headers["Origin"] = ORIGIN
    attempt_id = student.started("algebra")
    for response in (
        student.save(attempt_id, answer("q1", "A")),
        student.save(attempt_id, answer("q9", "A")),
        student.get("/api/nothing"),
        student.delete("/api/exams"),
        student.get("/api/healthz"),
        httpx.get(f"{office.base}/api/exams", headers={"Origin": ORIGIN}),
    ):
        said = allowed(response)
        assert said["allow-origin"] == ORIGIN
        assert said["allow-credentials"] == "true"
        exposed = said["expose-headers"].split(", ")
        assert {"ETag", "X-Server-Time", "X-Expires-At"} <= set(exposed)
        assert response.headers["vary"] == "Origin"


def test_E48_without_an_origin_nothing_is_allowed(office: Server, student: Student):
    response = httpx.get(f"{office.base}/api/healthz")
    assert allowed(response) == {}
    assert response.headers["vary"] == "Origin"


def test_E48_nothing_is_allowed_where_no_origin_is_configured(server: Server):
    for response in (
        preflight(server, "/api/exams", ORIGIN, "PUT"),
        httpx.get(f"{server.base}/api/healthz", headers={"Origin": ORIGIN}),
    ):
        assert allowed(response) == {}


def test_E47_E48_the_csrf_token_is_asked_of_a_configured_origin_too(
    at_office: Callable[..., Student],
):
    student = at_office()
    attempt_id = student.started("algebra")
    response = student.put(
        f"/api/attempts/{attempt_id}",
        json={"answers": [answer("q1", "A")]},
        headers={"Origin": ORIGIN, "x-csrftoken": "x"},
    )
    assert response.status_code == 403
