"""The Bank's document for problems and versions: its examples run, its answers are as declared."""

from collections.abc import Callable
from uuid import uuid4

import pytest

from adapters.http.facades import FacadeName
from tests.contract.bank_problems import RULE, Bank
from tests.contract.caller import BANK, Caller
from tests.contract.operations import Operation, operations

TAGS = {"Problems", "Problem versions", "Checking rules", "Answer keys", "Solutions"}
ELSEWHERE = {"ListProblems", "CompareProblemVersions"}
TEXT = {"type": "exact_value", "valueType": "string"}


OPERATIONS = [
    operation
    for operation in operations(FacadeName.BANK)
    if TAGS & set(operation.declared["tags"]) and operation.name not in ELSEWHERE
]


class Scene:
    """A problem and a version of it, as an operation needs to find them."""

    def __init__(self, bank: Bank) -> None:
        self.bank = bank
        self.problem_id = bank.problem()["id"]
        self.version = bank.version(self.problem_id, answerSchema=TEXT)
        path = f"/problem-versions/{self.version['id']}"
        key = {"key": {"values": ["Ada Lovelace"]}}
        assert bank.admin.put(f"{path}/answer-key", json=key).is_success
        rule = bank.admin.post(f"{path}/checking-rules", json=RULE)
        solution = {"format": "markdown", "body": {}, "visibility": "hide"}
        solved = bank.admin.post(f"{path}/solutions", json=solution)
        self.ids = {
            "problemId": self.problem_id,
            "versionId": self.version["id"],
            "ruleId": rule.json()["data"]["id"],
            "solutionId": solved.json()["data"]["id"],
        }

    def path(self, operation: Operation) -> str:
        return operation.path.removeprefix(BANK).format(**self.ids)

    def versions_go(self, *commands: str) -> None:
        for command in commands:
            self.bank.moved(self.version, command)

    def problems_go(self, *commands: str) -> None:
        for command in commands:
            assert self.bank.move(self.problem_id, command).is_success


def prepare(name: str, scene: Scene) -> None:
    """Bring what an operation moves on to where it starts from."""
    match name:
        case "ReturnVersionToDraft" | "PublishProblemVersion":
            scene.versions_go("submit-for-review")
        case "RetireProblemVersion":
            scene.versions_go("submit-for-review", "publish")
        case "ReturnProblemToDraft":
            scene.problems_go("submit-for-review")
        case "RestoreProblem":
            scene.problems_go("archive")
        case "PublishProblem" | "RetireProblem":
            scene.versions_go("submit-for-review", "publish")
            scene.problems_go("submit-for-review")
            if name == "RetireProblem":
                scene.problems_go("publish")
        case _:
            pass


@pytest.mark.parametrize("operation", OPERATIONS, ids=lambda one: one.name)
def test_examples_are_accepted_and_answers_are_as_declared(
    operation: Operation, as_: Callable[..., Caller]
):
    bank = Bank(as_("admin"))
    bodies = operation.bodies()
    assert bodies, "no example"
    for body in bodies:
        scene = Scene(bank)
        prepare(operation.name, scene)
        url = scene.path(operation)
        answer = bank.admin.request(operation.method, url, json=body)
        assert answer.is_success, (body, answer.text)
        assert operation.misfits(answer) == []


@pytest.mark.parametrize("operation", OPERATIONS, ids=lambda one: one.name)
def test_what_is_not_there_is_declared(operation: Operation, as_: Callable[..., Caller]):
    if "{" not in operation.path:
        return
    [body, *_] = operation.bodies()
    ids = dict.fromkeys(("problemId", "versionId", "ruleId", "solutionId"), str(uuid4()))
    url = operation.path.removeprefix(BANK).format(**ids)
    answer = as_("admin").request(operation.method, url, json=body)
    said = operation.declared["responses"]["404"]["description"]
    assert answer.status_code == 404
    assert answer.json()["error"]["code"] in said
