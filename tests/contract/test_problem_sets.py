"""Problem sets over HTTP: items, review, versions (rows C2.9 to C2.12, B-40)."""

from collections.abc import Callable
from typing import Any
from uuid import uuid4

import httpx
import pytest

from tests.contract.bank_problems import Bank
from tests.contract.caller import Caller, data_of, failure_of

CallerMaker = Callable[..., Caller]
PURPOSES = ("homework", "lesson", "competition", "diagnostic", "training", "manual")


def slug() -> str:
    return f"set-{uuid4().hex[:16]}"


class Sets(Bank):
    """Sets, and versions to put into them."""

    def create(self, **body: Any) -> dict[str, Any]:
        body = {"slug": slug(), "title": "A set", "purpose": "lesson", **body}
        made: dict[str, Any] = data_of(self.admin.post("/problem-sets", json=body), 201)
        return made

    def fill(self, set_id: str, *versions: dict[str, Any], **more: Any) -> httpx.Response:
        """Versions in their order."""
        items = [
            {"problemId": one["problemId"], "problemVersionId": one["id"], "order": at, **more}
            for at, one in enumerate(versions, 1)
        ]
        return self.admin.put(f"/problem-sets/{set_id}/items", json={"items": items})

    def go(self, set_id: str, command: str, **body: Any) -> httpx.Response:
        return self.admin.post(f"/problem-sets/{set_id}/{command}", json=body or None)

    def published_set(self, **body: Any) -> dict[str, Any]:
        made = self.create(**body)
        data_of(self.fill(made["id"], self.published()))
        for command in ("submit-for-review", "publish"):
            data_of(self.go(made["id"], command))
        after: dict[str, Any] = self.read(f"/problem-sets/{made['id']}")
        return after


@pytest.fixture
def sets(as_: CallerMaker) -> Sets:
    return Sets(as_("admin"))


@pytest.mark.parametrize("purpose", PURPOSES)
def test_B40_a_set_begins_as_a_draft_with_a_purpose(sets: Sets, purpose: str):
    name = slug()
    made = sets.create(slug=name, purpose=purpose)
    expected = {"slug": name, "title": "A set", "purpose": purpose, "status": "draft", "version": 1}
    assert made == {"id": made["id"], **expected}
    assert sets.read(f"/problem-sets/{made['id']}") == made


@pytest.mark.parametrize(
    "body", [{"purpose": "fun"}, {"status": "published"}, {"title": ""}, {"slug": "A b"}, {"x": 1}]
)
def test_B40_what_a_set_cannot_be_is_refused(sets: Sets, body: dict[str, Any]):
    body = {"slug": slug(), "title": "A set", "purpose": "lesson", **body}
    answer = sets.admin.post("/problem-sets", json=body)
    assert failure_of(answer) == (400, "VALIDATION_ERROR")


def test_C2_9_SLUG_EXISTS_until_it_is_given_back(sets: Sets):
    made = sets.create()
    body = {"slug": made["slug"], "title": "Another", "purpose": "manual"}
    assert failure_of(sets.admin.post("/problem-sets", json=body)) == (409, "SLUG_EXISTS")
    data_of(sets.admin.patch(f"/problem-sets/{made['id']}", json={"slug": slug()}))
    data_of(sets.admin.post("/problem-sets", json=body), 201)


def test_C2_9_lists_filter_by_purpose_status_and_words(sets: Sets):
    word = f"w{uuid4().hex[:12]}"
    b = sets.create(title=f"{word} b", purpose="training")
    a = sets.create(title=f"{word} a", purpose="homework")

    def ids(**query: Any) -> list[str]:
        rows = data_of(sets.admin.get("/problem-sets", params={"q": word, **query}))
        return [row["id"] for row in rows]

    assert ids() == [a["id"], b["id"]]
    assert ids(sort="-title") == [b["id"], a["id"]]
    assert ids(purpose="training") == [b["id"]]
    assert ids(status="draft", perPage=1, page=2) == [b["id"]]
    assert ids(status="archived") == []


def test_C2_11_items_are_told_in_their_order_and_points_to_the_digit(sets: Sets):
    made, first, second = sets.create(), sets.version(), sets.version()
    own = str(uuid4())
    items = [
        {"problemId": first["problemId"], "problemVersionId": first["id"], "order": 7},
        {
            "id": own,
            "problemId": second["problemId"],
            "problemVersionId": second["id"],
            "order": 3,
            "role": "warm-up",
            "points": 0.1,
        },
    ]
    path = f"/problem-sets/{made['id']}/items"
    answer = sets.admin.put(path, json={"items": items})
    told = data_of(answer)
    assert told == [items[1], {"id": told[1]["id"], **items[0]}]
    assert b'"points":0.1}' in answer.content
    assert sets.read(path) == told


