"""The demo's exams: valid, of every question type, with answers that hold."""

import subprocess
import sys
from importlib import resources
from typing import Any

import msgspec
import pytest

from adapters.manifest import read_manifest
from domain.exam_document import read_exam, redacted

FOLDER = resources.files("adapters.demo")
EXAMS = sorted(
    file.name
    for file in FOLDER.iterdir()
    if file.name.endswith(".json") and file.name != "manifest.json"
)
TYPES = {
    "single_choice",
    "multiple_choices",
    "true_false",
    "essay",
    "code_simple",
    "code_exercise",
}


def content(name: str) -> bytes:
    return FOLDER.joinpath(name).read_bytes()


def questions() -> list[dict[str, Any]]:
    documents = [msgspec.json.decode(content(name)) for name in EXAMS]
    sections = [section for document in documents for section in document["sections"]]
    return [question for section in sections for question in section["questions"]]


@pytest.mark.parametrize("name", EXAMS)
def test_a_demo_exam_is_valid_under_its_own_name_and_published(name: str):
    exam = read_exam(content(name))
    assert f"{exam.exam_id}.json" == name
    manifest = read_manifest(content("manifest.json"))
    assert manifest.flags == {each.removesuffix(".json"): True for each in EXAMS}
    assert manifest.problems == ()


def test_the_demo_shows_every_question_type():
    assert {question["type"] for question in questions()} == TYPES
    assert len(EXAMS) == 2


@pytest.mark.parametrize("question", questions(), ids=lambda each: each["prompt"][:30])
def test_every_demo_question_has_an_answer_that_fits_it(question: dict[str, Any]):
    keys = [choice["key"] for choice in question.get("choices", [])]
    assert len(set(keys)) == len(keys)
    match question["type"]:
        case "single_choice":
            assert question["answer"] in keys
        case "multiple_choices":
            assert set(question["answer"]) < set(keys)
        case "true_false":
            assert isinstance(question["answer"], bool)
        case "essay":
            weights = [each["weight"] for each in question["rubric"]["criteria"]]
            assert sum(weights) == question["rubric"]["maxPoints"] == question["points"]
        case "code_simple":
            names: dict[str, Any] = {}
            exec(question["referenceSolution"], names)
            for test in question["tests"]:
                assert eval(test["call"], names) == test["expected"]
        case "code_exercise":
            for test in question["tests"]:
                ran = subprocess.run(
                    [sys.executable, "-c", question["referenceSolution"]],
                    input=test["stdin"],
                    capture_output=True,
                    text=True,
                    check=True,
                )
                assert ran.stdout == test["stdout"]
        case _:
            pytest.fail("a type that no exam has")


@pytest.mark.parametrize("name", EXAMS)
def test_E08_nothing_of_the_answers_of_a_demo_exam_reaches_a_learner(name: str):
    text = redacted(content(name)).decode()
    for secret in ("answer", "rubric", "tests", "referenceSolution", "expected"):
        assert f'"{secret}"' not in text
    assert "starterCode" in text or "physics" in text
