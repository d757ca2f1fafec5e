"""The caller's own history and bundles (A12, A14)."""

import json
from collections.abc import Callable
from typing import Any

import pytest

from tests.contract.papers import MARK, marked_paper, paper, without_secrets
from tests.contract.server import Server
from tests.contract.student import Student, answer, code_of

FIELDS = {"attemptId", "userId", "examId", "status", "startedAt", "updatedAt", "examVersion"}


def history(student: Student, **filters: str) -> list[dict[str, Any]]:
    response = student.get("/api/attempts/me", params=filters)
    assert response.status_code == 200
    body: list[dict[str, Any]] = response.json()
    return body


def test_A12_everything_one_ever_started_is_listed_the_newest_first(free_student: Student):
    assert history(free_student) == []
    first = free_student.started("algebra")
    free_student.save(first, answer("q1", "A"))
    free_student.submit(first)
    second = free_student.started("algebra")
    third = free_student.started("algebra", mode="new")
    rows = history(free_student)
    assert [row["attemptId"] for row in rows] == [third, second, first]
    assert [row["status"] for row in rows] == ["in_progress", "in_progress", "finished"]
    assert set(rows[0]) == FIELDS
    assert set(rows[2]) == FIELDS | {"submittedAt"}
    read = free_student.attempt(first).json()
    assert rows[2] == {name: value for name, value in read.items() if name != "answers"}


def test_A12_filters_by_exam_and_status(newcomer: Callable[..., Student]):
    student = newcomer()
    algebra = student.started("algebra")
    geometry = student.started("geometry")
    student.submit(geometry)
    assert [row["attemptId"] for row in history(student, examId="algebra")] == [algebra]
    assert [row["attemptId"] for row in history(student, status="finished")] == [geometry]
    assert history(student, examId="algebra", status="finished") == []
    assert history(student, examId="nope") == []


def test_A12_a_status_that_does_not_exist_is_refused(student: Student):
    for wrong in ("done", "", "in_progress,finished"):
        response = student.get("/api/attempts/me", params={"status": wrong})
        assert code_of(response) == (400, "INVALID_PAYLOAD")


def test_A12_E45_the_history_is_the_callers_own(newcomer: Callable[..., Student]):
    one, other = newcomer(), newcomer("staff")
    one.started("algebra")
    assert history(other, userId=one.user_id) == []


def bundle(student: Student, attempt_id: str) -> Any:
    response = student.get(f"/api/attempts/{attempt_id}/output")
    assert response.status_code == 200, response.text
    return response.json()


def test_A14_the_owner_gets_the_bundle_without_what_carries_answers(
    newcomer: Callable[..., Student], server: Server
):
    student = newcomer()
    attempt_id = student.started("marked")
    student.save(attempt_id, answer("q1", "B"))
    submitted = student.submit(attempt_id).json()
    response = student.get(f"/api/attempts/{attempt_id}/output")
    assert response.headers["content-type"] == "application/json"
    assert (
        response.headers["content-disposition"]
        == f'attachment; filename="marked_{attempt_id}.json"'
    )
    expected = marked_paper("marked")
    for section in expected["sections"]:
        section["questions"] = without_secrets(section["questions"])
    assert response.json() == {"exam": expected, "attempt": submitted["attempt"]}
    assert MARK not in response.text
    assert MARK in (server.data / submitted["outputPath"]).read_text()


def test_A14_staff_get_it_as_it_was_written(
    student: Student, staff: Student, bundle_of: Callable[[str], dict[str, object]]
):
    attempt_id = student.started("algebra")
    path = student.submit(attempt_id).json()["outputPath"]
    assert bundle(staff, attempt_id) == bundle_of(path)


def test_A14_an_exam_may_say_that_answers_are_shown(at_office: Callable[..., Student]):
    student = at_office()
    for exam_id, shown in (("shown", True), ("algebra", False)):
        attempt_id = student.started(exam_id)
        student.submit(attempt_id)
        question = bundle(student, attempt_id)["exam"]["sections"][0]["questions"][0]
        assert ("answer" in question) is shown


def test_A14_a_verbatim_installation_shows_answers(free_student: Student):
    attempt_id = free_student.started("algebra")
    free_student.submit(attempt_id)
    assert bundle(free_student, attempt_id)["exam"] == paper("algebra")


def test_A14_without_a_submit_there_is_no_bundle(student: Student, staff: Student):
    attempt_id = student.started("algebra")
    for caller in (student, staff):
        response = caller.get(f"/api/attempts/{attempt_id}/output")
        assert code_of(response) == (409, "ATTEMPT_NOT_FINISHED")


def test_A14_E29_nobody_elses_bundle_is_there(newcomer: Callable[..., Student]):
    one, other = newcomer(), newcomer()
    attempt_id = one.started("algebra")
    one.submit(attempt_id)
    theirs = other.get(f"/api/attempts/{attempt_id}/output")
    nobodys = other.get("/api/attempts/nobody-algebra-1/output")
    assert code_of(theirs) == (404, "ATTEMPT_NOT_FOUND")
    assert theirs.content == nobodys.content


def test_A14_a_lost_file_is_no_lost_bundle(student: Student, server: Server):
    attempt_id = student.started("algebra")
    path = server.data / student.submit(attempt_id).json()["outputPath"]
    attempt = json.loads(path.read_bytes())["attempt"]
    path.unlink()
    assert bundle(student, attempt_id)["attempt"] == attempt


@pytest.mark.parametrize("flag", ["yes", 1, None, ["true"]])
def test_A14_only_true_shows_answers(at_office: Callable[..., Student], flag: Any):
    staff, student = at_office("staff"), at_office()
    exam_id = f"flag-{abs(hash(str(flag)))}"
    exam = paper(exam_id, metadata={"version": "1", "showAnswersAfterFinish": flag})
    assert staff.post("/api/admin/exams", json=exam).status_code == 201
    assert staff.post(f"/api/admin/exams/{exam_id}/publish").status_code == 200
    attempt_id = student.started(exam_id)
    student.submit(attempt_id)
    assert "answer" not in bundle(student, attempt_id)["exam"]["sections"][0]["questions"][0]
