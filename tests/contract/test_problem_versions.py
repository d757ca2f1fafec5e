"""Versions over HTTP: draft, edit, review, publish, retire, copy, lists (C1.10 to C1.19)."""

from collections.abc import Callable
from typing import Any
from uuid import uuid4

import pytest

from tests.contract.bank_problems import CONTENT, NUMBER, RULE, STATEMENT, Bank
from tests.contract.caller import Caller, data_of, failure_of

CallerMaker = Callable[..., Caller]


@pytest.fixture
def bank_of(as_: CallerMaker) -> Bank:
    return Bank(as_("admin"))


def numbers(rows: list[dict[str, Any]]) -> list[int]:
    return [row["version"] for row in rows]


# --- draft --------------------------------------------------------------------------------------


def test_C1_11_a_version_begins_as_a_draft_with_the_next_number(bank_of: Bank):
    problem_id = bank_of.problem()["id"]
    assets = [{"type": "image", "url": "a.png", "metadata": {"alt": "a"}}]
    body = {
        "statement": {**STATEMENT, "assets": assets},
        "answerSchema": {"type": "numeric_with_tolerance", "tolerance": 0.10},
        "metadata": {"grade": 2, "weights": [0.1, 1e21, True, None]},
        "visibility": {"learners": False},
    }
    answer = bank_of.admin.post(f"/problems/{problem_id}/versions", json=body)
    made = data_of(answer, 201)
    assert made == {
        "id": made["id"],
        "problemId": problem_id,
        "version": 1,
        "status": "draft",
        **body,
    }
    read = bank_of.admin.get(f"/problem-versions/{made['id']}")
    assert data_of(read) == made
    assert read.headers["etag"] == answer.headers["etag"] == '"1"'
    plain = bank_of.version(problem_id)
    assert (plain["version"], plain["metadata"], plain["visibility"]) == (2, {}, {})


@pytest.mark.parametrize("missing", [{}, {"statement": None}])
def test_B14_a_version_needs_a_statement(bank_of: Bank, missing: dict[str, Any]):
    path = f"/problems/{bank_of.problem()['id']}/versions"
    answer = bank_of.admin.post(path, json={"answerSchema": NUMBER, **missing})
    assert failure_of(answer) == (400, "STATEMENT_REQUIRED")
    assert bank_of.read(path) == []


@pytest.mark.parametrize("missing", [{}, {"answerSchema": None}])
def test_B15_a_version_needs_an_answer_schema(bank_of: Bank, missing: dict[str, Any]):
    path = f"/problems/{bank_of.problem()['id']}/versions"
    answer = bank_of.admin.post(path, json={"statement": STATEMENT, **missing})
    assert failure_of(answer) == (400, "ANSWER_SCHEMA_REQUIRED")


@pytest.mark.parametrize(
    ("part", "path"),
    [
        ({"statement": {"format": "html", "body": {}}}, "statement.format"),
        ({"statement": {"format": "markdown"}}, "statement"),
        ({"statement": {"format": "markdown", "body": "2+2"}}, "statement.body"),
        ({"statement": {"format": "markdown", "body": [1]}}, "statement.body"),
        ({"statement": {**STATEMENT, "colour": 1}}, "statement"),
        ({"statement": {**STATEMENT, "assets": [{"type": "gif", "url": "a"}]}}, "statement.assets"),
        ({"statement": {**STATEMENT, "assets": [{"type": "image"}]}}, "statement.assets"),
        ({"statement": {**STATEMENT, "assets": [{"type": "pdf", "url": 7}]}}, "statement.assets"),
        ({"statement": "2+2"}, "statement"),
        ({"metadata": []}, "metadata"),
        ({"metadata": {"n": 2**60 + 1}}, "metadata.n"),
        ({"visibility": 1}, "visibility"),
        ({"answerSchema": []}, "answerSchema"),
        ({"version": 7}, "version"),
        ({"status": "published"}, "status"),
        ({"id": "x"}, "id"),
    ],
)
def test_B09_B10_B16_a_bad_version_is_a_validation_error(
    bank_of: Bank, part: dict[str, Any], path: str
):
    listed = f"/problems/{bank_of.problem()['id']}/versions"
    answer = bank_of.admin.post(listed, json={**CONTENT, **part})
    assert failure_of(answer) == (400, "VALIDATION_ERROR")
    assert path.rpartition(".")[2] in answer.json()["error"]["message"]
    assert bank_of.read(listed) == []


