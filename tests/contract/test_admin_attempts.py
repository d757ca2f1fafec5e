"""Staff and attempts: list, moments, history, bundles, void (A19 to A21, §2.F, decision 15)."""

import json
import time
from collections.abc import Callable
from typing import Any

import pytest

from tests.contract.server import Server
from tests.contract.student import Student, answer, code_of, eventually, logged


def page(staff: Student, **query: Any) -> dict[str, Any]:
    response = staff.get("/api/admin/attempts", params=query)
    assert response.status_code == 200, response.text
    body: dict[str, Any] = response.json()
    return body


# --- A19 ----------------------------------------------------------------------------------------


def test_A19_attempts_are_listed_without_answers_the_newest_first(
    newcomer: Callable[..., Student], staff: Student
):
    student = newcomer()
    older = student.started("algebra")
    student.save(older, answer("q1", "A"))
    student.submit(older)
    newer = student.started("geometry")
    body = page(staff, userId=student.user_id)
    assert set(body) == {"items", "page", "perPage", "total"}
    assert (body["page"], body["perPage"], body["total"]) == (1, 50, 2)
    assert [item["attemptId"] for item in body["items"]] == [newer, older]
    read = student.attempt(older).json()
    assert body["items"][1] == {name: read[name] for name in read if name != "answers"}


def test_A19_filters_combine(newcomer: Callable[..., Student], staff: Student):
    student, other = newcomer(), newcomer()
    algebra, geometry = student.started("algebra"), student.started("geometry")
    other.started("algebra")
    student.submit(algebra)

    def found(**query: str) -> list[str]:
        body = page(staff, **query)
        ids = [item["attemptId"] for item in body["items"]]
        assert body["total"] == len(ids) or body["total"] > 50
        return ids

    mine = {"userId": student.user_id}
    assert found(**mine, examId="algebra") == [algebra]
    assert found(**mine, status="in_progress") == [geometry]
    assert found(**mine, status="in_progress", examId="algebra") == []
    assert found(**mine, status="void") == []
    assert found(userId="nobody") == []


def test_A19_pages_are_whole_and_disjoint(free_student: Student, lenient: Server):
    for _ in range(7):
        free_student.submit(free_student.started("algebra", mode="new"))
    with Student(lenient.base) as staff:
        staff.sign_in("office", "staff")
        mine = {"userId": free_student.user_id, "perPage": 3}
        pages = [page(staff, **mine, page=number) for number in (1, 2, 3, 4)]
        assert [len(one["items"]) for one in pages] == [3, 3, 1, 0]
        assert {one["total"] for one in pages} == {7}
        ids = [item["attemptId"] for one in pages for item in one["items"]]
        assert ids == [row["attemptId"] for row in free_student.get("/api/attempts/me").json()]
        everybody = page(staff, perPage=500)
        assert everybody["total"] == len(everybody["items"]) >= 7
        assert page(staff, page=1_000_000)["items"] == []


@pytest.mark.parametrize(
    "query",
    [
        {"page": "0"},
        {"page": "-1"},
        {"page": "x"},
        {"page": "1.5"},
        {"page": ""},
        {"page": "9" * 30},
        {"perPage": "0"},
        {"perPage": "501"},
        {"status": "done"},
        {"examId": "x" * 201},
    ],
)
def test_A19_a_query_of_another_shape_is_refused(staff: Student, query: dict[str, str]):
    response = staff.get("/api/admin/attempts", params=query)
    assert code_of(response) == (400, "INVALID_PAYLOAD")
    assert response.json()["error"]["details"] == {"path": next(iter(query))}


def test_A19_hostile_filters_find_nothing(staff: Student):
    for hostile in ("'; DROP TABLE", "%", "a\0b", "\ud7ff", "../.."):
        assert page(staff, userId=hostile)["total"] == 0


# --- A20 ----------------------------------------------------------------------------------------


def test_A20_the_bundle_is_the_file_to_the_byte(student: Student, staff: Student, server: Server):
    attempt_id = student.started("marked")
    assert code_of(staff.get(f"/api/admin/attempts/{attempt_id}/output")) == (
        409,
        "ATTEMPT_NOT_FINISHED",
    )
    student.save(attempt_id, answer("q4", "текст"))
    path = student.submit(attempt_id).json()["outputPath"]
    response = staff.get(f"/api/admin/attempts/{attempt_id}/output")
    assert response.content == (server.data / path).read_bytes()
    assert response.headers["content-disposition"].startswith("attachment")


