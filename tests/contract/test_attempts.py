"""Attempts over HTTP: start, list, read, hand in, give up, annul (C5.1 to C5.4, C5.6, C5.7)."""

from typing import Any
from uuid import uuid4

import pytest

from tests.contract.bank_attempts import (
    RIGHT,
    CallerMaker,
    School,
    start,
    started,
    submitted,
)
from tests.contract.caller import Caller, data_of, failure_of

USAGE = {"contextDomain": "lms", "contextType": "lesson", "contextId": "7"}


@pytest.fixture
def school(as_: CallerMaker) -> School:
    return School(as_)


def use(school: School, version: dict[str, Any], **more: Any) -> str:
    body = {"problemVersionId": version["id"], **USAGE, **more}
    usage: str = data_of(school.bank.admin.post("/usages", json=body), 201)["id"]
    return usage


# --- start --------------------------------------------------------------------------------------


def test_C5_1_a_learner_begins_an_attempt_at_a_published_version(school: School):
    ann, version = school.learner(), school.version()
    answer = start(ann, version)
    attempt = data_of(answer, 201)
    assert attempt == {
        "id": attempt["id"],
        "problemVersionId": version["id"],
        "userId": ann.subject,
        "status": "started",
        "startedAt": attempt["startedAt"],
    }
    assert data_of(ann.get(f"/attempts/{attempt['id']}")) == attempt
    assert answer.headers["etag"] == '"1"'


def test_K14_there_may_be_any_number_of_attempts(school: School):
    ann, version = school.learner(), school.version()
    assert len({started(ann, version) for _ in range(3)}) == 3


@pytest.mark.parametrize(
    "change",
    [
        {"problemVersionId": None},
        {"userId": None},
        {"problemVersionId": "7"},
        {"userId": ""},
        {"userId": 7},
        {"problemUsageId": "7"},
        {"status": "checked"},
        {"id": "x"},
    ],
)
def test_B88_a_start_names_version_and_user(school: School, change: dict[str, Any]):
    body = {"problemVersionId": str(uuid4()), "userId": school.bank.admin.subject} | change
    body = {name: value for name, value in body.items() if value is not None}
    answer = school.bank.admin.post("/attempts", json=body)
    assert failure_of(answer) == (400, "VALIDATION_ERROR")


def test_C5_1_what_is_not_there_cannot_be_attempted(school: School):
    ann = school.learner()
    version = school.version()
    assert failure_of(start(ann, {"id": str(uuid4())})) == (404, "PROBLEM_VERSION_NOT_FOUND")
    answer = start(ann, version, problemUsageId=str(uuid4()))
    assert failure_of(answer) == (404, "USAGE_NOT_FOUND")


def test_B89_a_version_that_is_not_published_is_not_attemptable(school: School):
    ann = school.learner()
    draft = school.bank.ready()
    for version in (draft, school.bank.moved(draft, "submit-for-review")):
        assert failure_of(start(ann, version)) == (409, "VERSION_NOT_ATTEMPTABLE")
    retired = school.bank.moved(school.version(), "retire", reason="old")
    assert failure_of(start(ann, retired)) == (409, "VERSION_NOT_ATTEMPTABLE")


def test_B89_a_usage_may_allow_what_is_not_published(school: School):
    ann, draft = school.learner(), school.bank.ready()
    usage = use(school, draft, visibilityPolicy={"allowUnpublished": True})
    attempt = data_of(start(ann, draft, problemUsageId=usage), 201)
    assert attempt["problemUsageId"] == usage


def test_B89_authors_may_preview_where_the_installation_lets_them(school: School):
    draft = school.bank.ready()
    learner_only, author = school.learner(), school.as_("learner", "author")
    assert failure_of(start(author, draft)) == (409, "VERSION_NOT_ATTEMPTABLE")
    admin = school.bank.admin
    data_of(admin.patch("/settings", json={"attemptAllowUnpublished": True}))
    try:
        data_of(start(author, draft), 201)
        assert failure_of(start(learner_only, draft)) == (409, "VERSION_NOT_ATTEMPTABLE")
    finally:
        data_of(admin.patch("/settings", json={"attemptAllowUnpublished": False}))


def test_B90_usage_and_version_agree(school: School):
    ann, version, other = school.learner(), school.version(), school.version()
    usage = use(school, other)
    answer = start(ann, version, problemUsageId=usage)
    assert failure_of(answer) == (422, "USAGE_VERSION_MISMATCH")
    data_of(start(ann, other, problemUsageId=usage), 201)
    data_of(school.bank.admin.post(f"/usages/{usage}/release", json={"reason": "over"}))
    answer = start(ann, other, problemUsageId=usage)
    assert failure_of(answer) == (422, "USAGE_VERSION_MISMATCH")


def test_B91_only_services_and_admins_begin_attempts_of_others(school: School):
    version, ann = school.version(), school.learner()
    service = school.as_("service", domain="lms")
    assert failure_of(start(ann, version, userId="bob")) == (403, "ATTEMPT_USER_MISMATCH")
    for caller in (service, school.bank.admin):
        assert data_of(start(caller, version, userId="bob"), 201)["userId"] == "bob"


