"""Many at once: numbers without gaps, one code for one problem, one publication (B-12, B-19)."""

from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from uuid import uuid4

import httpx
import pytest

from tests.contract.bank_problems import CONTENT, Bank
from tests.contract.caller import Caller
from tests.contract.server import Server

CROWD = 30


@pytest.fixture(
    scope="module", params=["one server", pytest.param("two servers", marks=pytest.mark.ci)]
)
def two(request: pytest.FixtureRequest, bank: Server) -> Iterator[tuple[Server, Server]]:
    """Where the crowd is: at one server, or at two processes over one data folder."""
    if request.param == "one server":
        yield bank, bank
        return
    with Server(bank.data, **bank.settings) as second:
        yield bank, second


@pytest.fixture
def bank_of(two: tuple[Server, Server]) -> Iterator[Bank]:
    with Caller(two[0], "admin") as admin:
        yield Bank(admin)


def all_at_once(
    two: tuple[Server, Server], call: Callable[[Caller, int], httpx.Response]
) -> list[httpx.Response]:
    """What each of a crowd, half of it at either server, is answered."""

    callers = [Caller(server, "admin") for server in two]

    def one(number: int) -> httpx.Response:
        return call(callers[number % 2], number)

    with ThreadPoolExecutor(CROWD) as crowd, callers[0], callers[1]:
        return list(crowd.map(one, range(CROWD)))


def told(answers: list[httpx.Response]) -> Counter[tuple[int, str]]:
    return Counter(
        (answer.status_code, (answer.json().get("error") or {}).get("code", ""))
        for answer in answers
    )


def test_B19_thirty_parallel_versions_have_thirty_numbers(
    two: tuple[Server, Server], bank_of: Bank
):
    problem_id = bank_of.problem()["id"]
    path = f"/problems/{problem_id}/versions"
    answers = all_at_once(two, lambda caller, _: caller.post(path, json=CONTENT))
    assert told(answers) == {(201, ""): CROWD}
    assert {one.json()["data"]["version"] for one in answers} == set(range(1, CROWD + 1))
    rows = bank_of.read(f"{path}?perPage=100")
    assert [row["version"] for row in rows] == list(range(CROWD, 0, -1))
    assert len({row["id"] for row in rows}) == CROWD


def test_B19_thirty_parallel_copies_have_thirty_numbers(two: tuple[Server, Server], bank_of: Bank):
    version = bank_of.published()
    path = f"/problem-versions/{version['id']}/new-version"
    answers = all_at_once(two, lambda caller, _: caller.post(path))
    assert {one.json()["data"]["version"] for one in answers} == set(range(2, CROWD + 2))


def test_B19_of_thirty_parallel_publications_one_wins(two: tuple[Server, Server], bank_of: Bank):
    version = bank_of.in_review()
    path = f"/problem-versions/{version['id']}/publish"
    answers = all_at_once(two, lambda caller, _: caller.post(path))
    assert told(answers) == {(200, ""): 1, (409, "INVALID_TRANSITION"): CROWD - 1}


def test_B12_of_thirty_parallel_problems_of_one_code_one_is_made(two: tuple[Server, Server]):
    code = f"R-{uuid4().hex}"
    answers = all_at_once(
        two,
        lambda caller, number: caller.post(
            "/problems",
            json={
                "subjectKey": "mathematics",
                "code": code.upper() if number % 3 else code.lower(),
            },
        ),
    )
    assert told(answers) == {(201, ""): 1, (409, "PROBLEM_CODE_EXISTS"): CROWD - 1}


def test_C1_17_of_versions_published_in_parallel_in_place_of_all_others_one_is_left(
    two: tuple[Server, Server], bank_of: Bank
):
    problem_id = bank_of.problem()["id"]
    versions = [bank_of.in_review(problem_id)["id"] for _ in range(CROWD)]
    answers = all_at_once(
        two,
        lambda caller, number: caller.post(
            f"/problem-versions/{versions[number]}/publish", json={"retirePrevious": True}
        ),
    )
    assert told(answers) == {(200, ""): CROWD}
    rows = bank_of.read(f"/problems/{problem_id}/versions?perPage=100")
    assert Counter(row["status"] for row in rows) == {"published": 1, "retired": CROWD - 1}


def test_B18_edits_in_parallel_with_a_publication_leave_what_was_published(
    two: tuple[Server, Server], bank_of: Bank
):
    version = bank_of.in_review()
    path = f"/problem-versions/{version['id']}"

    def call(caller: Caller, number: int) -> httpx.Response:
        if number == CROWD // 2:
            return caller.post(f"{path}/publish")
        return caller.patch(path, json={"metadata": {"number": number}})

    answers = all_at_once(two, call)
    refused = told(answers)
    assert refused.pop((200, "")) == 1
    assert set(refused) <= {(409, "VERSION_IN_REVIEW"), (409, "VERSION_IMMUTABLE")}
    assert bank_of.read(path)["metadata"] == {}
