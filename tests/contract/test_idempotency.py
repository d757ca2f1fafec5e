"""The same POST sent again under its `Idempotency-Key` (B-05, B-06, B-07, K15, decision 8)."""

import itertools
import sqlite3
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from typing import Any

import httpx
import pytest

from tests.contract.papers import paper
from tests.contract.server import Server, lay_out
from tests.contract.student import Student, answer, code_of, logged

_numbers = itertools.count(1)


@pytest.fixture
def key() -> str:
    return f"key-{next(_numbers)}"


@pytest.fixture(scope="module")
def timed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A server where time can be extended and a learner may start three times."""
    data = tmp_path_factory.mktemp("timed") / "data"
    lay_out(data, [paper("quiz")], {"quiz": True})
    settings = {"deadline": "enforce", "max_active_attempts": "3", "retake_policy": "allow"}
    with Server(data, login="open", **settings) as started:
        yield started


@pytest.fixture
def at_timed(timed: Server) -> Iterator[Callable[..., Student]]:
    made: list[Student] = []

    def make(*roles: str) -> Student:
        made.append(Student(timed.base))
        return made[-1].sign_in(f"timed-{next(_numbers)}", *roles)

    yield make
    for person in made:
        person.close()


def keyed(student: Student, key: str, path: str, body: Any = None) -> httpx.Response:
    """A POST with a key."""
    return student.post(path, json=body, headers={"idempotency-key": key})


def replays(student: Student, key: str, path: str, body: Any = None) -> httpx.Response:
    """The same POST twice: the second is a replay of the first, which is returned."""
    first = keyed(student, key, path, body)
    assert first.is_success, first.text
    assert "idempotency-replayed" not in first.headers
    replayed(first, keyed(student, key, path, body))
    return first


def replayed(first: httpx.Response, second: httpx.Response) -> None:
    assert second.headers["idempotency-replayed"] == "true"
    assert (second.status_code, second.content) == (first.status_code, first.content)
    for name in ("etag", "content-type", "cache-control", "x-content-type-options"):
        assert second.headers.get(name) == first.headers.get(name)


def mine(student: Student) -> list[str]:
    """The ids of the student's attempts."""
    return [one["attemptId"] for one in student.get("/api/attempts/me").json()]


def kept(server: Server, key: str) -> list[tuple[str, int]]:
    with closing(sqlite3.connect(server.data / "markbook.sqlite3")) as database:
        return database.execute(
            "SELECT principal, status FROM idempotency WHERE key = ?", (key,)
        ).fetchall()


# --- the routes of Exams (K15) --------------------------------------------------------------------


def test_B05_K15_a_repeated_start_is_the_start_it_repeats(
    at_timed: Callable[..., Student], timed: Server, key: str
):
    student = at_timed()
    start = replays(student, key, "/api/exams/quiz/attempt", {"mode": "new"})
    assert start.status_code == 201
    attempt_id = start.json()["attemptId"]
    student.save(attempt_id, answer("q1", "A"))
    again = keyed(student, key, "/api/exams/quiz/attempt", {"mode": "new"})
    replayed(start, again)
    assert again.headers["x-server-time"] > start.headers["x-server-time"]
    assert again.headers["x-expires-at"] == start.headers["x-expires-at"]
    assert len(mine(student)) == 1
    assert kept(timed, key) == [(f"exam:{student.user_id}", 201)]


def test_K15_a_start_that_goes_on_is_kept_too(at_timed: Callable[..., Student], key: str):
    student = at_timed()
    attempt_id = student.started("quiz")
    assert replays(student, key, "/api/exams/quiz/attempt", {}).status_code == 200
    student.submit(attempt_id)
    assert keyed(student, key, "/api/exams/quiz/attempt", {}).json()["attemptId"] == attempt_id
    assert len(mine(student)) == 1


def test_B05_K15_a_repeated_submit_writes_a_bundle_that_is_missing(
    newcomer: Callable[..., Student], server: Server, key: str
):
    student = newcomer()
    attempt_id = student.started("algebra")
    url, body = f"/api/attempts/{attempt_id}/submit", {"answers": [answer("q1", "A")]}
    done = replays(student, key, url, body)
    bundle = server.data / done.json()["outputPath"]
    written = bundle.read_bytes()
    bundle.unlink()
    replayed(done, keyed(student, key, url, body))
    assert bundle.read_bytes() == written


