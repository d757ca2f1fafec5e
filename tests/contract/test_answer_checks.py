"""Checks of answers over HTTP: lists, overrides, second tries, results from elsewhere (C5.9-14)."""

from collections.abc import Callable
from typing import Any
from uuid import uuid4

import pytest

from tests.contract.caller import Caller, data_of, failure_of
from tests.contract.judged_answers import RUBRIC, Answers

CallerMaker = Callable[..., Caller]


@pytest.fixture
def answers(as_: CallerMaker) -> Answers:
    return Answers(as_("admin"))


@pytest.fixture
def checker(as_: CallerMaker) -> Caller:
    return as_("checker")


def path_of(check: dict[str, Any]) -> str:
    return f"/answer-checks/{check['id']}"


# --- lists and reading --------------------------------------------------------------------------


def test_C5_9_checks_are_listed_by_attempt_status_and_method(answers: Answers, checker: Caller):
    auto = answers.check("ann-9")
    manual = answers.check("ann-9", method="manual")
    assert data_of(checker.get(f"/answer-checks?attemptId={auto['attemptId']}")) == [auto]
    mine = "/answer-checks?perPage=100&status=needs_manual_review&method=manual"
    listed = data_of(checker.get(mine))
    assert manual in listed
    assert {(one["status"], one["method"]) for one in listed} == {("needs_manual_review", "manual")}
    newest = data_of(checker.get("/answer-checks?perPage=2"))
    assert newest == [manual, auto]
    for wrong in ("status=done", "method=luck", "sort=score", "userId=ann-9"):
        assert checker.get(f"/answer-checks?{wrong}").status_code == 400


def test_C5_9_learners_see_their_own_checks_and_no_others(answers: Answers, as_: CallerMaker):
    ann, eve = as_("learner"), as_("learner")
    check = answers.check(ann.subject)
    assert data_of(ann.get("/answer-checks")) == [check]
    assert data_of(eve.get("/answer-checks")) == []
    assert data_of(eve.get(f"/answer-checks?attemptId={check['attemptId']}")) == []
    assert data_of(ann.get(path_of(check))) == check
    for path in (path_of(check), f"{path_of(check)}/explanation"):
        there, absent = eve.get(path), eve.get(path.replace(check["id"], str(uuid4())))
        assert failure_of(there) == (404, "ANSWER_CHECK_NOT_FOUND")
        assert there.content == absent.content


def test_B96_a_check_tells_what_the_contract_names_and_what_has_no_result_no_score(
    answers: Answers,
):
    right, wrong = answers.check("ann-96"), answers.check("ann-96", 5)
    assert right == {
        "id": right["id"],
        "attemptId": right["attemptId"],
        "status": "checked",
        "method": "auto",
        "isCorrect": True,
        "score": 2,
        "maxScore": 2,
        "feedback": {"verdict": "correct", "reason": "equal", "readAs": "4"},
    }
    assert (wrong["isCorrect"], wrong["score"]) == (False, 0)
    waiting = answers.check("ann-96", method="hybrid")
    assert set(waiting) == {"id", "attemptId", "status", "method", "maxScore"}
    assert waiting["status"] == "needs_manual_review"


# --- overrides ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"score": 1},
        {"reason": "so"},
        {"score": 1, "reason": ""},
        {"score": 1, "reason": " \n"},
        {"score": "1", "reason": "so"},
        {"score": None, "reason": "so"},
        {"score": True, "reason": "so"},
        {"score": 0.1234567, "reason": "so"},
        {"score": 1, "reason": "so", "feedback": "good"},
        {"score": 1, "reason": "so", "maxScore": 9},
    ],
    ids=str,
)
def test_B97_an_override_needs_a_score_and_a_reason(
    answers: Answers, checker: Caller, body: dict[str, Any]
):
    check = answers.check("ann-97")
    answer = checker.post(f"{path_of(check)}/override", json=body)
    assert failure_of(answer) == (400, "VALIDATION_ERROR")
    assert answers.read(path_of(check)) == check