@pytest.mark.parametrize("points", [-1, 1e7, 1e-7, "NaN", "1e400", True])
def test_points_are_decimals_within_bounds(sets: Sets, points: Any):
    answer = sets.fill(sets.create()["id"], sets.version(), points=points)
    assert failure_of(answer) == (400, "VALIDATION_ERROR")
    assert answer.json()["error"]["details"]["path"] == "items[0].points"


def test_C2_11_DUPLICATE_ORDER_and_versions_of_other_problems(sets: Sets):
    made, version = sets.create(), sets.version()
    item = {"problemId": version["problemId"], "problemVersionId": version["id"], "order": 1}
    path = f"/problem-sets/{made['id']}/items"
    twice = sets.admin.put(path, json={"items": [item, item]})
    assert failure_of(twice) == (422, "DUPLICATE_ORDER")
    for other in ({"problemId": sets.problem()["id"]}, {"problemVersionId": str(uuid4())}):
        answer = sets.admin.put(path, json={"items": [{**item, **other}]})
        assert failure_of(answer) == (422, "VERSION_NOT_OF_PROBLEM")
    assert sets.read(path) == []


def test_B40_a_set_moves_only_as_it_may(sets: Sets):
    made = sets.create()
    set_id = made["id"]
    assert failure_of(sets.go(set_id, "submit-for-review")) == (409, "SET_EMPTY")
    assert failure_of(sets.go(set_id, "publish")) == (409, "INVALID_TRANSITION")
    version = sets.in_review()
    data_of(sets.fill(set_id, version))
    assert data_of(sets.go(set_id, "submit-for-review"))["status"] == "review"
    edit = sets.admin.patch(f"/problem-sets/{set_id}", json={"title": "Late"})
    assert failure_of(edit) == (409, "INVALID_TRANSITION")
    assert data_of(sets.go(set_id, "return-to-draft", comment="why?"))["status"] == "draft"
    data_of(sets.go(set_id, "submit-for-review"))
    assert failure_of(sets.go(set_id, "publish")) == (422, "VERSION_NOT_PUBLISHED")
    sets.moved(version, "publish")
    assert data_of(sets.go(set_id, "publish"))["status"] == "published"
    assert data_of(sets.go(set_id, "archive", reason="old"))["status"] == "archived"
    assert failure_of(sets.go(set_id, "new-version")) == (409, "INVALID_TRANSITION")


def test_C2_10_SET_IMMUTABLE_once_it_is_published_or_archived(sets: Sets):
    made = sets.published_set()
    path = f"/problem-sets/{made['id']}"
    for _ in range(2):
        edit = sets.admin.patch(path, json={"title": "Another"})
        assert failure_of(edit) == (409, "SET_IMMUTABLE")
        assert failure_of(sets.fill(made["id"])) == (409, "SET_IMMUTABLE")
        assert sets.read(path)["title"] == "A set"
        sets.go(made["id"], "archive")


def test_C2_12_a_new_version_keeps_the_id_and_the_old_one_reads_on(sets: Sets):
    made = sets.published_set(title="First")
    path = f"/problem-sets/{made['id']}"
    items = sets.read(f"{path}/items")
    next_one = data_of(sets.go(made["id"], "new-version"), 201)
    assert next_one == {**made, "status": "draft", "version": 2}
    assert sets.read(f"{path}/items") == items
    data_of(sets.admin.patch(path, json={"title": "Second"}))
    data_of(sets.fill(made["id"]))
    assert sets.read(f"{path}?version=1") == made
    assert sets.read(f"{path}/items?version=1") == items
    assert (sets.read(f"{path}?version=2")["title"], sets.read(f"{path}/items")) == ("Second", [])
    assert failure_of(sets.admin.get(f"{path}?version=3")) == (404, "PROBLEM_SET_NOT_FOUND")
    assert failure_of(sets.admin.get(f"{path}?version=0")) == (400, "VALIDATION_ERROR")
    assert failure_of(sets.go(made["id"], "new-version")) == (409, "INVALID_TRANSITION")


def test_B05_a_set_created_twice_under_one_key_is_one(sets: Sets):
    body = {"slug": slug(), "title": "Once", "purpose": "manual"}
    headers = {"idempotency-key": str(uuid4())}
    first, second = (sets.admin.post("/problem-sets", json=body, headers=headers) for _ in range(2))
    assert first.json() == second.json()
    assert second.headers["idempotency-replayed"] == "true"