def test_K15_a_repeated_extension_adds_no_time(
    at_timed: Callable[..., Student], timed: Server, key: str
):
    student, staff = at_timed(), at_timed("staff")
    attempt_id = student.started("quiz")
    body = {"minutes": 10, "reason": "the fire alarm"}
    given = replays(staff, key, f"/api/admin/attempts/{attempt_id}/extend", body)
    read = student.attempt(attempt_id)
    assert read.headers["x-expires-at"] == given.json()["expiresAt"]
    tags = [event["tag"] for event in logged(timed, f"attempt-{attempt_id}")]
    assert tags == ["attempt.started", "attempt.extended"]
    more = keyed(staff, f"{key}-2", f"/api/admin/attempts/{attempt_id}/extend", body)
    assert more.json()["expiresAt"] > given.json()["expiresAt"]


def test_K15_a_repeated_extension_of_an_exam_reaches_nobody_twice(
    at_timed: Callable[..., Student], timed: Server, key: str
):
    student, staff = at_timed(), at_timed("staff")
    attempt_id = student.started("quiz")
    body = {"minutes": 10, "reason": "the fire alarm"}
    given = replays(staff, key, "/api/admin/exams/quiz/extend", body)
    assert given.json()["attempts"] >= 1
    tags = [event["tag"] for event in logged(timed, f"attempt-{attempt_id}")]
    assert tags == ["attempt.started", "attempt.extended"]
    window = staff.get("/api/admin/exams/quiz/window").json()
    ids = [one["extensionId"] for one in window["extensions"]]
    assert ids.count(given.json()["extension"]["extensionId"]) == 1


def test_K15_a_repeated_void_is_no_conflict(
    newcomer: Callable[..., Student], staff: Student, key: str
):
    attempt_id = newcomer().started("algebra")
    url, body = f"/api/admin/attempts/{attempt_id}/void", {"reason": "power cut"}
    assert replays(staff, key, url, body).json()["status"] == "void"
    assert code_of(keyed(staff, f"{key}-2", url, body)) == (409, "ATTEMPT_VOID")


def test_K15_a_repeated_import_publish_and_release_do_nothing_again(
    at_office: Callable[..., Student], office: Server, key: str
):
    staff = at_office("staff")
    exam_id = f"once-{next(_numbers)}"
    url = f"/api/admin/exams/{exam_id}"
    assert replays(staff, f"{key}-i", "/api/admin/exams", paper(exam_id)).status_code == 201
    assert replays(staff, f"{key}-p", f"{url}/publish").json()["published"] is True
    assert replays(staff, f"{key}-r", f"{url}/release-results").json()["released"] is True
    assert replays(staff, f"{key}-u", f"{url}/unpublish").json()["published"] is False
    assert keyed(staff, f"{key}-p", f"{url}/publish").json()["published"] is True
    assert staff.get(f"/api/exams/{exam_id}").status_code == 200
    tags = [event["tag"] for event in logged(office, f"exam-{exam_id}")]
    assert tags == [
        "exam.imported", "exam.published", "exam.results_released", "exam.unpublished",
    ]  # fmt: skip


def test_K15_a_file_sent_again_in_another_form_is_the_same_request(
    at_office: Callable[..., Student], office: Server, key: str
):
    staff = at_office("staff")
    exam_id = f"once-{next(_numbers)}"
    document = httpx.Request("POST", "http://x", json=paper(exam_id)).content

    def send() -> httpx.Response:  # each time with a boundary of its own
        files = {"file": ("exam.json", document, "application/json")}
        return staff.post("/api/admin/exams", files=files, headers={"idempotency-key": key})

    first = send()
    assert first.status_code == 201, first.text
    path = office.data / "input" / f"{exam_id}.json"
    path.unlink()
    replayed(first, send())
    assert path.read_bytes() == document


# --- keys -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "change",
    [
        {"body": {"mode": "resume"}},
        {"path": "/api/exams/geometry/attempt"},
        {"path": "/api/exams/algebra/attempt?x=1"},
    ],
    ids=lambda change: next(iter(change)),
)
def test_B06_the_key_of_another_request_is_refused(
    newcomer: Callable[..., Student], key: str, change: dict[str, Any]
):
    student = newcomer()
    first: dict[str, Any] = {"path": "/api/exams/algebra/attempt", "body": {"mode": "new"}}
    assert keyed(student, key, **first).status_code == 201
    other = keyed(student, key, **{**first, **change})
    assert code_of(other) == (422, "IDEMPOTENCY_KEY_REUSED")
    assert len(mine(student)) == 1


def test_B07_two_people_may_use_one_key(newcomer: Callable[..., Student], key: str):
    ids = {
        replays(person, key, "/api/exams/algebra/attempt", {}).json()["attemptId"]
        for person in (newcomer(), newcomer())
    }
    assert len(ids) == 2


