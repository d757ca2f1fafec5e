"""What programs of learners and graders send to the Bank, as scripts for the client."""

import json
import random
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import NamedTuple

from benchmarks.http_client import LoadError, Script
from benchmarks.student import CREATED, OK, Times, expect, key_line, request

BANK = "/api/v2/task-bank"
ACCEPTED, CONFLICT = HTTPStatus.ACCEPTED.value, HTTPStatus.CONFLICT.value
ROWS = 20  # a page of the queue
WRONG_EVERY = 3


class Person(NamedTuple):
    """Somebody with a bearer token."""

    subject: str
    token: str

    @property
    def lines(self) -> str:
        """The header lines of all their requests."""
        return f"Authorization: Bearer {self.token}\r\n"


class Question(NamedTuple):
    """A published version of a problem and the number that is right."""

    version_id: str
    right: str


def answer_problems(
    people: Sequence[Person],
    questions: Sequence[Question],
    numbers: Iterator[int],
    times: Times,
    *,
    keyed: bool,
    judged: bool,
) -> Script[None]:
    """Start, submit and check, another learner each time; every third answer is wrong.

    `judged` says whether a machine has the result at once (201, looked at) or a person will (202).
    """
    while not times.stop() and (number := next(numbers, None)) is not None:
        person, question = people[number % len(people)], questions[number % len(questions)]
        right = number % WRONG_EVERY > 0
        value = question.right if right else f"{question.right}1"
        who = {"problemVersionId": question.version_id, "userId": person.subject}
        started = yield _post("attempts", person, who, keyed=keyed)
        path = f"attempts/{_id(expect(started, CREATED).body)}"
        submitted = yield _post(f"{path}/submit", person, {"answer": {"value": value}}, keyed=keyed)
        expect(submitted, OK)
        checked = yield _post(f"{path}/check", person, {}, keyed=keyed)
        expect(checked, CREATED if judged else ACCEPTED)
        if judged and (b'"isCorrect":true' in checked.body) is not right:
            raise LoadError(f"{value} was to be {right}: {checked.body[:300]!r}")
        times.taken.append(started.nanoseconds + submitted.nanoseconds + checked.nanoseconds)


@dataclass(slots=True)
class Claims:
    """What one grader got hold of, and how often somebody else was first."""

    grader: Person
    mine: list[str] = field(default_factory=list)
    refused: int = 0


def claim_reviews(claims: Claims, claiming: Times, listing: Times) -> Script[None]:
    """Read the front of the queue, claim one of its rows by chance, again and again."""
    draw, lines = random.Random(claims.grader.subject), claims.grader.lines
    front = request("GET", f"{BANK}/manual-reviews?status=open&perPage={ROWS}", lines)
    while not claiming.stop():
        page = expect((yield front), OK)
        listing.taken.append(page.nanoseconds)
        rows = json.loads(page.body)["data"]
        if not rows:
            return
        review = draw.choice(rows)["id"]
        answer = yield _post(f"manual-reviews/{review}/claim", claims.grader, {})
        if answer.status == CONFLICT:
            claims.refused += 1
        else:
            expect(answer, OK)
            claims.mine.append(review)
        claiming.taken.append(answer.nanoseconds)


def count_claimed(claims: Claims) -> Script[int]:
    """How many reviews the server says are this grader's."""
    path = f"{BANK}/manual-reviews?perPage=1&assigneeId={claims.grader.subject}"
    answer = yield request("GET", path, claims.grader.lines)
    total: int = json.loads(expect(answer, OK).body)["meta"]["total"]
    return total


def _post(path: str, person: Person, body: Mapping[str, object], *, keyed: bool = False) -> bytes:
    lines = person.lines + key_line(keyed)
    return request("POST", f"{BANK}/{path}", lines, json.dumps(body).encode())


def _id(body: bytes) -> str:
    begin = body.index(b'"id":"') + 6
    return body[begin : body.index(b'"', begin)].decode()
