"""Relations between problems over HTTP: edges, moderation, cycles (C4.1 to C4.5, B-43 to B-49)."""

from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from uuid import uuid4

import httpx
import pytest

from tests.contract.bank_problems import Bank
from tests.contract.caller import Caller, data_of, failure_of
from tests.contract.server import Server

CallerMaker = Callable[..., Caller]
TYPES = (
    "duplicate",
    "analog",
    "parameterized_variant",
    "set_variant",
    "similar",
    "prerequisite",
    "same_method",
)


class Relations(Bank):
    """Problems, called by letters, and relations between them."""

    def __init__(self, admin: Caller, letters: str) -> None:
        super().__init__(admin)
        self.ids = {letter: self.problem()["id"] for letter in letters}

    def suggest(self, ends: str, kind: str = "prerequisite", **more: Any) -> httpx.Response:
        """`AB`: what A is to B."""
        path = f"/problems/{self.ids[ends[0]]}/relations"
        body = {"toProblemId": self.ids[ends[1]], "relationType": kind, **more}
        return self.admin.post(path, json=body)

    def made(self, ends: str, kind: str = "prerequisite", **more: Any) -> dict[str, Any]:
        relation: dict[str, Any] = data_of(self.suggest(ends, kind, **more), 201)
        return relation

    def moderate(self, relation: dict[str, Any], command: str, **body: Any) -> httpx.Response:
        return self.admin.post(f"/problem-relations/{relation['id']}/{command}", json=body or None)


@pytest.fixture
def abc(as_: CallerMaker) -> Relations:
    return Relations(as_("admin"), "ABC")


def test_C4_2_and_C4_3_a_relation_begins_as_suggested_on_both_routes(abc: Relations):
    more = {"weight": 0.5, "metadata": {"why": "the same numbers", "score": 1.50}}
    first = abc.made("AB", "similar", **more)
    expected = {"fromProblemId": abc.ids["A"], "toProblemId": abc.ids["B"], **more}
    assert first == {
        "id": first["id"],
        "relationType": "similar",
        "status": "suggested",
        **expected,
    }
    body = {
        "fromProblemId": abc.ids["B"],
        "toProblemId": abc.ids["C"],
        "relationType": "same_method",
    }
    second = data_of(abc.admin.post("/problem-relations", json=body), 201)
    assert second == {"id": second["id"], "status": "suggested", **body}
    for one in (first, second):
        assert abc.read(f"/problem-relations/{one['id']}") == one


@pytest.mark.parametrize("kind", TYPES)
def test_B43_a_problem_is_nothing_to_itself_on_both_routes(abc: Relations, kind: str):
    assert failure_of(abc.suggest("AA", kind)) == (422, "RELATION_SELF_LINK")
    body = {
        "fromProblemId": abc.ids["A"],
        "toProblemId": abc.ids["A"],
        "relationType": kind,
    }
    answer = abc.admin.post("/problem-relations", json=body)
    assert failure_of(answer) == (422, "RELATION_SELF_LINK")


@pytest.mark.parametrize("ends", ["AX", "XA"])
def test_C4_2_PROBLEM_NOT_FOUND_at_either_end(abc: Relations, ends: str):
    abc.ids["X"] = str(uuid4())
    assert failure_of(abc.suggest(ends)) == (404, "PROBLEM_NOT_FOUND")
    body = {
        "fromProblemId": abc.ids[ends[0]],
        "toProblemId": abc.ids[ends[1]],
        "relationType": "analog",
    }
    answer = abc.admin.post("/problem-relations", json=body)
    assert failure_of(answer) == (404, "PROBLEM_NOT_FOUND")


def test_B44_a_prerequisite_keeps_its_direction(abc: Relations):
    made = abc.made("AB")
    a, b = abc.ids["A"], abc.ids["B"]

    def found(**query: str) -> list[str]:
        rows = data_of(abc.admin.get("/problem-relations", params=query))
        return [row["id"] for row in rows]

    assert found(fromProblemId=a) == found(toProblemId=b) == [made["id"]]
    assert found(fromProblemId=b) == found(toProblemId=a) == []
    assert found(problemId=a) == found(problemId=b) == [made["id"]]


def test_B45_a_cycle_is_refused_with_its_path(abc: Relations):
    abc.made("AB")
    assert failure_of(abc.suggest("BA")) == (409, "RELATION_CYCLE")
    abc.made("BC")
    answer = abc.suggest("CA")
    assert failure_of(answer) == (409, "RELATION_CYCLE")
    path = [abc.ids[letter] for letter in "CABC"]
    assert answer.json()["error"]["details"]["path"] == path
    abc.made("CA", "similar")  # only prerequisites form cycles


