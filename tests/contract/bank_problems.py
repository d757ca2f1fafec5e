"""Problems and versions in the Bank, made by their own routes."""

from collections.abc import Mapping
from typing import Any

import httpx

from tests.contract.caller import Caller, data_of

STATEMENT: dict[str, Any] = {"format": "markdown", "body": {"text": "2 + 2 = ?"}}
NUMBER: dict[str, Any] = {"type": "numeric_with_tolerance"}
CONTENT: dict[str, Any] = {"statement": STATEMENT, "answerSchema": NUMBER}
RULE: dict[str, Any] = {"method": "auto", "rule": {}, "scoringRule": {"maxScore": 2}}


class Bank:
    """What an admin does again and again; every method answers what the route tells."""

    def __init__(self, admin: Caller) -> None:
        self.admin = admin

    def problem(self, **more: Any) -> dict[str, Any]:
        body = {"subjectKey": "mathematics", **more}
        made: dict[str, Any] = data_of(self.admin.post("/problems", json=body), 201)
        return made

    def version(self, problem_id: str | None = None, **content: Any) -> dict[str, Any]:
        """A draft, of a new problem if none is named."""
        problem_id = problem_id or self.problem()["id"]
        answer = self.admin.post(f"/problems/{problem_id}/versions", json={**CONTENT, **content})
        made: dict[str, Any] = data_of(answer, 201)
        return made

    def ready(self, problem_id: str | None = None, **content: Any) -> dict[str, Any]:
        """A draft with a key and a rule."""
        version = self.version(problem_id, **content)
        below = f"/problem-versions/{version['id']}"
        data_of(self.admin.put(f"{below}/answer-key", json={"key": {"value": 4}}))
        data_of(self.admin.post(f"{below}/checking-rules", json=RULE), 201)
        return version

    def in_review(self, problem_id: str | None = None) -> dict[str, Any]:
        """A version in review."""
        return self.moved(self.ready(problem_id), "submit-for-review")

    def published(self, problem_id: str | None = None) -> dict[str, Any]:
        """A published version."""
        return self.moved(self.in_review(problem_id), "publish")

    def moved(self, version: Mapping[str, Any], command: str, **body: Any) -> dict[str, Any]:
        path = f"/problem-versions/{version['id']}/{command}"
        after: dict[str, Any] = data_of(self.admin.post(path, json=body or None))
        return after

    def move(self, problem_id: str, command: str, **body: Any) -> httpx.Response:
        return self.admin.post(f"/problems/{problem_id}/{command}", json=body or None)

    def read(self, path: str) -> Any:
        return data_of(self.admin.get(path))

    def everything(self, version_id: str) -> bytes:
        """All that a version holds, byte for byte as it is answered to those with keys."""
        below = f"/problem-versions/{version_id}"
        paths = (below, f"{below}/answer-key", f"{below}/checking-rules", f"{below}/solutions")
        return b"\n".join(self.admin.get(path).content for path in paths)
