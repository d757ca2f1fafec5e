"""Problems whose published version is a template, for tests of variants."""

from collections.abc import Mapping
from typing import Any, NamedTuple

from tests.contract.caller import Caller, data_of

STATEMENT: Mapping[str, Any] = {
    "format": "markdown",
    "body": {"text": r"Solve $\frac{{a}}{2} + {@a@}x = {@b@}$."},
}
TEMPLATE: Mapping[str, Any] = {
    "statement": STATEMENT,
    "answerSchema": {"type": "numeric_with_tolerance"},
}
KEY: Mapping[str, Any] = {"value": "{@x@}"}
RULE: Mapping[str, Any] = {"method": "auto", "rule": {}, "scoringRule": {"maxScore": 1}}
PARAMS: Mapping[str, Any] = {
    "a": {"min": 2, "max": 9},
    "b": {"min": -20, "max": 20, "step": 0.5},
    "x": {"expr": "b/a"},
}
CONSTRAINTS = ["b != 0"]


class Made(NamedTuple):
    """A problem with a published version that is a template."""

    problem: str
    version: str

    def order(self, count: int = 1, **more: Any) -> dict[str, Any]:
        """A body for `generate`."""
        return {
            "problemVersionId": self.version,
            "generator": "template",
            "params": PARAMS,
            "constraints": CONSTRAINTS,
            "seed": 42,
            "count": count,
        } | more

    @property
    def variants(self) -> str:
        return f"/problems/{self.problem}/variants"


def published(admin: Caller, version: Mapping[str, Any] = TEMPLATE, key: Any = KEY) -> Made:
    problem = data_of(admin.post("/problems", json={"subjectKey": "mathematics"}), 201)["id"]
    answer = admin.post(f"/problems/{problem}/versions", json=version)
    version_id = data_of(answer, 201)["id"]
    path = f"/problem-versions/{version_id}"
    data_of(admin.put(f"{path}/answer-key", json={"key": key}))
    data_of(admin.post(f"{path}/checking-rules", json=RULE), 201)
    data_of(admin.post(f"{path}/submit-for-review"))
    data_of(admin.post(f"{path}/publish"))
    return Made(problem, version_id)