def test_B45_rejected_and_hidden_edges_do_not_count_and_are_looked_at_again(abc: Relations):
    ab = abc.made("AB")
    bc = abc.made("BC")
    for edge, back, command in ((ab, "CA", "reject"), (bc, "CA", "hide")):
        data_of(abc.moderate(edge, command))
        if command == "reject":
            ca = abc.made(back)
            assert failure_of(abc.moderate(edge, "restore")) == (409, "RELATION_CYCLE")
            data_of(abc.moderate(ca, "hide"))
            assert data_of(abc.moderate(edge, "restore"))["status"] == "suggested"
        else:
            data_of(abc.moderate(ca, "restore"))
            assert failure_of(abc.moderate(edge, "restore")) == (409, "RELATION_CYCLE")
            assert data_of(abc.moderate(ca, "confirm"))["status"] == "confirmed"


def test_B45_thirty_parallel_edges_close_no_cycle(as_: CallerMaker):
    ring = Relations(as_("admin"), "abcdefghijklmnopqrstuvwxyzABCD")
    names = list(ring.ids)

    def one(at: int) -> tuple[int, str]:
        answer = ring.suggest(names[at - 1] + names[at])
        return answer.status_code, (answer.json().get("error") or {}).get("code", "")

    with ThreadPoolExecutor(len(names)) as crowd:
        told = Counter(crowd.map(one, range(len(names))))
    assert told == {(201, ""): 29, (409, "RELATION_CYCLE"): 1}


@pytest.mark.ci
def test_B45_thirty_parallel_edges_at_two_servers_close_no_cycle(bank: Server):
    with (
        Server(bank.data, **bank.settings) as other,
        Caller(bank, "admin") as here,
        Caller(other, "admin") as there,
    ):
        ring = Relations(here, "abcdefghijklmnopqrstuvwxyzABCD")
        names = list(ring.ids)

        def one(at: int) -> int:
            path = f"/problems/{ring.ids[names[at - 1]]}/relations"
            body = {"toProblemId": ring.ids[names[at]], "relationType": "prerequisite"}
            return (here, there)[at % 2].post(path, json=body).status_code

        with ThreadPoolExecutor(len(names)) as crowd:
            assert Counter(crowd.map(one, range(len(names)))) == {201: 29, 409: 1}


def test_B45_of_thirty_parallel_edges_against_one_another_one_stays(as_: CallerMaker):
    pair = Relations(as_("admin"), "AB")

    def one(at: int) -> int:
        return pair.suggest("AB" if at % 2 else "BA").status_code

    with ThreadPoolExecutor(30) as crowd:
        assert Counter(crowd.map(one, range(30))) == {201: 1, 409: 29}
    query = {"problemId": pair.ids["A"]}
    assert len(data_of(pair.admin.get("/problem-relations", params=query))) == 1


@pytest.mark.parametrize(
    "body",
    [
        {"relationType": "twin"},
        {"relationType": None},
        {"weight": -1},
        {"weight": "1"},
        {"metadata": []},
        {"toProblemId": "A"},
    ],
)
def test_B46_what_a_relation_cannot_be_is_refused(abc: Relations, body: dict[str, Any]):
    answer = abc.suggest("AB", kind=body.pop("relationType", "similar"), **body)
    assert failure_of(answer) == (400, "VALIDATION_ERROR")


def test_B46_a_relation_moves_only_as_it_may(abc: Relations):
    relation = abc.made("AB", "analog")
    ways = [
        ("restore", None),
        ("confirm", "confirmed"),
        ("confirm", None),
        ("reject", None),
        ("hide", "hidden"),
        ("hide", None),
        ("restore", "suggested"),
        ("reject", "rejected"),
        ("hide", None),
        ("restore", "suggested"),
    ]
    for command, status in ways:
        answer = abc.moderate(relation, command, comment="so")
        if status is None:
            assert failure_of(answer) == (409, "INVALID_TRANSITION"), command
        else:
            assert data_of(answer)["status"] == status


def test_B47_similar_is_suggested_whatever_is_asked_and_never_a_duplicate(abc: Relations):
    asked = abc.suggest("AB", "similar", status="confirmed")
    assert failure_of(asked) == (400, "VALIDATION_ERROR")
    version = abc.published(abc.ids["A"])
    body = {
        "problemVersionId": version["id"],
        "contextDomain": "manual",
        "contextType": "list",
        "contextId": "1",
    }
    usage = data_of(abc.admin.post("/usages", json=body), 201)
    before = [abc.read(f"/problems/{one}") for one in abc.ids.values()]
    relation = abc.made("AB", "similar")
    assert relation["status"] == "suggested"
    data_of(abc.moderate(relation, "confirm"))
    assert [abc.read(f"/problems/{one}") for one in abc.ids.values()] == before
    assert abc.read(f"/usages/{usage['id']}") == usage
    query = {"problemId": abc.ids["A"], "relationType": "duplicate"}
    assert data_of(abc.admin.get("/problem-relations", params=query)) == []


