"""Staff and exams: list with problems, import, publish, unpublish (A15 to A18)."""

import itertools
import json
from collections.abc import Callable
from typing import Any

import httpx
import pytest

from tests.contract.papers import paper
from tests.contract.server import Server, publish
from tests.contract.student import Student, answer, code_of, eventually, logged

_numbers = itertools.count(1)


@pytest.fixture
def staff(at_office: Callable[..., Student]) -> Student:
    return at_office("staff")


@pytest.fixture
def exam_id() -> str:
    return f"imported-{next(_numbers)}"


def imported(staff: Student, exam_id: str, **changes: Any) -> httpx.Response:
    return staff.post("/api/admin/exams", json=paper(exam_id, **changes))


def opened(staff: Student, exam_id: str) -> None:
    assert imported(staff, exam_id).status_code == 201
    assert staff.post(f"/api/admin/exams/{exam_id}/publish").status_code == 200


def listed(staff: Student) -> dict[str, dict[str, Any]]:
    response = staff.get("/api/admin/exams")
    assert response.status_code == 200
    return {row["examId"]: row for row in response.json()}


# --- A15 ----------------------------------------------------------------------------------------


def test_A15_every_exam_is_listed_with_the_fields_of_the_contract(staff: Student, exam_id: str):
    imported(staff, exam_id)
    rows = staff.get("/api/admin/exams").json()
    assert [row["examId"] for row in rows] == sorted(row["examId"] for row in rows)
    row = listed(staff)[exam_id]
    assert row == {
        "examId": exam_id,
        "title": f"Exam {exam_id}",
        "published": False,
        "valid": True,
        "problems": [],
        "inputPath": f"input/{exam_id}.json",
        "updatedAt": row["updatedAt"],
    }
    assert listed(staff)["algebra"]["published"] is True


BROKEN: dict[str, tuple[str | bytes, str]] = {
    "no-json": ("{]", "JSON is malformed"),
    "cut-off": ("{", "truncated"),
    "no-object": ("[]", "expected `object`, got `array`"),
    "not-utf8": (b'{"examId": "\xff"}', "UTF-8"),
    "empty-file": ("", "truncated"),
    "other-name": (json.dumps(paper("another")), "its examId is 'another'"),
    "too-deep": ('{"a":' * 5000, "nested too deeply"),
    "-name": (json.dumps(paper("x")), "the name cannot be an examId"),
}


@pytest.mark.parametrize("name", BROKEN)
def test_A15_a_broken_file_is_listed_with_its_problem_and_stops_nothing(
    staff: Student, office: Server, name: str
):
    text, problem = BROKEN[name]
    path = office.data / "input" / f"{name}.json"
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    row = listed(staff)[name]
    assert (row["valid"], row["published"]) == (False, False)
    [said] = row["problems"]
    assert problem in said
    assert listed(staff)["algebra"]["valid"] is True
    path.unlink()
    assert name not in listed(staff)


def test_A15_all_problems_of_a_file_are_listed(staff: Student, office: Server):
    exam = paper("many-problems", durationMinutes=0, difficulty="hard")
    del exam["title"]
    del exam["sections"][0]["questions"][0]["id"]
    exam["sections"][1]["questions"][1]["points"] = -1
    path = office.data / "input" / "many-problems.json"
    path.write_text(json.dumps(exam))
    problems = listed(staff)["many-problems"]["problems"]
    assert sorted(problem.partition(":")[0] for problem in problems) == [
        "difficulty",
        "durationMinutes",
        "sections[0].questions[0].id",
        "sections[1].questions[1].points",
        "title",
    ]
    path.unlink()


def test_A15_E02_an_exam_whose_file_goes_or_breaks_is_listed_as_such(
    staff: Student, office: Server, exam_id: str
):
    opened(staff, exam_id)
    path = office.data / "input" / f"{exam_id}.json"
    whole = path.read_bytes()
    path.write_bytes(b"{")
    row = listed(staff)[exam_id]
    assert (row["valid"], row["published"], row["title"]) == (False, True, f"Exam {exam_id}")
    path.unlink()
    eventually(lambda: listed(staff)[exam_id]["problems"] == ["the file is missing"])
    path.write_bytes(whole)
    eventually(lambda: listed(staff)[exam_id]["valid"])


