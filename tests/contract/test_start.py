"""Start or resume: one active attempt, the right one, and only when the exam is open (A3)."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

from tests.contract.papers import paper
from tests.contract.server import Server, publish, put_exam
from tests.contract.student import Student, answer, code_of, eventually


def test_E09_a_first_start_answers_201_with_the_whole_attempt(student: Student):
    response = student.start("algebra")
    assert response.status_code == 201
    body = response.json()
    assert body == {
        "attemptId": body["attemptId"],
        "userId": student.user_id,
        "examId": "algebra",
        "status": "in_progress",
        "startedAt": body["startedAt"],
        "updatedAt": body["startedAt"],
        "answers": [],
        "examVersion": "1",
    }
    assert body["attemptId"].startswith(f"{student.user_id}-algebra-")
    assert response.headers["etag"] == '"1"'


def test_E09_the_body_may_be_empty_or_an_empty_object(newcomer: Callable[..., Student]):
    one, other = newcomer(), newcomer()
    assert one.post("/api/exams/algebra/attempt").status_code == 201
    assert other.post("/api/exams/algebra/attempt", json={}).status_code == 201


def test_E10_a_second_start_resumes_with_what_was_saved(student: Student):
    attempt_id = student.started("algebra")
    saved = student.save(attempt_id, answer("q1", "A", timeSec=3))
    again = student.start("algebra")
    assert again.status_code == 200
    assert again.json() == saved.json()
    assert again.headers["etag"] == saved.headers["etag"] == '"2"'
    assert student.progress()["active"] == ["algebra"]


def test_E05_starting_an_unpublished_exam_makes_nothing(student: Student, server: Server):
    assert code_of(student.start("draft")) == (423, "EXAM_NOT_PUBLISHED")
    assert student.progress()["exams"] == []
    assert not (server.data / "attempts" / student.user_id).exists()


def test_E05_staff_cannot_start_an_unpublished_exam_either(staff: Student):
    assert code_of(staff.start("draft")) == (423, "EXAM_NOT_PUBLISHED")


def test_E11_resume_takes_the_attempt_saved_last_not_the_one_started_last(free_student: Student):
    first = free_student.started("algebra")
    second = free_student.started("algebra", mode="new")
    third = free_student.started("algebra", mode="new")
    assert len({first, second, third}) == 3
    free_student.save(third, answer("q1", "A"))
    free_student.save(first, answer("q1", "B"))
    assert free_student.start("algebra").json()["attemptId"] == first
    free_student.save(second, answer("q1", "B"))
    assert free_student.start("algebra").json()["attemptId"] == second
    free_student.submit(second)
    assert free_student.start("algebra").json()["attemptId"] == first


def test_E13_fifty_parallel_starts_yield_one_attempt(student: Student, server: Server):
    def start(_: int) -> tuple[int, str]:
        with Student(server.base) as tab:
            tab.cookies = student.cookies
            response = tab.start("algebra")
        return response.status_code, response.json()["attemptId"]

    with ThreadPoolExecutor(25) as tabs:
        answers = list(tabs.map(start, range(50)))
    assert len({attempt_id for _, attempt_id in answers}) == 1
    assert sorted(status for status, _ in answers) == [200] * 49 + [201]
    assert len(student.progress()["exams"]) == 1


def test_E13_parallel_starts_in_two_processes_yield_one_attempt(student: Student, server: Server):
    with Server(server.data, **server.settings) as other:

        def start(number: int) -> tuple[int, str]:
            with Student((server, other)[number % 2].base) as tab:
                tab.cookies = student.cookies
                response = tab.start("geometry")
            return response.status_code, response.json()["attemptId"]

        with ThreadPoolExecutor(10) as tabs:
            answers = list(tabs.map(start, range(20)))
    assert len({attempt_id for _, attempt_id in answers}) == 1
    assert sorted(status for status, _ in answers) == [200] * 19 + [201]


def test_E14_asking_for_a_new_attempt_while_one_is_active_is_refused(student: Student):
    attempt_id = student.started("algebra")
    response = student.start("algebra", mode="new")
    assert code_of(response) == (409, "ATTEMPT_EXISTS")
    assert response.json()["error"]["details"] == {"attemptId": attempt_id}


def test_E15_E18_a_finished_exam_is_not_started_again(student: Student):
    attempt_id = student.started("algebra")
    student.submit(attempt_id)
    for mode in ("resume", "new"):
        response = student.start("algebra", mode=mode)
        assert code_of(response) == (409, "ATTEMPT_EXISTS")
        assert response.json()["error"]["details"] == {"attemptId": attempt_id}


def test_E15_with_retakes_allowed_a_finished_exam_is_started_anew(free_student: Student):
    first = free_student.started("algebra")
    free_student.submit(first)
    second = free_student.started("algebra")
    assert second != first
    assert free_student.attempt(first).json()["status"] == "finished"
    progress = free_student.progress()
    assert (progress["active"], progress["finished"]) == (["algebra"], ["algebra"])


def test_E16_new_attempts_are_made_up_to_the_configured_number(free_student: Student):
    free_student.started("algebra")
    free_student.started("algebra", mode="new")
    third = free_student.started("algebra", mode="new")
    response = free_student.start("algebra", mode="new")
    assert code_of(response) == (409, "ATTEMPT_EXISTS")
    free_student.submit(third)
    assert free_student.start("algebra", mode="new").status_code == 201


def test_E17_other_users_and_other_exams_are_unaffected(newcomer: Callable[..., Student]):
    one, other = newcomer(), newcomer()
    one.started("algebra")
    other.started("algebra")
    one.started("geometry")
    assert one.progress()["active"] == ["algebra", "geometry"]


def test_E45_an_identity_in_the_body_or_the_query_is_ignored(student: Student):
    response = student.post(
        "/api/exams/algebra/attempt?userId=mallory", json={"userId": "mallory", "user_id": "m"}
    )
    assert response.json()["userId"] == student.user_id


def test_E50_E51_E53_exams_come_change_and_close_while_attempts_go_on(
    student: Student, server: Server
):
    put_exam(server.data, paper("late", title="Before"))
    publish(server.data, {"late": True})
    eventually(lambda: student.get("/api/exams/late").status_code == 200)
    attempt_id = student.started("late")
    student.save(attempt_id, answer("q1", "A"))

    changed = paper("late", title="After", metadata={"version": "2"})
    del changed["sections"][0]
    put_exam(server.data, changed)
    eventually(lambda: student.get("/api/exams/late").json()["title"] == "After")
    body = student.save(attempt_id, answer("q2", ["A"])).json()
    assert (body["examVersion"], len(body["answers"])) == ("1", 2)
    assert student.progress()["exams"][0]["total"] == 5
    assert student.start("late").json()["attemptId"] == attempt_id

    publish(server.data, {"late": False})
    eventually(lambda: student.get("/api/exams/late").status_code == 423)
    assert code_of(student.start("late")) == (423, "EXAM_NOT_PUBLISHED")
    assert student.save(attempt_id, answer("q3", True)).status_code == 200
    submitted = student.submit(attempt_id)
    assert submitted.status_code == 200
    bundle = (server.data / submitted.json()["outputPath"]).read_text()
    assert "Before" in bundle
    assert "After" not in bundle
