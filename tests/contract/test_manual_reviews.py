"""Reviews by people over HTTP: queue, one assignee, results that follow (C5.15 to C5.19, B-100)."""

from collections.abc import Callable
from typing import Any

import pytest

from tests.contract.caller import Caller, data_of, failure_of
from tests.contract.judged_answers import RUBRIC, Answers

CallerMaker = Callable[..., Caller]


@pytest.fixture
def answers(as_: CallerMaker) -> Answers:
    return Answers(as_("admin"))


@pytest.fixture
def kim(as_: CallerMaker) -> Caller:
    return as_("checker")


@pytest.fixture
def lee(as_: CallerMaker) -> Caller:
    return as_("checker")


def path_of(review: dict[str, Any]) -> str:
    return f"/manual-reviews/{review['id']}"


def test_C5_15_the_queue_is_listed_by_status_assignee_and_subject_the_oldest_first(
    answers: Answers, kim: Caller
):
    first, second = answers.review("ann-15"), answers.review("ann-15")
    assert first == {
        "id": first["id"],
        "answerCheckId": first["answerCheckId"],
        "attemptId": first["attemptId"],
        "status": "open",
    }
    newest = data_of(kim.get("/manual-reviews?status=open&sort=-openedAt&perPage=2"))
    assert newest == [second, first]
    told = data_of(kim.post(f"{path_of(second)}/claim"))
    assert data_of(kim.get(f"/manual-reviews?assigneeId={kim.subject}")) == [told]
    assert data_of(kim.get("/manual-reviews?subjectKey=no-such-subject")) == []
    about = data_of(kim.get("/manual-reviews?subjectKey=mathematics&sort=-openedAt&perPage=2"))
    assert [one["id"] for one in about] == [second["id"], first["id"]]
    for wrong in ("status=done", "sort=status", "page=0", "userId=ann-15"):
        assert kim.get(f"/manual-reviews?{wrong}").status_code == 400


def test_C5_16_a_review_is_read_with_the_raw_answer_and_the_rubric(answers: Answers, kim: Caller):
    review = answers.review("ann-16", "3,5", "hybrid")
    whole = data_of(kim.get(path_of(review)))
    assert whole == review | {
        "answer": {"value": "3,5"},
        "rubric": RUBRIC,
        "maxScore": 2,
        "proposal": whole["proposal"],
    }
    assert (whole["proposal"]["isCorrect"], whole["proposal"]["score"]) == (False, 0)
    assert whole["proposal"]["feedback"]["readAs"] == "3.5"
    assert "proposal" not in data_of(kim.get(path_of(answers.review("ann-16"))))


def test_C5_17_a_review_is_claimed_released_and_assigned(
    answers: Answers, kim: Caller, lee: Caller
):
    path = path_of(answers.review("ann-17"))
    claimed = data_of(kim.post(f"{path}/claim"))
    assert (claimed["status"], claimed["assigneeId"]) == ("assigned", kim.subject)
    assert claimed["claimedAt"]
    assert data_of(kim.post(f"{path}/claim")) == claimed
    row = {name: value for name, value in data_of(kim.get(path)).items() if name in claimed}
    assert row == claimed
    assert failure_of(lee.post(f"{path}/claim")) == (409, "REVIEW_ALREADY_CLAIMED")
    assert failure_of(lee.post(f"{path}/release")) == (403, "NOT_ASSIGNEE")
    body = {"assigneeId": lee.subject}
    taken = answers.admin.post(f"{path}/assign", json=body)
    assert failure_of(taken) == (409, "REVIEW_ALREADY_CLAIMED")
    assert set(data_of(kim.post(f"{path}/release"))) == {
        "id", "answerCheckId", "attemptId", "status"
    }  # fmt: skip
    assert failure_of(kim.post(f"{path}/release")) == (409, "INVALID_TRANSITION")
    assert failure_of(kim.post(f"{path}/assign", json=body)) == (403, "FORBIDDEN")
    given = data_of(answers.admin.post(f"{path}/assign", json=body))
    assert given["assigneeId"] == lee.subject
    assert data_of(answers.admin.post(f"{path}/release"))["status"] == "open"
    for wrong in ({}, {"assigneeId": ""}, {"assigneeId": 7}, {"assigneeId": "a b"}):
        answer = answers.admin.post(f"{path}/assign", json=wrong)
        assert failure_of(answer) == (400, "VALIDATION_ERROR")


