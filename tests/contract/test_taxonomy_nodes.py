"""Taxonomy nodes over HTTP: trees, paths, moves, what is refused (rows C2.1 to C2.3)."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from itertools import count
from typing import Any
from uuid import uuid4

import httpx
import pytest

from tests.contract.caller import Caller, data_of, failure_of

_numbers = count(1)
CallerMaker = Callable[..., Caller]


class Tree:
    """A root of its own in the tree of topics, and nodes below it, called by their slugs."""

    def __init__(self, caller: Caller) -> None:
        self.caller = caller
        self.ids: dict[str, str] = {}
        self.root = f"root-{uuid4().hex[:12]}"
        self.add(self.root)

    def add(self, slug: str, parent: str | None = None, **more: Any) -> dict[str, Any]:
        """A node; its slug is its name here."""
        body = {"kind": "topic", "slug": slug, "title": slug.title(), **more}
        if parent is not None:
            body["parentId"] = self.ids[parent]
        made: dict[str, Any] = data_of(self.caller.post("/taxonomy/nodes", json=body), 201)
        self.ids[slug] = made["id"]
        return made

    def edit(self, name: str, **changes: Any) -> httpx.Response:
        return self.caller.patch(f"/taxonomy/nodes/{self.ids[name]}", json=changes)

    def path(self, name: str) -> str:
        """The path of a node as lists tell it, without the root's slug."""
        rows = data_of(self.caller.get("/taxonomy/nodes", params={"q": name, "perPage": "100"}))
        [path] = [row["path"] for row in rows if row["id"] == self.ids[name]]
        return str(path).removeprefix(f"{self.root}/")

    def tree(self, **query: Any) -> list[Any]:
        """Slugs and those below them, nested."""

        def told(node: dict[str, Any]) -> Any:
            below = [told(child) for child in node.get("children", [])]
            return {node["slug"]: below} if below else node["slug"]

        query = {"tree": "true", "parentId": self.ids[self.root], **query}
        return [told(one) for one in data_of(self.caller.get("/taxonomy/nodes", params=query))]


@pytest.fixture
def tree(as_: CallerMaker) -> Tree:
    tree = Tree(as_("moderator"))
    tree.add("algebra", tree.root, order=2)
    tree.add("geometry", tree.root, order=1)
    tree.add("equations", "algebra")
    tree.add("quadratic", "equations", publishable=True, licenseStatus="cleared")
    return tree


def test_C2_2_a_node_is_told_with_its_path(tree: Tree):
    made = tree.add("cubic", "equations", subjectKey="mathematics")
    assert made == {
        "id": tree.ids["cubic"],
        "kind": "topic",
        "subjectKey": "mathematics",
        "parentId": tree.ids["equations"],
        "slug": "cubic",
        "path": f"{tree.root}/algebra/equations/cubic",
        "title": "Cubic",
        "status": "active",
        "order": 0,
    }


def test_C2_1_a_tree_nests_its_nodes_in_their_order(tree: Tree):
    assert tree.tree() == ["geometry", {"algebra": [{"equations": ["quadratic"]}]}]
    assert tree.tree(parentId=tree.ids["algebra"]) == [{"equations": ["quadratic"]}]
    assert tree.tree(perPage=1, page=2) == [{"algebra": [{"equations": ["quadratic"]}]}]
    query = {"tree": "true", "parentId": tree.ids[tree.root], "perPage": "1"}
    answer = tree.caller.get("/taxonomy/nodes", params=query)
    assert answer.json()["meta"]["total"] == 2


def test_C2_1_lists_filter_by_place_status_words_and_kind(tree: Tree):
    tree.edit("geometry", status="hidden")

    def slugs(**query: Any) -> list[str]:
        query = {"parentId": tree.ids[tree.root], **query}
        rows = data_of(tree.caller.get("/taxonomy/nodes", params=query))
        return [row["slug"] for row in rows]

    assert slugs() == ["geometry", "algebra"]
    assert slugs(sort="title") == ["algebra", "geometry"]
    assert slugs(status="active") == ["algebra"]
    assert slugs(status="hidden") == ["geometry"]
    assert slugs(q="alg") == ["algebra"]
    assert slugs(kind="skill") == []
    assert slugs(subjectKey="physics") == []
    roots = tree.caller.get("/taxonomy/nodes", params={"parentId": "", "q": tree.root})
    assert [row["slug"] for row in data_of(roots)] == [tree.root]


@pytest.mark.parametrize("query", ["colour=red", "kind=shelf", "tree=maybe", "status=absent"])
def test_B10_a_query_that_is_not_known_is_refused(tree: Tree, query: str):
    assert failure_of(tree.caller.get(f"/taxonomy/nodes?{query}")) == (400, "VALIDATION_ERROR")


def test_C2_3_a_rename_and_a_move_change_the_paths_of_all_below(tree: Tree):
    assert tree.path("quadratic") == "algebra/equations/quadratic"
    moved = data_of(tree.edit("equations", parentId=tree.ids["geometry"], title="Equalities"))
    assert (moved["title"], moved["path"]) == ("Equalities", f"{tree.root}/geometry/equations")
    tree.edit("geometry", slug="shapes")
    assert tree.path("quadratic") == "shapes/equations/quadratic"
    made = data_of(tree.edit("equations", parentId=None, slug=f"e-{uuid4().hex[:12]}"))
    assert made["path"] == made["slug"]
    assert "parentId" not in made


def test_C2_3_nulls_take_away_and_the_same_again_changes_nothing(tree: Tree):
    changes = {"publishable": None, "licenseStatus": None}
    first = tree.edit("quadratic", **changes)
    assert not {"publishable", "licenseStatus"} & set(data_of(first))
    second = tree.edit("quadratic", **changes)
    third = tree.edit("quadratic")
    assert first.headers["etag"] == second.headers["etag"] == third.headers["etag"]


