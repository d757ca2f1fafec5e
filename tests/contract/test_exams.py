"""The list of exams and one exam: what is shown, to whom, and what is not (A1, A2)."""

import json
from collections.abc import Callable
from http.client import HTTPConnection
from urllib.parse import quote

import pytest

from tests.contract.papers import MARK, marked_paper, paper, without_secrets
from tests.contract.server import Server
from tests.contract.student import Student, answer, code_of


def listed(student: Student) -> dict[str, dict[str, object]]:
    response = student.get("/api/exams")
    assert response.status_code == 200
    return {exam["examId"]: exam for exam in response.json()}


def test_E01_only_published_exams_are_listed(student: Student):
    assert set(listed(student)) == {"algebra", "geometry", "marked", "empty"}


def test_E02_a_flag_without_a_valid_file_and_a_file_without_a_flag_are_not_listed(
    student: Student,
):
    assert not {"no-file", "broken", "forgotten", "draft"} & set(listed(student))


def test_A1_an_item_has_exactly_the_fields_of_the_contract(student: Student):
    assert listed(student)["algebra"] == {
        "examId": "algebra",
        "subject": "mathematics",
        "title": "Exam algebra",
        "difficulty": "beginner",
        "durationMinutes": 60,
        "questionCount": 5,
        "version": "1",
        "status": "available",
    }


def test_A1_the_list_follows_the_caller_from_available_to_finished(student: Student):
    attempt_id = student.started("algebra")
    item = listed(student)["algebra"]
    assert (item["status"], item["activeAttemptId"]) == ("in_progress", attempt_id)
    student.submit(attempt_id)
    item = listed(student)["algebra"]
    assert item["status"] == "finished"
    assert "activeAttemptId" not in item


def test_E03_E08_a_learner_gets_the_file_without_what_carries_answers(student: Student):
    response = student.get("/api/exams/algebra")
    assert response.status_code == 200
    exam = paper("algebra")
    for section in exam["sections"]:
        section["questions"] = without_secrets(section["questions"])
    assert response.json() == exam


def test_E03_staff_get_the_file_as_it_is(staff: Student):
    assert staff.get("/api/exams/algebra").json() == paper("algebra")


def test_E08_a_verbatim_installation_sends_the_file_as_it_is(free_student: Student):
    assert free_student.get("/api/exams/algebra").json() == paper("algebra")


def test_E04_an_unknown_exam_is_not_found(student: Student):
    assert code_of(student.get("/api/exams/nope")) == (404, "EXAM_NOT_FOUND")
    assert code_of(student.start("nope")) == (404, "EXAM_NOT_FOUND")


@pytest.mark.parametrize("exam_id", ["no-file", "broken"])
def test_E06_existence_comes_before_publication(student: Student, exam_id: str):
    assert code_of(student.get(f"/api/exams/{exam_id}")) == (404, "EXAM_NOT_FOUND")
    assert code_of(student.start(exam_id)) == (404, "EXAM_NOT_FOUND")


def test_E07_an_unpublished_exam_is_locked_for_learners_and_open_to_staff(
    student: Student, staff: Student
):
    assert code_of(student.get("/api/exams/draft")) == (423, "EXAM_NOT_PUBLISHED")
    assert staff.get("/api/exams/draft").status_code == 200


def test_E08_no_answer_of_the_server_to_a_learner_holds_a_secret(
    student: Student, server: Server, newcomer: Callable[..., Student]
):
    seen = [student.get("/api/exams"), student.get("/api/exams/marked")]
    attempt_id = student.started("marked")
    seen += [
        student.start("marked"),
        student.start("marked", mode="new"),
        student.save(attempt_id, answer("marked", "mine")),
        student.save(attempt_id, answer("unknown", 1)),
        student.save(attempt_id, {"questionId": "marked"}),
        student.attempt(attempt_id),
        newcomer().attempt(attempt_id),
        student.get("/api/progress/me"),
        student.submit(attempt_id),
        student.get("/api/exams/marked"),
        student.start("marked"),
    ]
    for response in seen:
        assert MARK not in response.text
        assert MARK not in str(response.headers)
    assert MARK not in server.log.read_text()
    assert MARK in json.dumps(marked_paper("marked"))


