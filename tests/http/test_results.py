"""Results: computed from the log, shown when released, told without the key."""

import csv
import io
from typing import Any

import msgspec
import pytest

from tests.contract.papers import MARK, marked_paper, paper
from tests.http.conftest import Browser, World
from tests.http.timed import TimedWorld, json_of, save, started

HOSTILE = ["=1+1", "+1", "-1", "@SUM(A1)", "\tx", "\rx", " =1", '=HYPERLINK("http://x","y")']


@pytest.fixture
async def timed(world: World) -> TimedWorld:
    return await TimedWorld(world).prepared()


async def finished(browser: Browser, exam_id: str = "quiz", **answers: Any) -> str:
    attempt_id = await started(browser, exam_id)
    for question, response in answers.items():
        assert (await save(browser, attempt_id, response, question)).status == 200
    assert (await browser("POST", f"/api/attempts/{attempt_id}/submit")).status == 200
    return attempt_id


async def release(staff: Browser, exam_id: str = "quiz") -> Any:
    return json_of(await staff("POST", f"/api/admin/exams/{exam_id}/release-results"))


async def test_a_learner_sees_a_result_only_once_it_is_released(timed: TimedWorld):
    ann, staff = await timed.student("ann"), await timed.staff()
    attempt_id = await finished(ann, q1="A", q2=["A", "B"], q3=False, q4="Rayleigh")
    url = f"/api/attempts/{attempt_id}/result"
    assert (await ann("GET", url)).code == (409, "RESULTS_NOT_RELEASED")
    assert json_of(await staff("GET", url))["score"] == 2
    assert await release(staff) == {"examId": "quiz", "released": True}
    assert await release(staff) == {"examId": "quiz", "released": True}
    body = json_of(await ann("GET", url))
    assert body == {
        "attemptId": attempt_id,
        "userId": "ann",
        "examId": "quiz",
        "examVersion": "1",
        "submittedAt": body["submittedAt"],
        "endedBy": "learner",
        "score": 2,
        "markedMaxScore": 4,
        "maxScore": 14,
        "notMarked": 2,
        "questions": [
            question("q1", "single_choice", "correct", 2, 2),
            question("q2", "multiple_choices", "incorrect", 0, 1),
            question("q3", "true_false", "incorrect", 0, 1),
            {"questionId": "q4", "type": "essay", "verdict": "not_marked", "maxScore": 10},
            {"questionId": "q5", "type": "code_simple", "verdict": "not_marked"},
        ],
    }


def question(question_id: str, type_: str, verdict: str, score: float, most: float) -> Any:
    return {
        "questionId": question_id,
        "type": type_,
        "verdict": verdict,
        "score": score,
        "maxScore": most,
    }


async def test_decision17_scores_are_decimals_to_the_last_digit(timed: TimedWorld):
    exam = paper("thirds")
    exam["sections"] = [{"questions": [exam["sections"][0]["questions"][1]]}]
    exam["sections"][0]["questions"][0] |= {"answer": ["A", "B", "C"], "points": 1}
    await timed.world.put_exam(exam)
    ann, staff = await timed.student("ann"), await timed.staff()
    attempt_id = await finished(ann, "thirds", q2=["A"])
    answer = await staff("GET", f"/api/attempts/{attempt_id}/result")
    assert b'"score":0.33,"markedMaxScore":1,"maxScore":1' in answer.body


async def test_a_result_never_tells_a_key(timed: TimedWorld):
    await timed.world.put_exam(marked_paper("marked"))
    ann, staff = await timed.student("ann"), await timed.staff()
    attempt_id = await finished(ann, "marked", q1="B")
    await release(staff, "marked")
    answer = await ann("GET", f"/api/attempts/{attempt_id}/result")
    assert MARK.encode() not in answer.body
    assert all("answer" not in one for one in json_of(answer)["questions"])


async def test_an_exam_that_shows_answers_after_finish_shows_them_in_the_result(timed: TimedWorld):
    metadata = {"version": "1", "showAnswersAfterFinish": True}
    await timed.world.put_exam(paper("open", metadata=metadata))
    ann, staff = await timed.student("ann"), await timed.staff()
    attempt_id = await finished(ann, "open", q1="B")
    await release(staff, "open")
    body = json_of(await ann("GET", f"/api/attempts/{attempt_id}/result"))
    assert [one.get("answer") for one in body["questions"]] == ["A", ["A"], True, None, None]


async def test_a_result_is_of_the_exam_as_it_was_taken(timed: TimedWorld):
    ann, staff = await timed.student("ann"), await timed.staff()
    attempt_id = await finished(ann, q1="A")
    changed = paper("quiz", metadata={"version": "2"})
    changed["sections"][0]["questions"][0]["answer"] = "B"
    await timed.world.put_exam(changed)
    body = json_of(await staff("GET", f"/api/attempts/{attempt_id}/result"))
    assert (body["examVersion"], body["questions"][0]["verdict"]) == ("1", "correct")