@pytest.mark.parametrize("score", [-0.5, 2.5, 1e300, -1])
def test_B97_the_score_lies_between_nothing_and_the_most(
    answers: Answers, checker: Caller, score: float
):
    check = answers.check("ann-97")
    answer = checker.post(f"{path_of(check)}/override", json={"score": score, "reason": "so"})
    assert failure_of(answer) == (422, "SCORE_OUT_OF_RANGE")
    assert answers.read(path_of(check)) == check


def test_B97_attempt_and_evidence_follow_an_override_and_the_earlier_result_stays(
    answers: Answers, checker: Caller
):
    check = answers.check("ann-97", 5)
    attempt = check["attemptId"]
    assert answers.signals(attempt) == ["attempted", "failed"]
    path = f"{path_of(check)}/override"
    first = {"score": 1.5, "reason": "nearly", "feedback": {"text": "nearly"}}
    told = data_of(checker.post(path, json=first))
    assert told == check | {
        "status": "overridden",
        "isCorrect": False,
        "score": 1.5,
        "feedback": {"text": "nearly"},
    }
    assert answers.signals(attempt) == ["attempted", "partially_solved"]
    second = data_of(checker.post(path, json={"score": 2, "reason": "right after all"}))
    assert (second["isCorrect"], second["score"]) == (True, 2)
    assert "feedback" not in second
    assert answers.signals(attempt) == ["attempted", "solved"]
    assert answers.read(f"/attempts/{attempt}")["status"] == "checked"
    account = data_of(checker.get(f"{path_of(check)}/explanation"))["account"]
    assert [one["previous"] for one in account["overrides"]] == [
        {"isCorrect": False, "score": 0, "status": "checked"},
        {"isCorrect": False, "score": 1.5, "status": "overridden"},
    ]
    assert [one["reason"] for one in account["overrides"]] == ["nearly", "right after all"]
    assert {one["by"] for one in account["overrides"]} == {checker.subject}
    rows = answers.read(f"/evidence?attemptId={attempt}&superseded=true")
    assert len(rows) == 4


@pytest.mark.parametrize(("sent", "told"), [("-0.0", "0"), ("0.100000", "0.1"), ("2e0", "2")])
def test_B97_a_score_is_kept_as_the_decimal_that_was_meant(
    answers: Answers, checker: Caller, sent: str, told: str
):
    check = answers.check("ann-97", "1,5")
    answer = checker.post(
        f"{path_of(check)}/override",
        content=f'{{"score": {sent}, "reason": "so"}}',
        headers={"content-type": "application/json"},
    )
    assert f'"score":{told},' in answer.text


def test_B97_what_is_pending_has_nothing_to_override(answers: Answers, checker: Caller):
    check = answers.check("ann-97", method="external")
    assert check["status"] == "pending"
    answer = checker.post(f"{path_of(check)}/override", json={"score": 1, "reason": "so"})
    assert failure_of(answer) == (409, "CHECK_NOT_OVERRIDABLE")


def test_B97_an_override_takes_the_review_out_of_the_queue(answers: Answers, checker: Caller):
    review = answers.review("ann-97")
    path = f"/answer-checks/{review['answerCheckId']}"
    data_of(checker.post(f"{path}/override", json={"score": 1, "reason": "plain"}))
    assert answers.read(f"/manual-reviews/{review['id']}")["status"] == "cancelled"


def test_B93_the_same_override_under_one_key_happens_once(answers: Answers, checker: Caller):
    check = answers.check("ann-93", 5)
    path, key = f"{path_of(check)}/override", {"idempotency-key": str(uuid4())}
    body = {"score": 1, "reason": "so"}
    first = checker.post(path, json=body, headers=key)
    again = checker.post(path, json=body, headers=key)
    assert data_of(first) == data_of(again)
    assert again.headers["idempotency-replayed"] == "true"
    other = checker.post(path, json=body | {"score": 2}, headers=key)
    assert failure_of(other) == (422, "IDEMPOTENCY_KEY_REUSED")
    account = data_of(checker.get(f"{path_of(check)}/explanation"))["account"]
    assert len(account["overrides"]) == 1


