"""Bank and Challenge: nothing that a client can send is the server's fault (B-01, B-10)."""

import copy
import re
from collections.abc import Iterator
from typing import Any

import httpx
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from adapters.http.facades import FacadeName
from tests.contract.bank_world import BankWorld
from tests.contract.caller import BANK, Caller, clear_settings
from tests.contract.operations import operations
from tests.contract.server import Server
from tests.contract.test_errors import CORPUS

JSON = {"content-type": "application/json"}
HOSTILE: list[Any] = [
    None,
    True,
    0,
    -1,
    1e308,
    2**63,
    -(2**70),
    0.1,
    "",
    " ",
    "\x00",
    "\ud7ff\U0010ffff",
    "x" * 5000,
    "../../etc/passwd",
    "{@a@}",
    "9**9**9**9",
    [],
    [[[[[[]]]]]],
    {},
    {"": {"": ""}},
    {"type": "composite_answer", "parts": [{"type": "composite_answer", "parts": []}]},
    {"$": "erased"},
]


class Api:
    """Every operation with a body, its example, and an address that exists."""

    def __init__(self, server: Server) -> None:
        self.world = BankWorld(server)
        self.ids = self.world.fresh()
        self.admin = Caller(
            server, "admin", "service", "teacher", "challenge-author", base="", domain="lms"
        )
        self.log = server.log
        self.operations = [
            (one.method, one.path, one.bodies()[0])
            for one in operations(FacadeName.BANK, FacadeName.CHALLENGE)
        ]

    def send(self, method: str, path: str, **more: Any) -> httpx.Response:
        url = path.format_map(self.ids)
        return self.admin.request(method, url, **more)


@pytest.fixture(scope="module")
def api(bank: Server) -> Iterator[Api]:
    made = Api(bank)
    yield made
    clear_settings(bank)
    made.world.close()
    made.admin.close()


def well_refused(answer: httpx.Response, what: Any) -> None:
    """It succeeded, or it says in the facade's envelope what was wrong with the request."""
    assert answer.status_code < 500, (what, answer.text)
    if answer.status_code < 400:
        return
    body = answer.json()
    assert body["data"] is None, what
    assert re.fullmatch(r"[A-Z][A-Z_]+", body["error"]["code"]), what
    assert 0 < len(body["error"]["message"]) < 2000, what


@pytest.mark.parametrize("body", CORPUS.values(), ids=CORPUS)
def test_B10_hostile_json_is_refused_on_every_route(api: Api, body: bytes):
    for method, path, example in api.operations:
        if example is not None:
            answer = api.send(method, path, content=body, headers=JSON)
            assert 400 <= answer.status_code < 500, (method, path, answer.text)
            well_refused(answer, (method, path))


def _places(value: Any, at: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    yield at
    if isinstance(value, (dict, list)):
        for key, inner in value.items() if isinstance(value, dict) else enumerate(value):
            yield from _places(inner, (*at, key))


def _replaced(value: Any, place: tuple[Any, ...], other: Any) -> Any:
    if not place:
        return other
    whole = copy.deepcopy(value)
    inner = whole
    for key in place[:-1]:
        inner = inner[key]
    inner[place[-1]] = other
    return whole


@settings(max_examples=300, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_a_body_that_is_wrong_in_one_place_is_no_failure_of_the_server(api: Api, data: Any):
    bodies = [one for one in api.operations if one[2] is not None]
    method, path, example = data.draw(st.sampled_from(bodies))
    place = data.draw(st.sampled_from(list(_places(example))))
    body = _replaced(example, place, data.draw(st.sampled_from(HOSTILE)))
    well_refused(api.send(method, path, json=body), (method, path, body))


QUERIES = st.lists(
    st.tuples(
        st.sampled_from(
            ["page", "perPage", "sort", "q", "status", "from", "to", "with", "difficulty", "x"]
        ),
        st.sampled_from(["", "0", "1", "-1", "1_0", "9" * 30, "nan", "%00", "published", "-at"])
        | st.text(max_size=5),
    ),
    max_size=3,
)


@settings(max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data(), query=QUERIES, etag=st.sampled_from([None, '"1"', "*", '"', "W/1"]))
def test_a_wrong_query_or_header_is_no_failure_of_the_server(
    api: Api, data: Any, query: list[tuple[str, str]], etag: str | None
):
    method, path, example = data.draw(st.sampled_from(api.operations))
    headers = {} if etag is None else {"if-match": etag}
    body = {} if example is None else {"json": example}
    answer = api.send(method, path, params=query, headers=headers, **body)
    well_refused(answer, (method, path, query, etag))


@pytest.mark.parametrize(
    "query", [b"%ff=1", b"page=%ff", b"a" * 9000, b"&" * 200, b"page=1&page=2"]
)
def test_B02_a_query_string_that_cannot_be_read_is_400(bank: Server, query: bytes):
    with Caller(bank, "admin", base="") as admin:
        answer = admin.get(httpx.URL(f"{bank.base}{BANK}/problems").copy_with(query=query))
    assert answer.status_code in {400, 414, 431}, answer.text
    well_refused(answer, query)


def test_the_servers_log_has_no_failure_of_its_own(api: Api):
    log = api.log.read_text()
    assert [line for line in log.splitlines() if "code=INTERNAL_ERROR" in line] == []
