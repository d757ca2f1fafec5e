"""The demo: it says where to look, an exam page is there, and its walk through the Bank runs."""

import json
import re
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final, NamedTuple

import httpx
import pytest

from domain.answers.schema import AnswerSchema
from tests.contract.caller import BANK, data_of
from tests.contract.student import eventually

PROBLEMS: Final = Path(__file__).parents[2] / "src" / "adapters" / "demo" / "problems.jsonl"

# The problems that a machine judges: an answer that is right, one that is not.
AUTO: Final[dict[str, tuple[dict[str, Any], dict[str, Any]]]] = {
    "demo-leap-years": ({"value": "25"}, {"value": 24}),
    "demo-nearest-planet": ({"value": " меркурий"}, {"value": "Venus"}),
    "demo-hypotenuse": ({"value": "3,61"}, {"value": 3.6}),
    "demo-cyclist": ({"text": "5 m/s"}, {"value": 2, "unit": "km/h"}),
    "demo-prime": ({"choice": "c"}, {"choice": "d"}),
    "demo-vectors": ({"choices": ["velocity", "force"]}, {"choices": ["mass"]}),
    "demo-not-convex": ({"text": "Non-convex!"}, {"text": "convex"}),
    "demo-derivative": (
        {"expression": "x*(2*sin(x) + x*cos(x))"},
        {"expression": "2*x*cos(x)"},
    ),
}
PARABOLA: Final = {"parts": [{"value": 1}, {"value": 3}, {"choice": "up"}]}
# What a person judges from the start.
BY_HAND: Final = {"demo-root-of-two", "demo-blue-sky"}
FILES: Final = "demo-pendulum-report"


class Demo(NamedTuple):
    """A demo that runs: where, over which data, and what it printed."""

    base: str
    data: Path
    said: str

    def walk(self) -> str:
        """The part that is to be pasted into a shell."""
        _, _, rest = self.said.partition("Paste this into a shell:\n")
        rest, _, _ = rest.partition("  Look at the log")
        return "".join(re.findall(r"^(?:    .*)?\n", rest, re.MULTILINE))

    def caller(self, name: str) -> httpx.Client:
        """Whoever has the token that was printed under this name."""
        [token] = re.findall(rf"^ +{name}=(\S+)$", self.said, re.MULTILINE)
        return httpx.Client(
            base_url=self.base + BANK, headers={"authorization": f"Bearer {token}"}, timeout=30
        )


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Demo]:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    folder = tmp_path_factory.mktemp("demo")
    data, said = folder / "data", folder / "said.txt"
    command = [sys.executable, "-m", "app", "demo", "--port", str(port), "--data", str(data)]
    with said.open("w", encoding="utf-8") as out:
        process = subprocess.Popen(command, stdout=out, stderr=subprocess.DEVNULL)
        try:
            base = f"http://127.0.0.1:{port}"
            eventually(lambda: _answers(base), seconds=30)
            yield Demo(base, data, said.read_text(encoding="utf-8"))
        finally:
            process.terminate()
            process.wait(20)


def _answers(base: str) -> bool:
    try:
        return httpx.get(f"{base}/api/healthz").status_code == 200
    except httpx.TransportError:
        return False


def test_the_demo_names_the_exam_page_and_serves_it(demo: Demo):
    assert re.findall(rf"{demo.base}(/demo/|/api/docs)", demo.said) == ["/demo/", "/api/docs"]
    pages = [httpx.get(f"{demo.base}{path}") for path in ("/demo/", "/api/docs")]
    assert [page.headers["content-type"] for page in pages] == ["text/html; charset=utf-8"] * 2


