"""Problems over HTTP: begin, read, edit, review, publish, retire, hide (C1.2 to C1.9)."""

from collections.abc import Callable
from typing import Any
from uuid import uuid4

import pytest

from tests.contract.bank_problems import Bank
from tests.contract.caller import Caller, data_of, failure_of

CallerMaker = Callable[..., Caller]


@pytest.fixture
def bank_of(as_: CallerMaker) -> Bank:
    return Bank(as_("admin"))


def code() -> str:
    return f"T-{uuid4().hex[:12]}"


# --- begin --------------------------------------------------------------------------------------


def test_B11_a_problem_starts_as_a_draft(as_: CallerMaker):
    author = as_("author")
    mine = code()
    body = {
        "code": mine,
        "subjectKey": "mathematics",
        "defaultDifficulty": "easy",
        "sourceRef": {"domain": "migration", "type": "row", "id": "17"},
    }
    answer = author.post("/problems", json=body)
    made = data_of(answer, 201)
    assert made == body | {"id": made["id"], "status": "draft"}
    read = author.get(f"/problems/{made['id']}")
    assert data_of(read) == made
    assert read.headers["etag"] == answer.headers["etag"] == '"1"'


def test_B12_without_a_code_one_is_made(bank_of: Bank):
    first, second = bank_of.problem(), bank_of.problem()
    assert set(first) == {"id", "code", "subjectKey", "status"}
    assert first["code"] != second["code"]
    assert first["code"].startswith("P-")


def test_B12_a_code_is_unique_whatever_its_case_or_spelling(bank_of: Bank):
    mine = f"Ö-{code()}"
    bank_of.problem(code=mine)
    for other in (mine, mine.lower(), "O\u0308" + mine[1:]):
        answer = bank_of.admin.post("/problems", json={"subjectKey": "mathematics", "code": other})
        assert failure_of(answer) == (409, "PROBLEM_CODE_EXISTS")


@pytest.mark.parametrize(
    ("body", "path"),
    [
        ({}, "subjectKey"),
        ({"subjectKey": None}, "subjectKey"),
        ({"subjectKey": 7}, "subjectKey"),
        ({"subjectKey": ""}, "subjectKey"),
        ({"subjectKey": "No Slug"}, "subjectKey"),
        ({"subjectKey": "x", "code": ""}, "code"),
        ({"subjectKey": "x", "code": " a"}, "code"),
        ({"subjectKey": "x", "code": "a\u0000"}, "code"),
        ({"subjectKey": "x", "code": "a" * 101}, "code"),
        ({"subjectKey": "x", "defaultDifficulty": 3}, "defaultDifficulty"),
        ({"subjectKey": "x", "sourceRef": {"domain": "lms", "type": "t"}}, "sourceRef"),
    ],
)
def test_B11_a_bad_problem_is_a_validation_error(bank_of: Bank, body: dict[str, Any], path: str):
    answer = bank_of.admin.post("/problems", json=body)
    assert failure_of(answer) == (400, "VALIDATION_ERROR")
    told = answer.json()["error"]
    assert path in told["message"]


@pytest.mark.parametrize("domain", ["school", "LMS", "", None])
def test_B03_a_source_is_in_one_of_six_domains(bank_of: Bank, domain: Any):
    ref = {"domain": domain, "type": "t", "id": "1"}
    answer = bank_of.admin.post("/problems", json={"subjectKey": "x", "sourceRef": ref})
    assert failure_of(answer) == (400, "VALIDATION_ERROR")
    [field] = answer.json()["error"]["details"]["fields"]
    assert field["path"] == "sourceRef.domain"


@pytest.mark.parametrize("extra", ["id", "status", "colour", "version"])
def test_B09_B10_what_the_server_owns_or_nobody_knows_is_refused(bank_of: Bank, extra: str):
    answer = bank_of.admin.post("/problems", json={"subjectKey": "x", extra: "draft"})
    assert failure_of(answer) == (400, "VALIDATION_ERROR")
    path = f"/problems/{bank_of.problem()['id']}"
    assert failure_of(bank_of.admin.patch(path, json={extra: "draft"})) == (400, "VALIDATION_ERROR")