@pytest.mark.parametrize("kind", TYPES)
def test_B48_an_edge_is_drawn_once_in_either_direction_if_it_is_symmetric(
    abc: Relations, kind: str
):
    relation = abc.made("AB", kind)
    assert failure_of(abc.suggest("AB", kind)) == (409, "RELATION_EXISTS")
    back = abc.suggest("BA", kind)
    expected = {
        "prerequisite": (409, "RELATION_CYCLE"),
        "parameterized_variant": (201, None),
    }.get(kind, (409, "RELATION_EXISTS"))
    assert (back.status_code, (back.json().get("error") or {}).get("code")) == expected
    data_of(abc.moderate(relation, "reject"))
    assert failure_of(abc.suggest("AB", kind)) == (409, "RELATION_EXISTS")


@pytest.mark.parametrize("command", ["confirm", "reject", "hide", "restore"])
def test_B49_only_moderators_decide(abc: Relations, as_: CallerMaker, command: str):
    relation = abc.made("AB", "similar")
    for role in ("author", "publisher", "checker", "viewer"):
        answer = as_(role).post(f"/problem-relations/{relation['id']}/{command}")
        assert failure_of(answer) == (403, "FORBIDDEN")
    assert abc.read(f"/problem-relations/{relation['id']}")["status"] == "suggested"


@pytest.mark.parametrize(
    "body",
    [
        {"status": "confirmed"},
        {"relationType": "duplicate"},
        {"fromProblemId": str(uuid4())},
        {"toProblemId": str(uuid4())},
    ],
)
def test_B49_nobody_confirms_or_bends_a_relation_by_an_edit(abc: Relations, body: dict[str, Any]):
    relation = abc.made("AB", "similar")
    path = f"/problem-relations/{relation['id']}"
    assert failure_of(abc.admin.patch(path, json=body)) == (400, "VALIDATION_ERROR")
    assert abc.read(path) == relation


def test_C4_4_weight_and_metadata_change_and_are_taken_away(abc: Relations):
    relation = abc.made("AB", "similar", weight=1)
    path = f"/problem-relations/{relation['id']}"
    edited = abc.admin.patch(path, json={"metadata": {"a": 1}})
    assert data_of(edited) == {**relation, "metadata": {"a": 1}}
    bare = data_of(abc.admin.patch(path, json={"weight": None, "metadata": None}))
    assert not {"weight", "metadata"} & set(bare)
    stale = abc.admin.patch(path, json={"weight": 2}, headers={"if-match": edited.headers["etag"]})
    assert failure_of(stale) == (412, "PRECONDITION_FAILED")


def test_C4_1_only_moderators_see_what_is_not_confirmed(abc: Relations, as_: CallerMaker):
    suggested, confirmed = abc.made("AB", "similar"), abc.made("AC", "similar")
    data_of(abc.moderate(confirmed, "confirm"))
    query = {"problemId": abc.ids["A"]}

    def seen(caller: Caller, **more: str) -> list[str]:
        rows = data_of(caller.get("/problem-relations", params={**query, **more}))
        return [row["id"] for row in rows]

    moderator = as_("moderator")
    assert set(seen(moderator)) == {suggested["id"], confirmed["id"]}
    assert seen(moderator, status="suggested") == [suggested["id"]]
    assert seen(moderator, sort="-createdAt") == seen(moderator)[::-1]
    for role in ("viewer", "author"):
        caller = as_(role)
        assert seen(caller) == [confirmed["id"]]
        assert seen(caller, status="suggested") == []
        answer = caller.get(f"/problem-relations/{suggested['id']}")
        assert failure_of(answer) == (404, "PROBLEM_RELATION_NOT_FOUND")
        assert data_of(caller.get(f"/problem-relations/{confirmed['id']}"))["status"] == "confirmed"


def test_B05_a_relation_suggested_twice_under_one_key_is_one(abc: Relations):
    path = f"/problems/{abc.ids['A']}/relations"
    body = {"toProblemId": abc.ids["B"], "relationType": "duplicate"}
    headers = {"idempotency-key": str(uuid4())}
    first, second = (abc.admin.post(path, json=body, headers=headers) for _ in range(2))
    assert data_of(first, 201) == data_of(second, 201)