def test_C5_1_a_service_speaks_for_its_own_domain(school: School):
    version = school.version()
    usage = use(school, version)
    for domain, status in (("lms", 201), ("competitions", 403)):
        service = school.as_("service", domain=domain)
        answer = start(service, version, userId="bob", problemUsageId=usage)
        assert answer.status_code == status, answer.text


def test_B93_the_same_key_starts_one_attempt(school: School):
    ann, version = school.learner(), school.version()
    key = {"Idempotency-Key": str(uuid4())}
    body = {"problemVersionId": version["id"], "userId": ann.subject}
    first, second = (ann.post("/attempts", json=body, headers=key) for _ in range(2))
    assert (first.status_code, second.status_code) == (201, 201)
    assert first.content == second.content
    assert second.headers["idempotency-replayed"] == "true"
    school.bank.moved(version, "retire", reason="old")
    assert ann.post("/attempts", json=body, headers=key).content == first.content
    assert len(data_of(ann.get("/attempts"))) == 1


# --- list and read ------------------------------------------------------------------------------


def test_C5_2_learners_see_their_own_checkers_all_services_their_domains(school: School):
    version, ann, bob = school.version(), school.learner(), school.learner()
    usage = use(school, version)
    of_ann = [started(ann, version), started(ann, version, problemUsageId=usage)]
    of_bob = submitted(bob, version)
    lms, others = (school.as_("service", domain=one) for one in ("lms", "competitions"))
    by_lms = started(lms, version, userId="eve")

    def seen(caller: Caller, **filters: str) -> set[str]:
        rows = data_of(
            caller.get("/attempts", params={"problemVersionId": version["id"]} | filters)
        )
        return {f"/attempts/{row['id']}" for row in rows}

    assert seen(ann) == set(of_ann)
    assert seen(ann, userId=bob.subject) == set()
    everything = {*of_ann, of_bob, by_lms}
    assert seen(school.checker) == seen(school.bank.admin) == everything
    assert seen(school.checker, userId=bob.subject) == {of_bob}
    assert seen(school.checker, status="submitted") == {of_bob}
    assert seen(school.checker, problemUsageId=usage) == {of_ann[1]}
    assert seen(lms) == {of_ann[1], by_lms}
    assert seen(others) == set()
    assert failure_of(ann.get("/attempts?status=finished")) == (400, "VALIDATION_ERROR")


def test_C5_2_lists_have_pages_and_an_order(school: School):
    ann, version = school.learner(), school.version()
    made = [started(ann, version) for _ in range(5)]
    pages = [ann.get(f"/attempts?perPage=2&page={page}") for page in (1, 2, 3)]
    assert pages[0].json()["meta"] == {"page": 1, "perPage": 2, "total": 5, "totalPages": 3}
    rows = [row for page in pages for row in data_of(page)]
    assert {f"/attempts/{row['id']}" for row in rows} == set(made)
    assert [row["startedAt"] for row in rows] == sorted(
        (row["startedAt"] for row in rows), reverse=True
    )


def test_C5_3_an_attempt_is_there_for_its_owner_and_checkers_alone(school: School):
    ann, version = school.learner(), school.version()
    path = submitted(ann, version)
    mine = data_of(ann.get(path))
    assert data_of(school.checker.get(path)) == data_of(school.bank.admin.get(path)) == mine
    stranger = school.learner().get(path)
    absent = ann.get(f"/attempts/{uuid4()}")
    assert failure_of(stranger) == failure_of(absent) == (404, "ATTEMPT_NOT_FOUND")
    assert stranger.content == absent.content
    for wrong in ("7", "%00", str(uuid4()).upper()):
        assert failure_of(ann.get(f"/attempts/{wrong}")) == (404, "ATTEMPT_NOT_FOUND")


def test_B101_the_answer_goes_to_its_owner_and_checkers_when_they_ask(school: School):
    ann, version = school.learner(), school.version()
    path = started(ann, version)
    assert "answer" not in data_of(ann.get(f"{path}?include=answer"))
    body = b'{"answer": {"value": "4,00"}}'
    headers = {"content-type": "application/json"}
    data_of(ann.post(f"{path}/submit", content=body, headers=headers))
    for caller in (ann, school.checker):
        assert "answer" not in data_of(caller.get(path))
        assert data_of(caller.get(f"{path}?include=answer"))["answer"] == {"value": "4,00"}
    assert failure_of(ann.get(f"{path}?include=key")) == (400, "VALIDATION_ERROR")


# --- hand in, give up, annul --------------------------------------------------------------------


def test_C5_4_an_answer_is_handed_in_once(school: School):
    ann, version = school.learner(), school.version()
    path = started(ann, version)
    after = data_of(ann.post(f"{path}/submit", json=RIGHT))
    assert (after["status"], "submittedAt" in after, "checkedAt" in after) == (
        "submitted",
        True,
        False,
    )
    assert data_of(ann.get(path)) == after
    answer = ann.post(f"{path}/submit", json=RIGHT)
    assert failure_of(answer) == (409, "ATTEMPT_NOT_SUBMITTABLE")


