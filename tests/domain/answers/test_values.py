"""Numbers, units, exact values and choices: what a fair teacher would say."""

from decimal import Decimal
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.answers.free_text import one_slip
from domain.answers.verdict import Judgement, Reason, Verdict
from tests.domain.answers.trying import NUMBER, SPEED, number, tried

CORRECT, PARTIAL, INCORRECT = Verdict.CORRECT, Verdict.PARTIAL, Verdict.INCORRECT
INVALID, UNKNOWN = Verdict.INVALID_FORMAT, Verdict.UNKNOWN
PARTLY = {"maxScore": 1, "partialCredit": True}


@pytest.mark.parametrize(
    ("tolerance", "answer", "verdict"),
    [
        (0.1, "0.4", CORRECT),
        (0.1, "0.2", CORRECT),
        (0.1, "0.4000001", INCORRECT),
        (0.1, "0.1999999", INCORRECT),
        (0.1, 0.4, CORRECT),
        (0.1, "0,4", CORRECT),
        (0, "0.3", CORRECT),
        (0, "0.30", CORRECT),
        (0, "3/10", CORRECT),
        (0, "0.30000000000000000001", INCORRECT),
        (None, "0.3", CORRECT),
        (None, "0.31", INCORRECT),
    ],
)
def test_B29_a_tolerance_is_absolute_inclusive_and_decimal(
    tolerance: float | None, answer: Any, verdict: Verdict
):
    schema = {} if tolerance is None else {"tolerance": tolerance}
    assert number(0.3, answer, **schema).verdict is verdict


@pytest.mark.parametrize(
    ("kind", "value", "key", "right", "wrong"),
    [
        ("absolute", "0.5", "10", ["9.5", "10.5"], ["9.49", "10.51"]),
        ("relative", "0.05", "200", ["190", "210"], ["189.9", "210.1"]),
        ("relative", "0.05", "-200", ["-190", "-210"], ["-189.9", "190"]),
        ("relative", "0.05", "0", ["0"], ["0.0001"]),
        ("relative", "0.01", "1/3", ["0.33", "1/3"], ["0.32"]),
        ("significant", 3, "3.14159", ["3.14", "3.142", "3.1416"], ["3.1", "3.15", "3.146"]),
        ("significant", 2, "9.85", ["9.8", "9.9"], ["9.7", "10"]),
        ("significant", 2, "0.00123", ["0.0012", "1.2e-3"], ["0.0013", "0.001"]),
        ("significant", 3, "1/3", ["0.333"], ["0.33", "0.334"]),
        ("significant", 1, "0", ["0"], ["0.1"]),
        ("decimals", 2, "3.14159", ["3.14", "3,1416"], ["3.1", "3.15", "3.13"]),
        ("decimals", 1, "2.25", ["2.2", "2.3"], ["2.1", "2.4"]),
        ("decimals", 0, "2.5", ["2", "3"], ["1", "4"]),
        ("decimals", 2, "-1.005", ["-1", "-1.01"], ["-1.02", "1.01"]),
    ],
)
def test_each_kind_of_tolerance_has_its_edges(
    kind: str, value: Any, key: str, right: list[str], wrong: list[str]
):
    tolerance = {"kind": kind, "value": value}
    assert [number(key, one, tolerance).verdict for one in right] == [CORRECT] * len(right)
    assert [number(key, one, tolerance).verdict for one in wrong] == [INCORRECT] * len(wrong)


def test_the_rules_tolerance_counts_before_the_schemas():
    rule = {"kind": "absolute", "value": 0}
    assert number("5", "5.1", rule, tolerance=1).verdict is INCORRECT
    assert number("5", "5.1", tolerance=1).verdict is CORRECT


def test_a_trace_tells_how_the_number_was_read_and_how_far_it_was():
    trace = number("3.14", "3,2", {"kind": "absolute", "value": "0.05"}).trace
    assert (trace.read_as, trace.method, trace.reason) == (
        "3.2",
        "decimal",
        Reason.OUTSIDE_TOLERANCE,
    )
    assert trace.facts == {"key": "3.14", "difference": "0.06", "tolerance": "absolute 0.05"}
    assert trace.raw == {"value": "3,2"}


