"""Judging attempts over HTTP: modes, hints, evidence (C5.5, C5.8, C5.20)."""

from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from uuid import uuid4

import httpx
import pytest

from tests.contract.bank_attempts import (
    RIGHT,
    RULE,
    WRONG,
    CallerMaker,
    School,
    started,
    submitted,
)
from tests.contract.caller import Caller, data_of, failure_of
from tests.contract.server import Server

CROWD = 16
RUBRIC = {"criteria": [{"name": "idea", "weight": 1}], "maxPoints": 2}


@pytest.fixture
def school(as_: CallerMaker) -> School:
    return School(as_)


def signals(caller: Caller, **filters: Any) -> list[str]:
    """What the caller's evidence says, oldest first."""
    rows = data_of(caller.get("/evidence", params={"perPage": 100, **filters}))
    return [row["signal"] for row in reversed(rows)]


def rule(method: str) -> dict[str, Any]:
    return {**RULE, "method": method, "rubric": RUBRIC}


# --- check --------------------------------------------------------------------------------------


@pytest.mark.parametrize(("given", "right"), [(RIGHT, True), (WRONG, False)])
def test_C5_5_a_machine_judges_at_once(school: School, given: dict[str, Any], right: bool):
    ann, version = school.learner(), school.version()
    path = submitted(ann, version, given)
    answer = ann.post(f"{path}/check", json={"mode": "auto"})
    check = data_of(answer, 201)
    assert check == {
        "id": check["id"],
        "attemptId": path.removeprefix("/attempts/"),
        "status": "checked",
        "method": "auto",
        "isCorrect": right,
        "score": 2 if right else 0,
        "maxScore": 2,
        "feedback": check["feedback"],
    }
    assert check["feedback"]["verdict"] == ("correct" if right else "incorrect")
    assert set(check["feedback"]) == {"verdict", "reason", "readAs"}
    attempt = data_of(ann.get(path))
    assert attempt["status"] == "checked"
    assert attempt["checkedAt"] > attempt["submittedAt"] > attempt["startedAt"]
    assert data_of(ann.get(f"/answer-checks/{check['id']}")) == check


def test_B99_one_result_evidence_follows_a_check_in_its_transaction(school: School):
    ann, version = school.learner(), school.version()
    path = submitted(ann, version)
    assert signals(ann) == ["attempted"]
    data_of(ann.post(f"{path}/check"), 201)
    newest, oldest = data_of(ann.get("/evidence"))
    assert newest == {
        "id": newest["id"],
        "attemptId": path.removeprefix("/attempts/"),
        "problemId": version["problemId"],
        "userId": ann.subject,
        "signal": "solved",
        "taxonomySnapshot": {},
        "score": 2,
        "createdAt": newest["createdAt"],
    }
    assert (oldest["signal"], "score" in oldest) == ("attempted", False)
    failed = submitted(ann, version, WRONG)
    data_of(ann.post(f"{failed}/check"), 201)
    assert signals(ann) == ["attempted", "solved", "attempted", "failed"]


def test_C5_5_what_was_not_handed_in_is_not_judged(school: School):
    ann, version = school.learner(), school.version()
    path = started(ann, version)
    for caller in (ann, school.checker):
        answer = caller.post(f"{path}/check")
        assert failure_of(answer) == (409, "ATTEMPT_NOT_SUBMITTED")
    data_of(ann.post(f"{path}/submit", json=RIGHT))
    data_of(ann.post(f"{path}/check"), 201)
    assert failure_of(ann.post(f"{path}/check")) == (409, "ATTEMPT_NOT_SUBMITTED")
    assert signals(ann) == ["attempted", "solved"]


def test_C5_5_a_checker_may_judge_again_and_the_last_result_counts(school: School):
    ann, version = school.learner(), school.version()
    path = submitted(ann, version)
    first = data_of(ann.post(f"{path}/check"), 201)
    second = data_of(school.checker.post(f"{path}/check"), 201)
    assert first["id"] != second["id"]
    assert signals(ann) == ["attempted", "solved"]
    everything = data_of(ann.get("/evidence?superseded=true"))
    assert Counter(row.get("superseded", False) for row in everything) == {False: 2, True: 1}


def test_B95_the_rule_must_be_of_the_version(school: School):
    ann, version, other = school.learner(), school.version(), school.version()
    path = submitted(ann, version)
    for wrong in (str(uuid4()), school.rule_ids(other)[0]):
        answer = ann.post(f"{path}/check", json={"checkingRuleId": wrong})
        assert failure_of(answer) == (422, "CHECKING_RULE_MISMATCH")
    [mine] = school.rule_ids(version)
    data_of(ann.post(f"{path}/check", json={"checkingRuleId": mine}), 201)


