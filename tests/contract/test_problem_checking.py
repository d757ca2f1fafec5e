"""Rules, keys, solutions, tests and previews over HTTP (C1.20 to C1.24), and who sees them."""

from collections.abc import Callable
from typing import Any
from uuid import uuid4

import pytest

from tests.contract.bank_problems import RULE, Bank
from tests.contract.caller import Caller, data_of, failure_of

CallerMaker = Callable[..., Caller]

MARK = "secret-7c41"
SECRET_KEY = {"key": {"values": [f"{MARK}-key"]}}
SECRET_RULE = {
    "method": "hybrid",
    "rule": {"note": f"{MARK}-rule"},
    "scoringRule": {"maxScore": 1},
    "rubric": {"criteria": [{"name": f"{MARK}-rubric"}]},
}
SECRET_SOLUTION = {"format": "markdown", "body": {"text": f"{MARK}-body"}, "visibility": "hide"}
SECRET_TESTS = {
    "tests": [{"answer": {"value": f"{MARK}-key"}, "expect": ["correct"], "note": f"{MARK}-note"}]
}


@pytest.fixture
def bank_of(as_: CallerMaker) -> Bank:
    return Bank(as_("admin"))


def below(version: dict[str, Any]) -> str:
    return f"/problem-versions/{version['id']}"


# --- rules --------------------------------------------------------------------------------------


def test_C1_20_rules_are_added_and_listed(bank_of: Bank):
    path = f"{below(bank_of.version())}/checking-rules"
    assert bank_of.read(path) == []
    rule = RULE | {"scoringRule": {"maxScore": 2.50, "hintPenalty": {"first": 0.5}}}
    added = data_of(bank_of.admin.post(path, json=rule), 201)
    assert added == rule | {
        "id": added["id"],
        "problemVersionId": path.split("/")[2],
        "version": 1,
    }
    second = data_of(bank_of.admin.post(path, json=SECRET_RULE), 201)
    assert bank_of.read(path) == [added, second]


@pytest.mark.parametrize(
    ("change", "status", "code"),
    [
        ({"method": "luck"}, 422, "CHECKING_RULE_INVALID"),
        ({"scoringRule": {"maxScore": 0}}, 422, "CHECKING_RULE_INVALID"),
        ({"scoringRule": {"maxScore": -1}}, 422, "CHECKING_RULE_INVALID"),
        ({"scoringRule": {"maxScore": "2"}}, 422, "CHECKING_RULE_INVALID"),
        ({"scoringRule": {}}, 422, "CHECKING_RULE_INVALID"),
        ({"scoringRule": {"maxScore": 1, "hintPenalty": {"h": -1}}}, 422, "CHECKING_RULE_INVALID"),
        ({"scoringRule": {"maxScore": 1, "colour": 1}}, 422, "CHECKING_RULE_INVALID"),
        ({"rule": {"tolerance": {"kind": "near", "value": 1}}}, 422, "CHECKING_RULE_INVALID"),
        ({"method": 7}, 400, "VALIDATION_ERROR"),
        ({"rule": []}, 400, "VALIDATION_ERROR"),
        ({"rubric": "x"}, 400, "VALIDATION_ERROR"),
        ({"version": 7}, 400, "VALIDATION_ERROR"),
    ],
)
def test_B38_a_bad_rule_is_refused(bank_of: Bank, change: dict[str, Any], status: int, code: str):
    path = f"{below(bank_of.ready())}/checking-rules"
    [known] = bank_of.read(path)
    assert failure_of(bank_of.admin.post(path, json={**RULE, **change})) == (status, code)
    assert failure_of(bank_of.admin.patch(f"{path}/{known['id']}", json=change)) == (status, code)
    assert bank_of.read(path) == [known]


