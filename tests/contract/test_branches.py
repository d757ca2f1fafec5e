"""Two tabs, stale and late saves: merged or kept aside, never dropped (decision 10)."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from tests.contract.server import Server
from tests.contract.student import Student, answer, code_of, logged


def revision(response: Any) -> int:
    return int(response.headers["etag"].strip('"'))


def saved(student: Student, attempt_id: str) -> dict[str, Any]:
    body = student.attempt(attempt_id).json()
    return {item["questionId"]: item["response"] for item in body["answers"]}


def branches(server: Server, attempt_id: str) -> list[dict[str, Any]]:
    events = logged(server, f"attempt-{attempt_id}")
    return [event["data"] for event in events if event["tag"] == "attempt.answers_branched"]


def test_decision10_every_answer_of_an_attempt_carries_its_revision(student: Student):
    started = student.start("algebra")
    attempt_id = started.json()["attemptId"]
    assert revision(started) == revision(student.start("algebra")) == 1
    assert revision(student.save(attempt_id, answer("q1", "A"))) == 2
    assert revision(student.attempt(attempt_id)) == 2
    assert revision(student.submit(attempt_id)) == revision(student.attempt(attempt_id)) == 4


def test_decision10_two_tabs_at_different_questions_are_merged(student: Student, server: Server):
    attempt_id = student.started("algebra")
    student.save(attempt_id, answer("q1", "A"), baseRevision=1, clientId="one")
    response = student.save(attempt_id, answer("q2", ["B"]), baseRevision=1, clientId="two")
    assert response.status_code == 200
    assert saved(student, attempt_id) == {"q1": "A", "q2": ["B"]}
    assert branches(server, attempt_id) == []


def test_decision10_a_stale_save_of_the_same_question_is_kept_aside_and_told(
    student: Student, staff: Student, server: Server
):
    attempt_id = student.started("algebra")
    before = student.save(attempt_id, answer("q4", "mine"), baseRevision=1, clientId="one").json()
    stale = {"baseRevision": 1, "clientId": "two"}
    response = student.save(attempt_id, answer("q4", "theirs"), answer("q1", "B"), **stale)
    assert code_of(response) == (409, "STALE_REVISION")
    assert response.json()["error"]["details"] == {
        "revision": 3,
        "questionIds": ["q4"],
        "kept": True,
    }
    assert student.attempt(attempt_id).json() == before
    assert branches(server, attempt_id) == [
        {
            **stale,
            "changes": [
                {"itemId": "q4", "response": "theirs"},
                {"itemId": "q1", "response": "B"},
            ],
            "reason": "stale",
        }
    ]
    history = staff.get(f"/api/admin/attempts/{attempt_id}/history").json()["entries"]
    assert history[-1]["event"] == "answers_branched"
    assert history[-1]["changes"][0] == {"questionId": "q4", "before": "mine", "after": "theirs"}
    # Having seen the other's text, the second tab may decide.
    decided = student.save(
        attempt_id, answer("q4", "both"), baseRevision=revision(response_of(student, attempt_id))
    )
    assert decided.status_code == 200
    assert saved(student, attempt_id) == {"q4": "both"}


def response_of(student: Student, attempt_id: str) -> Any:
    return student.attempt(attempt_id)


def test_decision10_without_baseRevision_the_last_save_wins(student: Student, server: Server):
    attempt_id = student.started("algebra")
    student.save(attempt_id, answer("q1", "A"), clientId="one")
    assert student.save(attempt_id, answer("q1", "B"), clientId="two").status_code == 200
    assert saved(student, attempt_id) == {"q1": "B"}
    assert branches(server, attempt_id) == []


def test_decision10_the_same_answer_or_the_same_tab_is_no_conflict(student: Student):
    attempt_id = student.started("algebra")
    student.save(attempt_id, answer("q1", "A"), baseRevision=1, clientId="one")
    same = student.save(attempt_id, answer("q1", "A"), baseRevision=1, clientId="two")
    assert same.status_code == 200
    own = student.save(attempt_id, answer("q1", "B"), baseRevision=1, clientId="one")
    assert own.status_code == 200


def test_decision10_repeats_are_kept_once_and_a_hundred_at_most(student: Student, server: Server):
    attempt_id = student.started("algebra")
    student.save(attempt_id, answer("q4", "mine"), clientId="one")
    for number in [0, 0, *range(105)]:
        response = student.save(
            attempt_id, answer("q4", f"text {number}"), baseRevision=1, clientId="two"
        )
        assert code_of(response) == (409, "STALE_REVISION")
        assert response.json()["error"]["details"]["kept"] is (number < 100)
    texts = [branch["changes"][0]["response"] for branch in branches(server, attempt_id)]
    assert texts == [f"text {number}" for number in range(100)]


def test_E28_decision10_a_save_after_submit_is_kept_aside(
    student: Student, staff: Student, server: Server
):
    attempt_id = student.started("algebra")
    student.save(attempt_id, answer("q1", "A"))
    body = student.submit(attempt_id).json()
    bundle = (server.data / body["outputPath"]).read_bytes()
    for _ in range(2):
        response = student.save(
            attempt_id, answer("q1", "A"), answer("q4", "on the train"), baseRevision=2
        )
        assert code_of(response) == (409, "ATTEMPT_NOT_ACTIVE")
        assert response.json()["error"]["details"] == {"attemptId": attempt_id, "kept": True}
    nothing = student.save(attempt_id, answer("q1", "A"))
    assert nothing.json()["error"]["details"]["kept"] is False
    assert student.attempt(attempt_id).json() == body["attempt"]
    assert (server.data / body["outputPath"]).read_bytes() == bundle
    [kept] = branches(server, attempt_id)
    assert (kept["reason"], kept["baseRevision"]) == ("late", 2)
    assert kept["changes"] == [{"itemId": "q4", "response": "on the train"}]


def test_decision10_answers_in_a_second_submit_are_kept_aside(student: Student, server: Server):
    attempt_id = student.started("algebra")
    first = student.submit(attempt_id)
    again = student.submit(attempt_id, answers=[answer("q4", "from the other tab")])
    assert (again.status_code, again.json()) == (200, first.json())
    [kept] = branches(server, attempt_id)
    assert kept["changes"][0]["response"] == "from the other tab"


@pytest.mark.ci
def test_decision10_of_parallel_stale_saves_in_two_processes_no_text_is_lost(
    student: Student, server: Server
):
    attempt_id = student.started("algebra")
    with Server(server.data, **server.settings) as other:

        def save(number: int) -> int:
            with Student((server, other)[number % 2].base) as tab:
                tab.cookies = student.cookies
                return tab.save(
                    attempt_id, answer("q4", f"t{number}"), baseRevision=1, clientId=f"c{number}"
                ).status_code

        with ThreadPoolExecutor(8) as tabs:
            statuses = sorted(tabs.map(save, range(24)))
    assert statuses == [200] + [409] * 23
    kept = {branch["changes"][0]["response"] for branch in branches(server, attempt_id)}
    assert kept | {saved(student, attempt_id)["q4"]} == {f"t{number}" for number in range(24)}


@pytest.mark.parametrize(
    ("more", "path"),
    [
        ({"baseRevision": -1}, "baseRevision"),
        ({"baseRevision": "1"}, "baseRevision"),
        ({"baseRevision": 1.5}, "baseRevision"),
        ({"baseRevision": True}, "baseRevision"),
        ({"baseRevision": 2**63}, "baseRevision"),
        ({"clientId": 7}, "clientId"),
        ({"clientId": "x" * 101}, "clientId"),
    ],
)
def test_decision10_a_base_or_client_of_another_shape_is_refused(
    student: Student, more: dict[str, Any], path: str
):
    attempt_id = student.started("algebra")
    response = student.save(attempt_id, answer("q1", "A"), **more)
    assert code_of(response) == (400, "INVALID_PAYLOAD")
    assert response.json()["error"]["details"]["path"] == path


def test_E29_another_users_late_save_leaves_nothing(
    newcomer: Callable[..., Student], server: Server
):
    one, other = newcomer(), newcomer()
    attempt_id = one.started("algebra")
    one.submit(attempt_id)
    response = other.save(attempt_id, answer("q4", "not mine"))
    assert code_of(response) == (404, "ATTEMPT_NOT_FOUND")
    assert branches(server, attempt_id) == []
