"""Usages over HTTP: who may register what, what is frozen, what is found (B-41, B-42, K32)."""

from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from uuid import uuid4

import httpx
import pytest

from tests.contract.bank_problems import Bank
from tests.contract.caller import Caller, data_of, failure_of

CallerMaker = Callable[..., Caller]
DOMAINS = ("lms", "competitions", "management", "storefront", "manual")
ALLOWED = {"visibilityPolicy": {"allowUnpublished": True}}


def usage(version: dict[str, Any], **more: Any) -> dict[str, Any]:
    """The body that registers a usage."""
    return {
        "problemVersionId": version["id"],
        "contextDomain": "lms",
        "contextType": "lesson",
        "contextId": uuid4().hex,
        **more,
    }


@pytest.fixture
def bank_of(as_: CallerMaker) -> Bank:
    return Bank(as_("admin"))


def register(bank: Bank, body: dict[str, Any]) -> httpx.Response:
    return bank.admin.post("/usages", json=body)


@pytest.mark.parametrize("domain", DOMAINS)
def test_B41_a_usage_is_told_as_it_was_registered(bank_of: Bank, domain: str):
    body = usage(
        bank_of.published(),
        contextDomain=domain,
        position=3,
        scoringRuleSnapshot={"maxScore": 1.10},
        visibilityPolicy={"show": "later"},
    )
    made = data_of(register(bank_of, body), 201)
    assert made == {
        "id": made["id"],
        "createdAt": made["createdAt"],
        "status": "active",
        **body,
    }
    assert bank_of.read(f"/usages/{made['id']}") == made


@pytest.mark.parametrize("name", ["problemVersionId", "contextDomain", "contextType", "contextId"])
def test_B41_what_a_usage_needs_must_be_there(bank_of: Bank, name: str):
    body = usage({"id": str(uuid4())})
    del body[name]
    assert failure_of(register(bank_of, body)) == (400, "VALIDATION_ERROR")


@pytest.mark.parametrize(
    "body",
    [
        {"contextDomain": "migration"},
        {"status": "released"},
        {"createdAt": "2026-01-01T00:00:00.000Z"},
        {"position": -1},
        {"contextId": ""},
        {"scoringRuleSnapshot": []},
        {"visibilityPolicy": "all"},
    ],
)
def test_B41_what_a_usage_cannot_be_is_refused(bank_of: Bank, body: dict[str, Any]):
    answer = register(bank_of, usage(bank_of.published(), **body))
    assert failure_of(answer) == (400, "VALIDATION_ERROR")


def test_B42_the_scoring_rule_is_a_copy_that_later_rules_do_not_reach(bank_of: Bank):
    version = bank_of.ready()
    made = data_of(register(bank_of, usage(version, **ALLOWED)), 201)
    assert made["scoringRuleSnapshot"] == {"maxScore": 2}
    path = f"/problem-versions/{version['id']}/checking-rules"
    [rule] = bank_of.read(path)
    revised = bank_of.admin.patch(f"{path}/{rule['id']}", json={"scoringRule": {"maxScore": 9}})
    assert revised.is_success, revised.text
    assert bank_of.read(f"/usages/{made['id']}") == made
    later = data_of(register(bank_of, usage(version, **ALLOWED)), 201)
    assert later["scoringRuleSnapshot"] == {"maxScore": 9}


def test_C2_14_VERSION_NOT_USABLE_unless_published_or_allowed(bank_of: Bank):
    draft, retired = bank_of.ready(), bank_of.published()
    bank_of.moved(retired, "retire", reason="old")
    absent = {"id": str(uuid4())}
    for version in (draft, retired, absent):
        assert failure_of(register(bank_of, usage(version))) == (409, "VERSION_NOT_USABLE")
    for version in (retired, absent):
        answer = register(bank_of, usage(version, **ALLOWED))
        assert failure_of(answer) == (409, "VERSION_NOT_USABLE")
    data_of(register(bank_of, usage(draft, **ALLOWED)), 201)


def test_C2_14_thirty_at_one_position_are_one_until_it_is_released(bank_of: Bank):
    body = usage(bank_of.published(), position=1)

    def one(_: int) -> tuple[int, str]:
        answer = register(bank_of, body)
        return answer.status_code, (answer.json().get("error") or {}).get("code", "")

    with ThreadPoolExecutor(30) as crowd:
        told = Counter(crowd.map(one, range(30)))
    assert told == {(201, ""): 1, (409, "USAGE_POSITION_TAKEN"): 29}
    [made] = data_of(bank_of.admin.get("/usages", params={"contextId": body["contextId"]}))
    data_of(bank_of.admin.post(f"/usages/{made['id']}/release"))
    data_of(register(bank_of, body), 201)


