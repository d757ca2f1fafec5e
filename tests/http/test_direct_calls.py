"""Which handlers are called directly, and that nobody can tell the difference."""

from collections.abc import Iterator
from typing import Annotated, Any

import msgspec
import pytest
from litestar import Litestar, Router, get, post
from litestar.datastructures import State
from litestar.params import BodyKwarg, FromPath, FromQuery
from litestar.testing import TestClient

from adapters.http.direct_calls import DirectCalls
from adapters.http.problems import problem_of
from adapters.http.replies import Reply, json_reply
from adapters.http.requests import StrictRequest
from adapters.settings import Settings


class Body(msgspec.Struct):
    """What is sent."""

    n: int


class Parts:
    """All that a request with a body asks for."""

    settings = Settings()


class HereRequest(StrictRequest):
    """A request to this test."""

    facade = "here"


@get("/plain")
async def plain(request: StrictRequest) -> Reply:
    return json_reply([request.method])


@get("/path/{name:str}")
async def path(request: StrictRequest, name: FromPath[str]) -> Reply:
    return json_reply([request.method, name])


@get("/number/{number:int}")
async def number(request: StrictRequest, number: FromPath[int]) -> Reply:
    return json_reply([request.method, number])


@get("/query")
async def query(request: StrictRequest, n: FromQuery[int] = 1) -> Reply:
    return json_reply([request.method, n])


@post("/body", status_code=200)
async def needed(request: StrictRequest, data: Annotated[Body, BodyKwarg()]) -> Reply:
    return json_reply([request.method, data.n])


@post("/perhaps", status_code=200)
async def perhaps(
    request: StrictRequest, data: Annotated[Body | None, BodyKwarg()] = None
) -> Reply:
    return json_reply([request.method, data and data.n])


def answer(_: Any, error: Exception) -> Reply:
    problem = problem_of(error)
    return json_reply({"code": problem.code, "message": problem.message}, problem.status)


@pytest.fixture
def client() -> Iterator[TestClient[Litestar]]:
    router = Router(
        "/",
        route_handlers=[plain, path, number, query, needed, perhaps],
        middleware=[DirectCalls],
        request_class=HereRequest,
    )
    app = Litestar(
        [router],
        state=State({"parts": Parts()}),
        openapi_config=None,
        exception_handlers={Exception: answer},  # type: ignore[dict-item] # not its Response
    )
    with TestClient(app) as client:
        yield client


@pytest.mark.parametrize(
    ("url", "found"),
    [
        ("/plain", ["GET"]),
        ("/path/anna", ["GET", "anna"]),
        ("/path/%D0%B0", ["GET", "а"]),
        ("/number/7", ["GET", 7]),
        ("/query?n=3", ["GET", 3]),
        ("/query", ["GET", 1]),
    ],
)
def test_paths_and_queries_arrive_as_their_handler_wants_them(client, url, found):
    assert client.get(url).json() == found


def test_what_is_no_number_is_refused_by_the_framework(client):
    assert client.get("/query?n=x").status_code == 400


def test_a_body_that_is_needed_must_be_there(client):
    assert client.post("/body", json={"n": 1}).json() == ["POST", 1]
    refused = client.post("/body")
    assert (refused.status_code, refused.json()["message"]) == (400, "the body is missing")
    assert client.post("/body", json={"n": "1"}).status_code == 400


def test_a_body_that_may_be_there_may_be_left_out(client):
    assert client.post("/perhaps", json={"n": 1}).json() == ["POST", 1]
    assert client.post("/perhaps").json() == ["POST", None]
    assert client.post("/perhaps", json={"n": "1"}).status_code == 400