# --- A21 ----------------------------------------------------------------------------------------


def void(staff: Student, attempt_id: str, reason: Any = "power cut") -> Any:
    return staff.post(f"/api/admin/attempts/{attempt_id}/void", json={"reason": reason})


def test_A21_a_void_attempt_frees_its_place_and_the_student_starts_again(
    student: Student, staff: Student, server: Server
):
    attempt_id = student.started("algebra")
    before = student.save(attempt_id, answer("q1", "A")).json()
    response = void(staff, attempt_id)
    assert response.status_code == 200
    body = response.json()
    assert body == {**before, "status": "void", "updatedAt": body["updatedAt"]}
    assert body["updatedAt"] > before["updatedAt"]
    assert code_of(void(staff, attempt_id)) == (409, "ATTEMPT_VOID")
    assert code_of(student.save(attempt_id, answer("q1", "B"))) == (409, "ATTEMPT_NOT_ACTIVE")
    assert code_of(student.submit(attempt_id)) == (409, "ATTEMPT_NOT_ACTIVE")
    assert student.attempt(attempt_id).json() == body
    progress = student.progress()
    assert (progress["active"], progress["finished"], progress["exams"]) == ([], [], [])
    assert [row["status"] for row in student.get("/api/exams").json()].count("available") == 4
    again = student.started("algebra")
    assert again != attempt_id
    [voided] = [e for e in logged(server, f"attempt-{attempt_id}") if e["tag"] == "attempt.voided"]
    assert voided["data"]["reason"] == "power cut"
    assert voided["actor"] == {"scheme": "exam", "subject": staff.user_id, "roles": ["staff"]}


def test_A21_decision15_voiding_a_finished_attempt_keeps_its_bundle(
    student: Student, staff: Student, server: Server
):
    attempt_id = student.started("algebra")
    path = server.data / student.submit(attempt_id).json()["outputPath"]
    written = path.read_bytes()
    assert code_of(student.start("algebra")) == (409, "ATTEMPT_EXISTS")
    assert void(staff, attempt_id).status_code == 200
    assert path.read_bytes() == written
    for url in (
        f"/api/attempts/{attempt_id}/output",
        f"/api/admin/attempts/{attempt_id}/output",
    ):
        assert staff.get(url).content == written
    assert student.progress()["finished"] == []
    files = server.data / "attempts" / student.user_id / "algebra"
    eventually(lambda: json.loads((files / f"{attempt_id}.json").read_bytes())["status"] == "void")

    def sets() -> Any:
        manifest = json.loads((server.data / "manifest.json").read_bytes())
        return manifest["users"].get(student.user_id)

    eventually(lambda: sets() == {"active": [], "finished": []})
    progress = server.data / "progress" / f"{student.user_id}.json"
    eventually(lambda: json.loads(progress.read_bytes())["finished"] == [])
    second = student.started("algebra")
    assert student.submit(second).status_code == 200
    assert path.read_bytes() == written


def test_A21_decision15_another_finished_attempt_still_counts(
    free_student: Student, lenient: Server
):
    first = free_student.started("algebra")
    free_student.submit(first)
    second = free_student.started("algebra")
    free_student.submit(second)
    with Student(lenient.base) as staff:
        staff.sign_in("office", "staff")
        assert void(staff, second).status_code == 200
        progress = free_student.progress()
        assert progress["finished"] == ["algebra"]
        assert [row["attemptId"] for row in progress["exams"]] == [first]
        assert void(staff, first).status_code == 200
    assert free_student.progress()["finished"] == []


@pytest.mark.parametrize("reason", [None, "", "  ", 7, ["x"], "x" * 1001])
def test_A21_a_void_needs_a_reason(student: Student, staff: Student, reason: Any):
    attempt_id = student.started("algebra")
    assert code_of(void(staff, attempt_id, reason)) == (400, "INVALID_PAYLOAD")
    bodies: list[Any] = [{}, []]
    for body in bodies:
        response = staff.post(f"/api/admin/attempts/{attempt_id}/void", json=body)
        assert code_of(response) == (400, "INVALID_PAYLOAD")
    assert student.attempt(attempt_id).json()["status"] == "in_progress"


def test_A21_an_unknown_attempt_is_not_found(staff: Student):
    assert code_of(void(staff, "nobody-algebra-1")) == (404, "ATTEMPT_NOT_FOUND")


# --- history and moments ------------------------------------------------------------------------