def test_an_override_of_a_result_that_has_changed_is_refused(answers: Answers, checker: Caller):
    check = answers.check("ann-412", 5)
    path = f"{path_of(check)}/override"
    seen = {"if-match": checker.get(path_of(check)).headers["etag"]}
    done = checker.post(path, json={"score": 1, "reason": "so"}, headers=seen)
    assert data_of(done)["score"] == 1
    assert done.headers["etag"] == checker.get(path_of(check)).headers["etag"]
    late = checker.post(path, json={"score": 2, "reason": "no, so"}, headers=seen)
    assert failure_of(late) == (412, "PRECONDITION_FAILED")
    assert answers.read(path_of(check))["score"] == 1


# --- once more ----------------------------------------------------------------------------------


@pytest.mark.parametrize("method", ["manual", "hybrid"])
def test_C5_12_a_check_that_failed_is_tried_again(answers: Answers, as_: CallerMaker, method: str):
    review = answers.review("ann-12", method=method)
    path = f"/answer-checks/{review['answerCheckId']}"
    service = as_("service", domain="lms")
    early = service.post(f"{path}/retry")
    assert failure_of(early) == (409, "INVALID_TRANSITION")
    assert early.json()["error"]["details"]["from"] == "needs_manual_review"
    cancel = f"/manual-reviews/{review['id']}/cancel"
    data_of(answers.admin.post(cancel, json={"reason": "nobody has time"}))
    assert answers.read(path)["status"] == "failed"
    assert answers.read(f"/attempts/{review['attemptId']}")["status"] == "submitted"
    again = data_of(service.post(f"{path}/retry"), 202)
    assert again["status"] == "needs_manual_review"
    assert answers.review_of(again["id"])["id"] != review["id"]
    assert answers.read(f"/attempts/{review['attemptId']}")["status"] == "checking"


def test_C5_13_checkers_hand_what_is_pending_to_a_person(answers: Answers, checker: Caller):
    check = answers.check("ann-13", method="external")
    path = f"{path_of(check)}/request-manual-review"
    told = data_of(checker.post(path, json={"comment": "the service is down"}))
    assert told["status"] == "needs_manual_review"
    assert answers.review_of(check["id"])["status"] == "open"
    assert "needs_review" in answers.signals(check["attemptId"])
    assert failure_of(checker.post(path)) == (409, "INVALID_TRANSITION")
    done = answers.check("ann-13")
    answer = checker.post(f"{path_of(done)}/request-manual-review")
    assert failure_of(answer) == (409, "INVALID_TRANSITION")


def test_C5_13_a_learner_asks_for_a_person_where_the_usage_lets_them(
    answers: Answers, as_: CallerMaker
):
    ann, eve = as_("learner"), as_("learner")
    plain = answers.check(ann.subject, method="external")
    answer = ann.post(f"{path_of(plain)}/request-manual-review")
    assert failure_of(answer) == (403, "REVIEW_NOT_OFFERED")
    usage = {
        "problemVersionId": answers.version("external")["id"],
        "contextDomain": "lms",
        "contextType": "lesson",
        "contextId": str(uuid4()),
        "visibilityPolicy": {"requestManualReview": True},
    }
    usage_id = data_of(answers.admin.post("/usages", json=usage), 201)["id"]
    check = answers.check(ann.subject, method="external", problemUsageId=usage_id)
    path = f"{path_of(check)}/request-manual-review"
    assert failure_of(eve.post(path)) == (404, "ANSWER_CHECK_NOT_FOUND")
    assert data_of(ann.post(path))["status"] == "needs_manual_review"


