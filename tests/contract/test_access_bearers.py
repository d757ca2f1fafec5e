"""Who may call the Bank and the Challenge: every route × every role × things there and not there.

Routes come from the documents, what each asks from its own declaration: a new route joins by
itself, and one that declares nothing, or an address with an unknown parameter, fails here.
"""

import json
import re
import uuid
from collections.abc import Iterator
from typing import Any, NamedTuple

import httpx
import pytest
from litestar import Litestar

from adapters.http.access import Allowed
from adapters.http.facades import FacadeName, document, facades
from adapters.http.openapi_page import examples_of
from adapters.principals import Principal, Role
from adapters.settings import Settings
from tests.contract.bank_world import OWNER, BankWorld
from tests.contract.caller import Caller, clear_settings
from tests.contract.server import Server

BEARERS = (FacadeName.BANK, FacadeName.CHALLENGE)
NOBODY = "nobody"
CALLERS: tuple[Role | str, ...] = (NOBODY, *Role, OWNER)
DOCUMENTS: dict[FacadeName, Any] = {name: json.loads(document(name)) for name in BEARERS}


class Rule(NamedTuple):
    """What an operation asks of its caller; `owned` says that learners find only their own."""

    access: Allowed
    owned: bool


def _rules() -> dict[tuple[FacadeName, str], Rule]:
    """What each operation asks of its caller, as its handler declares it."""
    found = {}
    for facade in facades(Settings()):
        if facade.name in BEARERS:
            app = Litestar([facade.router()], openapi_config=None, logging_config=None)
            for route in app.routes:
                for handler in getattr(route, "route_handlers", ()):
                    if handler.operation_id:
                        access = handler.opt.get("access")
                        assert isinstance(access, Allowed), f"{handler} does not say who may call"
                        rule = Rule(access, owned=handler.opt.get("owned", False))
                        found[facade.name, str(handler.operation_id)] = rule
    return found


class Route(NamedTuple):
    """One operation of one facade."""

    facade: FacadeName
    method: str
    path: str
    operation: dict[str, Any]

    @property
    def name(self) -> str:
        return str(self.operation["operationId"])

    @property
    def parameters(self) -> list[str]:
        return re.findall(r"{(\w+)}", self.path)

    def body(self) -> Any:
        """The first example of the body; None if there is none."""
        content = self.operation.get("requestBody", {}).get("content", {})
        if "application/json" not in content:
            return None
        examples = examples_of(DOCUMENTS[self.facade], content["application/json"]["schema"])
        return examples[0] if examples else {}


RULES = _rules()
ROUTES = [
    Route(name, method.upper(), path, operation)
    for name in BEARERS
    for path, methods in DOCUMENTS[name]["paths"].items()
    for method, operation in methods.items()
]


@pytest.fixture(scope="module")
def world(bank: Server) -> Iterator[BankWorld]:
    made = BankWorld(bank)
    yield made
    made.close()


@pytest.fixture(scope="module")
def callers(bank: Server) -> Iterator[dict[Role | str, httpx.Client]]:
    made: dict[Role | str, httpx.Client] = {
        role: Caller(bank, role, subject=f"the-{role}", base="", domain="lms") for role in Role
    }
    made[OWNER] = Caller(bank, Role.LEARNER, subject=OWNER, base="", domain="lms")
    made[NOBODY] = httpx.Client(base_url=bank.base)
    yield made
    clear_settings(bank)
    for caller in made.values():
        caller.close()


def refusal(route: Route, role: Role | str) -> int | None:
    """With which status a caller is turned away, None if they are let in."""
    rule = RULES[route.facade, route.name].access
    if role == NOBODY:
        if rule.open:
            return None
        return 403 if route.facade is FacadeName.CHALLENGE and rule.roles else 401
    held = Role.LEARNER if role == OWNER else Role(role)
    principal = Principal("x", "x", frozenset({held}), "lms", 0)
    return None if rule.lets(principal) else 403


def stranger(route: Route, role: Role | str) -> bool:
    """Whether what the route is about is there, but not for this caller: a learner's own."""
    owned = RULES[route.facade, route.name].owned and bool(route.parameters)
    return owned and role == Role.LEARNER


def filled(body: Any, known: dict[str, str]) -> Any:
    """A body with ids of things that are there."""
    return body and {**body, **{name: known[name] for name in body if name in known}}


def code(answer: httpx.Response) -> str:
    return str(answer.json()["error"]["code"])


@pytest.mark.parametrize("route", ROUTES, ids=lambda route: route.name)
def test_every_route_lets_in_whom_it_says_and_nobody_else(
    route: Route, world: BankWorld, callers: dict[Role | str, httpx.Client]
):
    named = {*route.parameters, *(route.body() or {})}
    known = world.fresh(named) if route.facade is FacadeName.BANK and named else {}
    assert set(route.parameters) <= set(known), "say in bank_world.py how one is made"
    there = route.path.format(**known)
    absent = route.path.format(**dict.fromkeys(route.parameters, str(uuid.uuid4())))
    body = filled(route.body(), known)
    for role in sorted(CALLERS, key=lambda one: refusal(route, one) is None):
        expected = refusal(route, role)
        missing = None
        for url in dict.fromkeys((absent, there)):
            answer = callers[role].request(route.method, url, json=body)
            if expected is not None:
                assert answer.status_code == expected, (role, url, answer.text)
                assert code(answer) == {401: "UNAUTHENTICATED", 403: "FORBIDDEN"}[expected]
                continue
            assert answer.status_code not in {401, 405, 500, 501}, (role, url, answer.text)
            if url != there:
                assert (answer.status_code, code(answer)[-10:]) == (404, "_NOT_FOUND"), role
                missing = answer.json()["error"]
                continue
            if stranger(route, role):
                assert (answer.status_code, answer.json()["error"]) == (404, missing), role
                continue
            assert answer.status_code != 404, (role, url, answer.text)
            assert answer.status_code != 403 or code(answer) != "FORBIDDEN", (role, answer.text)
            if known and route.method != "GET":
                known = world.fresh(named)
                there, body = route.path.format(**known), filled(body, known)


@pytest.mark.parametrize("route", ROUTES, ids=lambda route: route.name)
def test_K33_a_session_of_the_exams_facade_is_nobody_here(route: Route, bank: Server):
    url = route.path.format(**dict.fromkeys(route.parameters, str(uuid.uuid4())))
    with httpx.Client(base_url=bank.base) as browser:
        token = browser.get("/api/auth/csrf").json()["csrfToken"]
        account = {"username": "u" + uuid.uuid4().hex[:20], "password": "long enough a word"}
        email = f"{account['username']}@example.org"
        headers = {"x-csrftoken": token}
        made = browser.post("/api/auth/register", json=account | {"email": email}, headers=headers)
        assert made.status_code == 201, made.text
        answer = browser.request(route.method, url, json=route.body(), headers=headers)
        if refusal(route, NOBODY) is not None:
            assert answer.status_code == refusal(route, NOBODY), answer.text
