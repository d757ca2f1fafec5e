"""The row `judging`: answers checked in process, one core: numbers, choices, texts, units."""

import time
from collections.abc import Callable
from random import Random
from typing import Any, NamedTuple

from adapters.trials import Line, read_trial
from benchmarks.bench import SERVER_CORE, Bench
from benchmarks.report import Comparison, RowResult, Target
from benchmarks.serving import on_core
from domain.answers.answer import read_answer
from domain.answers.judging import judge

ANSWERS = 5000  # mostly different, so that remembering the last few gains little
OPTIONS = [{"key": key, "label": f"Option {key}"} for key in "abcdef"]
CHECKS = Target(20_000, 50_000)


class Kind(NamedTuple):
    """A question and how its answers are drawn, right and wrong ones."""

    schema: dict[str, Any]
    key: dict[str, Any]
    answer: Callable[[Random], dict[str, Any]]
    rule: dict[str, Any] = {}  # noqa: RUF012 -- never changed


def number(random: Random) -> dict[str, Any]:
    """As people write them: a point, a comma, a JSON number, a power of ten."""
    value = random.choice([random.uniform(3.135, 3.145), random.uniform(-100, 100)])
    text = f"{value:.{random.randint(2, 6)}f}"
    forms = [text, text.replace(".", ","), value, f" {text}0", f"{text}·10^0", f"{text}e0"]
    return {"value": random.choice(forms)}


def quantity(random: Random) -> dict[str, Any]:
    """Apart and in one text, in units of either language."""
    value, unit = random.choice(
        [(36, "км/ч"), (10, "м/с"), (36, "km/h"), (10, "m/s"), (10, "м·с⁻¹"), (600, "м/мин")]
    )
    text = f"{value + random.choice([0.0001, 1]) * random.randint(-999, 999):.4f}"
    apart = {"value": text, "unit": unit}
    return random.choice([apart, {"text": f"{text.replace('.', ',')} {unit}"}])


def text(random: Random) -> dict[str, Any]:
    """A few words with the slips that normalisers forgive."""
    words = random.choice(["Исаак Ньютон", "исаак  ньютон", "Ньютон.", "Альберт Эйнштейн"])
    return {"text": f"{words}{random.choice(['', f' {random.randint(0, 9999)}'])}"}


KINDS = {
    "numeric": Kind(
        {"type": "numeric_with_tolerance", "tolerance": "0.005"}, {"value": "3.14"}, number
    ),
    "unit": Kind(
        {
            "type": "unit_value",
            "valueType": "number",
            "tolerance": "0.5",
            "allowedUnits": ["км/ч", "м/с", "м/мин"],
        },
        {"value": "36", "unit": "км/ч"},
        quantity,
    ),
    "choice": Kind(
        {"type": "single_choice", "options": OPTIONS},
        {"choice": "c"},
        lambda random: {"choice": random.choice("abcdef")},
    ),
    "select": Kind(
        {"type": "multiple_select", "options": OPTIONS},
        {"choices": ["a", "c"]},
        lambda random: {"choices": random.sample("abcdef", random.randint(1, 4))},
    ),
    "text": Kind(
        {
            "type": "free_text",
            "normalization": [
                "trim",
                "collapse_spaces",
                "casefold",
                "unicode",
                "yo",
                "punctuation",
            ],
        },
        {"accepted": ["Исаак Ньютон", "Ньютон"]},
        text,
    ),
}


def judging(bench: Bench) -> RowResult:
    """Checks a second; the question has been read, the answer comes as decoded JSON."""
    found: dict[str, list[float]] = {name: [] for name in KINDS}
    with on_core(SERVER_CORE if bench.pinned else None):
        for _ in range(bench.rounds):
            for name, kind in KINDS.items():
                found[name].append(checks_per_second(kind, bench.seconds / len(KINDS)))
    return RowResult(
        name="judging",
        comparisons=[
            Comparison(
                measure=f"{name} checks/s", base=[], markbook=rates, relative=False, target=CHECKS
            )
            for name, rates in found.items()
        ],
    )


def checks_per_second(kind: Kind, seconds: float) -> float:
    """How many answers are read and judged in a second of processor time, traces and scores made.

    Nothing here waits, so on an idle core that is a second of the clock.
    """
    random = Random(20)
    answers = [kind.answer(random) for _ in range(ANSWERS)]
    trial = read_trial(Line(schema=kind.schema, key=kind.key, rule=kind.rule, answer=answers[0]))
    checked, began = 0, time.process_time()
    while (taken := time.process_time() - began) < seconds:
        for document in answers:
            judge(trial.schema, trial.key, trial.rule, read_answer(trial.schema, document))
        checked += ANSWERS
    return checked / taken