def test_C1_21_each_revision_of_a_rule_has_the_next_version(bank_of: Bank):
    path = f"{below(bank_of.ready())}/checking-rules"
    [rule] = bank_of.read(path)
    mine = f"{path}/{rule['id']}"
    revised = data_of(bank_of.admin.patch(mine, json={"scoringRule": {"maxScore": 3}}))
    assert revised == rule | {"scoringRule": {"maxScore": 3}, "version": 2}
    assert data_of(bank_of.admin.patch(mine, json={"method": "auto"}))["version"] == 2
    with_rubric = data_of(bank_of.admin.patch(mine, json={"rubric": {"a": 1}}))
    assert (with_rubric["rubric"], with_rubric["version"]) == ({"a": 1}, 3)
    assert "rubric" not in data_of(bank_of.admin.patch(mine, json={"rubric": None}))
    for wrong in (str(uuid4()), "%00"):
        answer = bank_of.admin.patch(f"{path}/{wrong}", json={})
        assert failure_of(answer) == (404, "CHECKING_RULE_NOT_FOUND")


# --- keys and solutions -------------------------------------------------------------------------


def test_C1_22_a_key_is_set_and_read_as_it_was_written(bank_of: Bank):
    path = f"{below(bank_of.version())}/answer-key"
    version_id = path.split("/")[2]
    assert bank_of.read(path) == {"versionId": version_id}
    answer = bank_of.admin.put(
        path,
        content=b'{"key": {"value": 3.1400, "why": "\xcf\x80"}}',
        headers={"content-type": "application/json"},
    )
    data_of(answer)
    assert b'"key":{"value":3.1400,"why":"\xcf\x80"}' in answer.content
    assert bank_of.admin.get(path).content == answer.content
    wrong = bank_of.admin.put(path, json={"key": {"value": "four"}})
    assert failure_of(wrong) == (422, "ANSWER_KEY_MISMATCH")
    assert wrong.json()["error"]["details"]["path"] == "$.value"
    for shape in ({}, {"key": None}, {"key": 4}, {"key": {"value": 1}, "id": 1}):
        answer = bank_of.admin.put(path, json=shape)
        assert failure_of(answer) == (400, "VALIDATION_ERROR"), shape


def test_C1_23_solutions_and_hints_come_change_and_go(bank_of: Bank):
    path = f"{below(bank_of.version())}/solutions"
    solution = data_of(bank_of.admin.post(path, json=SECRET_SOLUTION), 201)
    hint_body = SECRET_SOLUTION | {"kind": "hint", "hintKey": "first"}
    hint = data_of(bank_of.admin.post(path, json=hint_body), 201)
    assert (solution["kind"], hint["hintKey"]) == ("solution", "first")
    assert bank_of.read(path) == [solution, hint]
    twice = bank_of.admin.post(path, json=hint_body)
    assert failure_of(twice) == (409, "HINT_KEY_EXISTS")
    for wrong in ({"kind": "hint"}, {"hintKey": "x"}, {"visibility": "soon"}, {"format": "pdf"}):
        answer = bank_of.admin.post(path, json=SECRET_SOLUTION | wrong)
        assert failure_of(answer) == (400, "VALIDATION_ERROR"), wrong
    mine = f"{path}/{hint['id']}"
    edited = data_of(bank_of.admin.patch(mine, json={"visibility": "show"}))
    assert edited == hint | {"visibility": "show"}
    assert data_of(bank_of.admin.delete(mine)) == [solution]
    assert failure_of(bank_of.admin.delete(mine)) == (404, "SOLUTION_NOT_FOUND")
    assert failure_of(bank_of.admin.patch(mine, json={})) == (404, "SOLUTION_NOT_FOUND")