def test_the_printed_walk_leads_from_a_draft_to_evidence(demo: Demo, tmp_path: Path):
    ran = subprocess.run(
        ["bash", "-c", "set -eu\n" + demo.walk()],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert ran.returncode == 0, ran.stdout + ran.stderr
    told = [json.loads(line) for line in ran.stdout.splitlines()]
    assert [one for one in told if "error" in one] == []
    whats = [one["data"] for one in told]
    plain, account, whole = (one for one in whats if "answerCheckId" in one and "by" in one)
    assert (plain["isCorrect"], plain["score"], "account" in plain) == (True, 2, False)
    assert "50 m/s" in plain["text"]
    assert account["account"]["judged"]["trace"]["facts"]["key"] == "180 km/h"
    [override] = whole["account"]["overrides"]
    assert (override["previous"]["score"], override["score"], override["by"]) == (3, 4, "teacher")
    assert [one["status"] for one in whats if "claimedAt" in one] == ["assigned", "checked"]
    attempts = {one["id"] for one in whats if "startedAt" in one}
    evidence = [one for one in whats[-1] if one["attemptId"] in attempts]
    signals = [(one["signal"], one["score"]) for one in evidence if "score" in one]
    assert signals == [("solved", 4), ("solved", 2)]


def test_the_twelve_problems_cover_every_kind_of_answer(demo: Demo):
    kinds = {version["answerSchema"]["type"] for version in _versions(demo).values()}
    assert kinds == {one.__struct_config__.tag for one in AnswerSchema.__args__}  # type: ignore[attr-defined]  # a union
    assert set(_versions(demo)) == {*AUTO, *BY_HAND, FILES, "demo-parabola"}
    assert len(_versions(demo)) == 12


def test_of_each_problem_a_right_answer_is_right_and_a_wrong_one_wrong(demo: Demo):
    versions = _versions(demo)
    with demo.caller("LEARNER") as learner:
        for code, answers in AUTO.items():
            checks = [_check(learner, versions[code]["id"], answer, 201) for answer in answers]
            assert [check["isCorrect"] for check in checks] == [True, False], code
            assert (checks[0]["score"], checks[1]["score"]) == (checks[0]["maxScore"], 0), code
        for code in BY_HAND:
            check = _check(learner, versions[code]["id"], {"text": "Because."}, 202)
            assert check["status"] == "needs_manual_review"
        attempt = _started(learner, versions[FILES]["id"])
        refused = learner.post(f"/attempts/{attempt}/submit", json={"answer": {"text": "a report"}})
        assert refused.json()["error"]["code"] == "ANSWER_SCHEMA_MISMATCH"


def test_the_parabola_has_a_proposal_for_whoever_reviews_it(demo: Demo):
    with demo.caller("LEARNER") as learner, demo.caller("CHECKER") as checker:
        check = _check(learner, _versions(demo)["demo-parabola"]["id"], PARABOLA, 202)
        rows = data_of(checker.get("/manual-reviews?sort=-openedAt&perPage=100"))
        [review] = [row["id"] for row in rows if row["answerCheckId"] == check["id"]]
        proposal = data_of(checker.get(f"/manual-reviews/{review}"))["proposal"]
    assert (proposal["isCorrect"], proposal["score"]) == (True, 4)


def test_a_second_demo_over_the_same_data_finds_its_problems_there(demo: Demo):
    command = [sys.executable, "-m", "app", "import", "problems", str(PROBLEMS)]
    again = subprocess.run(
        [*command, "--data", str(demo.data)], capture_output=True, text=True, timeout=60, check=True
    )
    assert again.stdout == "0 created, 0 updated, 12 unchanged, 0 failed.\n"


def _versions(demo: Demo) -> dict[str, Any]:
    """The published version of each of the demo's problems, by code."""
    with demo.caller("AUTHOR") as author:
        rows = data_of(author.get("/problems?q=demo&status=published&perPage=100"))
        return {
            row["code"]: version
            for row in rows
            for version in data_of(author.get(f"/problems/{row['id']}/versions"))
            if version["status"] == "published"
        }


def _started(learner: httpx.Client, version: str) -> str:
    body = {"problemVersionId": version, "userId": "student"}
    attempt: str = data_of(learner.post("/attempts", json=body), 201)["id"]
    return attempt


def _check(learner: httpx.Client, version: str, answer: dict[str, Any], status: int) -> Any:
    """What comes of an answer that is handed in and checked."""
    attempt = _started(learner, version)
    data_of(learner.post(f"/attempts/{attempt}/submit", json={"answer": answer}))
    return data_of(learner.post(f"/attempts/{attempt}/check"), status)
