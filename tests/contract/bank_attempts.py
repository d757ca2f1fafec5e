"""Attempts at published problems, made by their own routes."""

from collections.abc import Callable
from itertools import count
from typing import Any

import httpx

from tests.contract.bank_problems import NUMBER, STATEMENT, Bank
from tests.contract.caller import Caller, data_of

CallerMaker = Callable[..., Caller]

RIGHT: dict[str, Any] = {"answer": {"value": "4"}}
WRONG: dict[str, Any] = {"answer": {"value": "5"}}
RULE: dict[str, Any] = {
    "method": "auto",
    "rule": {},
    "scoringRule": {"maxScore": 2, "hintPenalty": {"first": 0.5}},
}
_numbers = count(1)


class School:
    """A bank with people: `admin` makes problems, learners answer them."""

    def __init__(self, as_: CallerMaker) -> None:
        self.as_ = as_
        self.bank = Bank(as_("admin"))
        self.checker = as_("checker")

    def learner(self) -> Caller:
        return self.as_("learner", subject=f"learner-{next(_numbers)}")

    def version(self, *rules: dict[str, Any], key: Any = None, **content: Any) -> dict[str, Any]:
        """A published version: 2 + 2, by default judged by a machine for two points."""
        admin = self.bank.admin
        given = {"statement": STATEMENT, "answerSchema": NUMBER, **content}
        version = self.bank.version(**given)
        below = f"/problem-versions/{version['id']}"
        key = {"value": 4} if key is None else key
        data_of(admin.put(f"{below}/answer-key", json={"key": key}))
        for rule in rules or (RULE,):
            data_of(admin.post(f"{below}/checking-rules", json=rule), 201)
        for hint, visibility in (("first", "show"), ("second", "show"), ("secret", "hide")):
            body = {"kind": "hint", "hintKey": hint, "format": "markdown"}
            text = {"body": {"text": f"hint {hint}"}, "visibility": visibility}
            data_of(admin.post(f"{below}/solutions", json=body | text), 201)
        self.bank.moved(version, "submit-for-review")
        return self.bank.moved(version, "publish")

    def rule_ids(self, version: dict[str, Any]) -> list[str]:
        rules = self.bank.read(f"/problem-versions/{version['id']}/checking-rules")
        return [rule["id"] for rule in rules]


def start(caller: Caller, version: dict[str, Any], **more: Any) -> httpx.Response:
    body = {"problemVersionId": version["id"], "userId": caller.subject} | more
    return caller.post("/attempts", json=body)


def started(caller: Caller, version: dict[str, Any], **more: Any) -> str:
    """The address of a new attempt."""
    return f"/attempts/{data_of(start(caller, version, **more), 201)['id']}"


def submitted(caller: Caller, version: dict[str, Any], answer: Any = None) -> str:
    """The address of an attempt with an answer, by default a right one."""
    path = started(caller, version)
    data_of(caller.post(f"{path}/submit", json=answer or RIGHT))
    return path
