"""Hand in: both events, the bundle, and the same answer again (A5)."""

import json
import sqlite3
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from tests.contract.papers import paper
from tests.contract.server import Server
from tests.contract.student import Student, answer, code_of


def finished(student: Student, *answers: dict[str, Any]) -> tuple[str, dict[str, Any]]:
    attempt_id = student.started("algebra")
    student.save(attempt_id, *answers)
    response = student.submit(attempt_id)
    assert response.status_code == 200
    return attempt_id, response.json()


def test_E30_submit_makes_both_events_in_order_and_sets_submitted_at(
    student: Student, server: Server
):
    attempt_id, body = finished(student, answer("q1", "A"))
    attempt = body["attempt"]
    assert attempt["status"] == "finished"
    assert attempt["startedAt"] < attempt["submittedAt"] <= attempt["updatedAt"]
    with sqlite3.connect(server.data / "markbook.sqlite3") as log:
        events = log.execute(
            "SELECT topic, json_extract(state, '$.data') FROM stored_events "
            "WHERE originator_id = ? ORDER BY originator_version",
            (f"attempt-{attempt_id}",),
        ).fetchall()
    log.close()
    assert [tag for tag, _ in events[-2:]] == ["attempt.submitted", "attempt.finished"]
    submitted, closed = (json.loads(data) for _, data in events[-2:])
    assert submitted["submittedAt"] < closed["finishedAt"]


def test_E31_E32_E35_the_bundle_is_the_original_exam_and_the_final_attempt(
    student: Student, bundle_of: Callable[[str], dict[str, object]]
):
    attempt_id, body = finished(student, answer("q1", "A", timeSec=1), answer("q4", "текст"))
    assert body["outputPath"] == f"output/algebra_{attempt_id}.json"
    assert set(body) == {"outputPath", "attempt"}
    assert bundle_of(body["outputPath"]) == {"exam": paper("algebra"), "attempt": body["attempt"]}
    assert student.attempt(attempt_id).json() == body["attempt"]


def test_E36_a_repeated_submit_writes_a_lost_bundle_again_with_the_same_bytes(
    student: Student, server: Server
):
    attempt_id, body = finished(student, answer("q1", "A"))
    path = server.data / body["outputPath"]
    before = path.read_bytes()
    path.unlink()
    assert student.submit(attempt_id).json() == body
    assert path.read_bytes() == before


def test_E37_a_repeated_submit_answers_the_same_and_leaves_the_bundle_alone(
    student: Student, server: Server
):
    attempt_id, body = finished(student, answer("q1", "A"))
    path = server.data / body["outputPath"]
    before = path.stat()
    again = student.submit(attempt_id, answers=[answer("q1", "B")])
    assert (again.status_code, again.json()) == (200, body)
    after = path.stat()
    assert (after.st_ino, after.st_mtime_ns) == (before.st_ino, before.st_mtime_ns)


def test_E37_parallel_submits_all_answer_the_same(student: Student, server: Server):
    attempt_id = student.started("algebra")

    def submit(_: int) -> tuple[int, bytes]:
        with Student(server.base) as tab:
            tab.cookies = student.cookies
            response = tab.submit(attempt_id)
        return response.status_code, response.content

    with ThreadPoolExecutor(8) as tabs:
        answers = set(tabs.map(submit, range(16)))
    assert len(answers) == 1
    assert {status for status, _ in answers} == {200}


def test_E38_submit_with_unanswered_questions_is_allowed(student: Student):
    attempt_id = student.started("algebra")
    response = student.post(f"/api/attempts/{attempt_id}/submit")
    assert response.status_code == 200
    assert response.json()["attempt"]["answers"] == []


def test_A5_the_last_answers_may_come_with_the_submit(student: Student):
    attempt_id = student.started("algebra")
    student.save(attempt_id, answer("q1", "A"))
    body = student.submit(attempt_id, answers=[answer("q2", ["B"])]).json()
    assert body["attempt"]["answers"] == [answer("q1", "A"), answer("q2", ["B"])]


def test_A5_a_submit_with_a_wrong_answer_list_submits_nothing(student: Student):
    attempt_id = student.started("algebra")
    shapes: list[Any] = [[answer("q99", 1)], [{"questionId": "q1"}], {}, None]
    for wrong in shapes:
        response = student.submit(attempt_id, answers=wrong)
        assert code_of(response) == (400, "INVALID_PAYLOAD")
    assert student.attempt(attempt_id).json()["status"] == "in_progress"


def test_E33_E34_progress_moves_the_exam_from_active_to_finished(student: Student):
    attempt_id = student.started("algebra")
    assert student.progress()["active"] == ["algebra"]
    student.submit(attempt_id)
    progress = student.progress()
    assert (progress["active"], progress["finished"]) == ([], ["algebra"])
    [row] = progress["exams"]
    assert row["status"] == "finished"
    assert row["outputPath"] == f"output/algebra_{attempt_id}.json"


def test_E34_E40_the_files_of_a_finished_attempt_are_what_the_api_answers(
    student: Student, server: Server
):
    attempt_id, body = finished(student, answer("q1", "A"))
    user = student.user_id
    attempt = json.loads((server.data / f"attempts/{user}/algebra/{attempt_id}.json").read_bytes())
    assert attempt == body["attempt"]
    progress = json.loads((server.data / f"progress/{user}.json").read_bytes())
    assert progress == student.progress()


def test_E44_progress_is_the_callers_own(newcomer: Callable[..., Student]):
    one, other = newcomer(), newcomer()
    one.started("algebra")
    assert other.progress() == {
        "userId": other.user_id,
        "active": [],
        "finished": [],
        "exams": [],
    }
    theirs = other.get("/api/progress/me", params={"userId": one.user_id}).json()
    assert theirs["userId"] == other.user_id