def test_B07_a_refused_call_stores_nothing_and_may_be_sent_again(
    at_office: Callable[..., Student], office: Server, key: str
):
    staff, student = at_office("staff"), at_office()
    exam_id = f"once-{next(_numbers)}"
    start = f"/api/exams/{exam_id}/attempt"
    staff.post("/api/admin/exams", json=paper(exam_id))
    assert code_of(keyed(student, key, start, {})) == (423, "EXAM_NOT_PUBLISHED")
    assert keyed(student, key, start, {"mode": "sideways"}).status_code == 400
    assert kept(office, key) == []
    staff.post(f"/api/admin/exams/{exam_id}/publish")
    assert replays(student, key, start, {}).status_code == 201


def test_a_replay_is_for_who_may_still_ask(at_office: Callable[..., Student], key: str):
    staff, student = at_office("staff"), at_office()
    exam_id = f"once-{next(_numbers)}"
    start, url = f"/api/exams/{exam_id}/attempt", f"/api/admin/exams/{exam_id}"
    staff.post("/api/admin/exams", json=paper(exam_id))
    staff.post(f"{url}/publish")
    first = keyed(student, key, start, {})
    staff.post(f"{url}/unpublish")
    assert code_of(keyed(student, key, start, {})) == (423, "EXAM_NOT_PUBLISHED")
    staff.post(f"{url}/publish")
    replayed(first, keyed(student, key, start, {}))
    headers = {"idempotency-key": key, "x-csrftoken": "forged"}
    assert code_of(student.post(start, json={}, headers=headers)) == (403, "CSRF_FAILED")
    student.post("/api/auth/logout")
    assert code_of(keyed(student, key, start, {})) == (401, "UNAUTHENTICATED")


@pytest.mark.parametrize("bad", ["", "a b", "é".encode(), "x" * 256, "tab\tkey"], ids=range(5))
def test_what_is_no_key_is_refused(newcomer: Callable[..., Student], bad: str | bytes):
    student = newcomer()
    raw = bad if isinstance(bad, bytes) else bad.encode()
    response = student.post("/api/exams/algebra/attempt", headers={b"idempotency-key": raw})
    assert code_of(response) == (400, "INVALID_PAYLOAD")
    assert mine(student) == []


def test_two_keys_are_refused_and_255_characters_are_a_key(newcomer: Callable[..., Student]):
    student = newcomer()
    headers = [("idempotency-key", "one"), ("idempotency-key", "two")]
    two = student.post("/api/exams/algebra/attempt", headers=headers)
    assert code_of(two) == (400, "INVALID_PAYLOAD")
    assert replays(student, "~" * 255, "/api/exams/algebra/attempt").status_code == 201


def test_nothing_is_kept_of_passwords_and_sessions(closed: Server, key: str):
    body = {
        "username": f"once{next(_numbers)}",
        "email": f"once{next(_numbers)}@example.org",
        "password": "secret 6",
    }
    with Student(closed.base) as visitor:
        visitor.get("/api/auth/csrf")
        assert keyed(visitor, key, "/api/auth/register", body).status_code == 201
        credentials = {name: body[name] for name in ("username", "password")}
        assert keyed(visitor, key, "/api/auth/login", credentials).status_code == 200
        assert keyed(visitor, key, "/api/auth/logout").status_code == 204
    assert kept(closed, key) == []


# --- at once, and after a restart -----------------------------------------------------------------


def test_B05_thirty_duplicates_at_once_take_effect_once(
    at_timed: Callable[..., Student], timed: Server, key: str
):
    student, staff = at_timed(), at_timed("staff")
    attempt_id = student.started("quiz")
    url, body = f"/api/admin/attempts/{attempt_id}/extend", {"minutes": 1, "reason": "r"}
    with ThreadPoolExecutor(30) as pool:
        answers = list(pool.map(lambda _: keyed(staff, key, url, body), range(30)))
    assert {one.status_code for one in answers} == {200}
    assert len({one.content for one in answers}) == 1
    assert len([one for one in answers if "idempotency-replayed" not in one.headers]) == 1
    assert len(logged(timed, f"attempt-{attempt_id}")) == 2


def test_B05_a_restart_forgets_no_answer(tmp_path_factory: pytest.TempPathFactory, key: str):
    data = tmp_path_factory.mktemp("restart") / "data"
    lay_out(data, [paper("algebra")], {"algebra": True})
    server = Server(data, login="open", max_active_attempts="9")
    path, body = "/api/exams/algebra/attempt", {"mode": "new"}
    with Student(server.base) as student:
        with server:
            first = keyed(student.sign_in("ann"), key, path, body)
            assert first.status_code == 201
            server.kill()
        with server:
            replayed(first, keyed(student, key, path, body))
            reused = keyed(student, key, path, {"mode": "resume"})
            assert code_of(reused) == (422, "IDEMPOTENCY_KEY_REUSED")
            assert len(mine(student)) == 1