def test_C1_2_a_subject_is_one_of_the_installations_if_it_has_any(bank_of: Bank):
    admin = bank_of.admin
    subjects = [{"key": "physics", "title": "P"}, {"key": "old", "title": "O", "status": "hidden"}]
    data_of(admin.patch("/settings", json={"subjects": subjects}))
    try:
        assert bank_of.problem(subjectKey="physics")["subjectKey"] == "physics"
        for other in ("mathematics", "old"):
            answer = admin.post("/problems", json={"subjectKey": other})
            assert failure_of(answer) == (422, "UNKNOWN_SUBJECT")
    finally:
        data_of(admin.patch("/settings", json={"subjects": None}))


# --- read and edit ------------------------------------------------------------------------------


NO_ID = "7d9b5f8e-3c0a-4a8e-9a53-1f1c7d2b6e90"


@pytest.mark.parametrize("wrong", [NO_ID, "x", "%00", "A" * 300, NO_ID.upper()])
def test_C1_3_what_is_no_problem_is_not_found(bank_of: Bank, wrong: str):
    for answer in (
        bank_of.admin.get(f"/problems/{wrong}"),
        bank_of.admin.patch(f"/problems/{wrong}", json={}),
        bank_of.admin.post(f"/problems/{wrong}/publish"),
        bank_of.admin.get(f"/problems/{wrong}/versions"),
    ):
        assert failure_of(answer) == (404, "PROBLEM_NOT_FOUND")


def test_C1_4_an_edit_changes_what_it_names(bank_of: Bank):
    made = bank_of.problem(defaultDifficulty="easy")
    path = f"/problems/{made['id']}"
    ref = {"domain": "lms", "type": "task", "id": "3"}
    after = data_of(bank_of.admin.patch(path, json={"sourceRef": ref}))
    assert after == made | {"sourceRef": ref}
    cleared = data_of(bank_of.admin.patch(path, json={"defaultDifficulty": None}))
    assert "defaultDifficulty" not in cleared
    assert bank_of.read(path) == cleared


def test_C1_4_an_edit_that_changes_nothing_keeps_the_revision(bank_of: Bank):
    made = bank_of.problem(defaultDifficulty="easy")
    path = f"/problems/{made['id']}"
    answer = bank_of.admin.patch(path, json={"defaultDifficulty": "easy"})
    assert (data_of(answer), answer.headers["etag"]) == (made, '"1"')


def test_C1_4_a_code_changes_in_draft_only_and_frees_the_old_one(bank_of: Bank):
    first, second, third = code(), code(), code()
    made = bank_of.problem(code=first)
    path = f"/problems/{made['id']}"
    assert data_of(bank_of.admin.patch(path, json={"code": second}))["code"] == second
    other = bank_of.problem(code=first)
    taken = bank_of.admin.patch(path, json={"code": first})
    assert failure_of(taken) == (409, "PROBLEM_CODE_EXISTS")
    bank_of.version(other["id"])
    data_of(bank_of.move(other["id"], "submit-for-review"))
    locked = bank_of.admin.patch(f"/problems/{other['id']}", json={"code": third})
    assert failure_of(locked) == (409, "PROBLEM_CODE_LOCKED")


def test_an_edit_of_a_revision_that_is_gone_is_412(bank_of: Bank):
    made = bank_of.problem()
    path = f"/problems/{made['id']}"
    first = {"If-Match": '"1"'}
    data_of(bank_of.admin.patch(path, json={"defaultDifficulty": "a"}, headers=first))
    late = bank_of.admin.patch(path, json={"defaultDifficulty": "b"}, headers=first)
    assert failure_of(late) == (412, "PRECONDITION_FAILED")
    archive = bank_of.admin.post(f"{path}/archive", headers=first)
    assert failure_of(archive) == (412, "PRECONDITION_FAILED")
    assert bank_of.read(path)["defaultDifficulty"] == "a"