def history(staff: Student, attempt_id: str) -> list[dict[str, Any]]:
    response = staff.get(f"/api/admin/attempts/{attempt_id}/history")
    assert response.status_code == 200, response.text
    body = response.json()
    assert body["attemptId"] == attempt_id
    assert response.headers["etag"] == f'"{body["revision"]}"'
    entries: list[dict[str, Any]] = body["entries"]
    assert [entry["revision"] for entry in entries] == list(range(1, body["revision"] + 1))
    return entries


def test_2F_the_history_tells_every_save_with_what_it_changed_and_who_did_it(
    student: Student, staff: Student
):
    attempt_id = student.started("algebra")
    student.save(attempt_id, answer("q1", "A", timeSec=3), answer("q2", None))
    student.save(attempt_id, answer("q1", "A", timeSec=3))
    student.save(attempt_id, answer("q1", "B"), answer("q3", True), clientId="tab-1")
    student.submit(attempt_id)
    student.save(attempt_id, answer("q4", "late text"), clientId="tab-2")
    void(staff, attempt_id, "copied")
    entries = history(staff, attempt_id)
    assert [entry["event"] for entry in entries] == [
        "started",
        "answers_saved",
        "answers_saved",
        "submitted",
        "finished",
        "answers_branched",
        "voided",
    ]
    assert entries[1]["changes"] == [
        {"questionId": "q1", "after": "A", "timeSec": 3},
        {"questionId": "q2", "after": None},
    ]
    assert entries[2]["changes"] == [
        {"questionId": "q1", "before": "A", "after": "B"},
        {"questionId": "q3", "after": True},
    ]
    assert entries[2]["details"]["clientId"] == "tab-1"
    assert entries[2]["details"]["answeredCount"] == 2
    assert entries[5]["changes"] == [{"questionId": "q4", "after": "late text"}]
    assert entries[5]["details"] == {"clientId": "tab-2", "reason": "late"}
    assert entries[6]["details"]["reason"] == "copied"
    mine = {"scheme": "exam", "subject": student.user_id}
    assert [entry["actor"] for entry in entries[:6]] == [mine] * 6
    assert entries[6]["actor"] == {"scheme": "exam", "subject": staff.user_id, "roles": ["staff"]}
    assert [entry["at"] for entry in entries] == sorted(entry["at"] for entry in entries)


def at(staff: Student, attempt_id: str, moment: str | None = None) -> Any:
    query = {} if moment is None else {"at": moment}
    return staff.get(f"/api/admin/attempts/{attempt_id}", params=query)


def test_2F_an_attempt_is_shown_as_it_stood_at_a_moment(student: Student, staff: Student):
    states = [student.start("algebra").json()]
    attempt_id = states[0]["attemptId"]
    for number in range(3):
        time.sleep(0.02)
        states.append(student.save(attempt_id, answer("q1", number)).json())
    time.sleep(0.02)
    states.append(student.submit(attempt_id).json()["attempt"])
    entries = history(staff, attempt_id)
    for number, entry in enumerate(entries[:4]):
        response = at(staff, attempt_id, entry["at"])
        assert response.json() == states[number]
        assert response.headers["etag"] == f'"{number + 1}"'
    assert at(staff, attempt_id, entries[-1]["at"]).json() == states[-1]
    assert at(staff, attempt_id).json() == states[-1]
    assert at(staff, attempt_id, "2999-01-01T00:00:00+03:00").json() == states[-1]
    before = at(staff, attempt_id, "2001-01-01T00:00:00Z")
    assert code_of(before) == (404, "ATTEMPT_NOT_FOUND")


@pytest.mark.parametrize(
    "moment",
    [
        "",
        "now",
        "2026-01-31",
        "2026-01-31T09:30:00",
        "2026-13-01T00:00:00Z",
        "9" * 101,
        "0",
        "\0",
        "0001-01-01T00:00:00+23:59",
        "9999-12-31T23:59:59-23:59",
    ],
)
def test_2F_a_bad_time_is_refused(student: Student, staff: Student, moment: str):
    attempt_id = student.started("algebra")
    assert code_of(at(staff, attempt_id, moment)) == (400, "INVALID_PAYLOAD")


def test_2F_an_unknown_attempt_has_no_history(staff: Student):
    for path in ("", "/history", "/output"):
        response = staff.get(f"/api/admin/attempts/nobody-algebra-1{path}")
        assert code_of(response) == (404, "ATTEMPT_NOT_FOUND")
