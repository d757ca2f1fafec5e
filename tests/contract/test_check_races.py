"""Many at once: one result of many, one assignee of twenty, evidence once (B-93, B-99, B-100)."""

from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from uuid import uuid4

import httpx
import pytest

from tests.contract.caller import Caller, data_of
from tests.contract.judged_answers import Answers
from tests.contract.server import Server

CROWD = 20
QUEUE = 200
Two = tuple[Server, Server]


@pytest.fixture(
    scope="module", params=["one server", pytest.param("two servers", marks=pytest.mark.ci)]
)
def two(request: pytest.FixtureRequest, bank: Server) -> Iterator[Two]:
    """Where the crowd is: at one server, or at two processes over one data folder."""
    if request.param == "one server":
        yield bank, bank
        return
    with Server(bank.data, **bank.settings) as second:
        yield bank, second


@pytest.fixture
def answers(two: Two) -> Iterator[Answers]:
    with Caller(two[0], "admin") as admin:
        yield Answers(admin)


@pytest.fixture(scope="module")
def graders(two: Two) -> Iterator[list[Caller]]:
    """Twenty checkers, half of them at either server."""
    made = [
        Caller(two[number % 2], "checker", "service", subject=f"grader-{uuid4()}", domain="lms")
        for number in range(CROWD)
    ]
    yield made
    for one in made:
        one.close()


def all_at_once(
    crowd: list[Caller], call: Callable[[Caller], httpx.Response]
) -> list[httpx.Response]:
    with ThreadPoolExecutor(CROWD) as pool:
        return list(pool.map(call, crowd))


def told(answers: list[httpx.Response]) -> Counter[tuple[int, str]]:
    return Counter(
        (answer.status_code, (answer.json().get("error") or {}).get("code", ""))
        for answer in answers
    )


def overrides(answers: Answers, check_id: str) -> int:
    account = answers.read(f"/answer-checks/{check_id}/explanation")["account"]
    return len(account.get("overrides", ()))


def results(answers: Answers, attempt_id: str) -> list[str]:
    """The evidence in force that tells of a result: never more than one (B-99)."""
    waiting = {"attempted", "needs_review", "repeated_difficulty"}
    return [one for one in answers.signals(attempt_id) if one not in waiting]


def test_B100_twenty_graders_empty_one_queue_and_no_review_has_two_of_them(
    answers: Answers, graders: list[Caller]
):
    checks = {answers.check("ann-100", method="manual")["id"] for _ in range(QUEUE)}

    def work(grader: Caller) -> tuple[list[str], Counter[int]]:
        """Everything one grader gets hold of; like all others, they begin at the front."""
        mine: list[str] = []
        seen: Counter[int] = Counter()
        while rows := [
            row["id"]
            for row in data_of(grader.get("/manual-reviews?status=open&perPage=20&sort=-openedAt"))
            if row["answerCheckId"] in checks
        ]:
            answer = grader.post(f"/manual-reviews/{rows[len(mine) % len(rows)]}/claim")
            seen[answer.status_code] += 1
            if answer.is_success:
                mine.append(answer.json()["data"]["id"])
        return mine, seen

    with ThreadPoolExecutor(CROWD) as pool:
        taken = list(pool.map(work, graders))
    claimed = [review for mine, _ in taken for review in mine]
    assert len(claimed) == len(set(claimed)) == QUEUE
    assert set(sum((seen for _, seen in taken), Counter())) <= {200, 409}
    for grader, (mine, _) in zip(graders, taken, strict=True):
        found = data_of(grader.get(f"/manual-reviews?assigneeId={grader.subject}&perPage=100"))
        assert {row["id"] for row in found} >= set(mine)


def test_B100_of_twenty_who_claim_one_review_one_has_it(answers: Answers, graders: list[Caller]):
    review = answers.review("ann-100")
    path = f"/manual-reviews/{review['id']}/claim"
    given = all_at_once(graders, lambda grader: grader.post(path))
    assert told(given) == {(200, ""): 1, (409, "REVIEW_ALREADY_CLAIMED"): CROWD - 1}
    [winner] = [one for one, answer in zip(graders, given, strict=True) if answer.is_success]
    assert answers.read(f"/manual-reviews/{review['id']}")["assigneeId"] == winner.subject