@pytest.mark.parametrize(
    "body", [{"mode": "luck"}, {"mode": None, "x": 1}, {"checkingRuleId": "7"}, [], {"score": 2}]
)
def test_B95_a_check_says_nothing_but_rule_and_mode(school: School, body: Any):
    ann, version = school.learner(), school.version()
    answer = ann.post(f"{submitted(ann, version)}/check", json=body)
    assert failure_of(answer) == (400, "VALIDATION_ERROR")


@pytest.mark.parametrize("mode", ["manual", "hybrid", "external"])
def test_C5_5_an_owner_asks_for_auto_alone(school: School, mode: str):
    ann, version = school.learner(), school.version()
    answer = ann.post(f"{submitted(ann, version)}/check", json={"mode": mode})
    assert failure_of(answer) == (422, "MODE_NOT_ALLOWED")
    assert answer.json()["error"]["details"] == {"path": "mode", "allowed": ["auto"]}
    assert signals(ann) == ["attempted"]


@pytest.mark.parametrize(
    ("method", "mode", "code"),
    [
        ("auto", "external", "MODE_NOT_ALLOWED"),
        ("manual", "auto", "MODE_NOT_ALLOWED"),
        ("hybrid", "auto", "MODE_NOT_ALLOWED"),
        ("external", "auto", "MODE_NOT_ALLOWED"),
    ],
)
def test_C5_5_a_rule_says_who_may_judge(school: School, method: str, mode: str, code: str):
    ann, version = school.learner(), school.version(rule(method))
    path = submitted(ann, version)
    answer = school.checker.post(f"{path}/check", json={"mode": mode})
    assert failure_of(answer) == (422, code)
    assert data_of(ann.get(path))["status"] == "submitted"


@pytest.mark.parametrize(
    ("method", "status"),
    [
        ("manual", "needs_manual_review"),
        ("hybrid", "needs_manual_review"),
        ("external", "pending"),
    ],
)
def test_C5_5_what_others_decide_is_accepted_and_has_no_result_yet(
    school: School, method: str, status: str
):
    ann, version = school.learner(), school.version(rule(method))
    path = submitted(ann, version)
    check = data_of(ann.post(f"{path}/check"), 202)
    assert (check["status"], check["method"]) == (status, method)
    assert not {"isCorrect", "score", "feedback"} & set(check)
    assert data_of(ann.get(path))["status"] == "checking"
    waits = ["needs_review"] if status == "needs_manual_review" else []
    assert signals(ann) == ["attempted", *waits]


def test_C5_5_a_checker_or_a_service_may_ask_for_a_person_instead(school: School):
    ann, version = school.learner(), school.version(rule("auto"))
    for caller in (school.checker, school.as_("service", domain="lms")):
        path = submitted(ann, version)
        check = data_of(caller.post(f"{path}/check", json={"mode": "manual"}), 202)
        assert (check["status"], check["method"]) == ("needs_manual_review", "manual")


def test_C5_7_a_void_attempt_takes_its_evidence_back(school: School):
    ann, version = school.learner(), school.version()
    path = submitted(ann, version)
    data_of(ann.post(f"{path}/check"), 201)
    data_of(school.checker.post(f"{path}/void", json={"reason": "seen"}))
    assert signals(ann) == ["attempted"]
    assert failure_of(ann.post(f"{path}/check")) == (409, "ATTEMPT_NOT_SUBMITTED")


def test_C5_5_beyond_a_learners_share_of_the_workers_nothing_is_stored_and_all_may_be_repeated(
    school: School,
):
    version = school.version(
        answerSchema={"type": "expression", "syntax": "plain"}, key={"expression": "2x + 2"}
    )
    ann = school.learner()
    paths = [
        submitted(ann, version, {"answer": {"expression": f"2(x + {number}) - 2*{number} + 2"}})
        for number in range(CROWD)
    ]
    with ThreadPoolExecutor(CROWD) as crowd:
        answers = list(crowd.map(lambda path: ann.post(f"{path}/check"), paths))
    assert set(told(answers)) == {(201, ""), (503, "CHECKER_UNAVAILABLE")}
    for path, answer in zip(paths, answers, strict=True):
        if answer.status_code == 503:
            assert "retry-after" in answer.headers
            assert data_of(ann.get(path))["status"] == "submitted"
        later = answer if answer.is_success else school.checker.post(f"{path}/check")
        assert data_of(later, 201)["isCorrect"] is True
    assert Counter(signals(ann)) == {"attempted": CROWD, "solved": CROWD}


