"""The Bank's document for checks and reviews: its examples run, its answers are as declared."""

from collections.abc import Callable
from uuid import uuid4

import pytest

from adapters.http.facades import FacadeName
from tests.contract.caller import BANK, Caller, data_of
from tests.contract.judged_answers import Answers
from tests.contract.operations import Operation, operations

OPERATIONS = [
    operation
    for operation in operations(FacadeName.BANK)
    if {"Answer checks", "Manual reviews"} & set(operation.declared["tags"])
]
PENDING = {"RequestManualReview", "GiveExternalResult"}
CLAIMED = {"ReleaseReview", "CompleteReview", "ReturnReview"}


@pytest.fixture
def answers(as_: Callable[..., Caller]) -> Answers:
    return Answers(as_("admin"))


def address(operation: Operation, ids: dict[str, str]) -> str:
    return operation.path.removeprefix(BANK).format(**ids)


def prepared(name: str, answers: Answers) -> dict[str, str]:
    """A check and a review for which an operation makes sense."""
    if name in PENDING:
        return {"checkId": answers.check("ann", method="external")["id"], "reviewId": ""}
    if name == "ExplainAnswerCheck":
        check = answers.check("ann", 5)["id"]
        body = {"score": 1, "reason": "so", "feedback": {"text": "nearly"}}
        data_of(answers.admin.post(f"/answer-checks/{check}/override", json=body))
        return {"checkId": check, "reviewId": ""}
    review = answers.review("ann", method="hybrid")
    path = f"/manual-reviews/{review['id']}"
    if name in CLAIMED:
        data_of(answers.admin.post(f"{path}/claim"))
    if name == "ReturnReview":
        data_of(answers.admin.post(f"{path}/complete", json={"score": 1}))
    if name == "RetryAnswerCheck":
        data_of(answers.admin.post(f"{path}/cancel", json={"reason": "so"}))
    return {"checkId": review["answerCheckId"], "reviewId": review["id"]}


@pytest.mark.parametrize("operation", OPERATIONS, ids=lambda one: one.name)
def test_examples_are_accepted_and_answers_are_as_declared(operation: Operation, answers: Answers):
    bodies = operation.bodies()
    assert bodies, "no example"
    for body in bodies:
        url = address(operation, prepared(operation.name, answers))
        answer = answers.admin.request(operation.method, url, json=body)
        assert answer.is_success, (body, answer.text)
        assert operation.misfits(answer) == []


@pytest.mark.parametrize("operation", OPERATIONS, ids=lambda one: one.name)
def test_what_is_not_there_is_declared(operation: Operation, as_: Callable[..., Caller]):
    if "{" not in operation.path:
        return
    [body, *_] = operation.bodies()
    url = address(operation, dict.fromkeys(("checkId", "reviewId"), str(uuid4())))
    answer = as_("admin").request(operation.method, url, json=body)
    assert answer.status_code == 404
    assert answer.json()["error"]["code"] in operation.declared["responses"]["404"]["description"]
