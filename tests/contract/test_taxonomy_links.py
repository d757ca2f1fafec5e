"""Taxonomy links over HTTP: one by one, all at once, of many problems (rows C2.4 to C2.8)."""

from collections.abc import Callable
from typing import Any
from uuid import uuid4

import httpx
import pytest

from tests.contract.bank_problems import Bank
from tests.contract.caller import Caller, data_of, failure_of

CallerMaker = Callable[..., Caller]


class Linked(Bank):
    """A problem and nodes to link it to."""

    def __init__(self, admin: Caller) -> None:
        super().__init__(admin)
        self.id = self.problem()["id"]

    def node(self, kind: str = "topic") -> str:
        body = {"kind": kind, "slug": f"n-{uuid4().hex[:16]}", "title": "A node"}
        made: str = data_of(self.admin.post("/taxonomy/nodes", json=body), 201)["id"]
        return made

    def link(self, node_id: str, **more: Any) -> httpx.Response:
        path = f"/problems/{self.id}/taxonomy-links"
        return self.admin.post(path, json={"nodeId": node_id, **more})

    def replace(self, *links: dict[str, Any]) -> httpx.Response:
        return self.admin.put(f"/problems/{self.id}/taxonomy-links", json={"links": links})

    def links(self, problem_id: str | None = None) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = self.read(f"/problems/{problem_id or self.id}/taxonomy-links")
        return found

    def bulk(self, *problem_ids: str, **edits: Any) -> Any:
        body = {"problemIds": problem_ids, **edits}
        return data_of(self.admin.post("/problems/bulk-taxonomy", json=body))

    def publish(self, visibility: str) -> None:
        """The problem, with a published version that such readers may see."""
        version = self.ready(self.id, visibility={"catalog": visibility})
        self.moved(version, "submit-for-review")
        self.moved(version, "publish")
        assert self.move(self.id, "submit-for-review").is_success
        assert self.move(self.id, "publish").is_success


@pytest.fixture
def linked(as_: CallerMaker) -> Linked:
    return Linked(as_("admin"))


def test_C2_5_a_link_is_told_and_listed_and_found_by(linked: Linked):
    node = linked.node()
    made = data_of(linked.link(node, role="primary", weight=0.5), 201)
    expected = {"problemId": linked.id, "nodeId": node, "role": "primary", "weight": 0.5}
    assert made == {"id": made["id"], **expected}
    assert linked.links() == [made]
    found = data_of(linked.admin.get("/problems", params={"taxonomyNodeId": node}))
    assert [one["id"] for one in found] == [linked.id]


def test_C2_5_TAXONOMY_LINK_EXISTS_and_PRIMARY_TOPIC_EXISTS(linked: Linked):
    node = linked.node()
    data_of(linked.link(node, role="primary"), 201)
    assert failure_of(linked.link(node)) == (409, "TAXONOMY_LINK_EXISTS")
    other = linked.link(linked.node(), role="primary")
    assert failure_of(other) == (409, "PRIMARY_TOPIC_EXISTS")


def test_C2_5_a_link_needs_a_node_and_a_primary_one_a_topic(linked: Linked):
    assert failure_of(linked.link(str(uuid4()))) == (422, "UNKNOWN_TAXONOMY_NODE")
    skill = linked.node("skill")
    assert failure_of(linked.link(skill, role="primary")) == (422, "TAXONOMY_KIND_MISMATCH")
    data_of(linked.link(skill), 201)


@pytest.mark.parametrize(
    "body", [{"role": "main"}, {"weight": -1}, {"weight": "1"}, {"id": str(uuid4())}, {"status": 1}]
)
def test_B09_what_a_link_cannot_be_is_refused(linked: Linked, body: dict[str, Any]):
    assert failure_of(linked.link(linked.node(), **body)) == (400, "VALIDATION_ERROR")


def test_C2_6_replaced_links_keep_their_ids_and_the_callers(linked: Linked):
    kept, gone, new = linked.node(), linked.node(), linked.node()
    first = data_of(linked.link(kept), 201)
    data_of(linked.link(gone), 201)
    own = str(uuid4())
    answer = linked.replace({"nodeId": kept, "role": "primary"}, {"id": own, "nodeId": new})
    links = data_of(answer)
    assert [(one["id"], one["nodeId"]) for one in links] == [(first["id"], kept), (own, new)]
    assert linked.links() == links
    again = linked.replace({"nodeId": kept, "role": "primary"}, {"nodeId": new})
    assert again.headers["etag"] == answer.headers["etag"]
    found = data_of(linked.admin.get("/problems", params={"taxonomyNodeId": gone}))
    assert found == []