def test_C5_5_without_a_rule_nothing_is_judged(school: School):
    ann, admin = school.learner(), school.bank.admin
    draft = school.bank.version()
    usage = {
        "problemVersionId": draft["id"],
        "contextDomain": "lms",
        "contextType": "lesson",
        "contextId": "1",
        "visibilityPolicy": {"allowUnpublished": True},
    }
    usage_id = data_of(admin.post("/usages", json=usage), 201)["id"]
    path = started(ann, draft, problemUsageId=usage_id)
    data_of(ann.post(f"{path}/submit", json=RIGHT))
    assert failure_of(ann.post(f"{path}/check")) == (409, "CHECKING_RULE_REQUIRED")
    assert data_of(ann.get(path))["status"] == "submitted"
    data_of(admin.post(f"/problem-versions/{draft['id']}/checking-rules", json=RULE), 201)
    assert failure_of(ann.post(f"{path}/check")) == (422, "ANSWER_KEY_MISMATCH")
    below = f"/problem-versions/{draft['id']}/answer-key"
    data_of(admin.put(below, json={"key": {"value": 4}}))
    assert data_of(ann.post(f"{path}/check"), 201)["isCorrect"] is True


# --- hints --------------------------------------------------------------------------------------


def test_C5_8_a_hint_costs_what_the_rule_says_once(school: School):
    ann, version = school.learner(), school.version()
    path = started(ann, version)
    for _ in range(2):
        hint = data_of(ann.post(f"{path}/hints/first"))
        assert hint == {"hintKey": "first", "format": "markdown", "body": {"text": "hint first"}}
    data_of(ann.post(f"{path}/submit", json=RIGHT))
    check = data_of(ann.post(f"{path}/check"), 201)
    assert (check["isCorrect"], check["score"], check["maxScore"]) == (True, 1.5, 2)
    assert signals(ann) == ["attempted", "solved_with_hint"]
    assert data_of(ann.post(f"{path}/hints/first")) == hint
    answer = ann.post(f"{path}/hints/second")
    assert failure_of(answer) == (409, "ATTEMPT_NOT_ACTIVE")


def test_C5_8_only_hints_for_learners_are_there_and_only_for_the_owner(school: School):
    ann, version = school.learner(), school.version()
    path = started(ann, version)
    for key in ("secret", "none", "%00"):
        assert failure_of(ann.post(f"{path}/hints/{key}")) == (404, "HINT_NOT_FOUND")
    answer = school.learner().post(f"{path}/hints/first")
    assert failure_of(answer) == (404, "ATTEMPT_NOT_FOUND")
    assert failure_of(school.checker.post(f"{path}/hints/first")) == (403, "FORBIDDEN")


# --- evidence -----------------------------------------------------------------------------------


def test_C5_20_evidence_is_found_by_what_it_is_about(school: School):
    ann, version, other = school.learner(), school.version(), school.version()
    one, two = submitted(ann, version), submitted(ann, other, WRONG)
    for path in (one, two):
        data_of(ann.post(f"{path}/check"), 201)
    for caller in (ann, school.checker, school.as_("service", domain="lms")):
        mine = {"userId": ann.subject}
        assert len(signals(caller, **mine)) == 4
        assert signals(caller, **mine, problemId=version["problemId"]) == ["attempted", "solved"]
        attempt = two.removeprefix("/attempts/")
        assert signals(caller, attemptId=attempt) == ["attempted", "failed"]
        assert signals(caller, **mine, signal="failed") == ["failed"]
        assert signals(caller, **mine, since="2099-01-01T00:00:00Z") == []
        assert len(signals(caller, **mine, since="2001-01-01T00:00:00+03:00")) == 4
    assert signals(school.learner(), userId=ann.subject) == []
    for wrong in ("since=yesterday", "signal=luck", "since=2026-01-01T00:00:00", "colour=1"):
        assert failure_of(ann.get(f"/evidence?{wrong}")) == (400, "VALIDATION_ERROR")


def test_B98_evidence_keeps_the_places_in_the_taxonomy_of_its_moment(school: School):
    ann, admin = school.learner(), school.bank.admin
    version = school.version()
    slug = f"topic-{uuid4()}"
    body = {"kind": "topic", "slug": slug, "title": "Sums"}
    node = data_of(admin.post("/taxonomy/nodes", json=body), 201)["id"]
    links = f"/problems/{version['problemId']}/taxonomy-links"
    data_of(admin.post(links, json={"nodeId": node, "role": "primary"}), 201)
    path = submitted(ann, version)
    data_of(admin.patch(f"/taxonomy/nodes/{node}", json={"title": "Addition"}))
    data_of(ann.post(f"{path}/check"), 201)
    after, before = (row["taxonomySnapshot"] for row in data_of(ann.get("/evidence")))
    [old], [new] = before["nodes"], after["nodes"]
    assert old == {"nodeId": node, "role": "primary", "title": "Sums", "path": slug}
    assert new == old | {"title": "Addition"}