def test_C5_14_a_service_says_what_it_found_and_only_once(answers: Answers, as_: CallerMaker):
    check = answers.check("ann-14", method="external")
    service = as_("service", domain="competitions")
    path = f"{path_of(check)}/external-result"
    for score in (-1, 3):
        answer = service.post(path, json={"score": score})
        assert failure_of(answer) == (422, "SCORE_OUT_OF_RANGE")
    assert failure_of(service.post(path, json={})) == (400, "VALIDATION_ERROR")
    body = {"score": 2, "feedback": {"text": "14 of 14 tests"}}
    told = data_of(service.post(path, json=body))
    assert (told["status"], told["isCorrect"], told["score"]) == ("checked", True, 2)
    assert told["feedback"] == {"text": "14 of 14 tests"}
    assert answers.signals(check["attemptId"]) == ["attempted", "solved"]
    assert failure_of(service.post(path, json=body)) == (409, "INVALID_TRANSITION")
    by_hand = answers.check("ann-14", method="manual")
    answer = service.post(f"{path_of(by_hand)}/external-result", json=body)
    assert failure_of(answer) == (409, "INVALID_TRANSITION")


def test_C5_14_a_service_of_another_domain_does_not_find_the_check(
    answers: Answers, as_: CallerMaker
):
    lms, other = as_("service", domain="lms"), as_("service", domain="competitions")
    body = {"problemVersionId": answers.version("external")["id"], "userId": "ann-14"}
    attempt = data_of(lms.post("/attempts", json=body), 201)["id"]
    data_of(lms.post(f"/attempts/{attempt}/submit", json={"answer": {"value": 4}}))
    check = data_of(lms.post(f"/attempts/{attempt}/check"), 202)
    path = f"{path_of(check)}/external-result"
    answer = other.post(path, json={"score": 2})
    assert failure_of(answer) == (404, "ANSWER_CHECK_NOT_FOUND")
    assert data_of(lms.post(path, json={"score": 1}))["score"] == 1


# --- explanations -------------------------------------------------------------------------------


def test_a_learner_is_told_how_the_answer_was_read_and_why_in_their_language(
    answers: Answers, as_: CallerMaker
):
    ann = as_("learner")
    check = answers.check(ann.subject, "5,0")
    path = f"{path_of(check)}/explanation"
    told = data_of(ann.get(path))
    assert set(told) == {
        "answerCheckId", "attemptId", "status", "by", "text",
        "isCorrect", "score", "maxScore", "feedback",
    }  # fmt: skip
    assert (told["by"], told["isCorrect"], told["score"]) == ("auto", False, 0)
    assert told["feedback"]["readAs"] in told["text"]
    russian = data_of(ann.get(f"{path}?language=ru"))["text"]
    assert russian != told["text"]
    assert any("а" <= letter <= "я" for letter in russian)
    assert failure_of(ann.get(f"{path}?language=tlh")) == (400, "VALIDATION_ERROR")


def test_checkers_are_told_everything_but_what_tells_of_the_key_needs_keys(
    answers: Answers, as_: CallerMaker
):
    check = answers.check("ann-exp", "5,0")
    path = f"{path_of(check)}/explanation"
    plain = data_of(as_("checker").get(path))["account"]
    whole = data_of(as_("checker", "keys").get(path))["account"]
    rule = answers.read(f"/problem-versions/{answers.version()['id']}/checking-rules")[0]
    assert plain["rule"] == {
        "id": rule["id"],
        "version": 1,
        "method": "auto",
        "maxScore": 2,
    }
    assert plain["judged"]["arithmetic"] == whole["judged"]["arithmetic"]
    assert plain["judged"]["arithmetic"]["score"] == 0
    assert plain["judged"]["trace"]["raw"] == {"value": "5,0"}
    assert whole["judged"]["trace"]["facts"]
    assert "facts" not in plain["judged"]["trace"]
    for fact in whole["judged"]["trace"]["facts"].values():
        assert fact in whole["judged"]["text"]


def test_a_machines_proposal_is_for_checkers_and_the_rubric_for_keys(
    answers: Answers, as_: CallerMaker
):
    ann = as_("learner")
    check = answers.check(ann.subject, 4, "hybrid")
    path = f"{path_of(check)}/explanation"
    told = data_of(ann.get(path))
    assert set(told) == {"answerCheckId", "attemptId", "status", "maxScore"}
    plain = data_of(as_("checker").get(path))["account"]
    assert plain["proposal"]["arithmetic"]["score"] == 2
    assert "rubric" not in plain["rule"]
    assert data_of(as_("admin").get(path))["account"]["rule"]["rubric"] == RUBRIC
