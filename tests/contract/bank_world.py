"""One thing of every kind in the Bank, made by its own routes, named as in their addresses."""

from collections.abc import Mapping
from itertools import count
from typing import Any

from tests.contract.caller import Caller, data_of
from tests.contract.server import Server

_numbers = count(1)

MARK = "canary-b41c"
"""Begins every text that only callers with the permission `keys` may read."""

VERSION: Mapping[str, Any] = {
    "statement": {"format": "markdown", "body": {"text": "Who wrote this?"}},
    "answerSchema": {"type": "exact_value", "valueType": "string"},
}
KEY: Mapping[str, Any] = {"key": {"values": [f"{MARK}-key"]}}
RULE: Mapping[str, Any] = {
    "method": "hybrid",
    "rule": {},
    "scoringRule": {"maxScore": 1},
    "rubric": {"criteria": [{"name": f"{MARK}-rubric", "weight": 1}], "maxPoints": 1},
}
SOLUTION: Mapping[str, Any] = {
    "format": "markdown",
    "body": {"text": f"{MARK}-solution"},
    "visibility": "hide",
}
HINT: Mapping[str, Any] = {
    "kind": "hint",
    "hintKey": "first",
    "format": "markdown",
    "body": {"text": f"{MARK}-hint"},
    "visibility": "hide",
}
USAGE: Mapping[str, Any] = {
    "contextDomain": "lms",
    "contextType": "lesson",
    "contextId": "1",
    "visibilityPolicy": {"allowUnpublished": True},
}


class BankWorld:
    """Ids for the parameters of addresses; whatever a caller changes, `fresh` makes anew."""

    def __init__(self, server: Server) -> None:
        self._author = Caller(server, "admin", subject="maker")

    def close(self) -> None:
        self._author.close()

    def fresh(self) -> dict[str, str]:
        """A new problem with a draft version that has a rule, a key, a solution and a variant.

        It is linked to a node, in a set, used somewhere and a prerequisite of another; the names of
        fields (`toProblemId`) are for bodies.
        """
        made = self._author
        problem = data_of(made.post("/problems", json={"subjectKey": "mathematics"}), 201)["id"]
        version = data_of(made.post(f"/problems/{problem}/versions", json=VERSION), 201)["id"]
        below = f"/problem-versions/{version}"
        key = made.put(f"{below}/answer-key", json=KEY)
        assert key.is_success, key.text
        rule = data_of(made.post(f"{below}/checking-rules", json=RULE), 201)["id"]
        solution = data_of(made.post(f"{below}/solutions", json=SOLUTION), 201)["id"]
        data_of(made.post(f"{below}/solutions", json=HINT), 201)
        variant = data_of(
            made.post(
                f"/problems/{problem}/variants",
                json={"key": f"v{next(_numbers)}", "problemVersionId": version},
            ),
            201,
        )["id"]
        node = data_of(
            made.post(
                "/taxonomy/nodes", json={"kind": "topic", "slug": self._slug(), "title": "A topic"}
            ),
            201,
        )["id"]
        link = data_of(
            made.post(f"/problems/{problem}/taxonomy-links", json={"nodeId": node}), 201
        )["id"]
        body = {"slug": self._slug(), "title": "A set", "purpose": "lesson"}
        group = data_of(made.post("/problem-sets", json=body), 201)["id"]
        item = {"problemId": problem, "problemVersionId": version, "order": 1}
        data_of(made.put(f"/problem-sets/{group}/items", json={"items": [item]}))
        usage = data_of(made.post("/usages", json={"problemVersionId": version, **USAGE}), 201)["id"]
        other = data_of(made.post("/problems", json={"subjectKey": "mathematics"}), 201)["id"]
        relation = data_of(
            made.post(
                f"/problems/{problem}/relations",
                json={"toProblemId": other, "relationType": "same_method"},
            ),
            201,
        )["id"]
        data_of(made.post(f"/problem-relations/{relation}/confirm"))
        return {
            "problemId": problem,
            "versionId": version,
            "ruleId": rule,
            "solutionId": solution,
            "variantId": variant,
            "nodeId": node,
            "linkId": link,
            "setId": group,
            "usageId": usage,
            "relationId": relation,
            "problemVersionId": version,
            "fromProblemId": problem,
            "toProblemId": other,
        }

    @staticmethod
    def _slug() -> str:
        return f"world-{next(_numbers)}"