def test_B28_text_that_is_no_number_is_an_invalid_format_without_credit():
    for text in ("abc", "NaN", "Infinity", "", "1e9999"):
        judgement = number("5", text)
        assert (judgement.verdict, judgement.arithmetic, judgement.trace.credit) == (
            INVALID,
            None,
            None,
        )


def test_fractions_can_be_ruled_out_and_are_then_a_matter_of_form():
    plain = {"value": "0.5"}
    assert tried(NUMBER, plain, {"value": "1/2"}).verdict is CORRECT
    judgement = tried(NUMBER, plain, {"value": "1/2"}, {"fractions": False})
    assert (judgement.verdict, judgement.reason) == (INVALID, Reason.FORM_NOT_ALLOWED)


def test_the_unit_that_a_number_question_shows_may_be_written_or_left_out():
    assert number("5", "5 м", unit="м").verdict is CORRECT
    assert number("5", "5 m", unit="м").verdict is CORRECT
    assert number("5", "5", unit="м").verdict is CORRECT
    assert number("5", "5 км", unit="м").verdict is INVALID
    assert number("50", "50 %", unit="%").verdict is CORRECT
    assert number("50", "50", unit="%").verdict is CORRECT
    assert number("50", "50 %").verdict is INCORRECT
    assert number("0.5", "50 %").verdict is CORRECT


@pytest.mark.parametrize(
    ("answer", "verdict", "reason"),
    [
        ({"value": "10", "unit": "м/с"}, CORRECT, Reason.EQUAL),
        ({"value": 36, "unit": "км/ч"}, CORRECT, Reason.EQUAL),
        ({"text": "36 км/ч"}, CORRECT, Reason.EQUAL),
        ({"text": "36,0 km/h"}, CORRECT, Reason.EQUAL),
        ({"text": "1·10¹ м·с⁻¹"}, CORRECT, Reason.EQUAL),
        ({"text": "36.4 км/ч"}, INCORRECT, Reason.OUTSIDE_TOLERANCE),
        ({"text": "36.36 км/ч"}, CORRECT, Reason.WITHIN_TOLERANCE),
        ({"text": "10 км/ч"}, INCORRECT, Reason.WRONG_UNIT),
        ({"text": "10 м"}, INCORRECT, Reason.WRONG_DIMENSION),
        ({"text": "7 кг"}, INCORRECT, Reason.WRONG_DIMENSION),
        ({"text": "10"}, INVALID, Reason.UNIT_MISSING),
        ({"text": "м/с"}, INVALID, Reason.UNREADABLE),
        ({"text": "10 попугаев"}, INVALID, Reason.UNIT_UNREADABLE),
        ({"text": "10 см/с"}, INVALID, Reason.UNIT_NOT_ALLOWED),
        ({"value": "десять", "unit": "м/с"}, INVALID, Reason.UNREADABLE),
    ],
)
def test_B30_a_quantity_is_converted_and_its_mistake_is_named(
    answer: Any, verdict: Verdict, reason: Reason
):
    judgement = tried(SPEED | {"tolerance": "0.1"}, {"value": 10, "unit": "м/с"}, answer)
    assert (judgement.verdict, judgement.reason) == (verdict, reason)


def test_B30_a_right_magnitude_in_a_wrong_unit_earns_what_the_rule_says():
    key, rule = {"value": 10, "unit": "м/с"}, {"unitCredit": "0.25"}
    for unit in ("км/ч", "кг"):
        judgement = tried(SPEED, key, {"text": f"10 {unit}"}, rule, scoring=PARTLY)
        assert (judgement.verdict, judgement.trace.credit) == (PARTIAL, Decimal("0.25"))
        strict = tried(SPEED, key, {"text": f"10 {unit}"}, rule)
        assert strict.verdict is INCORRECT
        assert strict.arithmetic is not None
        assert strict.arithmetic.score == 0
    judgement = tried(SPEED, key, {"text": "11 км/ч"}, rule, scoring=PARTLY)
    assert (judgement.verdict, judgement.trace.credit) == (INCORRECT, Decimal(0))


def test_B30_a_temperature_has_its_offset():
    schema = SPEED | {"allowedUnits": ["°C", "K"]}
    assert tried(schema, {"value": 20, "unit": "°C"}, {"text": "293,15 К"}).verdict is CORRECT
    judgement = tried(schema, {"value": 20, "unit": "°C"}, {"text": "20 К"})
    assert (judgement.verdict, judgement.reason) == (INCORRECT, Reason.WRONG_UNIT)