def test_C2_2_TAXONOMY_PATH_EXISTS_among_siblings_only(tree: Tree):
    body = {"kind": "topic", "slug": "equations", "title": "x", "parentId": tree.ids["algebra"]}
    taken = tree.caller.post("/taxonomy/nodes", json=body)
    assert failure_of(taken) == (409, "TAXONOMY_PATH_EXISTS")
    body["parentId"] = tree.ids["geometry"]
    data_of(tree.caller.post("/taxonomy/nodes", json=body), 201)
    moved = tree.edit("equations", parentId=tree.ids["geometry"])
    assert failure_of(moved) == (409, "TAXONOMY_PATH_EXISTS")


def test_C2_2_TAXONOMY_KIND_MISMATCH_and_unknown_parents(tree: Tree):
    body = {"kind": "skill", "slug": "counting", "title": "x", "parentId": tree.ids["algebra"]}
    answer = tree.caller.post("/taxonomy/nodes", json=body)
    assert failure_of(answer) == (422, "TAXONOMY_KIND_MISMATCH")
    answer = tree.caller.post("/taxonomy/nodes", json={**body, "parentId": str(uuid4())})
    assert failure_of(answer) == (422, "UNKNOWN_TAXONOMY_NODE")


def test_C2_3_TAXONOMY_CYCLE_names_the_way(tree: Tree):
    answer = tree.edit("algebra", parentId=tree.ids["quadratic"])
    assert failure_of(answer) == (409, "TAXONOMY_CYCLE")
    way = [tree.ids[name] for name in ("algebra", "equations", "quadratic")]
    assert answer.json()["error"]["details"]["path"] == way
    assert failure_of(tree.edit("algebra", parentId=tree.ids["algebra"])) == (409, "TAXONOMY_CYCLE")


def test_C2_3_parallel_moves_close_no_cycle(tree: Tree):
    names = [f"ring-{number}" for number in range(10)]
    for name in names:
        tree.add(name, tree.root)

    def move(number: int) -> int:
        return tree.edit(names[number], parentId=tree.ids[names[number - 1]]).status_code

    with ThreadPoolExecutor(len(names)) as crowd:
        assert sorted(crowd.map(move, range(len(names)))) == [200] * 9 + [409]


def test_C2_3_TAXONOMY_NODE_IN_USE_by_children_and_by_problems(tree: Tree, as_: CallerMaker):
    assert failure_of(tree.edit("algebra", status="archived")) == (409, "TAXONOMY_NODE_IN_USE")
    admin = as_("admin")
    problem = data_of(admin.post("/problems", json={"subjectKey": "mathematics"}), 201)["id"]
    links = f"/problems/{problem}/taxonomy-links"
    link = data_of(admin.post(links, json={"nodeId": tree.ids["geometry"]}), 201)
    answer = tree.edit("geometry", status="archived")
    assert failure_of(answer) == (409, "TAXONOMY_NODE_IN_USE")
    assert answer.json()["error"]["details"] == {"links": 1}
    assert admin.delete(f"{links}/{link['id']}").is_success
    assert data_of(tree.edit("geometry", status="archived"))["status"] == "archived"
    assert failure_of(tree.edit("geometry", title="Late")) == (409, "INVALID_TRANSITION")
    tree.add("geometry", tree.root)  # its path is free


def test_C2_3_a_change_of_several_fields_is_one_or_none(tree: Tree):
    answer = tree.edit("equations", title="Lost", parentId=tree.ids["quadratic"])
    assert failure_of(answer) == (409, "TAXONOMY_CYCLE")
    [row] = data_of(tree.caller.get("/taxonomy/nodes", params={"parentId": tree.ids["algebra"]}))
    assert row["title"] == "Equations"
    stale = tree.caller.patch(
        f"/taxonomy/nodes/{tree.ids['equations']}", json={"title": "x"}, headers={"if-match": '"9"'}
    )
    assert failure_of(stale) == (412, "PRECONDITION_FAILED")


@pytest.mark.parametrize(
    "changes",
    [
        {"slug": "a/b"},
        {"slug": ""},
        {"title": ""},
        {"kind": "skill"},
        {"id": "x"},
        {"path": "x"},
        {"status": "absent"},
        {"order": 1.5},
        {"order": 10**9},
        {"parentId": "algebra"},
    ],
)
def test_B09_what_a_node_cannot_be_is_refused(tree: Tree, changes: dict[str, Any]):
    assert failure_of(tree.edit("algebra", **changes)) == (400, "VALIDATION_ERROR")


def test_a_deep_tree_is_told_down_to_its_fiftieth_level(as_: CallerMaker):
    tree = Tree(as_("moderator"))
    last = tree.root
    for _ in range(60):
        last = tree.add(f"level-{next(_numbers)}", last)["slug"]
    nested = tree.tree(parentId=tree.ids[tree.root])
    depth = 0
    while nested:
        depth += 1
        nested = next(iter(nested[0].values())) if isinstance(nested[0], dict) else []
    assert depth == 50


def test_C2_2_a_tree_is_not_deeper_than_a_hundred_levels(as_: CallerMaker):
    tree = Tree(as_("moderator"))
    last = tree.root
    for _ in range(99):
        last = tree.add(f"level-{next(_numbers)}", last)["slug"]
    body = {"kind": "topic", "slug": "deeper", "title": "x", "parentId": tree.ids[last]}
    answer = tree.caller.post("/taxonomy/nodes", json=body)
    assert failure_of(answer) == (422, "TAXONOMY_TOO_DEEP")
