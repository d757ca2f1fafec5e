"""The Bank's document for taxonomy, sets, usages and relations: its examples run, answers fit."""

import json
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple
from uuid import uuid4

import pytest

from adapters.http.facades import FacadeName, document
from adapters.http.openapi_page import examples_of
from tests.contract.bank_world import BankWorld
from tests.contract.caller import BANK, Caller, data_of
from tests.contract.json_schema import misfits
from tests.contract.server import Server

DOCUMENT: dict[str, Any] = json.loads(document(FacadeName.BANK))
TAGS = {"Taxonomy", "Problem sets", "Usages", "Problem relations"}


class Operation(NamedTuple):
    """One operation of the document."""

    method: str
    path: str
    declared: dict[str, Any]

    @property
    def name(self) -> str:
        return str(self.declared["operationId"])

    def bodies(self) -> list[Any]:
        """The examples of its body; one call without a body if it takes none."""
        content = self.declared.get("requestBody", {}).get("content")
        if content is None:
            return [None]
        return examples_of(DOCUMENT, content["application/json"]["schema"])


OPERATIONS = [
    Operation(method, path, declared)
    for path, methods in DOCUMENT["paths"].items()
    for method, declared in methods.items()
    if TAGS & set(declared["tags"])
]


@pytest.fixture(scope="module")
def own(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A server on which nobody else has taken the names in the examples."""
    with Server(tmp_path_factory.mktemp("examples") / "data") as started:
        yield started


@pytest.fixture(scope="module")
def admin(own: Server) -> Iterator[Caller]:
    with Caller(own, "admin") as caller:
        yield caller


def filled(value: Any, known: dict[str, str]) -> Any:
    """A body whose ids are those of things that are there."""
    match value:
        case dict():
            return {
                name: known.get(name) or filled(inner, known) for name, inner in value.items()
            } | ({"problemIds": [known["problemId"]]} if "problemIds" in value else {})
        case list():
            return [filled(inner, known) for inner in value]
        case _:
            return value


def prepare(name: str, known: dict[str, str], admin: Caller) -> None:
    """Bring what an operation moves on to where it starts from."""
    relation = f"/problem-relations/{known['relationId']}"
    commands: dict[str, Callable[[], object]] = {
        "publish": lambda: [
            data_of(admin.post(f"/problem-versions/{known['versionId']}/{command}"))
            for command in ("submit-for-review", "publish")
        ],
        "review": lambda: data_of(admin.post(f"/problem-sets/{known['setId']}/submit-for-review")),
        "set": lambda: data_of(admin.post(f"/problem-sets/{known['setId']}/publish")),
        "hide": lambda: data_of(admin.post(f"{relation}/hide")),
        "restore": lambda: data_of(admin.post(f"{relation}/restore")),
    }
    needed = {
        "RegisterUsage": ["publish"],
        "ReturnProblemSetToDraft": ["review"],
        "PublishProblemSet": ["publish", "review"],
        "CreateProblemSetVersion": ["publish", "review", "set"],
        "ConfirmRelation": ["hide", "restore"],
        "RejectRelation": ["hide", "restore"],
        "RestoreRelation": ["hide"],
    }
    for one in needed.get(name, []):
        commands[one]()


@pytest.mark.parametrize("operation", OPERATIONS, ids=lambda one: one.name)
def test_examples_are_accepted_and_answers_are_as_declared(
    operation: Operation, own: Server, admin: Caller
):
    world = BankWorld(own)
    bodies = operation.bodies()
    assert bodies, "no example"
    for body in bodies:
        known = world.fresh()
        prepare(operation.name, known, admin)
        url = operation.path.removeprefix(BANK).format(**known)
        answer = admin.request(operation.method, url, json=filled(body, known))
        assert answer.is_success, (body, answer.text)
        declared = operation.declared["responses"][str(answer.status_code)]
        schema = declared["content"]["application/json"]["schema"]
        assert misfits(answer.json(), schema, DOCUMENT) == []
    world.close()


@pytest.mark.parametrize("operation", OPERATIONS, ids=lambda one: one.name)
def test_what_is_not_there_is_declared(operation: Operation, admin: Caller):
    if "{" not in operation.path:
        return
    names = [part.strip("{}") for part in operation.path.split("/") if part.startswith("{")]
    url = operation.path.removeprefix(BANK).format(**dict.fromkeys(names, str(uuid4())))
    answer = admin.request(operation.method, url, json=operation.bodies()[0])
    said = operation.declared["responses"]["404"]["description"]
    assert answer.status_code == 404
    assert answer.json()["error"]["code"] in said