@pytest.mark.parametrize(
    ("text", "verdict"),
    [
        ("1 ч 30 мин", CORRECT),
        ("1ч30мин", CORRECT),
        ("1 час 29 минут 60 с", INVALID),
        ("1 час 29 минут 30 с", INCORRECT),
        ("90 мин", CORRECT),
        ("1 ч 31 мин", INCORRECT),
        ("30 мин 1 ч", INVALID),
        ("1 ч 90 мин", INVALID),
        ("-1 ч 30 мин", INVALID),
        ("1 ч 30", INVALID),
        ("1 ч 30 кг", INVALID),
    ],
)
def test_B30_a_quantity_may_go_on_in_smaller_units(text: str, verdict: Verdict):
    schema = SPEED | {"allowedUnits": ["ч", "мин", "с"]}
    assert tried(schema, {"value": "1.5", "unit": "ч"}, {"text": text}).verdict is verdict


def test_B30_absolute_tolerance_is_in_the_keys_unit():
    key, schema = (
        {"value": 1, "unit": "км"},
        SPEED | {"allowedUnits": ["м", "км"], "tolerance": "0.1"},
    )
    assert tried(schema, key, {"text": "1100 м"}).verdict is CORRECT
    assert tried(schema, key, {"text": "1101 м"}).verdict is INCORRECT


@given(
    st.fractions(max_denominator=100),
    st.sampled_from([("км/ч", "м/с"), ("м/с", "км/ч"), ("м/с", "м/с")]),
)
def test_B30_a_value_converted_exactly_is_always_right(value: Fraction, units: tuple[str, str]):
    wanted, shown = units
    scale = {("км/ч", "м/с"): Fraction(5, 18), ("м/с", "км/ч"): Fraction(18, 5)}.get(
        units, Fraction(1)
    )
    key = {"value": str(value), "unit": wanted}
    assert tried(SPEED, key, {"value": str(value * scale), "unit": shown}).verdict is CORRECT
    other = {"value": str(value * scale + Fraction(1, 10**9)), "unit": shown}
    assert tried(SPEED, key, other).verdict is INCORRECT


def exact(key: list[Any], answer: Any, *normalization: str, kind: str = "string") -> Judgement:
    schema = {"type": "exact_value", "valueType": kind, "normalization": list(normalization)}
    return tried(schema, {"values": key}, {"value": answer})


def test_B27_an_exact_text_is_exact_but_for_its_normalisers():
    assert exact(["Париж"], "Париж").verdict is CORRECT
    assert exact(["Париж"], "париж").verdict is INCORRECT
    assert exact(["Париж"], " Париж").verdict is INCORRECT
    assert exact(["Париж", "Paris"], " пАРИЖ ", "trim", "casefold").verdict is CORRECT
    assert exact(["ёж"], "еж", "yo").verdict is CORRECT
    assert exact(["й"], "и\u0306").verdict is CORRECT


def test_B27_an_exact_number_is_compared_as_a_number():
    assert exact([1, "1/3"], "1,0", kind="number").verdict is CORRECT
    assert exact([1, "1/3"], "0,(3)", kind="number").verdict is CORRECT
    assert exact([1], 1.0, kind="number").verdict is CORRECT
    assert exact([1], "1.0000001", kind="number").verdict is INCORRECT
    assert exact([1], "один", kind="number").verdict is INVALID


OPTIONS = [{"key": key, "label": key} for key in "abcdef"]
SINGLE = {"type": "single_choice", "options": OPTIONS}
SELECT = {"type": "multiple_select", "options": OPTIONS}


def test_B31_one_choice_is_right():
    assert tried(SINGLE, {"choice": "b"}, {"choice": "b"}).verdict is CORRECT
    judgement = tried(SINGLE, {"choice": "b"}, {"choice": "a"})
    assert (judgement.verdict, judgement.reason) == (INCORRECT, Reason.WRONG_CHOICE)