# --- review, use, retirement --------------------------------------------------------------------


def test_B13_a_problem_goes_its_way_and_no_other(bank_of: Bank):
    problem_id = bank_of.problem()["id"]
    assert failure_of(bank_of.move(problem_id, "submit-for-review")) == (409, "NO_VERSION")
    bank_of.version(problem_id)
    assert failure_of(bank_of.move(problem_id, "publish")) == (409, "INVALID_TRANSITION")
    data_of(bank_of.move(problem_id, "submit-for-review", comment="please"))
    assert failure_of(bank_of.move(problem_id, "publish")) == (409, "NO_PUBLISHED_VERSION")
    back = data_of(bank_of.move(problem_id, "return-to-draft", comment="not yet"))
    assert back["status"] == "draft"
    bank_of.published(problem_id)
    data_of(bank_of.move(problem_id, "submit-for-review"))
    assert data_of(bank_of.move(problem_id, "publish"))["status"] == "published"
    again = bank_of.move(problem_id, "publish")
    assert failure_of(again) == (409, "INVALID_TRANSITION")
    details = again.json()["error"]["details"]
    assert (details["from"], details["command"]) == ("published", "publish")
    assert {"archive", "retire"} <= set(details["allowed"])
    assert data_of(bank_of.move(problem_id, "retire", reason="wrong"))["status"] == "retired"
    late = bank_of.admin.post(f"/problems/{problem_id}/versions", json={})
    assert failure_of(late) == (409, "PROBLEM_RETIRED")


def test_C1_8_a_replacement_is_another_problem_that_exists(bank_of: Bank):
    problem_id, other = bank_of.problem()["id"], bank_of.problem()["id"]
    bank_of.published(problem_id)
    data_of(bank_of.move(problem_id, "submit-for-review"))
    data_of(bank_of.move(problem_id, "publish"))
    for wrong in (problem_id, str(uuid4())):
        answer = bank_of.move(problem_id, "retire", reason="x", replacementProblemId=wrong)
        assert failure_of(answer) == (422, "UNKNOWN_PROBLEM")
    no_id = bank_of.move(problem_id, "retire", reason="x", replacementProblemId="x\u0000")
    assert failure_of(no_id) == (400, "VALIDATION_ERROR")
    assert failure_of(bank_of.move(problem_id, "retire")) == (400, "VALIDATION_ERROR")
    retired = bank_of.move(problem_id, "retire", reason="x", replacementProblemId=other)
    assert data_of(retired)["status"] == "retired"


def test_C1_9_a_hidden_problem_comes_back_as_it_was(bank_of: Bank):
    problem_id = bank_of.problem()["id"]
    bank_of.version(problem_id)
    data_of(bank_of.move(problem_id, "submit-for-review"))
    assert data_of(bank_of.move(problem_id, "archive", reason="old"))["status"] == "archived"
    version = bank_of.admin.post(f"/problems/{problem_id}/versions", json={})
    assert failure_of(version) == (409, "INVALID_TRANSITION")
    assert data_of(bank_of.move(problem_id, "restore"))["status"] == "review"
    assert failure_of(bank_of.move(problem_id, "restore")) == (409, "INVALID_TRANSITION")


def test_B05_a_problem_begun_twice_under_one_key_is_one(bank_of: Bank):
    key = {"Idempotency-Key": uuid4().hex}
    body = {"subjectKey": "mathematics"}
    first = bank_of.admin.post("/problems", json=body, headers=key)
    second = bank_of.admin.post("/problems", json=body, headers=key)
    assert first.content == second.content
    assert (first.status_code, second.status_code) == (201, 201)
    other = bank_of.admin.post("/problems", json=body | {"code": code()}, headers=key)
    assert failure_of(other) == (422, "IDEMPOTENCY_KEY_REUSED")