# --- A16 ----------------------------------------------------------------------------------------


def test_A16_an_imported_exam_is_a_draft_in_input_and_in_the_log(
    staff: Student, office: Server, exam_id: str
):
    response = imported(staff, exam_id)
    assert (response.status_code, response.json()) == (201, {"examId": exam_id, "published": False})
    written = (office.data / "input" / f"{exam_id}.json").read_bytes()
    assert json.loads(written) == paper(exam_id)
    [event] = logged(office, f"exam-{exam_id}")
    assert (event["tag"], event["facade"]) == ("exam.imported", "exams")
    assert event["actor"] == {"scheme": "exam", "subject": staff.user_id, "roles": ["staff"]}
    assert not list((office.data / "input").glob(".*"))


def test_A16_the_file_keeps_every_byte_that_was_sent(staff: Student, office: Server, exam_id: str):
    text = json.dumps(paper(exam_id), indent=3, ensure_ascii=False).encode() + b"\n\n"
    for content, name in ((text, exam_id),):
        response = staff.post(
            "/api/admin/exams", content=content, headers={"content-type": "application/json"}
        )
        assert response.status_code == 201
        assert (office.data / "input" / f"{name}.json").read_bytes() == content


def test_A16_an_exam_may_come_as_a_file_of_a_form(staff: Student, office: Server, exam_id: str):
    content = b"\xef\xbb\xbf" + json.dumps(paper(exam_id), ensure_ascii=False).encode()
    files = {"file": ("экзамен.json", content, "application/octet-stream")}
    response = staff.post("/api/admin/exams", files=files, data={"note": "ignored"})
    assert (response.status_code, response.json()["examId"]) == (201, exam_id)
    assert json.loads((office.data / "input" / f"{exam_id}.json").read_text()) == paper(exam_id)


def test_A16_an_imported_exam_is_not_imported_once_more_from_its_file(
    staff: Student, office: Server, exam_id: str
):
    opened(staff, exam_id)
    marker = f"{exam_id}-marker"
    (office.data / "input" / f"{marker}.json").write_text(json.dumps(paper(marker)))
    publish(office.data, {marker: True})
    eventually(lambda: listed(staff)[marker]["published"])
    tags = [event["tag"] for event in logged(office, f"exam-{exam_id}")]
    assert tags == ["exam.imported", "exam.published"]


def test_A16_an_exam_that_is_there_is_replaced_only_if_that_is_said(
    staff: Student, office: Server, exam_id: str
):
    opened(staff, exam_id)
    before = (office.data / "input" / f"{exam_id}.json").read_bytes()
    for query in ("", "?replace=false"):
        refused = staff.post(f"/api/admin/exams{query}", json=paper(exam_id, title="New"))
        assert code_of(refused) == (409, "EXAM_EXISTS")
    assert (office.data / "input" / f"{exam_id}.json").read_bytes() == before
    replaced = staff.post("/api/admin/exams?replace=true", json=paper(exam_id, title="New"))
    assert (replaced.status_code, replaced.json()["published"]) == (201, False)
    assert staff.get(f"/api/exams/{exam_id}").json()["title"] == "New"
    eventually(lambda: not listed(staff)[exam_id]["published"])


def test_A16_an_exam_that_is_being_taken_is_not_replaced(
    staff: Student, at_office: Callable[..., Student], exam_id: str
):
    opened(staff, exam_id)
    student = at_office()
    attempt_id = student.started(exam_id)
    body = paper(exam_id, title="New")
    refused = staff.post("/api/admin/exams?replace=true", json=body)
    assert code_of(refused) == (409, "EXAM_IN_USE")
    assert staff.get(f"/api/exams/{exam_id}").json()["title"] == f"Exam {exam_id}"
    student.submit(attempt_id)
    assert staff.post("/api/admin/exams?replace=true", json=body).status_code == 201