@pytest.mark.parametrize(
    ("credit", "chosen", "worth"),
    [
        ("net", "abc", "1"),
        ("net", "cba", "1"),
        ("net", "ab", "0.66666666666666666667"),
        ("net", "abcd", "0.66666666666666666667"),
        ("net", "ad", "0"),
        ("net", "ade", "0"),
        ("net", "", "0"),
        ("each", "abc", "1"),
        ("each", "ab", "0.83333333333333333333"),
        ("each", "", "0.5"),
        ("each", "def", "0"),
        ("all", "abc", "1"),
        ("all", "ab", "0"),
        ("all", "abcd", "0"),
    ],
)
def test_B32_a_set_of_choices_earns_its_credit(credit: str, chosen: str, worth: str):
    key, answer = {"choices": list("abc")}, {"choices": list(chosen)}
    judgement = tried(SELECT, key, answer, {"credit": credit}, scoring=PARTLY)
    assert judgement.trace.credit == Decimal(worth)
    expected = {"1": CORRECT, "0": INCORRECT}.get(worth, PARTIAL)
    assert judgement.verdict is expected
    whole = tried(SELECT, key, answer, {"credit": credit})
    assert whole.verdict is (CORRECT if worth == "1" else INCORRECT)


@given(st.sets(st.sampled_from("abcdef"), min_size=1), st.permutations("abcdef"), st.integers(0, 6))
def test_B32_order_does_not_matter_and_credit_lies_between_nothing_and_all(
    key: set[str], order: list[str], count: int
):
    chosen = order[:count]
    right = {"choices": sorted(key)}
    for credit in ("net", "each", "all"):
        one = tried(SELECT, right, {"choices": chosen}, {"credit": credit})
        other = tried(SELECT, right, {"choices": chosen[::-1]}, {"credit": credit})
        assert one.trace.credit == other.trace.credit
        assert one.trace.credit is not None
        assert 0 <= one.trace.credit <= 1
        assert (one.trace.credit == 1) == (set(chosen) == key)


@given(st.sets(st.sampled_from("abcdef"), min_size=1, max_size=3))
def test_B32_choosing_everything_earns_nothing_with_net_where_half_is_wrong(key: set[str]):
    everything = tried(SELECT, {"choices": sorted(key)}, {"choices": list("abcdef")})
    assert everything.trace.credit == 0


def text(accepted: list[str], answer: str, *normalization: str, **schema: Any) -> Judgement:
    free = {"type": "free_text", "normalization": list(normalization)} | schema
    return tried(free, {"accepted": accepted}, {"text": answer})


def test_B33_a_text_is_accepted_or_not_and_a_slip_is_told_to_people_only():
    assert text(["Исаак Ньютон", "Ньютон"], "ньютон", "casefold").verdict is CORRECT
    judgement = text(["Ньютон"], "Нютон")
    assert (judgement.verdict, judgement.trace.credit) == (INCORRECT, Decimal(0))
    assert judgement.trace.facts["didYouMean"] == "Ньютон"
    assert "didYouMean" not in text(["Ньютон"], "Эйнштейн").trace.facts
    assert text(["Ньютон"], "").reason is Reason.EMPTY


def test_B33_manual_review_leaves_the_text_to_a_person():
    judgement = text(["Ньютон"], "Ньютон", manualReview=True)
    assert (judgement.verdict, judgement.reason) == (UNKNOWN, Reason.FOR_A_PERSON)
    assert judgement.arithmetic is None


@pytest.mark.parametrize(
    ("one", "other", "slip"),
    [
        ("ньютон", "нютон", True),
        ("нютон", "ньютон", True),
        ("ньютон", "ньюton", False),
        ("ньютон", "ньютан", True),
        ("ньютон", "ньюотн", True),
        ("ньютон", "ньютоны", True),
        ("кот", "код", False),
        ("ньютон", "ньютон", False),
        ("abcd", "badc", False),
    ],
)
def test_one_slip_is_one_letter(one: str, other: str, slip: bool):
    assert one_slip(one, other) is slip


@pytest.mark.parametrize(
    ("schema", "answer"),
    [
        ({"type": "proof", "rubricRequired": True}, {"text": "ч. т. д."}),
        ({"type": "manual_review_required", "rubricRequired": True}, {"fileIds": ["f1"]}),
        ({"type": "file_upload", "allowedTypes": ["pdf"], "maxSizeMb": 1}, {"fileIds": ["f1"]}),
    ],
)
def test_B36_a_person_judges_files_and_proofs(schema: Any, answer: Any):
    judgement = tried(schema, None, answer)
    assert (judgement.verdict, judgement.reason) == (UNKNOWN, Reason.FOR_A_PERSON)
    assert judgement.trace.type == schema["type"]
