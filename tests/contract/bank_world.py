"""One thing of every kind in the Bank, made by its own routes, named as in their addresses."""

from collections.abc import Callable, Container, Mapping
from itertools import count
from typing import Any

from tests.contract.caller import Caller, data_of
from tests.contract.server import Server

_numbers = count(1)

MARK = "canary-b41c"
"""Begins every text that only callers with the permission `keys` may read."""

RUBRIC = "canary-77d0-rubric"
"""The criterion of a rubric: those with `keys` may read it, and who judges an answer by it."""

OWNER = "the-owner"
"""The learner whose attempts there are."""

ANSWER = "canary-2f90-answer"
"""What they have answered: for themselves and for checkers."""

FILE = "canary-c3a8-file"
"""What is in a file of theirs, for the same readers."""

FILE_NAME = "canary-6e15-name.txt"
"""What they call it."""

UPLOAD: Mapping[str, Any] = {
    "statement": {"format": "markdown", "body": {"text": "Hand in your essay."}},
    "answerSchema": {"type": "file_upload", "allowedTypes": ["txt"], "maxSizeMb": 0.5},
}
VERSION: Mapping[str, Any] = {
    "statement": {"format": "markdown", "body": {"text": "Who wrote this?"}},
    "answerSchema": {"type": "exact_value", "valueType": "string"},
}
KEY: Mapping[str, Any] = {"key": {"values": [f"{MARK}-key"]}}
RULE: Mapping[str, Any] = {
    "method": "hybrid",
    "rule": {},
    "scoringRule": {"maxScore": 1},
    "rubric": {"criteria": [{"name": RUBRIC, "weight": 1}], "maxPoints": 1},
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
OPEN_HINT: Mapping[str, Any] = {
    "kind": "hint",
    "hintKey": "open",
    "format": "markdown",
    "body": {"text": "Think of a poet."},
    "visibility": "show",
}
USAGE: Mapping[str, Any] = {
    "contextDomain": "lms",
    "contextType": "lesson",
    "contextId": "1",
    "visibilityPolicy": {"allowUnpublished": True, "requestManualReview": True},
}


class BankWorld:
    """Ids for the parameters of addresses; whatever a caller changes, `fresh` makes anew."""

    def __init__(self, server: Server) -> None:
        self._author = Caller(server, "admin", subject="maker")
        self._owner = Caller(server, "learner", subject=OWNER)

    def close(self) -> None:
        self._author.close()
        self._owner.close()

    def fresh(self, wanted: Container[str] | None = None) -> dict[str, str]:
        """A new problem with a draft version that has a rule, a key, a solution and a variant.

        And what is `wanted` besides, by default everything: it is linked to a node, in a set, used
        somewhere and related to another problem; somebody is at it, waits for a result, is judged.
        `toProblemId` and its like are for bodies.
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
        data_of(made.post(f"{below}/solutions", json=OPEN_HINT), 201)
        variant = data_of(
            made.post(
                f"/problems/{problem}/variants",
                json={"key": f"v{next(_numbers)}", "problemVersionId": version},
            ),
            201,
        )["id"]
        known = {
            "problemId": problem,
            "versionId": version,
            "ruleId": rule,
            "solutionId": solution,
            "variantId": variant,
            "problemVersionId": version,
            "fromProblemId": problem,
            "hintKey": str(OPEN_HINT["hintKey"]),
        }
        more: dict[str, Callable[[dict[str, str]], str]] = {
            "nodeId": self._node,
            "linkId": self._link,
            "setId": self._set,
            "usageId": self._usage,
            "toProblemId": self._other,
            "relationId": self._relation,
            "attemptId": self._attempt,
            "checkId": self._check,
            "reviewId": self._review,
        }
        made_besides = {
            name: make(known) for name, make in more.items() if wanted is None or name in wanted
        }
        files = self.files() if wanted is None or "fileId" in wanted else {}
        return known | made_besides | files

    def files(self) -> dict[str, str]:
        """An attempt at another problem, which wants a file, and the file."""
        problem = self._other({})
        version = self._made(f"/problems/{problem}/versions", dict(UPLOAD))
        attempt = self._attempt({"versionId": version})
        sent = {"file": (FILE_NAME, FILE.encode())}
        file = data_of(self._owner.post(f"/attempts/{attempt}/files", files=sent), 201)
        return {"attemptId": attempt, "fileId": file["id"]}

    def _made(self, path: str, body: dict[str, Any]) -> str:
        made: str = data_of(self._author.post(path, json=body), 201)["id"]
        return made

    def _node(self, _: dict[str, str]) -> str:
        body = {"kind": "topic", "slug": f"world-{next(_numbers)}", "title": "A topic"}
        return self._made("/taxonomy/nodes", body)

    def _link(self, known: dict[str, str]) -> str:
        path = f"/problems/{known['problemId']}/taxonomy-links"
        return self._made(path, {"nodeId": self._node(known)})

    def _set(self, known: dict[str, str]) -> str:
        body = {"slug": f"world-{next(_numbers)}", "title": "A set", "purpose": "lesson"}
        made = self._made("/problem-sets", body)
        item = {
            "problemId": known["problemId"],
            "problemVersionId": known["versionId"],
            "order": 1,
        }
        data_of(self._author.put(f"/problem-sets/{made}/items", json={"items": [item]}))
        return made

    def _usage(self, known: dict[str, str]) -> str:
        return self._made("/usages", {"problemVersionId": known["versionId"], **USAGE})

    def _other(self, _: dict[str, str]) -> str:
        return self._made("/problems", {"subjectKey": "mathematics"})

    def _relation(self, known: dict[str, str]) -> str:
        body = {"toProblemId": self._other(known), "relationType": "same_method"}
        made = self._made(f"/problems/{known['problemId']}/relations", body)
        data_of(self._author.post(f"/problem-relations/{made}/confirm"))
        return made

    def _attempt(self, known: dict[str, str]) -> str:
        version = known["versionId"]
        usage = self._usage(known)
        body = {"problemVersionId": version, "problemUsageId": usage, "userId": OWNER}
        return self._made("/attempts", body)

    def answered(self) -> str:
        """An attempt whose answer was handed in."""
        return self._answered(self.fresh(()))

    def _answered(self, known: dict[str, str]) -> str:
        attempt = self._attempt(known)
        path = f"/attempts/{attempt}/submit"
        data_of(self._author.post(path, json={"answer": {"value": ANSWER}}))
        return attempt

    def _check(self, known: dict[str, str]) -> str:
        path = f"/attempts/{self._answered(known)}/check"
        made: str = data_of(self._author.post(path), 202)["id"]
        return made

    def _review(self, known: dict[str, str]) -> str:
        check = self._check(known)
        newest = "/manual-reviews?sort=-openedAt&perPage=100"
        [review] = [
            row["id"] for row in data_of(self._author.get(newest)) if row["answerCheckId"] == check
        ]
        return str(review)