def test_B93_parallel_submits_and_checks_leave_one_answer_one_check_and_one_result(
    answers: Answers, graders: list[Caller]
):
    body = {"problemVersionId": answers.version()["id"], "userId": "ann-93"}
    attempt = data_of(answers.admin.post("/attempts", json=body), 201)["id"]
    path = f"/attempts/{attempt}"
    handed_in = all_at_once(
        graders, lambda one: one.post(f"{path}/submit", json={"answer": {"value": 4}})
    )
    assert told(handed_in) == {(200, ""): 1, (409, "ATTEMPT_NOT_SUBMITTABLE"): CROWD - 1}
    key = {"idempotency-key": str(uuid4())}
    service = graders[0].headers["authorization"]
    judged = all_at_once(
        graders,
        lambda one: one.post(f"{path}/check", headers=key | {"authorization": service}),
    )
    assert told(judged) == {(201, ""): CROWD}
    assert len({answer.content for answer in judged}) == 1
    assert len(answers.read(f"/answer-checks?attemptId={attempt}")) == 1
    assert results(answers, attempt) == ["solved"]


def test_B93_parallel_overrides_under_one_key_are_one_override(
    answers: Answers, graders: list[Caller]
):
    check = answers.check("ann-93", 5)
    headers = {
        "idempotency-key": str(uuid4()),
        "authorization": graders[0].headers["authorization"],
    }
    path, body = f"/answer-checks/{check['id']}/override", {"score": 1, "reason": "so"}
    given = all_at_once(graders, lambda one: one.post(path, json=body, headers=headers))
    assert told(given) == {(200, ""): CROWD}
    assert len({answer.content for answer in given}) == 1
    assert overrides(answers, check["id"]) == 1
    assert results(answers, check["attemptId"]) == ["partially_solved"]


def test_B97_parallel_overrides_without_a_key_all_stay_in_the_history_and_the_last_counts(
    answers: Answers, graders: list[Caller]
):
    check = answers.check("ann-97", 5)
    path = f"/answer-checks/{check['id']}/override"
    scores = {one.subject: (number + 1) / 16 for number, one in enumerate(graders)}
    given = all_at_once(
        graders,
        lambda one: one.post(path, json={"score": scores[one.subject], "reason": one.subject}),
    )
    assert told(given) == {(200, ""): CROWD}
    assert overrides(answers, check["id"]) == CROWD
    account = answers.read(f"/answer-checks/{check['id']}/explanation")
    last = account["account"]["overrides"][-1]
    assert account["score"] == last["score"] == scores[last["by"]]
    rows = answers.read(f"/evidence?attemptId={check['attemptId']}")
    assert [row["score"] for row in rows if row["signal"] != "attempted"] == [last["score"]]


def test_C5_14_of_parallel_results_from_elsewhere_one_counts(
    answers: Answers, graders: list[Caller]
):
    check = answers.check("ann-14", method="external")
    path = f"/answer-checks/{check['id']}/external-result"
    given = all_at_once(graders, lambda one: one.post(path, json={"score": 2}))
    assert told(given) == {(200, ""): 1, (409, "INVALID_TRANSITION"): CROWD - 1}
    assert results(answers, check["attemptId"]) == ["solved"]


def test_C5_18_an_override_and_a_review_that_ends_at_once_leave_one_result(
    answers: Answers, graders: list[Caller]
):
    review = answers.review("ann-18")
    path = f"/manual-reviews/{review['id']}"
    data_of(graders[0].post(f"{path}/claim"))
    override = f"/answer-checks/{review['answerCheckId']}/override"

    def call(one: Caller) -> httpx.Response:
        if one is graders[0]:
            return one.post(f"{path}/complete", json={"score": 2})
        return one.post(override, json={"score": 0, "reason": one.subject})

    given = all_at_once(graders, call)
    assert set(told(given)) <= {(200, ""), (409, "INVALID_TRANSITION")}
    assert given[1].is_success
    assert answers.read(f"/answer-checks/{review['answerCheckId']}")["score"] == 0
    assert results(answers, review["attemptId"]) == ["failed"]