def test_B99_the_third_failure_in_one_topic_is_a_repeated_difficulty(school: School):
    ann, admin = school.learner(), school.bank.admin
    version = school.version()
    body = {"kind": "topic", "slug": f"topic-{uuid4()}", "title": "Sums"}
    node = data_of(admin.post("/taxonomy/nodes", json=body), 201)["id"]
    links = f"/problems/{version['problemId']}/taxonomy-links"
    data_of(admin.post(links, json={"nodeId": node, "role": "primary"}), 201)
    for _ in range(3):
        data_of(ann.post(f"{submitted(ann, version, WRONG)}/check"), 201)
    told = Counter(signals(ann))
    assert told == {"attempted": 3, "failed": 3, "repeated_difficulty": 1}


# --- many at once -------------------------------------------------------------------------------


def all_at_once(caller: Caller, path: str, body: Any, key: str | None) -> list[httpx.Response]:
    headers = {} if key is None else {"Idempotency-Key": key}
    with ThreadPoolExecutor(CROWD) as crowd:
        return list(
            crowd.map(lambda _: caller.post(path, json=body, headers=headers), range(CROWD))
        )


def told(answers: list[httpx.Response]) -> Counter[tuple[int, str]]:
    return Counter(
        (answer.status_code, (answer.json().get("error") or {}).get("code", ""))
        for answer in answers
    )


def test_B93_of_many_submits_one_counts_and_under_one_key_all_are_told_so(school: School):
    ann, version = school.learner(), school.version()
    path = started(ann, version)
    answers = all_at_once(ann, f"{path}/submit", RIGHT, None)
    assert told(answers) == {(200, ""): 1, (409, "ATTEMPT_NOT_SUBMITTABLE"): CROWD - 1}
    path = started(ann, version)
    answers = all_at_once(ann, f"{path}/submit", RIGHT, str(uuid4()))
    assert told(answers) == {(200, ""): CROWD}
    assert len({answer.content for answer in answers}) == 1
    assert signals(ann) == ["attempted", "attempted"]


def test_B93_of_many_checks_one_judges_and_under_one_key_all_are_told_so(school: School):
    ann, version = school.learner(), school.version()
    path = submitted(ann, version)
    answers = all_at_once(ann, f"{path}/check", None, None)
    assert told(answers) == {(201, ""): 1, (409, "ATTEMPT_NOT_SUBMITTED"): CROWD - 1}
    path = submitted(ann, version)
    answers = all_at_once(ann, f"{path}/check", None, str(uuid4()))
    assert told(answers) == {(201, ""): CROWD}
    assert len({answer.content for answer in answers}) == 1
    assert Counter(signals(ann)) == {"attempted": 2, "solved": 2}
    assert len(data_of(ann.get("/answer-checks"))) == 2


def test_B93_many_starts_under_one_key_are_one_attempt(school: School):
    ann, version = school.learner(), school.version()
    body = {"problemVersionId": version["id"], "userId": ann.subject}
    answers = all_at_once(ann, "/attempts", body, str(uuid4()))
    assert told(answers) == {(201, ""): CROWD}
    assert len(data_of(ann.get("/attempts"))) == 1


@pytest.mark.ci
def test_B93_two_processes_take_one_answer_and_judge_it_once(school: School, bank: Server):
    version = school.version()
    with Server(bank.data, **bank.settings) as second:
        for _ in range(5):
            ann = school.learner()
            path = started(ann, version)
            with Caller(second, "learner", subject=ann.subject) as elsewhere:
                both = (ann, elsewhere)
                for command, refusal in (
                    ("submit", "ATTEMPT_NOT_SUBMITTABLE"),
                    ("check", "ATTEMPT_NOT_SUBMITTED"),
                ):
                    body = RIGHT if command == "submit" else None
                    with ThreadPoolExecutor(CROWD) as crowd:
                        calls = [
                            crowd.submit(both[number % 2].post, f"{path}/{command}", json=body)
                            for number in range(CROWD)
                        ]
                    answers = [call.result() for call in calls]
                    done = (200 if command == "submit" else 201, "")
                    assert told(answers) == {done: 1, (409, refusal): CROWD - 1}
                assert signals(elsewhere) == signals(ann) == ["attempted", "solved"]
                assert data_of(elsewhere.get(path))["status"] == "checked"
