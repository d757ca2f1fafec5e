"""The 50-question exam, and save bodies in which every answer differs from the one before."""

import json
from pathlib import Path
from typing import Any

SAMPLE = "word-problems-2"
QUESTIONS = 50
VARIANTS = 8
KEYS = "ABCD"
FILLER = (
    "A shop sold a number of boxes on Monday, twice as many on Tuesday and a third of that on "
    "Wednesday. Each box weighs as much as three bags, and a bag holds eleven items. How many "
    "items were sold on the three days together, and how many more on Tuesday than on Wednesday? "
    "Write down every step, and say which of the numbers you did not need and why you did not."
)


def load_exam(samples: Path | None) -> dict[str, Any]:
    """The sample exam if the folder has it, else a generated one of the same size."""
    path = samples / f"{SAMPLE}.json" if samples else None
    if path is not None and path.is_file():
        exam: dict[str, Any] = json.loads(path.read_bytes())
        return exam
    return generate_exam()


def generate_exam() -> dict[str, Any]:
    """Fifty questions, about 30 KB: the shape and weight of the sample."""
    questions = [_question(number) for number in range(1, QUESTIONS + 1)]
    return {
        "examId": SAMPLE,
        "subject": "mathematics",
        "title": "Word problems (generated)",
        "difficulty": "beginner",
        "durationMinutes": 90,
        "metadata": {"version": "1"},
        "sections": [{"id": "s1", "title": "Section 1", "questions": questions}],
    }


def _question(number: int) -> dict[str, Any]:
    common: dict[str, Any] = {"id": f"q{number}", "prompt": FILLER, "points": 2}
    if number % 10 == 0:
        criteria = [{"name": "reasoning", "weight": 1}]
        return common | {"type": "essay", "rubric": {"criteria": criteria, "maxPoints": 2}}
    if number % 10 == 5:
        return common | {"type": "true_false", "answer": True, "allowIDK": True}
    choices = [{"key": key, "text": str(number * 100 + place)} for place, key in enumerate(KEYS)]
    return common | {"type": "single_choice", "choices": choices, "answer": "B", "allowIDK": True}


def save_bodies(exam: dict[str, Any], student: int) -> list[bytes]:
    """`VARIANTS` bodies of a save; neighbours in the cycle differ in every answer."""
    questions = [q for section in exam["sections"] for q in section["questions"]]
    return [
        json.dumps(
            {"answers": [_answer(q, place, student + turn) for place, q in enumerate(questions)]},
            separators=(",", ":"),
            ensure_ascii=False,
        ).encode()
        for turn in range(VARIANTS)
    ]


def _answer(question: dict[str, Any], place: int, turn: int) -> dict[str, Any]:
    match question["type"]:
        case "single_choice":
            response: Any = KEYS[(place + turn) % len(KEYS)]
        case "true_false":
            response = (place + turn) % 2 == 0
        case _:
            response = f"Draft {turn % VARIANTS}: first I add the two days, then I divide by three."
    return {
        "questionId": question["id"],
        "response": response,
        "timeSec": 10 + place + turn % VARIANTS,
    }