def test_keys_rules_rubrics_and_solutions_never_reach_a_caller_without_keys(
    bank_of: Bank, as_: CallerMaker
):
    schema = {"type": "exact_value", "valueType": "string"}
    version = bank_of.version(answerSchema=schema)
    path = below(version)
    admin = bank_of.admin
    data_of(admin.put(f"{path}/answer-key", json=SECRET_KEY))
    data_of(admin.put(f"{path}/author-tests", json=SECRET_TESTS))
    rule = data_of(admin.post(f"{path}/checking-rules", json=SECRET_RULE), 201)
    solution = data_of(admin.post(f"{path}/solutions", json=SECRET_SOLUTION), 201)
    author = as_("author", "moderator", "publisher", "checker", "exporter")
    preview = {"answer": {"value": "no"}, "checkingRuleId": rule["id"]}
    calls: list[tuple[str, str, Any]] = [
        ("GET", path, None),
        ("GET", f"/problems/{version['problemId']}/versions", None),
        ("GET", f"/problem-versions?problemId={version['problemId']}", None),
        ("GET", f"{path}/checking-rules", None),
        ("GET", f"{path}/answer-key", None),
        ("PUT", f"{path}/answer-key", {"key": {"values": ["x"]}}),
        ("GET", f"{path}/author-tests", None),
        ("PUT", f"{path}/author-tests", {"tests": []}),
        ("GET", f"{path}/solutions", None),
        ("PATCH", f"{path}/checking-rules/{rule['id']}", {"scoringRule": {"maxScore": 2}}),
        ("PATCH", f"{path}/solutions/{solution['id']}", {"visibility": "show"}),
        ("POST", f"{path}/check-preview", preview),
        ("PATCH", path, {"metadata": {"a": 1}}),
        ("PATCH", path, {"answerSchema": {"type": "expression", "syntax": "plain"}}),
        ("POST", f"{path}/submit-for-review", None),
        ("PATCH", path, {"answerSchema": schema}),
        ("POST", f"{path}/new-version", None),
        ("POST", f"{path}/submit-for-review", None),
        ("POST", f"{path}/publish", None),
        ("GET", f"{path}/checking-rules", None),
    ]
    for method, url, body in calls:
        answer = author.request(method, url, json=body)
        assert MARK not in answer.text, (method, url)
        assert answer.status_code < 500
    assert data_of(author.get(path))["status"] == "published"
    [told] = data_of(author.get(f"{path}/checking-rules"))
    assert set(told) == {"id", "problemVersionId", "method", "scoringRule", "version"}
    with_keys = as_("viewer", "keys")
    for url in ("answer-key", "author-tests", "solutions", "checking-rules"):
        assert MARK in with_keys.get(f"{path}/{url}").text
    assert failure_of(author.get(f"{path}/answer-key")) == (403, "FORBIDDEN")


# --- previews and tests -------------------------------------------------------------------------


def preview(bank: Bank, version: dict[str, Any], answer: Any, **more: Any) -> Any:
    path = f"{below(version)}/check-preview"
    return data_of(bank.admin.post(path, json={"answer": answer, **more}))


def test_C1_24_a_preview_tells_the_rule_that_applies_and_stores_nothing(bank_of: Bank):
    version = bank_of.ready()
    path = below(version)
    [rule] = bank_of.read(f"{path}/checking-rules")
    before = bank_of.admin.get(path).headers["etag"]
    right = preview(bank_of, version, {"value": "4,0"})
    assert right == {
        "appliedRule": {"id": rule["id"], "method": "auto", "version": 1},
        "isCorrect": True,
        "score": 2,
        "maxScore": 2,
        "feedback": {"verdict": "correct", "reason": "equal", "readAs": "4"},
    }
    wrong = preview(bank_of, version, {"value": 5})
    assert (wrong["isCorrect"], wrong["score"]) == (False, 0)
    assert wrong["feedback"]["verdict"] == "incorrect"
    unread = preview(bank_of, version, {"value": "four"})
    assert unread["feedback"]["verdict"] == "invalid_format"
    assert {"isCorrect", "score"}.isdisjoint(unread)
    assert bank_of.admin.get(path).headers["etag"] == before


def test_C1_24_the_named_rule_applies(bank_of: Bank):
    version = bank_of.ready()
    path = f"{below(version)}/checking-rules"
    manual = {"method": "manual", "scoringRule": {"maxScore": 7}}
    added = data_of(bank_of.admin.post(path, json=manual), 201)
    told = preview(bank_of, version, {"value": 4}, checkingRuleId=added["id"])
    assert told["appliedRule"] == {"id": added["id"], "method": "manual", "version": 1}
    assert told["feedback"] == {"verdict": "unknown", "reason": "for_a_person"}
    assert told["maxScore"] == 7
    assert {"isCorrect", "score"}.isdisjoint(told)