async def test_only_the_owner_and_staff_have_a_result_and_only_of_a_finished_attempt(
    timed: TimedWorld,
):
    ann, bob, staff = [await timed.student(name) for name in ("ann", "bob")] + [await timed.staff()]
    attempt_id = await started(ann)
    url = f"/api/attempts/{attempt_id}/result"
    assert (await staff("GET", url)).code == (409, "ATTEMPT_NOT_FINISHED")
    await release(staff)
    assert (await ann("GET", url)).code == (409, "ATTEMPT_NOT_FINISHED")
    await ann("POST", f"/api/attempts/{attempt_id}/submit")
    assert (await bob("GET", url)).code == (404, "ATTEMPT_NOT_FOUND")
    assert (await staff("GET", "/api/attempts/none/result")).code == (404, "ATTEMPT_NOT_FOUND")
    assert (await ann("GET", "/api/admin/exams/quiz/results")).code == (403, "FORBIDDEN")
    assert (await ann("GET", "/api/admin/exams/quiz/results.csv")).code == (403, "FORBIDDEN")
    assert (await ann("POST", "/api/admin/exams/quiz/release-results")).code == (403, "FORBIDDEN")


async def test_the_deadline_ends_an_attempt_in_its_result_too(timed: TimedWorld):
    ann, staff = await timed.student("ann"), await timed.staff()
    attempt_id = await started(ann)
    timed.clock.at = 10**6
    body = json_of(await staff("GET", f"/api/attempts/{attempt_id}/result"))
    assert (body["endedBy"], body["score"]) == ("deadline", 0)


async def test_the_staff_table_has_finished_attempts_by_learner_and_no_void_ones(
    timed: TimedWorld,
):
    staff = await timed.staff()
    for name in ("cleo", "ann", "bob"):
        await finished(await timed.student(name), q1="A")
    await started(await timed.student("dan"))
    gone = await finished(await timed.student("eve"), q1="A")
    await staff("POST", f"/api/admin/attempts/{gone}/void", {"reason": "r"})
    table = json_of(await staff("GET", "/api/admin/exams/quiz/results"))
    assert [one["userId"] for one in table["items"]] == ["ann", "bob", "cleo"]
    assert (table["page"], table["perPage"], table["total"]) == (1, 50, 3)
    assert table["released"] is False
    assert table["items"][0]["questions"][0]["score"] == 2
    for path in ("results", "results.csv"):
        answer = await staff("GET", f"/api/admin/exams/none/{path}")
        assert answer.code == (404, "EXAM_NOT_FOUND")


async def test_the_csv_has_a_line_an_attempt_and_a_column_a_question(timed: TimedWorld):
    staff = await timed.staff()
    await finished(await timed.student("ann"), q1="A", q2=["A"])
    changed = paper("quiz", metadata={"version": "2"})
    changed["sections"][1]["questions"].append({"id": "q6", "type": "true_false", "answer": True})
    await timed.world.put_exam(changed)
    await finished(await timed.student("bob"), q6=True)
    answer = await staff("GET", "/api/admin/exams/quiz/results.csv")
    headers = dict(answer.headers)
    assert headers[b"content-type"] == b"text/csv; charset=utf-8"
    assert headers[b"content-disposition"] == b'attachment; filename="quiz-results.csv"'
    first, second = csv.DictReader(io.StringIO(answer.body.decode(), newline=""))
    assert first["userId"] == "ann"
    assert (first["score"], first["q1"], first["q2"]) == ("3.00", "2.00", "1.00")
    assert (first["q4"], first["q6"], first["notMarked"]) == ("", "", "2")
    assert (second["userId"], second["examVersion"], second["q6"]) == ("bob", "2", "1.00")


async def test_no_cell_of_the_csv_is_a_formula(timed: TimedWorld):
    exam = paper("hostile", metadata={"version": "=cmd|' /C calc'!A0"})
    exam["sections"] = [
        {"questions": [{"id": one, "type": "true_false", "answer": True} for one in HOSTILE]}
    ]
    await timed.world.put_exam(exam)
    await finished(await timed.student("-ann"), "hostile", **{HOSTILE[0]: True})
    staff = await timed.staff()
    answer = await staff("GET", "/api/admin/exams/hostile/results.csv")
    rows = list(csv.reader(io.StringIO(answer.body.decode(), newline="")))
    assert len(rows) == 2
    for cell in [cell for row in rows for cell in row]:
        assert not cell.strip(" ").startswith(("=", "+", "-", "@", "\t", "\r"))
    assert [f"'{one}" for one in HOSTILE] == rows[0][-len(HOSTILE) :]


async def test_E32_the_seeds_bodies_know_nothing_of_scores(timed: TimedWorld):
    ann, staff = await timed.student("ann"), await timed.staff()
    attempt_id = await finished(ann, q1="A")
    await release(staff)
    body = json_of(await ann("GET", f"/api/attempts/{attempt_id}"))
    assert set(body) == {
        "attemptId",
        "userId",
        "examId",
        "status",
        "startedAt",
        "updatedAt",
        "submittedAt",
        "answers",
        "examVersion",
    }
    progress = msgspec.json.encode(json_of(await ann("GET", "/api/progress/me")))
    assert b"score" not in progress