def test_A16_a_wrong_exam_is_refused_with_every_path_and_leaves_no_trace(
    staff: Student, office: Server, exam_id: str
):
    exam = paper(exam_id, durationMinutes="60", metadata={"version": 1})
    del exam["sections"][0]["questions"][1]["type"]
    exam["sections"][1]["questions"] = {}
    response = staff.post("/api/admin/exams", json=exam)
    assert code_of(response) == (400, "INVALID_PAYLOAD")
    problems = response.json()["error"]["details"]["problems"]
    assert {problem["path"] for problem in problems} == {
        "durationMinutes",
        "metadata.version",
        "sections[0].questions[1].type",
        "sections[1].questions",
    }
    assert all(problem["message"] for problem in problems)
    assert not (office.data / "input" / f"{exam_id}.json").exists()
    assert logged(office, f"exam-{exam_id}") == []
    assert exam_id not in listed(staff)


@pytest.mark.parametrize(
    "hostile",
    ["../escape", "..", "a/b", "a\\b", "%2e%2e%2fescape", "a\0b", "CON", "nul.txt", "x" * 101, ""],
)
def test_A16_E43_an_id_that_names_no_file_makes_none(staff: Student, office: Server, hostile: str):
    before = {str(path) for path in office.data.parent.rglob("*.json")}
    response = staff.post("/api/admin/exams?replace=true", json=paper(hostile))
    assert code_of(response) == (400, "INVALID_PAYLOAD")
    made = {str(path) for path in office.data.parent.rglob("*.json")} - before
    assert not [path for path in made if "input" in path or "escape" in path]


@pytest.mark.parametrize(
    ("content", "content_type", "refusal"),
    [
        (b"", "application/json", (400, "INVALID_PAYLOAD")),
        (b"[" * 100_000, "application/json", (400, "INVALID_PAYLOAD")),
        (b"\xff", "application/json", (400, "INVALID_PAYLOAD")),
        (b"null", "application/json", (400, "INVALID_PAYLOAD")),
        (b"{}", "text/plain", (415, "UNSUPPORTED_MEDIA_TYPE")),
        (b"{}", None, (415, "UNSUPPORTED_MEDIA_TYPE")),
        (b"file=1", "application/x-www-form-urlencoded", (415, "UNSUPPORTED_MEDIA_TYPE")),
        (b"", "multipart/form-data", (400, "INVALID_PAYLOAD")),
        (b"", "multipart/form-data; boundary=x", (400, "INVALID_PAYLOAD")),
        (b"--x\r\n", "multipart/form-data; boundary=x", (400, "INVALID_PAYLOAD")),
        (
            b'--x\r\nContent-Disposition: form-data; name="other"\r\n\r\n{}\r\n--x--\r\n',
            "multipart/form-data; boundary=x",
            (400, "INVALID_PAYLOAD"),
        ),
        (
            b'--x\r\nContent-Disposition: form-data; name="file"\r\n\r\n\xff\r\n--x--\r\n',
            "multipart/form-data; boundary=x",
            (400, "INVALID_PAYLOAD"),
        ),
        (
            (
                b'--x\r\nContent-Disposition: form-data; name="file"; filename="../../a"\r\n'
                b"\r\n{\r\n--x--\r\n"
            ),
            "multipart/form-data; boundary=x",
            (400, "INVALID_PAYLOAD"),
        ),
        (b"x" * 2_000_000, "application/json", (413, "PAYLOAD_TOO_LARGE")),
        (b"x" * 2_000_000, "multipart/form-data; boundary=x", (413, "PAYLOAD_TOO_LARGE")),
    ],
)
def test_A16_a_body_that_is_no_exam_is_refused(
    staff: Student, content: bytes, content_type: str | None, refusal: tuple[int, str]
):
    headers = {} if content_type is None else {"content-type": content_type}
    response = staff.post("/api/admin/exams", content=content, headers=headers)
    assert code_of(response) == refusal


def test_A16_a_broken_file_of_an_operator_gives_way_to_an_import(
    staff: Student, office: Server, exam_id: str
):
    path = office.data / "input" / f"{exam_id}.json"
    path.write_text("{")
    assert listed(staff)[exam_id]["valid"] is False
    assert imported(staff, exam_id).status_code == 201
    assert listed(staff)[exam_id]["valid"] is True
    assert json.loads(path.read_text()) == paper(exam_id)


# --- A17, A18 -----------------------------------------------------------------------------------


