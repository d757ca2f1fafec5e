"""The Bank's envelope, whatever happens under its path (B-01)."""

from collections.abc import Callable

import httpx
import pytest

from tests.contract.caller import BANK, Caller, failure_of
from tests.contract.server import Server

CallerMaker = Callable[..., Caller]


@pytest.mark.parametrize(
    ("method", "path", "refusal"),
    [
        ("GET", "", (404, "NOT_FOUND")),
        ("GET", "/nothing", (404, "NOT_FOUND")),
        ("POST", "/nothing/at/all", (404, "NOT_FOUND")),
        ("DELETE", "/settings", (405, "METHOD_NOT_ALLOWED")),
        ("PUT", "/settings", (405, "METHOD_NOT_ALLOWED")),
    ],
)
def test_B01_what_is_not_there_answers_in_the_banks_envelope(
    as_: CallerMaker, method: str, path: str, refusal: tuple[int, str]
):
    answer = as_("admin").request(method, path)
    assert failure_of(answer) == refusal
    assert answer.headers["content-type"] == "application/json"
    if refusal[0] == 405:
        assert "GET" in answer.headers["allow"]


def test_B01_every_kind_of_bad_request_answers_in_the_banks_envelope(
    as_: CallerMaker, bank: Server
):
    admin = as_("admin")
    json = {"content-type": "application/json"}
    for body, code in [
        (b"{", 400),
        (b"\xff\xfe", 400),
        (b"[" * 100_000, 400),
        (b"{}" + b" " * 2_000_000, 413),
    ]:
        assert failure_of(admin.patch("/settings", content=body, headers=json))[0] == code
    form = admin.patch("/settings", content=b"a=b", headers={"content-type": "text/plain"})
    assert failure_of(form) == (415, "UNSUPPORTED_MEDIA_TYPE")
    nobody = httpx.get(f"{bank.base}{BANK}/settings")
    assert failure_of(nobody) == (401, "UNAUTHENTICATED")
    assert failure_of(as_("viewer").get("/settings")) == (403, "FORBIDDEN")


def test_a_neighbour_of_the_banks_path_is_not_the_banks(bank: Server):
    answer = httpx.get(f"{bank.base}{BANK}s/settings")
    assert (answer.status_code, set(answer.json())) == (404, {"error"})


def test_B10_a_field_that_is_missing_or_unknown_is_named(as_: CallerMaker):
    def fields(body: dict[str, object]) -> list[str]:
        answer = as_("author").post("/problems", json=body)
        assert failure_of(answer) == (400, "VALIDATION_ERROR")
        return [field["path"] for field in answer.json()["error"]["details"]["fields"]]

    assert fields({}) == ["subjectKey"]
    assert fields({"subjectKey": "mathematics", "colour": "red"}) == ["colour"]
    source = {"domain": "manual", "type": "book"}
    assert fields({"subjectKey": "mathematics", "sourceRef": source}) == ["sourceRef.id"]
    assert fields({"subjectKey": 7}) == ["subjectKey"]
