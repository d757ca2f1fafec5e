"""Two versions compared over HTTP: `GET /problem-versions/{id}/diff?with=`."""

import uuid
from collections.abc import Callable
from typing import Any

import pytest

from tests.contract.caller import Caller, data_of, failure_of

CallerMaker = Callable[..., Caller]

VERSION = {
    "statement": {"format": "markdown", "body": {"text": "2 + 2 = ?"}},
    "answerSchema": {"type": "numeric_with_tolerance", "tolerance": 0.1},
}
RULE: dict[str, Any] = {"method": "auto", "rule": {}, "scoringRule": {"maxScore": 1}}


@pytest.fixture
def versions(as_: CallerMaker) -> tuple[str, str]:
    """A version and the next one, whose text, tolerance, key and rule differ."""
    admin = as_("admin")
    problem = data_of(admin.post("/problems", json={"subjectKey": "mathematics"}), 201)["id"]
    first = data_of(admin.post(f"/problems/{problem}/versions", json=VERSION), 201)["id"]
    path = f"/problem-versions/{first}"
    data_of(admin.put(f"{path}/answer-key", json={"key": {"value": 4}}))
    data_of(admin.post(f"{path}/checking-rules", json=RULE), 201)
    second = data_of(admin.post(f"{path}/new-version", json={}), 201)["id"]
    path = f"/problem-versions/{second}"
    changed = {
        "statement": {"format": "markdown", "body": {"text": "2 + 3 = ?", "hint": None}},
        "answerSchema": {"type": "numeric_with_tolerance"},
    }
    data_of(admin.patch(path, json=changed))
    data_of(admin.put(f"{path}/answer-key", json={"key": {"value": 5}}))
    [rule] = data_of(admin.get(f"{path}/checking-rules"))
    scoring = {"scoringRule": {"maxScore": 2}}
    data_of(admin.patch(f"{path}/checking-rules/{rule['id']}", json=scoring))
    return first, second


OPEN = [
    {"path": "$.answerSchema.tolerance", "change": "removed", "from": 0.1},
    {"path": "$.statement.body.hint", "change": "added", "to": None},
    {"path": "$.statement.body.text", "change": "changed", "from": "2 + 2 = ?", "to": "2 + 3 = ?"},
]
SECRET = [
    {"path": "$.answerKey.value", "change": "changed", "from": 4, "to": 5},
    {
        "path": "$.checkingRules[0].scoringRule.maxScore",
        "change": "changed",
        "from": 1,
        "to": 2,
    },
]


def test_a_version_is_compared_with_the_one_before_or_any_other(
    as_: CallerMaker, versions: tuple[str, str]
):
    first, second = versions
    viewer = as_("viewer")
    found = data_of(viewer.get(f"/problem-versions/{second}/diff"))
    assert found == {"fromVersionId": first, "toVersionId": second, "changes": OPEN}
    assert data_of(viewer.get(f"/problem-versions/{second}/diff?with={first}")) == found
    back = data_of(viewer.get(f"/problem-versions/{first}/diff?with={second}"))
    assert (back["fromVersionId"], back["toVersionId"]) == (second, first)
    assert [change["change"] for change in back["changes"]] == ["added", "removed", "changed"]
    same = data_of(viewer.get(f"/problem-versions/{first}/diff?with={first}"))
    assert same["changes"] == []


def test_B102_key_and_rules_are_compared_for_callers_with_keys_only(
    as_: CallerMaker, versions: tuple[str, str]
):
    for reader in (as_("viewer"), as_("author"), as_("publisher")):
        assert data_of(reader.get(f"/problem-versions/{versions[1]}/diff"))["changes"] == OPEN
    for reader in (as_("viewer", "keys"), as_("admin")):
        changes = data_of(reader.get(f"/problem-versions/{versions[1]}/diff"))["changes"]
        assert changes == [SECRET[0], OPEN[0], SECRET[1], *OPEN[1:]]


def test_what_cannot_be_compared_is_refused(as_: CallerMaker, versions: tuple[str, str]):
    first, second = versions
    viewer = as_("viewer")
    alone = viewer.get(f"/problem-versions/{first}/diff")
    assert failure_of(alone) == (400, "VALIDATION_ERROR")
    for unknown in (str(uuid.uuid4()), "no-id"):
        for url in (
            f"/problem-versions/{unknown}/diff",
            f"/problem-versions/{second}/diff?with={unknown}",
        ):
            assert failure_of(viewer.get(url)) == (404, "PROBLEM_VERSION_NOT_FOUND")
    for query in ("with=", f"with={first}&with={first}", "against=x"):
        answer = viewer.get(f"/problem-versions/{second}/diff?{query}")
        assert answer.status_code == (200 if query == "with=" else 400)
