"""Sessions, CSRF and signing in: who is believed, and for how long (A7, A9, A10, A11)."""

import time
from collections.abc import Callable
from http.cookies import SimpleCookie
from statistics import median
from typing import Any

import httpx
import pytest

from tests.contract.papers import paper
from tests.contract.server import Server, lay_out
from tests.contract.student import Student, answer, code_of

PROTECTED = [
    ("GET", "/api/exams"),
    ("GET", "/api/exams/algebra"),
    ("POST", "/api/exams/algebra/attempt"),
    ("GET", "/api/attempts/x"),
    ("PUT", "/api/attempts/x"),
    ("POST", "/api/attempts/x/submit"),
    ("GET", "/api/attempts/me"),
    ("GET", "/api/attempts/x/output"),
    ("GET", "/api/progress/me"),
    ("GET", "/api/auth/me"),
    ("POST", "/api/auth/logout"),
    ("GET", "/api/admin/exams"),
    ("POST", "/api/admin/exams"),
    ("POST", "/api/admin/attempts/x/void"),
]


@pytest.mark.parametrize(("method", "path"), PROTECTED)
@pytest.mark.parametrize(
    "cookie", [None, "", "x", "A" * 43, "../../etc", "'; --", '"', "\u00ff", "A" * 5000]
)
def test_E46_no_or_an_unknown_session_is_401(
    server: Server, method: str, path: str, cookie: str | None
):
    headers = {} if cookie is None else {b"Cookie": f"sessionid={cookie}".encode("latin-1")}
    response = httpx.request(method, server.base + path, headers=headers, json=_body(method))
    assert code_of(response) == (401, "UNAUTHENTICATED")
    assert "set-cookie" not in response.headers


def _body(method: str) -> Any:
    return {"answers": []} if method == "PUT" else None


def changes(student: Student, attempt_id: str) -> list[tuple[str, str, Any]]:
    return [
        ("PUT", f"/api/attempts/{attempt_id}", {"answers": [answer("q1", "B")]}),
        ("POST", f"/api/attempts/{attempt_id}/submit", None),
        ("POST", "/api/exams/geometry/attempt", None),
        ("POST", "/api/auth/logout", None),
        ("POST", "/api/auth/login", {"userId": "mallory"}),
    ]


def test_E47_a_change_without_the_sessions_csrf_token_changes_nothing(
    student: Student, newcomer: Callable[..., Student], server: Server
):
    attempt_id = student.started("algebra")
    before = student.attempt(attempt_id).json()
    with httpx.Client(base_url=server.base) as anonymous:
        nobodys = anonymous.get("/api/auth/csrf").json()["csrfToken"]
    others = newcomer().cookies["csrftoken"]
    mine = student.cookies["csrftoken"]
    wrong = ["", "x", others, nobodys, mine[:-1], f"{mine}A", mine.swapcase(), "\u00ff"]
    for method, path, body in changes(student, attempt_id):
        for token in wrong:
            headers = {"x-csrftoken": token.encode("latin-1")}
            response = student.request(method, path, json=body, headers=headers)
            assert code_of(response) == (403, "CSRF_FAILED"), (path, token)
    assert student.attempt(attempt_id).json() == before
    assert student.get("/api/auth/me").status_code == 200


@pytest.mark.parametrize("header", ["X-CSRFToken", "X-XSRF-TOKEN", "x-csrftoken"])
@pytest.mark.parametrize("cookie", ["csrftoken", "XSRF-TOKEN"])
def test_E47_the_names_of_angular_and_django_both_work(student: Student, header: str, cookie: str):
    attempt_id = student.started("algebra")
    request = student.build_request(
        "PUT",
        f"/api/attempts/{attempt_id}",
        json={"answers": [answer("q1", "A")]},
        headers={header: student.cookies[cookie]},
    )
    assert httpx.Client.send(student, request).status_code == 200


def test_E47_a_get_needs_no_token(student: Student):
    assert httpx.Client.send(student, student.build_request("GET", "/api/auth/me")).is_success


