"""Answers in the Bank on their way to a result, made by the Bank's own routes."""

from typing import Any

from tests.contract.bank_problems import Bank
from tests.contract.caller import Caller, data_of

RUBRIC: dict[str, Any] = {"criteria": [{"key": "idea", "maxScore": 1}, {"key": "sum"}]}


class Answers:
    """What an admin does on behalf of learners; versions are made once for each way to judge."""

    def __init__(self, admin: Caller) -> None:
        self.admin = admin
        self.bank = Bank(admin)
        self._versions: dict[str, dict[str, Any]] = {}

    def version(self, method: str = "auto") -> dict[str, Any]:
        """A published version: 2 + 2, worth two points, judged so; a hint costs half a point."""
        if method not in self._versions:
            version = self.bank.version()
            below = f"/problem-versions/{version['id']}"
            data_of(self.admin.put(f"{below}/answer-key", json={"key": {"value": 4}}))
            rule: dict[str, Any] = {
                "method": method,
                "rule": {},
                "scoringRule": {"maxScore": 2, "hintPenalty": {"first": 0.5}},
            }
            if method in {"manual", "hybrid"}:
                rule["rubric"] = RUBRIC
            data_of(self.admin.post(f"{below}/checking-rules", json=rule), 201)
            self.bank.moved(version, "submit-for-review")
            self._versions[method] = self.bank.moved(version, "publish")
        return self._versions[method]

    def submitted(self, user: str, value: Any = 4, method: str = "auto", **more: Any) -> str:
        """The attempt in which somebody has handed in a number."""
        body = {"problemVersionId": self.version(method)["id"], "userId": user, **more}
        attempt: str = data_of(self.admin.post("/attempts", json=body), 201)["id"]
        path = f"/attempts/{attempt}/submit"
        data_of(self.admin.post(path, json={"answer": {"value": value}}))
        return attempt

    def check(self, user: str, value: Any = 4, method: str = "auto", **more: Any) -> dict[str, Any]:
        """The check of such an answer."""
        attempt = self.submitted(user, value, method, **more)
        answer = self.admin.post(f"/attempts/{attempt}/check")
        made: dict[str, Any] = data_of(answer, 201 if method == "auto" else 202)
        return made

    def review(self, user: str, value: Any = 4, method: str = "manual") -> dict[str, Any]:
        """The review that such an answer waits for."""
        return self.review_of(self.check(user, value, method)["id"])

    def review_of(self, check_id: str) -> dict[str, Any]:
        """The newest review of a check."""
        rows = self.read("/manual-reviews?sort=-openedAt&perPage=100")
        found: dict[str, Any] = next(row for row in rows if row["answerCheckId"] == check_id)
        return found

    def read(self, path: str) -> Any:
        return data_of(self.admin.get(path))

    def signals(self, attempt_id: str) -> list[str]:
        """What the evidence of an attempt that counts says, in the order of the alphabet."""
        rows = self.read(f"/evidence?attemptId={attempt_id}&perPage=100")
        return sorted(row["signal"] for row in rows)
