"""The list of problems over HTTP: each filter, each order, pages (row C1.1)."""

import uuid
from collections.abc import Callable
from typing import Any

import pytest

from tests.contract.caller import Caller, data_of, failure_of

CallerMaker = Callable[..., Caller]

RULE: dict[str, Any] = {"method": "auto", "rule": {}, "scoringRule": {"maxScore": 1}}
SOLUTION = {"format": "markdown", "body": {"text": "так"}, "visibility": "show"}


def version(text: str, **more: Any) -> dict[str, Any]:
    """What begins a version with a statement."""
    return {
        "statement": {"format": "markdown", "body": {"text": text}},
        "answerSchema": {"type": "exact_value", "valueType": "string"},
        **more,
    }


class Bank:
    """A few problems of a subject that nobody else uses, and what is found among them."""

    def __init__(self, caller: Caller) -> None:
        self.caller = caller
        self.subject = f"s{uuid.uuid4().hex[:12]}"
        self.ids: dict[str, str] = {}

    def add(self, name: str, **more: Any) -> str:
        """A problem under a code that begins with its name."""
        body = {"subjectKey": self.subject, "code": f"{name}-{self.subject}", **more}
        self.ids[name] = data_of(self.caller.post("/problems", json=body), 201)["id"]
        return self.ids[name]

    def add_version(self, name: str, text: str, **more: Any) -> str:
        """A draft version of a problem; its id."""
        path = f"/problems/{self.ids[name]}/versions"
        made: str = data_of(self.caller.post(path, json=version(text, **more)), 201)["id"]
        return made

    def do(self, path: str, body: Any = None) -> None:
        """A command that must succeed."""
        answer = self.caller.post(path, json=body)
        assert answer.is_success, answer.text

    def names(self, **query: Any) -> list[str]:
        """The problems that a query finds among these, in its order."""
        answer = self.caller.get("/problems", params={"subjectKey": self.subject, **query})
        assert "x-markbook-lag" not in answer.headers
        found = data_of(answer)
        assert answer.json()["meta"]["total"] == len(found)
        names = {made: name for name, made in self.ids.items()}
        return [names[one["id"]] for one in found]


@pytest.fixture
def shelf(as_: CallerMaker) -> Bank:
    shelf = Bank(as_("admin"))
    shelf.add("a", defaultDifficulty="hard")
    shelf.add("b", defaultDifficulty="easy")
    shelf.add("c")
    return shelf


def test_C1_1_a_write_is_in_the_list_of_the_next_read_and_the_newest_comes_first(shelf: Bank):
    assert shelf.names() == ["c", "b", "a"]
    shelf.add("d")
    assert shelf.names() == ["d", "c", "b", "a"]
    shelf.caller.patch(f"/problems/{shelf.ids['a']}", json={"defaultDifficulty": "easy"})
    assert shelf.names(difficulty="easy") == ["b", "a"]


def test_C1_1_rows_are_problems_and_meta_says_where_they_are(shelf: Bank):
    answer = shelf.caller.get(
        "/problems", params={"subjectKey": shelf.subject, "page": 2, "perPage": 2, "sort": "code"}
    )
    assert answer.json() == {
        "data": [
            {
                "id": shelf.ids["c"],
                "code": f"c-{shelf.subject}",
                "subjectKey": shelf.subject,
                "status": "draft",
            }
        ],
        "meta": {"page": 2, "perPage": 2, "total": 3, "totalPages": 2},
    }
    assert shelf.caller.get(
        "/problems", params={"subjectKey": shelf.subject, "page": 9}
    ).json() == {
        "data": [],
        "meta": {"page": 9, "perPage": 20, "total": 3, "totalPages": 1},
    }


@pytest.mark.parametrize(
    ("sort", "expected"),
    [
        ("code", "abc"),
        ("-code", "cba"),
        ("defaultDifficulty", "cba"),
        ("-defaultDifficulty", "abc"),
        ("status", "abc"),
        ("subjectKey", "abc"),
        ("-updatedAt", "acb"),
    ],
)
def test_C1_1_sorted_by(shelf: Bank, sort: str, expected: str):
    shelf.caller.patch(f"/problems/{shelf.ids['a']}", json={"sourceRef": None})
    data_of(shelf.caller.patch(f"/problems/{shelf.ids['a']}", json={"defaultDifficulty": "x"}))
    assert shelf.names(sort=sort) == list(expected)