def test_C2_6_no_two_links_have_the_same_id(linked: Linked):
    node, other = linked.node(), linked.node()
    link = data_of(linked.link(node), 201)
    answer = linked.replace({"id": link["id"], "nodeId": other}, {"nodeId": node})
    assert failure_of(answer) == (400, "VALIDATION_ERROR")
    assert answer.json()["error"]["details"]["path"] == "links[1].id"
    twice = linked.replace({"nodeId": other}, {"nodeId": other})
    assert failure_of(twice) == (409, "TAXONOMY_LINK_EXISTS")


def test_C2_6_PRIMARY_TOPIC_REQUIRED_of_a_public_problem_only(linked: Linked):
    topic = linked.node()
    link = data_of(linked.link(topic, role="primary"), 201)
    linked.publish("public")
    assert failure_of(linked.replace()) == (422, "PRIMARY_TOPIC_REQUIRED")
    path = f"/problems/{linked.id}/taxonomy-links/{link['id']}"
    assert failure_of(linked.admin.delete(path)) == (422, "PRIMARY_TOPIC_REQUIRED")
    report = linked.bulk(linked.id, remove=[topic])
    assert [one["code"] for one in report["failed"]] == ["PRIMARY_TOPIC_REQUIRED"]
    assert linked.links() == [link]
    other = Linked(linked.admin)
    data_of(other.link(topic, role="primary"), 201)
    other.publish("private")
    assert data_of(other.replace()) == []


def test_C2_7_a_removed_link_is_gone(linked: Linked):
    link = data_of(linked.link(linked.node()), 201)
    path = f"/problems/{linked.id}/taxonomy-links/{link['id']}"
    gone = linked.admin.delete(path)
    assert (gone.status_code, gone.json()) == (200, {"data": None})
    assert linked.links() == []
    assert failure_of(linked.admin.delete(path)) == (404, "TAXONOMY_LINK_NOT_FOUND")


def test_C2_8_a_bulk_edit_tells_of_each_problem_that_failed(linked: Linked):
    old, new = linked.node(), linked.node()
    problems = [linked.problem()["id"] for _ in range(5)]
    linked.bulk(*problems, add=[{"nodeId": old}])
    other = Linked(linked.admin)
    data_of(other.link(linked.node(), role="primary"), 201)
    absent = str(uuid4())
    edits = {"add": [{"nodeId": new, "role": "primary"}], "remove": [old]}
    report = linked.bulk(*problems[:2], absent, *problems[2:], other.id, **edits)
    assert report["updated"] == 5
    failed = {one["problemId"]: one["code"] for one in report["failed"]}
    assert failed == {absent: "PROBLEM_NOT_FOUND", other.id: "PRIMARY_TOPIC_EXISTS"}
    for problem in problems:
        assert [(one["nodeId"], one["role"]) for one in linked.links(problem)] == [(new, "primary")]
    before = [linked.links(problem) for problem in problems]
    assert linked.bulk(*problems, **edits) == {"updated": 5, "failed": []}
    assert [linked.links(problem) for problem in problems] == before
    found = linked.admin.get("/problems", params={"taxonomyNodeId": new})
    assert found.json()["meta"]["total"] == 5


def test_B05_a_bulk_edit_repeated_under_its_key_gets_the_same_report(linked: Linked):
    body = {"problemIds": [linked.id, str(uuid4())], "add": [{"nodeId": linked.node()}]}
    headers = {"idempotency-key": str(uuid4())}
    first = linked.admin.post("/problems/bulk-taxonomy", json=body, headers=headers)
    linked.replace()
    second = linked.admin.post("/problems/bulk-taxonomy", json=body, headers=headers)
    assert second.headers["idempotency-replayed"] == "true"
    assert first.json() == second.json()
    assert linked.links() == []


def test_C2_8_a_thousand_problems_at_most(linked: Linked):
    body = {"problemIds": [str(uuid4()) for _ in range(1001)]}
    answer = linked.admin.post("/problems/bulk-taxonomy", json=body)
    assert failure_of(answer) == (400, "VALIDATION_ERROR")