def test_C5_18_what_its_assignee_finds_is_the_checks_result(
    answers: Answers, kim: Caller, lee: Caller
):
    review = answers.review("ann-18")
    path = path_of(review)
    body: dict[str, Any] = {
        "score": 1.5,
        "feedback": {"text": "one slip"},
        "rubricScores": {"idea": 1, "sum": 0.5},
    }
    assert failure_of(kim.post(f"{path}/complete", json=body)) == (409, "INVALID_TRANSITION")
    data_of(kim.post(f"{path}/claim"))
    assert failure_of(lee.post(f"{path}/complete", json=body)) == (403, "NOT_ASSIGNEE")
    refused: list[tuple[dict[str, Any], int, str]] = [
        ({"score": 2.5}, 422, "SCORE_OUT_OF_RANGE"),
        ({"rubricScores": {"idea": 1.5}}, 422, "SCORE_OUT_OF_RANGE"),
        ({"rubricScores": {"style": 1}}, 400, "VALIDATION_ERROR"),
        ({"score": "1"}, 400, "VALIDATION_ERROR"),
    ]
    for wrong, status, code in refused:
        answer = kim.post(f"{path}/complete", json=body | wrong)
        assert failure_of(answer) == (status, code), wrong
    done = data_of(kim.post(f"{path}/complete", json=body))
    assert done["status"] == "checked"
    assert done["result"] == body
    assert done["completedAt"] >= done["claimedAt"]
    row = {name: value for name, value in data_of(kim.get(path)).items() if name in done}
    assert row == done
    check = answers.read(f"/answer-checks/{review['answerCheckId']}")
    assert (check["status"], check["score"], check["isCorrect"]) == ("checked", 1.5, False)
    assert check["feedback"] == {"text": "one slip"}
    assert answers.read(f"/attempts/{review['attemptId']}")["status"] == "checked"
    assert answers.signals(review["attemptId"]) == [
        "attempted",
        "needs_review",
        "partially_solved",
    ]
    assert failure_of(kim.post(f"{path}/complete", json=body)) == (409, "INVALID_TRANSITION")


def test_C5_19_a_returned_review_is_done_once_more_and_its_second_result_counts(
    answers: Answers, kim: Caller, lee: Caller
):
    review = answers.review("ann-19")
    path = path_of(review)
    reason = {"reason": "the sum is right"}
    assert failure_of(answers.admin.post(f"{path}/return", json=reason)) == (
        409,
        "INVALID_TRANSITION",
    )
    data_of(kim.post(f"{path}/claim"))
    data_of(kim.post(f"{path}/complete", json={"score": 0}))
    for wrong in ({}, {"reason": " "}):
        answer = answers.admin.post(f"{path}/return", json=wrong)
        assert failure_of(answer) == (400, "VALIDATION_ERROR")
    returned = data_of(answers.admin.post(f"{path}/return", json=reason))
    assert returned["status"] == "returned"
    assert "assigneeId" not in returned
    check = f"/answer-checks/{review['answerCheckId']}"
    waiting = answers.read(check)
    assert waiting["status"] == "needs_manual_review"
    assert {"score", "isCorrect", "feedback"}.isdisjoint(waiting)
    data_of(lee.post(f"{path}/claim"))
    data_of(lee.post(f"{path}/complete", json={"score": 2}))
    assert answers.read(check)["score"] == 2
    signals = answers.signals(review["attemptId"])
    assert [one for one in signals if one in {"solved", "failed"}] == ["solved"]


def test_C5_19_a_cancelled_review_leaves_the_queue_and_its_check_has_failed(
    answers: Answers, kim: Caller
):
    review = answers.review("ann-19")
    path = path_of(review)
    assert failure_of(answers.admin.post(f"{path}/cancel", json={})) == (400, "VALIDATION_ERROR")
    told = data_of(answers.admin.post(f"{path}/cancel", json={"reason": "a trial"}))
    assert told["status"] == "cancelled"
    assert failure_of(kim.post(f"{path}/claim")) == (409, "INVALID_TRANSITION")
    check = answers.read(f"/answer-checks/{review['answerCheckId']}")
    assert check["status"] == "failed"


def test_a_review_that_has_moved_on_is_not_changed_by_whoever_saw_it_before(
    answers: Answers, kim: Caller, lee: Caller
):
    path = path_of(answers.review("ann-412"))
    seen = {"if-match": lee.get(path).headers["etag"]}
    claimed = kim.post(f"{path}/claim", headers=seen)
    data_of(claimed)
    assert failure_of(lee.post(f"{path}/claim", headers=seen)) == (412, "PRECONDITION_FAILED")
    now = {"if-match": claimed.headers["etag"]}
    data_of(kim.post(f"{path}/release"))
    data_of(lee.post(f"{path}/claim"))
    late = kim.post(f"{path}/complete", json={"score": 1}, headers=now)
    assert failure_of(late) == (412, "PRECONDITION_FAILED")