def test_E47_signing_in_needs_the_token_of_the_anonymous_state(server: Server):
    body = {"userId": "somebody"}
    with httpx.Client(base_url=server.base) as client:
        assert code_of(client.post("/api/auth/login", json=body)) == (403, "CSRF_FAILED")
        token = client.get("/api/auth/csrf").json()["csrfToken"]
        assert client.cookies["csrftoken"] == client.cookies["XSRF-TOKEN"] == token
        for wrong in ("", token[:-1], "x" * len(token), token[::-1]):
            headers = {"x-csrftoken": wrong}
            answer_ = client.post("/api/auth/login", json=body, headers=headers)
            assert code_of(answer_) == (403, "CSRF_FAILED")
        # A token that an attacker made up, planted in cookie and header alike.
        forged = {"x-csrftoken": "y" * len(token), "cookie": f"csrftoken={'y' * len(token)}"}
        answer_ = httpx.post(f"{server.base}/api/auth/login", json=body, headers=forged)
        assert code_of(answer_) == (403, "CSRF_FAILED")
        # A real token without the cookie.
        bare = {"x-csrftoken": token}
        answer_ = httpx.post(f"{server.base}/api/auth/login", json=body, headers=bare)
        assert code_of(answer_) == (403, "CSRF_FAILED")
        good = client.post("/api/auth/login", json=body, headers=bare)
        assert good.status_code == 200


def test_A7_tabs_that_ask_again_get_the_same_token(server: Server, student: Student):
    with httpx.Client(base_url=server.base) as client:
        tokens = {client.get("/api/auth/csrf").json()["csrfToken"] for _ in range(3)}
    assert len(tokens) == 1
    assert student.get("/api/auth/csrf").json()["csrfToken"] == student.cookies["csrftoken"]


def test_a_session_begins_under_a_new_id_that_the_client_did_not_choose(server: Server):
    planted = "A" * 43
    with Student(server.base) as student:
        student.cookies.set("sessionid", planted, domain="127.0.0.1", path="/")
        student.sign_in("fixated")
        [chosen] = {c.value for c in student.cookies.jar if c.name == "sessionid"}
    assert chosen != planted
    headers = {"Cookie": f"sessionid={planted}"}
    assert httpx.get(f"{server.base}/api/auth/me", headers=headers).status_code == 401


def test_signing_in_again_ends_the_session_before(student: Student, server: Server):
    old = dict(student.cookies)
    student.sign_in("somebody-else")
    assert student.cookies["sessionid"] != old["sessionid"]
    assert student.cookies["csrftoken"] != old["csrftoken"]
    assert httpx.get(f"{server.base}/api/auth/me", cookies=old).status_code == 401
    assert student.get("/api/auth/me").json()["userId"] == "somebody-else"


def test_A9_the_cookies_are_guarded_and_set_only_when_they_change(server: Server):
    with Student(server.base) as student:
        response = student.try_sign_in({"userId": "careful"})
        jar = SimpleCookie()
        for line in response.headers.get_list("set-cookie"):
            jar.load(line)
        assert set(jar) == {"sessionid", "csrftoken", "XSRF-TOKEN"}
        assert jar["sessionid"]["httponly"] is True
        assert not jar["csrftoken"]["httponly"]
        for cookie in jar.values():
            assert (cookie["samesite"], cookie["path"]) == ("Lax", "/")
            assert int(cookie["max-age"]) == 12 * 3600
        attempt_id = student.started("algebra")
        for quiet in (
            student.get("/api/auth/me"),
            student.save(attempt_id, answer("q1", "A")),
            student.submit(attempt_id),
            student.get("/api/nothing"),
        ):
            assert "set-cookie" not in quiet.headers


def test_A10_A11_signing_out_ends_the_session_here_at_once(server: Server, student: Student):
    assert student.get("/api/auth/me").json() == {
        "userId": student.user_id,
        "username": student.user_id,
        "roles": [],
    }
    old = dict(student.cookies)
    response = student.post("/api/auth/logout")
    assert (response.status_code, response.content) == (204, b"")
    assert "sessionid" not in student.cookies
    assert httpx.get(f"{server.base}/api/auth/me", cookies=old).status_code == 401
    assert student.sign_in(student.user_id).get("/api/auth/me").status_code == 200


def test_signing_out_in_one_process_ends_the_session_in_another_within_two_seconds(
    server: Server, student: Student
):
    with Server(server.data, **server.settings) as other, Student(other.base) as tab:
        tab.cookies = httpx.Cookies(student.cookies)
        assert tab.get("/api/auth/me").status_code == 200
        attempt_id = tab.started("algebra")
        assert student.post("/api/auth/logout").status_code == 204
        ended = time.monotonic()
        while tab.get("/api/auth/me").status_code == 200:
            assert time.monotonic() - ended < 2.5
            time.sleep(0.02)
        assert code_of(tab.save(attempt_id, answer("q1", 1))) == (401, "UNAUTHENTICATED")
        tab.cookies.clear()
        tab.sign_in(student.user_id)
        student.cookies = httpx.Cookies(tab.cookies)
        assert student.get("/api/auth/me").status_code == 200


