"""The corpora: verdicts that a fair teacher gives, written before any code judged them."""

import json
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import NamedTuple

import pytest

from adapters.trials import REFUSED, Confusion, Line, read_line, read_trial
from domain.answers.unfit import SCHEMA_MISMATCH, Unfit
from domain.answers.verdict import Judgement
from tests.domain.answers.judged import judged

CORPUS = Path(__file__).parent / "corpus"
COMMENTS = {"why", "language"}
FILES = ["units.jsonl", "numbers_and_texts.jsonl"]


class Case(NamedTuple):
    """A line of a corpus; `score` is said where it is more than all or nothing."""

    line: Line
    score: str | None
    language: str
    why: str


def cases(name: str) -> Iterator[Case]:
    for text in (CORPUS / name).read_text(encoding="utf-8").splitlines():
        more = json.loads(text)
        yield Case(read_line(text), more.get("score"), more["language"], more["why"])


def outcome(line: Line) -> tuple[str, Judgement | None]:
    """What becomes of a line: the verdict, or `refused` where the shape is wrong."""
    try:
        trial = read_trial(line)
    except Unfit as refusal:
        if refusal.code != SCHEMA_MISMATCH:
            raise
        return REFUSED, None
    judgement = judged(trial)
    return judgement.verdict.value, judgement


@pytest.mark.parametrize("name", FILES)
def test_every_verdict_is_the_fair_teachers(name: str):
    confusion = Confusion()
    wrong = []
    for number, case in enumerate(cases(name), 1):
        given, judgement = outcome(case.line)
        expected = case.line.expected()
        if not confusion.add(expected, given):
            wrong.append(f"line {number}: {case.line.answer} ({case.why}): {given}, not {expected}")
        if case.score is not None and judgement is not None:
            assert judgement.arithmetic is not None
            assert judgement.arithmetic.score == Decimal(case.score), f"line {number}"
    assert wrong == []
    assert confusion.false_accepts == 0
    assert confusion.expected == confusion.right >= 100


@pytest.mark.parametrize("name", FILES)
def test_a_corpus_has_no_line_twice_and_speaks_both_languages(name: str):
    found = list(cases(name))
    whole = [json.loads(text) for text in (CORPUS / name).read_text("utf-8").splitlines()]
    trials = [{field: one[field] for field in one.keys() - COMMENTS} for one in whole]
    assert len({json.dumps(trial, sort_keys=True) for trial in trials}) == len(found)
    assert min(sum(case.language == one for case in found) for one in ("en", "ru")) >= 40
    wrong = sum("correct" not in case.line.expected() for case in found)
    assert wrong >= len(found) / 3, "too few wrong answers to find a false accept"
