"""A caller of the Bank or the Challenge: somebody with a bearer token of the installation's own."""

from typing import Any

import httpx

from adapters.principals import Role
from adapters.settings import TOKEN_KEY_FILE
from adapters.tokens import Tokens, load_key
from tests.contract.server import Server

BANK = "/api/v2/task-bank"


class Caller(httpx.Client):
    """Speaks to one server under one token; addresses are below `base`, the Bank's by default."""

    def __init__(
        self,
        server: Server,
        *roles: Role | str,
        subject: str = "somebody",
        domain: str | None = None,
        base: str = BANK,
    ) -> None:
        self.subject = subject
        tokens = Tokens(load_key(server.data / TOKEN_KEY_FILE))
        token = tokens.issue(subject, [Role(role) for role in roles], domain, 3600)
        super().__init__(
            base_url=server.base + base,
            headers={"authorization": f"Bearer {token}"},
            timeout=30,
        )


def clear_settings(server: Server) -> None:
    """Bring the defaults back: other tests share the server."""
    with Caller(server, "admin") as admin:
        names = data_of(admin.get("/settings")).keys() - {"revision"}
        data_of(admin.patch("/settings", json=dict.fromkeys(names)))


def data_of(answer: httpx.Response, status: int = 200) -> Any:
    """What a success of the Bank carries, its envelope looked at (B-01)."""
    body = answer.json()
    assert answer.status_code == status, answer.text
    assert set(body) <= {"data", "meta"}, body
    return body["data"]


def failure_of(answer: httpx.Response) -> tuple[int, str]:
    """Status and code of a failure of the Bank, its envelope looked at (B-01)."""
    body = answer.json()
    assert set(body) == {"data", "error"}, body
    assert body["data"] is None
    assert {"code", "message"} <= set(body["error"]) <= {"code", "message", "details"}
    return answer.status_code, body["error"]["code"]
