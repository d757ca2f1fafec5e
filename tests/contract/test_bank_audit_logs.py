"""The audit log over HTTP (B-08, C6.4)."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest

from tests.contract.caller import Caller, data_of, failure_of

CallerMaker = Callable[..., Caller]


def threshold(admin: Caller) -> int:
    value: int = data_of(admin.get("/settings"))["repeatedDifficultyThreshold"]
    return value


def test_B08_a_command_is_in_the_log_as_soon_as_it_is_answered(as_: CallerMaker):
    admin = as_("admin")
    for _ in range(10):
        before = threshold(admin)
        after = before % 100 + 1
        data_of(admin.patch("/settings", json={"repeatedDifficultyThreshold": after}))
        answer = admin.get("/audit-logs", params={"perPage": 1})
        [entry] = data_of(answer)
        assert "x-markbook-lag" not in answer.headers
        assert entry.pop("id").startswith("00000000-0000-8000-8000-")
        assert entry.pop("at").endswith("Z")
        assert entry.pop("correlationId")
        assert entry == {
            "actor": {"scheme": "bank", "subject": admin.subject, "roles": ["admin"]},
            "facade": "bank",
            "action": "ChangeSettings",
            "entityType": "settings",
            "entityId": "installation",
            "before": {"repeatedDifficultyThreshold": before},
            "after": {"repeatedDifficultyThreshold": after},
            "events": 1,
        }


def test_B08_what_changes_nothing_and_what_is_refused_leaves_nothing(as_: CallerMaker):
    admin = as_("admin")
    threshold_now = threshold(admin)
    mine = {"actorId": admin.subject}
    data_of(admin.patch("/settings", json={"repeatedDifficultyThreshold": threshold_now}))
    assert failure_of(admin.patch("/settings", json={"colour": 1}))[0] == 422
    assert data_of(admin.get("/audit-logs", params=mine)) == []


def test_B08_nobody_writes_to_it(as_: CallerMaker):
    admin = as_("admin")
    for method in ("POST", "PUT", "PATCH", "DELETE"):
        assert failure_of(admin.request(method, "/audit-logs", json={}))[0] == 405
    assert failure_of(as_("author", "keys", "exporter").get("/audit-logs")) == (403, "FORBIDDEN")


def test_C64_filters_pages_and_orders(as_: CallerMaker):
    admin = as_("admin")
    for _ in range(5):
        data_of(
            admin.patch(
                "/settings", json={"repeatedDifficultyThreshold": threshold(admin) % 100 + 1}
            )
        )
    mine = {"actorId": admin.subject}
    newest = data_of(admin.get("/audit-logs", params=mine))
    assert len(newest) == 5
    assert data_of(admin.get("/audit-logs", params=mine | {"sort": "at"})) == newest[::-1]
    paged = [
        admin.get("/audit-logs", params=mine | {"perPage": 2, "page": page}).json()
        for page in (1, 2, 3, 4)
    ]
    assert [one for page in paged for one in page["data"]] == newest
    assert {page["meta"]["total"] for page in paged} == {5}
    assert {page["meta"]["totalPages"] for page in paged} == {3}
    first, last = newest[-1]["at"], newest[0]["at"]
    for more, found in (
        ({"action": "ChangeSettings", "entityType": "settings"}, newest),
        ({"entityId": "installation"}, newest),
        ({"action": "PublishExam"}, []),
        ({"entityType": "problem"}, []),
        ({"from": first, "to": last}, newest),
        ({"from": "1999-01-01T00:00:00Z", "to": "9999-12-31T00:00:00Z"}, newest),
        ({"from": "2000-01-01T00:00:00+03:00", "to": "2001-01-01T00:00:00Z"}, []),
        ({"from": last, "to": "1980-01-01T00:00:00Z"}, []),
    ):
        assert data_of(admin.get("/audit-logs", params=mine | more)) == found, more


@pytest.mark.parametrize(
    ("query", "refusal"),
    [
        ({"sort": "action"}, (400, "INVALID_PAGINATION")),
        ({"page": "0"}, (400, "INVALID_PAGINATION")),
        ({"perPage": "101"}, (400, "INVALID_PAGINATION")),
        ({"from": "yesterday"}, (400, "VALIDATION_ERROR")),
        ({"to": "2026-01-01T00:00:00"}, (400, "VALIDATION_ERROR")),
        ({"from": "0001-01-01T00:00:00+14:00"}, (400, "VALIDATION_ERROR")),
        ({"action": ""}, (400, "VALIDATION_ERROR")),
        ({"actor": "x"}, (400, "VALIDATION_ERROR")),
    ],
)
def test_C64_what_cannot_be_asked(as_: CallerMaker, query: dict[str, str], refusal: object):
    assert failure_of(as_("admin").get("/audit-logs", params=query)) == refusal


def test_B08_everybody_sees_their_own_command_while_many_write(as_: CallerMaker):
    def work(_: int) -> None:
        admin = as_("admin")
        for _ in range(5):
            answer = admin.post(
                "/problems",
                json={"code": f"{admin.subject}-{_}", "subjectKey": "mathematics"},
            )
            problem_id = data_of(answer, answer.status_code)["id"]
            found = admin.get("/audit-logs", params={"entityId": problem_id})
            assert [one["action"] for one in data_of(found)] == ["CreateProblem"]
            assert "x-markbook-lag" not in found.headers

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(work, range(4)))
