"""Exams for the contract tests."""

from typing import Any

SECRET_KEYS = (
    "answer",
    "rubric",
    "solution",
    "solutionSteps",
    "tests",
    "testCases",
    "hiddenNote",
    "referenceAnswer",
)
MARK = "canary-7f3a"


def paper(exam_id: str, **changes: Any) -> dict[str, Any]:
    """A small exam with every question type that the contract names."""
    questions = [
        {
            "id": "q1",
            "type": "single_choice",
            "prompt": "2 + 2?",
            "points": 2,
            "choices": [{"key": "A", "text": "4"}, {"key": "B", "text": "5"}],
            "answer": "A",
            "allowIDK": True,
        },
        {
            "id": "q2",
            "type": "multiple_choices",
            "prompt": "Which are prime?",
            "choices": [{"key": "A", "text": "2"}, {"key": "B", "text": "4"}],
            "answer": ["A"],
            "partialCredit": True,
        },
        {"id": "q3", "type": "true_false", "prompt": "1 < 2", "answer": True},
        {
            "id": "q4",
            "type": "essay",
            "prompt": "Почему небо голубое?",
            "rubric": {"criteria": [{"name": "physics", "weight": 1}], "maxPoints": 10},
        },
        {"id": "q5", "type": "code_simple", "prompt": "FizzBuzz", "tests": ["1", "2", "Fizz"]},
    ]
    return {
        "examId": exam_id,
        "subject": "mathematics",
        "title": f"Exam {exam_id}",
        "difficulty": "beginner",
        "durationMinutes": 60,
        "sections": [
            {"id": "s1", "title": "One", "questions": questions[:3]},
            {"id": "s2", "title": "Two", "questions": questions[3:]},
        ],
        "metadata": {"version": "1", "createdAt": "2025-01-01T00:00:00.000Z"},
        **changes,
    }


def marked_paper(exam_id: str) -> dict[str, Any]:
    """An exam each of whose secret keys, at any depth of a question, holds a unique mark."""
    secrets = {key: f"{MARK}-{key}" for key in SECRET_KEYS}
    nested = {"deep": {"list": [{key: f"{MARK}-deep-{key}" for key in SECRET_KEYS}]}}
    exam = paper(exam_id)
    exam["sections"][0]["questions"].append(
        {"id": "marked", "type": "essay", "prompt": "?", **secrets, **nested}
    )
    return exam


def without_secrets(value: Any) -> Any:
    """What a learner may see of a part of an exam, worked out the slow way."""
    if isinstance(value, list):
        return [without_secrets(inner) for inner in value]
    if not isinstance(value, dict):
        return value
    return {
        key: without_secrets(inner)
        for key, inner in value.items()
        if key not in {"answer", "rubric"}
        and not key.startswith(("solution", "test", "hidden", "reference"))
    }