def test_C1_1_filters_by_the_standing_of_problem_and_versions(shelf: Bank):
    first = shelf.add_version("a", "Чему равна площадь треугольника?")
    below = f"/problem-versions/{first}"
    assert shelf.names(versionStatus="draft") == ["a"]
    assert shelf.names(hasCheckingRule="true") == []
    shelf.do(f"{below}/checking-rules", RULE)
    data_of(shelf.caller.put(f"{below}/answer-key", json={"key": {"values": ["3"]}}))
    assert shelf.names(hasCheckingRule="true") == ["a"]
    assert shelf.names(hasCheckingRule="false") == ["c", "b"]
    shelf.do(f"{below}/submit-for-review")
    shelf.do(f"{below}/publish", {})
    assert shelf.names(versionStatus="published") == ["a"]
    shelf.add_version("a", "Иначе")
    assert shelf.names(versionStatus="draft") == shelf.names(versionStatus="published") == ["a"]
    assert shelf.names(hasCheckingRule="true") == ["a"]  # the published one is asked
    shelf.do(f"/problems/{shelf.ids['a']}/submit-for-review", {})
    assert shelf.names(status="review") == ["a"]
    assert shelf.names(status="draft", versionStatus="draft") == []


def test_C1_1_filters_by_solution_and_visibility(shelf: Bank):
    drafted = shelf.add_version("b", "x", visibility={"catalog": "public", "n": 1})
    shelf.add_version("c", "x", visibility={"catalog": "private"})
    assert shelf.names(visibility="public") == ["b"]
    assert shelf.names(visibility="organization") == []
    path = f"/problem-versions/{drafted}/solutions"
    hint = {**SOLUTION, "kind": "hint", "hintKey": "h"}
    data_of(shelf.caller.post(path, json=hint), 201)
    assert shelf.names(hasSolution="true") == []
    solution = data_of(shelf.caller.post(path, json=SOLUTION), 201)["id"]
    assert shelf.names(hasSolution="true") == ["b"]
    assert shelf.names(hasSolution="false") == ["c", "a"]
    assert shelf.caller.delete(f"{path}/{solution}").is_success
    assert shelf.names(hasSolution="true") == []


def test_C1_1_finds_words_of_statement_code_and_source(shelf: Bank):
    shelf.add_version("a", "Площадь треугольника равна 6")
    shelf.add("d", sourceRef={"domain": "lms", "type": "task", "id": "zadacha17"})
    drafted = shelf.add_version("b", "Окружность")
    assert shelf.names(q="треуг площ") == ["a"]
    assert shelf.names(q="ОКР") == ["b"]
    assert shelf.names(q="zadacha17") == ["d"]
    assert shelf.names(q=f"c {shelf.subject}") == ["c"]
    assert shelf.names(q="угольник") == []
    assert shelf.names(q="!!!") == []
    changed = {"statement": {"format": "rich_text", "body": {"html": "<b>кру</b>г <p>ещё</p>"}}}
    data_of(shelf.caller.patch(f"/problem-versions/{drafted}", json=changed))
    assert shelf.names(q="окружность") == []
    assert shelf.names(q="кру еще") == []
    assert shelf.names(q="кру ещё") == ["b"]


def test_C1_1_filters_hold_together(shelf: Bank):
    shelf.add_version("a", "треугольник")
    shelf.add_version("b", "треугольник")
    assert shelf.names(q="треугольник", difficulty="hard", versionStatus="draft") == ["a"]
    assert shelf.names(q="треугольник", difficulty="hard", versionStatus="review") == []


@pytest.mark.parametrize(
    "query",
    [
        {"page": 0},
        {"perPage": 101},
        {"perPage": "x"},
        {"sort": "text"},
        {"sort": "-"},
    ],
    ids=str,
)
def test_B02_bad_paging_is_refused(as_: CallerMaker, query: dict[str, Any]):
    assert failure_of(as_("admin").get("/problems", params=query)) == (400, "INVALID_PAGINATION")


@pytest.mark.parametrize(
    "query",
    [{"status": "gone"}, {"hasSolution": "1"}, {"usedIn": "migration"}, {"q": ""}, {"colour": "x"}],
    ids=str,
)
def test_C1_1_other_filters_and_values_are_refused(as_: CallerMaker, query: dict[str, Any]):
    assert failure_of(as_("admin").get("/problems", params=query)) == (400, "VALIDATION_ERROR")


def test_C1_1_only_who_works_with_content_may_list(as_: CallerMaker):
    assert as_("viewer").get("/problems").is_success
    assert failure_of(as_("learner").get("/problems")) == (403, "FORBIDDEN")
