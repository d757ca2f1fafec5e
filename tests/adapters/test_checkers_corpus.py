"""The corpus of expressions: verdicts of a fair teacher, none falsely accepted."""

import json
from collections import Counter
from pathlib import Path

from adapters.checkers.proof import find
from domain.answers.expression import Question

CORPUS = Path(__file__).parents[1] / "domain/answers/corpus/expressions.jsonl"


def lines() -> list[dict[str, object]]:
    return [json.loads(line) for line in CORPUS.read_text(encoding="utf-8").splitlines()]


def test_no_expression_is_accepted_falsely_and_97_in_100_are_judged_right():
    seen: Counter[str] = Counter()
    wrong: list[str] = []
    for line in lines():
        question = Question(
            path="$",
            expected=line["key"]["expression"],  # type: ignore[index]  # lines have this shape
            given=line["answer"]["expression"],  # type: ignore[index]  # lines have this shape
            syntax=line["schema"]["syntax"],  # type: ignore[index]  # lines have this shape
            **line.get("rule", {}),  # type: ignore[arg-type]  # mode and domain
        )
        verdict = find(question).verdict.value
        expected = line["expect"]
        if verdict == expected:
            seen["right"] += 1
        elif verdict == "unknown":
            seen["unknown"] += 1
        else:
            seen["wrong"] += 1
            wrong.append(f"{question.given} against {question.expected}: {verdict}")
    assert wrong == []
    assert seen["right"] >= 0.97 * seen.total()
    assert seen.total() >= 400


def test_the_corpus_has_both_syntaxes_both_languages_and_enough_wrong_answers():
    found = lines()
    assert sum(line["schema"]["syntax"] == "latex" for line in found) >= 50  # type: ignore[index]  # lines have this shape
    assert min(Counter(line["language"] for line in found).values()) >= 100
    assert sum(line["expect"] == "incorrect" for line in found) >= 100
