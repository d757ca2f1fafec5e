"""What evidence is read against: the taxonomy of its moment and the threshold (B-98, B-99)."""

from collections.abc import Callable
from typing import Any
from uuid import uuid4

import pytest

from tests.contract.caller import Caller, data_of
from tests.contract.judged_answers import Answers


@pytest.fixture
def answers(as_: Callable[..., Caller]) -> Answers:
    return Answers(as_("admin"))


def topic(answers: Answers, title: str, **more: Any) -> dict[str, Any]:
    body = {"kind": "topic", "slug": f"t-{uuid4()}", "title": title, **more}
    made: dict[str, Any] = data_of(answers.admin.post("/taxonomy/nodes", json=body), 201)
    return made


def linked(answers: Answers, node_id: str, role: str) -> None:
    path = f"/problems/{answers.version()['problemId']}/taxonomy-links"
    data_of(answers.admin.post(path, json={"nodeId": node_id, "role": role}), 201)


def snapshot(answers: Answers, check: dict[str, Any]) -> Any:
    """Where the problem lay when the result came."""
    rows = answers.read(f"/evidence?attemptId={check['attemptId']}&signal=solved")
    [found] = [row["taxonomySnapshot"] for row in rows]
    return found


def test_B98_evidence_keeps_the_places_of_its_moment_whatever_becomes_of_them(answers: Answers):
    before = answers.check("ann-98")
    assert snapshot(answers, before) == {}
    above = topic(answers, "Numbers")
    below = topic(answers, "Sums", parentId=above["id"])
    linked(answers, below["id"], "primary")
    linked(answers, above["id"], "secondary")
    check = answers.check("ann-98")
    first = {
        "nodes": [
            {
                "nodeId": below["id"],
                "role": "primary",
                "title": "Sums",
                "path": f"{above['slug']}/{below['slug']}",
            },
            {
                "nodeId": above["id"],
                "role": "secondary",
                "title": "Numbers",
                "path": above["slug"],
            },
        ]
    }
    assert snapshot(answers, check) == first
    renamed = answers.admin.patch(f"/taxonomy/nodes/{below['id']}", json={"title": "Addition"})
    assert data_of(renamed)["title"] == "Addition"
    assert snapshot(answers, check) == first
    later = snapshot(answers, answers.check("ann-98"))
    assert later["nodes"][0]["title"] == "Addition"
    assert snapshot(answers, before) == {}


def test_B99_a_difficulty_is_repeated_at_the_nth_failure_in_one_topic(answers: Answers):
    linked(answers, topic(answers, "Sums")["id"], "primary")
    threshold = answers.read("/settings")["repeatedDifficultyThreshold"]
    user = f"ann-{uuid4()}"
    checks = [answers.check(user, 5) for _ in range(threshold)]
    path = f"/evidence?userId={user}&signal=repeated_difficulty"
    [repeated] = answers.read(path)
    assert repeated["attemptId"] == checks[-1]["attemptId"]
    body = {"score": 2, "reason": "right after all"}
    data_of(answers.admin.post(f"/answer-checks/{checks[0]['id']}/override", json=body))
    data_of(answers.admin.post(f"/answer-checks/{checks[-1]['id']}/override", json=body))
    assert answers.read(path) == []