HOSTILE = [
    "..",
    "../../etc/passwd",
    "..%2f..%2fetc%2fpasswd",
    "%2e%2e%2f%2e%2e%2fmanifest",
    "%2e%2e",
    "..\\..\\manifest",
    "%5c..%5cmanifest",
    "algebra%00",
    "%00",
    "algebra.json",
    "CON",
    "nul.txt",
    "com1",
    "a" * 300,
    "%ff%fe",
    "алгебра",
    "algebra%20",
    "-",
    ".",
    "algebra;x=1",
    "*",
    "'; DROP TABLE stored_events; --",
]


@pytest.mark.parametrize("hostile", HOSTILE)
def test_E43_no_id_in_a_path_leads_outside_or_makes_a_file(
    student: Student, staff: Student, server: Server, hostile: str
):
    before = _files(server)
    raw = quote(hostile, safe="%/\\;=*")
    for method, path, code in (
        ("GET", f"/api/exams/{raw}", "EXAM_NOT_FOUND"),
        ("POST", f"/api/exams/{raw}/attempt", "EXAM_NOT_FOUND"),
        ("GET", f"/api/attempts/{raw}", "ATTEMPT_NOT_FOUND"),
        ("PUT", f"/api/attempts/{raw}", "ATTEMPT_NOT_FOUND"),
        ("POST", f"/api/attempts/{raw}/submit", "ATTEMPT_NOT_FOUND"),
        ("GET", f"/api/attempts/{raw}/output", "ATTEMPT_NOT_FOUND"),
    ):
        assert _raw(student, method, path) == (404, code), (method, path)
    for method, path, code in (
        ("POST", f"/api/admin/exams/{raw}/publish", "EXAM_NOT_FOUND"),
        ("POST", f"/api/admin/exams/{raw}/unpublish", "EXAM_NOT_FOUND"),
        ("GET", f"/api/admin/attempts/{raw}", "ATTEMPT_NOT_FOUND"),
        ("GET", f"/api/admin/attempts/{raw}/history", "ATTEMPT_NOT_FOUND"),
        ("GET", f"/api/admin/attempts/{raw}/output", "ATTEMPT_NOT_FOUND"),
        ("POST", f"/api/admin/attempts/{raw}/void", "ATTEMPT_NOT_FOUND"),
    ):
        assert _raw(staff, method, path) == (404, code), (method, path)
    made = _files(server) - before
    assert not [path for path in made if student.user_id in path]
    # What other tests did may reach its files at this moment.
    assert all(path.startswith(("data/attempts/", "data/progress/")) for path in made)


def _raw(student: Student, method: str, path: str) -> tuple[int, str]:
    """Status and code of a request whose path is sent as written, not as a client mends it."""
    connection = HTTPConnection("127.0.0.1", student.base_url.port, timeout=30)
    cookies = "; ".join(f"{name}={value}" for name, value in student.cookies.items())
    headers = {
        "Cookie": cookies,
        "X-CSRFToken": student.cookies["csrftoken"],
        "Content-Type": "application/json",
    }
    body = b'{"reason":"x"}' if path.endswith("/void") else b'{"answers":[]}'
    sent = body if method == "PUT" or path.endswith("/void") else None
    connection.request(method, path, sent, headers)
    answer = connection.getresponse()
    refusal = json.loads(answer.read())
    connection.close()
    return answer.status, refusal["error"]["code"]


def _files(server: Server) -> set[str]:
    return {
        str(path.relative_to(server.data.parent))
        for path in server.data.parent.rglob("*")
        if "sqlite3" not in path.name and path.suffix != ".log"
    }