@pytest.mark.parametrize(
    "schema", [{}, {"type": "riddle"}, {"type": "single_choice", "options": []}]
)
def test_B26_a_schema_of_no_known_form_is_422(bank_of: Bank, schema: dict[str, Any]):
    listed = f"/problems/{bank_of.problem()['id']}/versions"
    answer = bank_of.admin.post(listed, json={**CONTENT, "answerSchema": schema})
    assert failure_of(answer) == (422, "ANSWER_SCHEMA_INVALID")
    assert answer.json()["error"]["details"]["path"].startswith("$")


def test_a_deeply_nested_document_is_refused_and_not_a_failure(bank_of: Bank):
    path = f"/problems/{bank_of.problem()['id']}/versions"
    for depth in (150, 5_000, 100_000):
        nested = '{"a":' * depth + "1" + "}" * depth
        body = (
            '{"statement":{"format":"markdown","body":{}},"answerSchema":'
            f'{{"type":"free_text"}},"metadata":{nested}}}'
        )
        answer = bank_of.admin.post(
            path, content=body, headers={"content-type": "application/json"}
        )
        expected = [(400, "VALIDATION_ERROR")] if depth > 200 else [(201, "")]
        told = failure_of(answer) if answer.status_code != 201 else (201, "")
        assert told in expected, depth


def test_C1_14_a_draft_is_edited_part_by_part(bank_of: Bank):
    version = bank_of.version()
    path = f"/problem-versions/{version['id']}"
    after = data_of(bank_of.admin.patch(path, json={"metadata": {"a": 1}}))
    assert after == version | {"metadata": {"a": 1}}
    other = {"statement": {"format": "structured", "body": {"parts": []}}}
    assert data_of(bank_of.admin.patch(path, json=other)) == after | other
    seen = bank_of.admin.get(path).headers["etag"]
    assert bank_of.admin.patch(path, json=other).headers["etag"] == seen
    refused: list[Any] = [{"metadata": 7}, {"version": 2}, {"statement": {}}, {"statement": None}]
    for wrong in refused:
        answer = bank_of.admin.patch(path, json=wrong)
        assert failure_of(answer) == (400, "VALIDATION_ERROR"), wrong
    late = bank_of.admin.patch(path, json={"metadata": {}}, headers={"If-Match": '"1"'})
    assert failure_of(late) == (412, "PRECONDITION_FAILED")


# --- review and publication ---------------------------------------------------------------------


def test_B19_a_version_goes_its_way_and_no_other(bank_of: Bank):
    version = bank_of.ready()
    path = f"/problem-versions/{version['id']}"
    for command in ("publish", "retire", "return-to-draft"):
        body = {"reason": "x"} if command == "retire" else {"comment": "x"}
        answer = bank_of.admin.post(f"{path}/{command}", json=body if command != "publish" else {})
        assert failure_of(answer) == (409, "INVALID_TRANSITION"), command
        details = answer.json()["error"]["details"]
        assert details["from"] == "draft"
        assert details["command"] == command
        assert details["allowed"] == ["submit-for-review"]
    assert bank_of.moved(version, "submit-for-review")["status"] == "review"
    in_review = bank_of.admin.patch(path, json={"metadata": {}})
    assert failure_of(in_review) == (409, "VERSION_IN_REVIEW")
    assert bank_of.moved(version, "return-to-draft", comment="no")["status"] == "draft"
    bank_of.moved(version, "submit-for-review")
    assert bank_of.moved(version, "publish")["status"] == "published"
    assert bank_of.moved(version, "retire", reason="old")["status"] == "retired"
    assert failure_of(bank_of.admin.post(f"{path}/publish")) == (409, "INVALID_TRANSITION")


def test_B17_publishing_needs_a_checking_rule(bank_of: Bank):
    version = bank_of.version()
    bank_of.moved(version, "submit-for-review")
    path = f"/problem-versions/{version['id']}"
    assert failure_of(bank_of.admin.post(f"{path}/publish")) == (409, "CHECKING_RULE_REQUIRED")
    assert bank_of.read(path)["status"] == "review"