def test_K32_a_service_registers_and_releases_usages_of_its_own_domain(
    bank_of: Bank, as_: CallerMaker
):
    lms, shop = as_("service", domain="lms"), as_("service", domain="storefront")
    nobody = as_("service")
    version = bank_of.published()
    made = data_of(lms.post("/usages", json=usage(version)), 201)
    path = f"/usages/{made['id']}"
    for other in (shop, nobody):
        refused = other.post("/usages", json=usage(version))
        assert failure_of(refused) == (403, "DOMAIN_MISMATCH")
        assert failure_of(other.get(path)) == (403, "DOMAIN_MISMATCH")
        assert failure_of(other.post(f"{path}/release")) == (403, "DOMAIN_MISMATCH")
    assert data_of(lms.get(path)) == made
    assert data_of(lms.post(f"{path}/release", json={"reason": "over"}))["status"] == "released"


def test_DOMAIN_MISMATCH_comes_before_what_a_version_is(as_: CallerMaker):
    body = usage({"id": str(uuid4())})
    answer = as_("service", domain="storefront").post("/usages", json=body)
    assert failure_of(answer) == (403, "DOMAIN_MISMATCH")


def test_C2_16_a_released_usage_stays_and_a_second_release_changes_nothing(bank_of: Bank):
    made = data_of(register(bank_of, usage(bank_of.published())), 201)
    path = f"/usages/{made['id']}"
    first = bank_of.admin.post(f"{path}/release")
    second = bank_of.admin.post(f"{path}/release")
    assert data_of(first) == data_of(second) == {**made, "status": "released"}
    assert first.headers["etag"] == second.headers["etag"]
    assert bank_of.read(path) == data_of(first)
    assert bank_of.admin.delete(path).status_code == 405


def test_C2_13_usages_are_found_by_problem_version_and_context(bank_of: Bank):
    version, other = bank_of.published(), bank_of.published()
    first = data_of(register(bank_of, usage(version)), 201)
    body = usage(version, contextDomain="storefront", contextType="page")
    second = data_of(register(bank_of, body), 201)
    data_of(bank_of.admin.post(f"/usages/{first['id']}/release"))
    data_of(register(bank_of, usage(other)), 201)

    def ids(**query: Any) -> list[str]:
        query = {"problemId": version["problemId"], **query}
        return [one["id"] for one in data_of(bank_of.admin.get("/usages", params=query))]

    assert sorted(ids()) == sorted([first["id"], second["id"]])
    assert sorted(ids(problemVersionId=version["id"])) == sorted(ids())
    assert ids(contextDomain="storefront") == [second["id"]]
    assert ids(contextType="lesson") == [first["id"]]
    assert ids(contextId=second["contextId"]) == [second["id"]]
    assert ids(status="active") == [second["id"]]
    assert ids(problemVersionId=other["id"]) == []


def test_C1_1_usedIn_finds_problems_while_a_usage_goes_on(bank_of: Bank):
    subject = f"s{uuid4().hex[:12]}"
    problem = bank_of.problem(subjectKey=subject)["id"]
    body = usage(bank_of.published(problem), contextDomain="competitions")
    made = data_of(register(bank_of, body), 201)

    def found(domain: str) -> list[str]:
        query = {"subjectKey": subject, "usedIn": domain}
        return [one["id"] for one in data_of(bank_of.admin.get("/problems", params=query))]

    assert (found("competitions"), found("lms")) == ([problem], [])
    data_of(bank_of.admin.post(f"/usages/{made['id']}/release"))
    assert found("competitions") == []


def test_C1_9_PROBLEM_IN_USE_while_a_usage_goes_on(bank_of: Bank):
    version = bank_of.published()
    made = data_of(register(bank_of, usage(version)), 201)
    answer = bank_of.move(version["problemId"], "archive")
    assert failure_of(answer) == (409, "PROBLEM_IN_USE")
    assert answer.json()["error"]["details"] == {"usages": 1}
    data_of(bank_of.admin.post(f"/usages/{made['id']}/release"))
    assert data_of(bank_of.move(version["problemId"], "archive"))["status"] == "archived"
