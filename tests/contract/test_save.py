"""Autosave: what is merged, what counts, what is refused, and whose it is (A4, A13)."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from tests.contract.server import Server
from tests.contract.student import Student, answer, code_of


@pytest.fixture
def attempt_id(student: Student) -> str:
    return student.started("algebra")


def saved(student: Student, attempt_id: str) -> dict[str, Any]:
    body = student.attempt(attempt_id).json()
    return {item["questionId"]: item["response"] for item in body["answers"]}


def test_E19_a_subset_changes_only_its_own_questions(student: Student, attempt_id: str):
    student.save(attempt_id, answer("q1", "A"), answer("q2", ["A"]))
    response = student.save(attempt_id, answer("q2", ["B"]))
    assert response.status_code == 200
    assert saved(student, attempt_id) == {"q1": "A", "q2": ["B"]}
    assert response.json() == student.attempt(attempt_id).json()


def test_E20_saving_again_replaces_and_twice_in_one_body_the_last_wins(
    student: Student, attempt_id: str
):
    student.save(attempt_id, answer("q1", "A"))
    student.save(attempt_id, answer("q1", "B"), answer("q1", "A"), answer("q1", "B"))
    assert saved(student, attempt_id) == {"q1": "B"}
    assert len(student.attempt(attempt_id).json()["answers"]) == 1


def test_E21_updated_at_grows_with_every_change_and_with_nothing_else(
    student: Student, attempt_id: str
):
    seen = [student.attempt(attempt_id).json()["updatedAt"]]
    for number in range(20):
        response = student.save(attempt_id, answer("q1", number), updatedAt="2999-01-01")
        seen.append(response.json()["updatedAt"])
        assert response.headers["etag"] == f'"{number + 2}"'
    assert seen == sorted(set(seen))
    assert seen[-1] < "2999"
    again = student.save(attempt_id, answer("q1", 19))
    assert (again.status_code, again.json()["updatedAt"]) == (200, seen[-1])
    assert again.headers["etag"] == '"21"'


@pytest.mark.parametrize(
    "response",
    [None, "", 0, -1, 1.5, True, False, "текст", [], {}, ["A", 1, None], {"a": {"b": [1]}}, 2**70],
)
def test_E26_a_response_is_any_json_value_and_comes_back_as_it_was(
    student: Student, attempt_id: str, response: Any
):
    student.save(attempt_id, answer("q1", response))
    kept = saved(student, attempt_id)["q1"]
    assert kept == response
    assert type(kept) is type(response)


@pytest.mark.parametrize(
    ("answers", "percent"),
    [
        ([answer("q1", "A")], 20),
        ([answer("q1", False), answer("q2", 0)], 40),
        ([answer("q1", None), answer("q2", ""), answer("q3", []), answer("q4", {})], 0),
    ],
)
def test_E22_E23_progress_counts_answers_and_not_empty_ones(
    student: Student, attempt_id: str, answers: list[dict[str, Any]], percent: float
):
    student.save(attempt_id, *answers)
    [row] = student.progress()["exams"]
    assert (row["attemptId"], row["total"], row["percent"]) == (attempt_id, 5, percent)
    assert row["answered"] * 20 == percent


def test_E22_an_exam_without_questions_is_at_zero_percent(student: Student):
    student.started("empty")
    [row] = student.progress()["exams"]
    assert (row["answered"], row["total"], row["percent"]) == (0, 0, 0)


@pytest.mark.parametrize("time_sec", ["-1", "-0.5", '"1"', "null", "true", "1e999", "[1]"])
def test_E24_a_time_is_a_finite_number_from_zero_on(
    student: Student, attempt_id: str, time_sec: str
):
    response = student.put(
        f"/api/attempts/{attempt_id}",
        content=f'{{"answers":[{{"questionId":"q1","response":1,"timeSec":{time_sec}}}]}}',
        headers={"content-type": "application/json"},
    )
    assert code_of(response) == (400, "INVALID_PAYLOAD")
    assert saved(student, attempt_id) == {}


@pytest.mark.parametrize("time_sec", [0, 1, 0.25, 86400])
def test_E24_a_time_is_kept_and_one_not_given_is_absent(
    student: Student, attempt_id: str, time_sec: float
):
    body = student.save(attempt_id, answer("q1", "A", timeSec=time_sec), answer("q2", "B")).json()
    assert body["answers"] == [answer("q1", "A", timeSec=time_sec), answer("q2", "B")]


def test_E25_one_unknown_question_refuses_the_whole_save(student: Student, attempt_id: str):
    response = student.save(attempt_id, answer("q1", "A"), answer("q99", "A"))
    assert code_of(response) == (400, "INVALID_PAYLOAD")
    assert response.json()["error"]["details"]["path"] == "answers[1].questionId"
    assert saved(student, attempt_id) == {}


@pytest.mark.parametrize(
    ("body", "path"),
    [
        ({}, None),
        ({"answers": None}, "answers"),
        ({"answers": {}}, "answers"),
        ({"answers": "q1"}, "answers"),
        ({"answers": [1]}, "answers[0]"),
        ({"answers": [{"response": 1}]}, "answers[0]"),
        ({"answers": [{"questionId": "q1"}]}, "answers[0]"),
        ({"answers": [{"questionId": 1, "response": 1}]}, "answers[0].questionId"),
        ({"answers": [{"questionId": "", "response": 1}]}, "answers[0].questionId"),
        ([], None),
        ("answers", None),
        (None, None),
    ],
)
def test_E26_a_body_of_another_shape_is_refused_with_its_place(
    student: Student, attempt_id: str, body: Any, path: str | None
):
    response = student.put(f"/api/attempts/{attempt_id}", json=body)
    assert code_of(response) == (400, "INVALID_PAYLOAD")
    assert response.json()["error"].get("details", {}).get("path") == path


def test_E27_an_echo_of_the_whole_attempt_is_accepted_and_never_applied(
    student: Student, attempt_id: str
):
    before = student.save(attempt_id, answer("q1", "A", timeSec=2)).json()
    echo = {
        **before,
        "attemptId": "other",
        "userId": "mallory",
        "examId": "geometry",
        "status": "finished",
        "startedAt": "1999-01-01T00:00:00.000Z",
        "updatedAt": "2999-01-01T00:00:00.000Z",
        "submittedAt": "2999-01-01T00:00:00.000Z",
        "examVersion": "9",
        "baseRevision": None,
        "somethingNew": [1],
    }
    response = student.put(f"/api/attempts/{attempt_id}", json=echo)
    assert response.status_code == 200
    assert response.json() == before == student.attempt(attempt_id).json()


def test_E28_a_save_after_submit_changes_nothing(student: Student, attempt_id: str):
    student.save(attempt_id, answer("q1", "A"))
    final = student.submit(attempt_id).json()["attempt"]
    response = student.save(attempt_id, answer("q1", "B"))
    assert code_of(response) == (409, "ATTEMPT_NOT_ACTIVE")
    assert student.attempt(attempt_id).json() == final


def test_E29_another_users_attempt_is_invisible(
    student: Student, attempt_id: str, newcomer: Callable[..., Student]
):
    other = newcomer()
    missing = f"{student.user_id}-algebra-20200101T000000000Z"
    for call in (
        other.attempt,
        lambda of: other.save(of, answer("q1", "B")),
        other.submit,
    ):
        theirs, nobodys = call(attempt_id), call(missing)
        assert code_of(theirs) == (404, "ATTEMPT_NOT_FOUND")
        assert theirs.content == nobodys.content
        assert _shape(theirs.headers) == _shape(nobodys.headers)
    assert student.attempt(attempt_id).json()["answers"] == []


def _shape(headers: Any) -> dict[str, str]:
    return {name: value for name, value in headers.items() if name != "date"}


def test_E29_staff_read_any_attempt_but_write_none(
    student: Student, attempt_id: str, staff: Student
):
    assert staff.attempt(attempt_id).json() == student.attempt(attempt_id).json()
    assert code_of(staff.save(attempt_id, answer("q1", 1))) == (404, "ATTEMPT_NOT_FOUND")
    assert code_of(staff.submit(attempt_id)) == (404, "ATTEMPT_NOT_FOUND")


def test_E52_parallel_and_late_saves_never_drop_newer_answers_of_other_questions(
    student: Student, attempt_id: str, server: Server
):
    def save(number: int) -> int:
        with Student(server.base) as tab:
            tab.cookies = student.cookies
            question = f"q{number % 5 + 1}"
            return tab.save(attempt_id, answer(question, number)).status_code

    with ThreadPoolExecutor(10) as tabs:
        assert set(tabs.map(save, range(40))) == {200}
    kept = saved(student, attempt_id)
    assert set(kept) == {"q1", "q2", "q3", "q4", "q5"}
    student.save(attempt_id, answer("q1", "late"))
    assert saved(student, attempt_id) == {**kept, "q1": "late"}


def test_a_save_in_one_process_is_read_in_another(
    student: Student, attempt_id: str, server: Server
):
    with Server(server.data, **server.settings) as other, Student(other.base) as tab:
        tab.cookies = student.cookies
        for number in range(5):
            one, two = (student, tab) if number % 2 else (tab, student)
            written = one.save(attempt_id, answer("q1", number)).json()
            assert two.attempt(attempt_id).json() == written
            assert two.save(attempt_id, answer("q2", number)).status_code == 200
        assert tab.submit(attempt_id).json()["attempt"]["status"] == "finished"
        assert code_of(student.save(attempt_id, answer("q1", 9))) == (409, "ATTEMPT_NOT_ACTIVE")