def test_B21_what_a_person_judges_needs_a_rubric(bank_of: Bank):
    version = bank_of.version(answerSchema={"type": "proof", "rubricRequired": True})
    path = f"/problem-versions/{version['id']}"
    rule = {"method": "manual", "scoringRule": {"maxScore": 5}}
    added = data_of(bank_of.admin.post(f"{path}/checking-rules", json=rule), 201)
    bank_of.moved(version, "submit-for-review")
    assert failure_of(bank_of.admin.post(f"{path}/publish")) == (409, "RUBRIC_REQUIRED")
    bank_of.moved(version, "return-to-draft", comment="a rubric is missing")
    rubric = {"rubric": {"criteria": [{"name": "The idea", "points": 5}]}}
    revised = bank_of.admin.patch(f"{path}/checking-rules/{added['id']}", json=rubric)
    assert data_of(revised) == added | rubric | {"version": 2}
    bank_of.moved(version, "submit-for-review")
    assert bank_of.moved(version, "publish")["status"] == "published"


def test_publishing_needs_a_key_that_fits_the_schema(bank_of: Bank):
    version = bank_of.version()
    path = f"/problem-versions/{version['id']}"
    data_of(bank_of.admin.post(f"{path}/checking-rules", json=RULE), 201)
    bank_of.moved(version, "submit-for-review")
    assert failure_of(bank_of.admin.post(f"{path}/publish")) == (422, "ANSWER_KEY_MISMATCH")


def test_C1_15_what_does_not_fit_any_more_is_not_reviewed(bank_of: Bank):
    version = bank_of.ready()
    path = f"/problem-versions/{version['id']}"
    data_of(bank_of.admin.patch(path, json={"answerSchema": {"type": "free_text"}}))
    answer = bank_of.admin.post(f"{path}/submit-for-review")
    assert failure_of(answer) == (422, "ANSWER_KEY_MISMATCH")


CHANGES: list[tuple[str, str, Any]] = [
    ("PATCH", "", {"statement": STATEMENT | {"body": {"text": "other"}}}),
    ("PATCH", "", {"answerSchema": {"type": "free_text"}}),
    ("PATCH", "", {"metadata": {"a": 1}}),
    ("PATCH", "", {"visibility": {"a": 1}}),
    ("PATCH", "", {}),
    ("PUT", "/answer-key", {"key": {"value": 5}}),
    ("PUT", "/author-tests", {"tests": []}),
    ("POST", "/checking-rules", RULE),
    ("PATCH", "/checking-rules/{ruleId}", {"scoringRule": {"maxScore": 9}}),
    ("POST", "/solutions", {"format": "markdown", "body": {}, "visibility": "hide"}),
    ("PATCH", "/solutions/{solutionId}", {"visibility": "show"}),
    ("DELETE", "/solutions/{solutionId}", None),
]


@pytest.fixture(scope="module")
def settled(bank: Any) -> Any:
    """A published and a retired version with a solution: their ids and what to fill in."""
    with Caller(bank, "admin") as admin:
        made = Bank(admin)
        found = []
        for retire in (False, True):
            version = made.ready()
            path = f"/problem-versions/{version['id']}"
            solution = {"format": "markdown", "body": {"text": "s"}, "visibility": "hide"}
            ids = {
                "solutionId": data_of(admin.post(f"{path}/solutions", json=solution), 201)["id"],
                "ruleId": made.read(f"{path}/checking-rules")[0]["id"],
            }
            made.moved(version, "submit-for-review")
            made.moved(version, "publish")
            if retire:
                made.moved(version, "retire", reason="x")
            found.append((version["id"], ids))
        yield found


@pytest.mark.parametrize("change", CHANGES, ids=lambda one: f"{one[0]} {one[1]}")
@pytest.mark.parametrize("which", [0, 1], ids=["published", "retired"])
def test_B18_B20_no_route_changes_a_published_version(
    bank_of: Bank, settled: Any, which: int, change: tuple[str, str, Any]
):
    version_id, ids = settled[which]
    method, below, body = change
    before = bank_of.everything(version_id)
    path = f"/problem-versions/{version_id}{below.format(**ids)}"
    answer = bank_of.admin.request(method, path, json=body)
    assert failure_of(answer) == (409, "VERSION_IMMUTABLE")
    assert bank_of.everything(version_id) == before


def test_C1_17_publishing_can_retire_the_versions_before(bank_of: Bank):
    problem_id = bank_of.problem()["id"]
    first, second = bank_of.published(problem_id), bank_of.published(problem_id)
    third = bank_of.in_review(problem_id)
    bank_of.moved(third, "publish", retirePrevious=True)
    rows = bank_of.read(f"/problems/{problem_id}/versions")
    assert [(row["version"], row["status"]) for row in rows] == [
        (3, "published"),
        (2, "retired"),
        (1, "retired"),
    ]
    assert bank_of.read(f"/problem-versions/{first['id']}")["status"] == "retired"
    assert second["status"] == "published"  # when it was answered


