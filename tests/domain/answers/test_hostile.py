"""Hostile answers to values: nothing hangs, nothing raises, whatever is sent (FINDINGS)."""

import time
from typing import Any

import pytest

from domain.answers.unfit import Unfit
from domain.answers.verdict import Verdict
from tests.domain.answers.trying import NUMBER, SPEED, tried

TEXT = {"type": "free_text", "normalization": ["unicode", "casefold", "accents", "punctuation"]}
HUGE = [
    "9" * 1_000_000,
    "9" * 200,
    "1e1000000000",
    "10^99999",
    "9**9**9**9",
    "1/" * 100,
    "1'" * 100,
    "1,000" + ",000" * 40,
    "(" * 10_000,
    "0," + "0" * 190 + "(1)",
    " " * 1_000_000,
    "½" * 60,
    "⁵" * 190,
    "\u0301" * 400_000,
    "a\u0301\u0323" * 200_000,
    "ﷺ" * 3_000,
    "\x00",
    "__import__('os').system('true')",
    "{{7*7}}",
    "%s%n",
    "\u202e5",
]


def verdict(schema: Any, key: Any, answer: Any, rule: Any = None) -> Verdict | str:
    began = time.perf_counter()
    try:
        found: Verdict | str = tried(schema, key, answer, rule).verdict
    except Unfit as refusal:
        found = refusal.reason
    assert time.perf_counter() - began < 1
    return found


@pytest.mark.parametrize("text", HUGE, ids=lambda text: repr(text)[:20])
def test_hostile_text_is_an_invalid_format_a_wrong_answer_or_refused_at_once(text: str):
    bad = {Verdict.INVALID_FORMAT, Verdict.INCORRECT, "too_long", "unit_not_allowed"}
    key = {"value": 10, "unit": "м/с"}
    assert verdict(NUMBER, {"value": 5}, {"value": text}) in bad
    assert verdict(SPEED, key, {"text": text}) in bad
    assert verdict(SPEED, key, {"text": f"5 {text}"}) in bad
    assert verdict(SPEED, key, {"text": f"{text} м/с"}) in bad
    assert verdict(SPEED, key, {"value": 5, "unit": text}) in bad
    assert verdict(TEXT, {"accepted": ["ответ"]}, {"text": text}) in bad


@pytest.mark.parametrize(
    ("unit", "key"),
    [
        ("Qm^9·Qs^9·Qg^9·QA^9·QK^9", "m^9·s^9·g^9·A^9·K^9"),
        ("Gpc^9", "m^9"),
        ("deg^9", "rad^9"),
        ("Da^9·psi^9", "t^9·atm^9"),
        ("ym^9", "Qm^9"),
    ],
)
@pytest.mark.parametrize("value", ["1e1000", "-1e-1000", "1/3", "0"])
def test_the_largest_units_and_numbers_convert_without_a_failure(unit: str, key: str, value: str):
    schema = {"type": "unit_value", "valueType": "number", "allowedUnits": [unit, key]}
    for kind in ("absolute", "relative", "significant", "decimals"):
        rule = {"tolerance": {"kind": kind, "value": 1}}
        found = verdict(schema, {"value": value, "unit": key}, {"value": value, "unit": unit}, rule)
        assert found in {Verdict.INCORRECT, Verdict.CORRECT, "unknown_unit"}


@pytest.mark.parametrize("value", [True, False, None, [], {}, "True", "1"])
def test_true_is_never_one(value: Any):
    exact = {"type": "exact_value", "valueType": "number"}
    text = {"type": "exact_value", "valueType": "string"}
    right = value == "1"
    for schema, key in (
        (NUMBER, {"value": 1}),
        (exact, {"values": [1]}),
        (text, {"values": ["1"]}),
    ):
        assert (verdict(schema, key, {"value": value}) == Verdict.CORRECT) is (right is True)


def test_a_deep_composite_is_judged_and_a_deeper_one_refused_with_its_path():
    schema: Any = NUMBER
    key: Any = {"value": 5}
    answer: Any = {"value": "5"}
    for _ in range(4):
        schema = {"type": "composite_answer", "parts": [schema, NUMBER]}
        key = {"parts": [key, {"value": 1}]}
        answer = {"parts": [answer, {"value": "1"}]}
    assert tried(schema, key, answer).verdict is Verdict.CORRECT
    with pytest.raises(Unfit) as refusal:
        tried({"type": "composite_answer", "parts": [NUMBER, schema]}, key, answer)
    assert refusal.value.path == "$.parts[1].parts[0].parts[0].parts[0].parts[0]"


def test_a_million_answers_in_one_are_refused_at_once():
    options = [{"key": key, "label": key} for key in "ab"]
    select = {"type": "multiple_select", "options": options}
    many = {"choices": [str(number) for number in range(1_000_000)]}
    assert verdict(select, {"choices": ["a"]}, many) == "unknown_choice"
    wide = {"type": "composite_answer", "parts": [NUMBER]}
    parts = {"parts": [{"value": 1}] * 1_000_000}
    assert verdict(wide, {"parts": [{"value": 1}]}, parts) == "wrong_length"