def test_E45_roles_come_from_the_session_only(student: Student, staff: Student):
    assert staff.get("/api/auth/me").json()["roles"] == ["staff"]
    headers = {"X-Roles": "staff", "X-User": "root"}
    assert student.get("/api/auth/me", headers=headers).json()["roles"] == []


@pytest.mark.parametrize(
    "user_id",
    [
        "",
        "a" * 65,
        "..",
        ".",
        ".hidden",
        "a/b",
        "a\\b",
        "a\0b",
        "CON",
        "nul.x",
        "é",
        "a b",
        7,
        None,
    ],
)
def test_E43_an_id_that_names_no_file_cannot_sign_in(server: Server, user_id: object):
    with Student(server.base) as student:
        response = student.try_sign_in({"userId": user_id})
    assert code_of(response) == (400, "INVALID_PAYLOAD")


@pytest.mark.parametrize("user_id", ["a", "a" * 64, "ann@example.org", "x-y_z.1", "-", "_"])
def test_A9_any_plain_id_may_sign_in_when_login_is_open(server: Server, user_id: str):
    with Student(server.base) as student:
        student.sign_in(user_id)
        assert student.start("algebra").status_code in {200, 201}
        assert student.submit(student.start("algebra").json()["attemptId"]).status_code == 200


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"roles": ["staff"]},
        {"userId": "a", "roles": ["root"]},
        {"userId": "a", "roles": "staff"},
    ],
)
def test_A9_a_body_of_another_shape_is_refused(server: Server, body: dict[str, Any]):
    with Student(server.base) as student:
        assert code_of(student.try_sign_in(body)) == (400, "INVALID_PAYLOAD")


# --- with passwords -----------------------------------------------------------------------------


def test_A9_a_name_and_its_password_sign_in(closed: Server):
    with Student(closed.base) as student:
        body = {"username": "Ada", "password": "correct horse"}
        answered = student.try_sign_in(body).json()
        assert (answered["username"], answered["roles"]) == ("Ada", [])
        assert student.get("/api/auth/me").json() == answered
        assert student.start("algebra").json()["userId"] == answered["userId"]


def test_A9_names_are_compared_without_case_and_staff_are_staff(closed: Server):
    with Student(closed.base) as staff:
        body = {"username": "gRACE", "password": "battery staple"}
        assert staff.try_sign_in(body).json()["roles"] == ["staff"]


def test_A9_signing_in_without_a_password_is_closed(closed: Server):
    with Student(closed.base) as student:
        response = student.try_sign_in({"userId": "ada", "roles": ["staff"]})
        assert code_of(response) == (403, "LOGIN_CLOSED")
        assert student.get("/api/auth/me").status_code == 401


def test_A9_a_wrong_password_and_an_unknown_name_answer_alike(closed: Server):
    with Student(closed.base) as student:
        answers: list[bytes] = []
        taken: dict[str, list[float]] = {"Ada": [], "Nobody": []}
        for name in ("Ada", "Nobody") * 4:
            began = time.perf_counter()
            response = student.try_sign_in({"username": name, "password": "wrong"})
            taken[name].append(time.perf_counter() - began)
            assert code_of(response) == (401, "INVALID_CREDENTIALS")
            answers.append(response.content)
        assert len(set(answers)) == 1
        assert 0.4 < median(taken["Ada"]) / median(taken["Nobody"]) < 2.5


def test_A9_only_failures_count_until_an_address_has_too_many(tmp_path: Any):
    lay_out(tmp_path / "data", [paper("algebra")], {"algebra": True})
    with Server(tmp_path / "data") as server, Student(server.base) as student:
        server.add_user("Ada", "correct horse")
        right = {"username": "Ada", "password": "correct horse"}
        wrong = {"username": "Ada", "password": "wrong"}
        for _ in range(35):
            assert student.try_sign_in(right).status_code == 200
        statuses = [student.try_sign_in(wrong).status_code for _ in range(35)]
        assert statuses == [401] * 30 + [429] * 5
        response = student.try_sign_in(right)
        assert code_of(response) == (429, "RATE_LIMITED")
        assert 0 < int(response.headers["retry-after"]) <= 300
        assert student.get("/api/auth/me").status_code == 200
    log = server.log.read_text()
    assert "correct horse" not in log
    assert "wrong" not in log