def test_C1_24_what_cannot_be_previewed_is_refused(bank_of: Bank):
    version = bank_of.version()
    path = f"{below(version)}/check-preview"
    body = {"answer": {"value": 4}}
    assert failure_of(bank_of.admin.post(path, json=body)) == (409, "CHECKING_RULE_REQUIRED")
    data_of(bank_of.admin.post(f"{below(version)}/checking-rules", json=RULE), 201)
    assert failure_of(bank_of.admin.post(path, json=body)) == (422, "ANSWER_KEY_MISMATCH")
    data_of(bank_of.admin.put(f"{below(version)}/answer-key", json={"key": {"value": 4}}))
    other = body | {"checkingRuleId": str(uuid4())}
    assert failure_of(bank_of.admin.post(path, json=other)) == (422, "CHECKING_RULE_MISMATCH")
    for shape in ({"value": True}, {"choice": "a"}, {}):
        answer = bank_of.admin.post(path, json={"answer": shape})
        assert failure_of(answer) == (422, "ANSWER_SCHEMA_MISMATCH"), shape


def test_C1_24_an_expression_is_judged_by_what_it_means(bank_of: Bank):
    version = bank_of.version(answerSchema={"type": "expression", "syntax": "plain"})
    path = below(version)
    data_of(bank_of.admin.put(f"{path}/answer-key", json={"key": {"expression": "(x+1)^2"}}))
    data_of(bank_of.admin.post(f"{path}/checking-rules", json=RULE), 201)
    assert preview(bank_of, version, {"expression": "x^2 + 2x + 1"})["isCorrect"] is True
    assert preview(bank_of, version, {"expression": "x^2 + 1"})["isCorrect"] is False
    hostile = preview(bank_of, version, {"expression": "9^9^9^9^9"})
    assert hostile["feedback"]["verdict"] in {"unknown", "invalid_format", "incorrect"}


def test_publishing_runs_the_authors_tests_and_lists_those_that_fail(
    bank_of: Bank, as_: CallerMaker
):
    version = bank_of.version(answerSchema={"type": "expression", "syntax": "plain"})
    path = below(version)
    data_of(bank_of.admin.put(f"{path}/answer-key", json={"key": {"expression": "2x"}}))
    data_of(bank_of.admin.post(f"{path}/checking-rules", json=RULE), 201)
    tests = [
        {"answer": {"expression": "x + x"}, "expect": ["correct"]},
        {"answer": {"expression": "x"}, "expect": ["correct"], "note": "not the same"},
        {"answer": {"value": 2}, "expect": ["refused"]},
    ]
    kept = data_of(bank_of.admin.put(f"{path}/author-tests", json={"tests": tests}))
    assert kept == {"versionId": version["id"], "tests": tests}
    bank_of.moved(version, "submit-for-review")
    answer = bank_of.admin.post(f"{path}/publish")
    assert failure_of(answer) == (409, "AUTHOR_TESTS_FAILED")
    assert answer.json()["error"]["details"]["failed"] == [
        {"at": 1, "expect": ["correct"], "given": "incorrect", "note": "not the same"}
    ]
    without_keys = as_("publisher").post(f"{path}/publish")
    assert without_keys.json()["error"]["details"]["failed"] == [
        {"at": 1, "expect": ["correct"], "given": "incorrect"}
    ]
    bank_of.moved(version, "return-to-draft", comment="mend the tests")
    del tests[1]
    data_of(bank_of.admin.put(f"{path}/author-tests", json={"tests": tests}))
    bank_of.moved(version, "submit-for-review")
    assert bank_of.moved(version, "publish")["status"] == "published"


def test_author_tests_expect_known_outcomes(bank_of: Bank):
    path = f"{below(bank_of.ready())}/author-tests"
    for expect in ([], ["maybe"], "correct"):
        body = {"tests": [{"answer": {"value": 4}, "expect": expect}]}
        assert failure_of(bank_of.admin.put(path, json=body)) == (400, "VALIDATION_ERROR")
