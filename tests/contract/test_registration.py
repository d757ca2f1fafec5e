"""Registration: an account of one's own, once a name and once an address (A8)."""

import itertools
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import httpx
import pytest

from tests.contract.server import Server
from tests.contract.student import Student, code_of, logged

_numbers = itertools.count(1)


def account(**changes: Any) -> dict[str, Any]:
    number = next(_numbers)
    body = {
        "username": f"newcomer{number}",
        "email": f"newcomer{number}@example.org",
        "password": "secret 6",
        "firstName": "Анна",
        "lastName": "O'Neill",
    }
    return {name: value for name, value in {**body, **changes}.items() if value is not None}


def register(server: Server, body: Any) -> httpx.Response:
    with Student(server.base) as visitor:
        visitor.get("/api/auth/csrf")
        return visitor.post("/api/auth/register", json=body)


def test_A8_a_new_account_is_signed_in_and_signs_in_again(closed: Server):
    body = account()
    with Student(closed.base) as visitor:
        visitor.get("/api/auth/csrf")
        response = visitor.post("/api/auth/register", json=body)
        assert response.status_code == 201
        who = response.json()
        assert set(who) == {"userId", "username", "roles"}
        assert (who["username"], who["roles"]) == (body["username"], [])
        assert visitor.get("/api/auth/me").json() == who
        assert visitor.start("algebra").json()["userId"] == who["userId"]
        visitor.post("/api/auth/logout")
        again = visitor.try_sign_in({"username": body["username"], "password": body["password"]})
        assert (again.status_code, again.json()) == (200, who)


def test_A8_the_log_has_the_person_and_never_the_password(closed: Server):
    body = account()
    user_id = register(closed, body).json()["userId"]
    [registered, signed_in] = logged(closed, f"exam_user-{user_id}")
    assert registered["data"] == {
        "userId": user_id,
        "username": body["username"],
        "email": body["email"],
        "firstName": "Анна",
        "lastName": "O'Neill",
    }
    assert registered["actor"] == {"scheme": "exam", "subject": user_id}
    assert signed_in["tag"] == "exam_user.signed_in"
    assert body["password"] not in closed.log.read_text()
    for path in closed.data.glob("markbook.sqlite3*"):
        assert body["password"].encode() not in path.read_bytes()


def test_A8_names_are_optional(closed: Server):
    assert register(closed, account(firstName=None, lastName=None)).status_code == 201


@pytest.mark.parametrize("spelled", [str.upper, str.title, lambda name: f"  {name} "])
def test_A8_a_name_in_another_spelling_is_taken(closed: Server, spelled: Callable[[str], str]):
    body = account()
    assert register(closed, body).status_code == 201
    taken = register(closed, account(username=spelled(body["username"])))
    assert code_of(taken) == (409, "USERNAME_TAKEN")
    taken = register(closed, account(email=spelled(body["email"])))
    assert code_of(taken) == (409, "EMAIL_TAKEN")
    assert code_of(register(closed, body)) == (409, "USERNAME_TAKEN")


def test_A8_a_name_that_the_operator_gave_is_taken(closed: Server):
    assert code_of(register(closed, account(username="ada"))) == (409, "USERNAME_TAKEN")


def test_A8_a_refused_registration_leaves_its_other_name_free(closed: Server):
    one, other = account(), account()
    assert register(closed, one).status_code == 201
    refused = register(closed, {**other, "email": one["email"]})
    assert code_of(refused) == (409, "EMAIL_TAKEN")
    assert register(closed, other).status_code == 201


@pytest.mark.ci
def test_A8_of_parallel_registrations_of_one_name_one_wins(closed: Server):
    name = account()["username"]
    bodies = [account(username=name.title() if n % 2 else name) for n in range(8)]
    with Server(closed.data, **closed.settings) as second, ThreadPoolExecutor(8) as people:
        servers = itertools.cycle([closed, second])
        answers = list(people.map(register, servers, bodies))
    assert sorted(one.status_code for one in answers) == [201] + [409] * 7
    assert {code_of(one) for one in answers if one.status_code == 409} == {(409, "USERNAME_TAKEN")}


def test_A8_of_parallel_registrations_of_one_address_one_wins(closed: Server):
    email = account()["email"]
    with ThreadPoolExecutor(6) as people:
        bodies = [account(email=email) for _ in range(6)]
        answers = list(people.map(lambda body: register(closed, body), bodies))
    assert sorted(one.status_code for one in answers) == [201] + [409] * 5


@pytest.mark.parametrize(
    ("changes", "path"),
    [
        ({"username": None}, None),
        ({"email": None}, None),
        ({"password": None}, None),
        ({"password": "five5"}, "password"),
        ({"password": "x" * 1001}, "password"),
        ({"password": 123456}, "password"),
        ({"username": ""}, "username"),
        ({"username": " \t "}, "username"),
        ({"username": "a\0b"}, "username"),
        ({"username": "x" * 151}, "username"),
        ({"email": "nobody"}, "email"),
        ({"email": "a@b"}, "email"),
        ({"email": "a b@example.org"}, "email"),
        ({"email": "a@b@example.org"}, "email"),
        ({"email": f"{'x' * 65}@example.org"}, "email"),
        ({"email": f"a@{'x' * 250}.org"}, "email"),
        ({"firstName": "a\nb"}, "firstName"),
        ({"lastName": ["x"]}, "lastName"),
    ],
)
def test_A8_a_body_of_another_shape_is_refused_with_its_place(
    closed: Server, changes: dict[str, Any], path: str | None
):
    response = register(closed, account(**changes))
    assert code_of(response) == (400, "INVALID_PAYLOAD")
    assert response.json()["error"].get("details", {}).get("path") == path


def test_A8_roles_and_ids_in_the_body_are_ignored(closed: Server):
    response = register(closed, account(roles=["staff"], userId="root"))
    assert response.json()["roles"] == []
    assert response.json()["userId"] != "root"


def test_staff_are_who_an_operator_made_staff_and_nobody_else(closed: Server):
    with Student(closed.base) as grace, Student(closed.base) as visitor:
        grace.try_sign_in({"username": "Grace", "password": "battery staple"})
        assert grace.get("/api/admin/exams").status_code == 200
        visitor.get("/api/auth/csrf")
        assert visitor.post("/api/auth/register", json=account()).status_code == 201
        assert code_of(visitor.get("/api/admin/exams")) == (403, "FORBIDDEN")
        body = {"userId": "root", "roles": ["staff"]}
        assert code_of(visitor.try_sign_in(body)) == (403, "LOGIN_CLOSED")


def test_A8_registering_needs_a_csrf_token(closed: Server):
    response = httpx.post(f"{closed.base}/api/auth/register", json=account())
    assert code_of(response) == (403, "CSRF_FAILED")


def test_A8_only_an_installation_with_passwords_has_accounts_to_make(server: Server):
    assert code_of(register(server, account())) == (403, "LOGIN_CLOSED")


def test_A8_registering_while_signed_in_ends_the_session_before(closed: Server):
    with Student(closed.base) as visitor:
        visitor.get("/api/auth/csrf")
        first = visitor.post("/api/auth/register", json=account())
        old = dict(visitor.cookies)
        second = visitor.post("/api/auth/register", json=account())
        assert second.status_code == 201
        assert second.json()["userId"] != first.json()["userId"]
        assert httpx.get(f"{closed.base}/api/auth/me", cookies=old).status_code == 401
