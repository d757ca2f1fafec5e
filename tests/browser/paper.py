"""The exam of the browser tests: every question type, and prompts that try to be markup."""

from typing import Any

EXAM = "everything"


def every_type() -> dict[str, Any]:
    questions = [
        {
            "id": "one",
            "type": "single_choice",
            "prompt": "What does `2 + 2` give?\n\n```python\nprint(2 + 2)\n```",
            "points": 2,
            "choices": [{"key": "A", "text": "`four`"}, {"key": "B", "text": "five"}],
            "answer": "A",
            "allowIDK": True,
        },
        {
            "id": "many",
            "type": "multiple_choices",
            "prompt": "Which are **prime**?",
            "points": 2,
            "choices": [
                {"key": "A", "text": "two"},
                {"key": "B", "text": "three"},
                {"key": "C", "text": "six"},
            ],
            "answer": ["A", "B"],
            "allowIDK": True,
            "partialCredit": True,
        },
        {
            "id": "truth",
            "type": "true_false",
            "prompt": "$1 \\le 2$ <img src=x onerror=alert(1)>",
            "points": 1,
            "answer": True,
            "allowIDK": True,
        },
        {
            "id": "words",
            "type": "essay",
            "prompt": "Почему небо голубое?",
            "points": 5,
            "rubric": {"criteria": [{"name": "physics", "weight": 1}], "maxPoints": 5},
        },
        {
            "id": "short",
            "type": "code_simple",
            "prompt": "| call | result |\n| --- | --- |\n| `f(1)` | `1` |",
            "starterCode": "def f(x):\n    ...\n",
            "tests": [{"call": "f(1)", "expected": 1}],
        },
        {"id": "long", "type": "code_exercise", "prompt": "- FizzBuzz\n- up to 15"},
        {"id": "constructor", "type": "something_new", "prompt": "A type this page does not know."},
    ]
    return {
        "examId": EXAM,
        "subject": "mathematics",
        "title": "A bit of everything",
        "difficulty": "beginner",
        "durationMinutes": 60,
        "sections": [
            {"id": "s1", "title": "Choose", "questions": questions[:3]},
            {"id": "s2", "title": "Write", "questions": questions[3:]},
        ],
        "metadata": {"version": "1", "language": "en"},
    }