@pytest.mark.parametrize(
    ("given", "path", "reason"),
    [
        ({"value": "four"}, "$", "invalid_format"),
        ({"value": True}, "$.value", "wrong_type"),
        ({}, "$", "missing_field"),
        ({"choice": "a"}, "$", None),
    ],
)
def test_B92_an_answer_of_another_shape_changes_nothing(
    school: School, given: dict[str, Any], path: str, reason: str | None
):
    ann, version = school.learner(), school.version()
    attempt = started(ann, version)
    before = ann.get(attempt)
    answer = ann.post(f"{attempt}/submit", json={"answer": given})
    assert failure_of(answer) == (422, "ANSWER_SCHEMA_MISMATCH")
    details = answer.json()["error"]["details"]
    assert details["path"].startswith(path), details
    assert reason in {None, details["reason"]}, details
    after = ann.get(attempt)
    assert (after.content, after.headers["etag"]) == (before.content, before.headers["etag"])
    data_of(ann.post(f"{attempt}/submit", json=RIGHT))


@pytest.mark.parametrize("body", [{}, {"answer": None}, {"answer": []}, {"answer": "4"}, []])
def test_C5_4_an_answer_is_an_object(school: School, body: Any):
    ann, version = school.learner(), school.version()
    answer = ann.post(f"{started(ann, version)}/submit", json=body)
    assert failure_of(answer) == (400, "VALIDATION_ERROR")


def test_B93_the_same_key_hands_in_once(school: School):
    ann, version = school.learner(), school.version()
    path = started(ann, version)
    key = {"Idempotency-Key": str(uuid4())}
    first = ann.post(f"{path}/submit", json=RIGHT, headers=key)
    second = ann.post(f"{path}/submit", json=RIGHT, headers=key)
    assert first.content == second.content
    assert data_of(second)["status"] == "submitted"
    other = ann.post(f"{path}/submit", json={"answer": {"value": 5}}, headers=key)
    assert failure_of(other) == (422, "IDEMPOTENCY_KEY_REUSED")


def test_B20_what_was_begun_goes_on_after_its_version_was_retired(school: School):
    ann, version = school.learner(), school.version()
    path = started(ann, version)
    school.bank.moved(version, "retire", reason="old")
    assert data_of(ann.post(f"{path}/submit", json=RIGHT))["status"] == "submitted"
    assert data_of(ann.post(f"{path}/check"), 201)["isCorrect"] is True


def test_C5_6_an_owner_gives_up_before_handing_in(school: School):
    ann, version = school.learner(), school.version()
    path = started(ann, version)
    assert failure_of(school.learner().post(f"{path}/cancel")) == (404, "ATTEMPT_NOT_FOUND")
    answer = ann.post(f"{path}/cancel", json={"reason": "out of time"})
    assert data_of(answer)["status"] == "cancelled"
    assert failure_of(ann.post(f"{path}/submit", json=RIGHT)) == (409, "ATTEMPT_NOT_SUBMITTABLE")
    late = ann.post(f"{submitted(ann, version)}/cancel")
    assert failure_of(late) == (409, "INVALID_TRANSITION")
    assert set(late.json()["error"]["details"]) == {"from", "command", "allowed"}
    assert data_of(school.bank.admin.post(f"{started(ann, version)}/cancel"))["status"] == (
        "cancelled"
    )


def test_C5_7_checkers_annul_with_a_reason(school: School):
    ann, version = school.learner(), school.version()
    path = submitted(ann, version)
    for body in ({}, {"reason": ""}, {"reason": "  "}, {"reason": 7}):
        answer = school.checker.post(f"{path}/void", json=body)
        assert failure_of(answer) == (400, "VALIDATION_ERROR")
    voided = data_of(school.checker.post(f"{path}/void", json={"reason": "seen"}))
    assert voided["status"] == "void"
    again = school.checker.post(f"{path}/void", json={"reason": "seen"})
    assert failure_of(again) == (409, "INVALID_TRANSITION")
    assert failure_of(ann.post(f"{path}/void", json={"reason": "x"})) == (403, "FORBIDDEN")


def test_a_change_names_the_revision_it_knows(school: School):
    ann, version = school.learner(), school.version()
    path = started(ann, version)
    stale = ann.post(f"{path}/submit", json=RIGHT, headers={"if-match": '"7"'})
    assert failure_of(stale) == (412, "PRECONDITION_FAILED")
    known = {"if-match": ann.get(path).headers["etag"]}
    data_of(ann.post(f"{path}/submit", json=RIGHT, headers=known))


def test_C5_4_a_service_of_another_domain_hands_in_nothing(school: School):
    version = school.version()
    lms, others = (school.as_("service", domain=one) for one in ("lms", "competitions"))
    path = started(lms, version, userId="bob")
    assert failure_of(others.post(f"{path}/submit", json=RIGHT)) == (404, "ATTEMPT_NOT_FOUND")
    data_of(lms.post(f"{path}/submit", json=RIGHT))
    bob = school.as_("learner", subject="bob")
    assert data_of(bob.get(path))["status"] == "submitted"