def test_A17_A18_E01_learners_see_an_exam_while_it_is_published(
    staff: Student, at_office: Callable[..., Student], office: Server, exam_id: str
):
    student = at_office()
    imported(staff, exam_id)
    assert code_of(student.start(exam_id)) == (423, "EXAM_NOT_PUBLISHED")
    for _ in range(2):
        response = staff.post(f"/api/admin/exams/{exam_id}/publish")
        assert (response.status_code, response.json()) == (
            200,
            {"examId": exam_id, "published": True},
        )
    assert exam_id in {row["examId"] for row in student.get("/api/exams").json()}
    attempt_id = student.started(exam_id)
    for _ in range(2):
        response = staff.post(f"/api/admin/exams/{exam_id}/unpublish")
        assert (response.status_code, response.json()) == (
            200,
            {"examId": exam_id, "published": False},
        )
    assert exam_id not in {row["examId"] for row in student.get("/api/exams").json()}
    assert student.save(attempt_id, answer("q1", "A")).status_code == 200
    assert student.submit(attempt_id).status_code == 200
    events = logged(office, f"exam-{exam_id}")
    assert [event["tag"] for event in events] == [
        "exam.imported",
        "exam.published",
        "exam.unpublished",
    ]
    assert {event["actor"]["subject"] for event in events} == {staff.user_id}


def test_A17_A18_an_unknown_exam_is_not_found(staff: Student):
    for action in ("publish", "unpublish"):
        for unknown in ("nope", "CON", "x" * 200):
            response = staff.post(f"/api/admin/exams/{unknown}/{action}")
            assert code_of(response) == (404, "EXAM_NOT_FOUND")


def test_A17_an_exam_whose_file_is_broken_cannot_be_published(
    staff: Student, office: Server, exam_id: str
):
    path = office.data / "input" / f"{exam_id}.json"
    path.write_text(json.dumps(paper(exam_id, durationMinutes=0)))
    response = staff.post(f"/api/admin/exams/{exam_id}/publish")
    assert code_of(response) == (422, "EXAM_INVALID")
    [problem] = response.json()["error"]["details"]["problems"]
    assert problem.startswith("durationMinutes")
    path.unlink()
    assert code_of(staff.post(f"/api/admin/exams/{exam_id}/publish")) == (404, "EXAM_NOT_FOUND")


def test_A17_E06_an_exam_whose_file_is_gone_cannot_be_published(
    staff: Student, office: Server, exam_id: str
):
    imported(staff, exam_id)
    (office.data / "input" / f"{exam_id}.json").unlink()
    assert code_of(staff.post(f"/api/admin/exams/{exam_id}/publish")) == (404, "EXAM_NOT_FOUND")
    assert listed(staff)[exam_id]["problems"] == ["the file is missing"]
    eventually(lambda: staff.get(f"/api/exams/{exam_id}").status_code == 404)
    assert staff.post(f"/api/admin/exams/{exam_id}/unpublish").json()["published"] is False


def test_E42_flags_of_staff_and_of_an_operator_do_not_undo_each_other(
    staff: Student, office: Server, exam_id: str
):
    one, other = exam_id, f"{exam_id}-other"
    imported(staff, one)
    opened(staff, other)
    path = office.data / "manifest.json"

    def flags() -> dict[str, bool]:
        entries = json.loads(path.read_bytes())["exams"]
        return {entry["examId"]: entry["published"] for entry in entries}

    eventually(lambda: flags().get(one) is False and flags().get(other) is True)
    manifest = json.loads(path.read_bytes())
    manifest["operatorsNote"] = {"room": 12}
    for entry in manifest["exams"]:
        if entry["examId"] == other:
            entry |= {"published": False, "comment": "later"}
    fresh = path.with_suffix(".new")
    fresh.write_text(json.dumps(manifest))
    staff.post(f"/api/admin/exams/{one}/publish")
    fresh.replace(path)
    eventually(lambda: flags()[one] is True and flags()[other] is False)
    assert (listed(staff)[one]["published"], listed(staff)[other]["published"]) == (True, False)
    manifest = json.loads(path.read_bytes())
    assert manifest["operatorsNote"] == {"room": 12}
    assert {"examId": other, "published": False, "comment": "later"} in manifest["exams"]
    actors = [event["actor"]["subject"] for event in logged(office, f"exam-{other}")]
    assert actors == [staff.user_id, staff.user_id, "files"]