def test_C1_19_a_copy_is_a_new_draft_with_all_that_the_version_holds(bank_of: Bank):
    version = bank_of.ready(metadata={"grade": 2})
    path = f"/problem-versions/{version['id']}"
    solution = {"format": "markdown", "body": {"text": "s"}, "visibility": "hide"}
    data_of(bank_of.admin.post(f"{path}/solutions", json=solution), 201)
    bank_of.moved(version, "submit-for-review")
    bank_of.moved(version, "publish")
    copy = data_of(bank_of.admin.post(f"{path}/new-version"), 201)
    assert copy == version | {"id": copy["id"], "version": 2}
    below = f"/problem-versions/{copy['id']}"
    assert bank_of.read(f"{below}/answer-key")["key"] == {"value": 4}
    [rule] = bank_of.read(f"{below}/checking-rules")
    [original] = bank_of.read(f"{path}/checking-rules")
    assert rule["id"] != original["id"]
    assert rule["scoringRule"] == original["scoringRule"]
    [copied] = bank_of.read(f"{below}/solutions")
    assert (copied["body"], copied["problemVersionId"]) == ({"text": "s"}, copy["id"])
    data_of(bank_of.admin.patch(below, json={"metadata": {}}))
    assert bank_of.read(path)["metadata"] == {"grade": 2}


# --- lists --------------------------------------------------------------------------------------


def test_C1_10_versions_are_listed_newest_first(bank_of: Bank):
    problem_id = bank_of.problem()["id"]
    for _ in range(3):
        bank_of.version(problem_id)
    bank_of.published(problem_id)
    path = f"/problems/{problem_id}/versions"
    assert numbers(bank_of.read(path)) == [4, 3, 2, 1]
    assert numbers(bank_of.read(f"{path}?sort=version")) == [1, 2, 3, 4]
    assert numbers(bank_of.read(f"{path}?status=published")) == [4]
    assert numbers(bank_of.read(f"{path}?latest=true")) == [4]
    assert numbers(bank_of.read(f"{path}?latest=true&status=draft")) == [3]
    answer = bank_of.admin.get(f"{path}?perPage=3&page=2")
    assert numbers(answer.json()["data"]) == [1]
    assert answer.json()["meta"] == {"page": 2, "perPage": 3, "total": 4, "totalPages": 2}


@pytest.mark.parametrize("asked", ["page=0", "perPage=101", "perPage=x", "sort=colour"])
def test_B02_a_bad_page_is_refused(bank_of: Bank, asked: str):
    for path in (f"/problems/{bank_of.problem()['id']}/versions", "/problem-versions"):
        answer = bank_of.admin.get(f"{path}?{asked}")
        assert failure_of(answer) == (400, "INVALID_PAGINATION")
        unknown = bank_of.admin.get(f"{path}?colour=red")
        assert failure_of(unknown) == (400, "VALIDATION_ERROR")


def test_C1_12_versions_are_found_by_problem_status_and_type(bank_of: Bank):
    problem_id = bank_of.problem()["id"]
    numeric = bank_of.version(problem_id)
    text = bank_of.version(problem_id, answerSchema={"type": "free_text"})
    published = bank_of.published(problem_id)
    path = f"/problem-versions?problemId={problem_id}"

    def found(more: str = "") -> list[str]:
        return [row["id"] for row in bank_of.read(path + more)]

    assert found() == [numeric["id"], text["id"], published["id"]]
    assert found("&sort=-draftedAt") == [published["id"], text["id"], numeric["id"]]
    assert found("&answerType=free_text") == [text["id"]]
    assert found("&status=draft&answerType=numeric_with_tolerance") == [numeric["id"]]
    assert found("&status=retired") == []
    data_of(bank_of.admin.patch(f"/problem-versions/{text['id']}", json={"answerSchema": NUMBER}))
    assert found("&answerType=free_text") == []


def test_C1_13_what_is_no_version_is_not_found(bank_of: Bank):
    for wrong in (str(uuid4()), "x", "%00"):
        path = f"/problem-versions/{wrong}"
        for answer in (
            bank_of.admin.get(path),
            bank_of.admin.patch(path, json={}),
            bank_of.admin.post(f"{path}/publish"),
            bank_of.admin.post(f"{path}/new-version"),
            bank_of.admin.get(f"{path}/answer-key"),
        ):
            assert failure_of(answer) == (404, "PROBLEM_VERSION_NOT_FOUND")
