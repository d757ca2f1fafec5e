"""The middleware of Challenge and Bank: rules of routes, callers, ids of requests."""

from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any

import pytest
from joserfc.jwk import OKPKey
from litestar import Litestar, Router, get, post
from litestar.datastructures import State
from litestar.testing import TestClient

from adapters.bearers import Bearers
from adapters.http.access import ANY_BEARER, ANYBODY, one_of
from adapters.http.bearer_middleware import BearerMiddleware, check_declared
from adapters.http.direct_calls import DirectCalls
from adapters.http.problems import problem_of
from adapters.http.replies import Reply, json_reply
from adapters.http.requests import StrictRequest
from adapters.issuer_keys import IssuerKeys, Unreadable
from adapters.oidc import Oidc
from adapters.principals import Role
from adapters.tokens import Tokens

TOKENS = Tokens(OKPKey.generate_key("Ed25519"))


class BankRequest(StrictRequest):
    facade = "bank"


class ChallengeRequest(StrictRequest):
    facade = "challenge"


def who(request: StrictRequest) -> Reply:
    user: Any = request.scope["user"]
    scope: Any = request.scope
    return json_reply([user and user.subject, scope["correlation"]])


@get("/open", opt={"access": ANYBODY})
async def opened(request: StrictRequest) -> Reply:
    return who(request)


@get("/known", opt={"access": ANY_BEARER})
async def known(request: StrictRequest) -> Reply:
    return who(request)


@get("/authors", opt={"access": one_of(Role.AUTHOR)})
async def authors(request: StrictRequest) -> Reply:
    return who(request)


@post("/authors", opt={"access": one_of(Role.AUTHOR, also=Role.KEYS)}, status_code=200)
async def keys(request: StrictRequest) -> Reply:
    return who(request)


@get("/forgotten")
async def forgotten(request: StrictRequest) -> Reply:
    return who(request)


@get("/elsewhere")
async def elsewhere() -> Reply:
    return json_reply("no rule, and none needed")


def router(path: str, kind: type[StrictRequest], *handlers: Any) -> Router:
    return Router(
        path,
        route_handlers=[opened, known, authors, keys, *handlers],
        middleware=[BearerMiddleware, DirectCalls],
        request_class=kind,
    )


def answer(_: Any, error: Exception) -> Reply:
    problem = problem_of(error)
    return json_reply(problem.code, problem.status)


def application(oidc: Oidc | None = None, *handlers: Any) -> Litestar:
    return Litestar(
        [
            router("/bank", BankRequest, *handlers),
            router("/challenge", ChallengeRequest),
            elsewhere,
        ],
        state=State({"parts": SimpleNamespace(bearers=Bearers(TOKENS, oidc))}),
        openapi_config=None,
        exception_handlers={Exception: answer},  # type: ignore[dict-item] # not its Response
    )


@pytest.fixture(scope="module")
def client() -> Iterator[TestClient[Litestar]]:
    app = application()
    check_declared(app)
    with TestClient(app) as client:
        yield client


def holding(*roles: Role, subject: str = "ada") -> dict[str, str]:
    return {"authorization": f"Bearer {TOKENS.issue(subject, roles, None, 60)}"}


NOBODY: dict[str, str] = {}
BAD = {"authorization": "Bearer bad"}
BASIC = {"authorization": "Basic YTpi"}


@pytest.mark.parametrize(
    ("caller", "path", "bank", "challenge"),
    [
        (NOBODY, "/open", 200, 200),
        (BASIC, "/open", 200, 200),
        (BAD, "/open", 401, 401),
        ([], "/open", 200, 200),
        (NOBODY, "/known", 401, 401),
        (BAD, "/known", 401, 401),
        ([], "/known", 200, 200),
        (NOBODY, "/authors", 401, 403),
        (BASIC, "/authors", 401, 403),
        (BAD, "/authors", 401, 401),
        ([Role.VIEWER], "/authors", 403, 403),
        ([Role.AUTHOR], "/authors", 200, 200),
        ([Role.ADMIN], "/authors", 200, 200),
    ],
)
def test_K09_who_is_let_in_where(
    client: TestClient[Litestar],
    caller: dict[str, str] | list[Role],
    path: str,
    bank: int,
    challenge: int,
):
    headers = holding(*caller) if isinstance(caller, list) else caller
    assert client.get(f"/bank{path}", headers=headers).status_code == bank
    assert client.get(f"/challenge{path}", headers=headers).status_code == challenge


def test_two_methods_of_one_address_have_rules_of_their_own(client: TestClient[Litestar]):
    author = holding(Role.AUTHOR)
    assert client.get("/bank/authors", headers=author).status_code == 200
    assert client.post("/bank/authors", headers=author).status_code == 403
    both = holding(Role.AUTHOR, Role.KEYS)
    assert client.post("/bank/authors", headers=both).status_code == 200


def test_the_second_call_with_a_token_is_the_same_caller_and_another_token_another(
    client: TestClient[Litestar],
):
    ada, bob = holding(), holding(subject="bob")
    said = [client.get("/bank/known", headers=one).json()[0] for one in (ada, ada, bob, ada)]
    assert said == ["ada", "ada", "bob", "ada"]


def test_the_scheme_is_spelled_in_any_case(client: TestClient[Litestar]):
    token = holding()["authorization"].removeprefix("Bearer ")
    for scheme in ("bearer", "BEARER", "Bearer "):
        headers = {"authorization": f"{scheme} {token}"}
        assert client.get("/bank/known", headers=headers).status_code == 200


def test_a_request_keeps_its_id_if_that_is_a_plain_one(client: TestClient[Litestar]):
    def said(request_id: str) -> str:
        found: str = client.get("/bank/open", headers={"x-request-id": request_id}).json()[1]
        return found

    assert said("trace-1.a_B") == "trace-1.a_B"
    assert said("a b") != "a b"
    assert said("x" * 65) != said("x" * 65)


def test_an_issuer_that_cannot_be_reached_is_no_reason_to_throw_a_token_away():
    async def away(_: str) -> bytes:
        raise Unreadable("away")

    issuer = "https://id.example.org"
    foreign = Tokens(OKPKey.generate_key("Ed25519")).issue("ada", [], None, 60)
    app = application(Oidc(issuer, IssuerKeys(issuer, away), audience=["markbook"]))
    with TestClient(app) as client:
        answer = client.get("/bank/open", headers={"authorization": f"Bearer {foreign}"})
        assert (answer.status_code, answer.json()) == (503, "ISSUER_UNAVAILABLE")
        assert client.get("/bank/known", headers=BAD).status_code == 401
        assert client.get("/bank/known", headers=holding()).json()[0] == "ada"


def test_options_are_answered_without_a_token(client: TestClient[Litestar]):
    assert client.options("/bank/authors").status_code == 204


def test_a_route_that_does_not_say_who_may_call_it_stops_the_start():
    with pytest.raises(ValueError, match="/bank/forgotten"):
        check_declared(application(None, forgotten))
