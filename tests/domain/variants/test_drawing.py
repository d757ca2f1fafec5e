"""Drawing: the same for ever, each value equally likely, names in any order, tries bounded."""

import itertools
import time
from collections import Counter
from collections.abc import Iterator
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.variants.arithmetic import Quantity, Work
from domain.variants.drawing import bounded, draw, words
from domain.variants.invalid import GeneratorInvalid
from domain.variants.parameters import read_parameters


def drawn(
    params: dict[str, Any],
    constraints: list[str] | None = None,
    seed: str = "s",
    number: int = 1,
    steps: int = 1_000_000,
) -> dict[str, Quantity]:
    parameters = read_parameters(params, constraints or [])
    return draw(parameters, seed, number, Work(steps))


# --- random numbers -------------------------------------------------------------------------------


def test_words_are_those_of_the_promise():
    """Literals, made once: whoever changes them changes every variant ever drawn."""
    assert list(itertools.islice(words("42", 1, 0, "a"), 3)) == [
        15810638754362152789,
        7639011946626694445,
        5904851340735563531,
    ]
    assert next(words("", 1, 0, "a")) == 12658865709065096410
    assert next(words("урок", 7, 3, "длина")) == 16926432943741847219


def test_seed_number_try_and_name_each_change_everything():
    places = [("42", 1, 0, "a"), ("43", 1, 0, "a"), ("42", 2, 0, "a"), ("42", 1, 1, "a")]
    places += [("42", 1, 0, "b"), ("4", 1, 0, "2a"), ("42a", 1, 0, "")]
    assert len({next(words(*place)) for place in places}) == len(places)


@pytest.mark.parametrize("count", [1, 2, 3, 7, 10, 2**32 + 1, 2**53, 2**63 + 1, 2**64])
def test_words_of_the_last_incomplete_round_are_passed_over(count: int):
    """Exactly floor(2^64 / count) words lead to each number, so none is likelier."""
    rounds = 2**64 // count
    last, beyond = rounds * count - 1, rounds * count
    assert bounded(iter([last]), count) == count - 1
    if beyond < 2**64:
        assert bounded(iter([2**64 - 1, beyond, 5]), count) == 5 % count


@given(st.integers(1, 2**53), st.integers(0, 2**64 - 1))
def test_a_bounded_number_is_below_its_bound(count: int, word: int):
    def random() -> Iterator[int]:
        yield word
        yield from words("again", 1, 0, "a")

    assert 0 <= bounded(random(), count) < count


@pytest.mark.parametrize("faces", [2, 6, 10])
def test_every_face_comes_up_about_equally_often(faces: int):
    throws = 6000
    counts = Counter(
        drawn({"a": {"min": 1, "max": faces}}, number=number)["a"] for number in range(throws)
    )
    expected = throws / faces
    apart = sum((counts[Fraction(face)] - expected) ** 2 for face in range(1, faces + 1))
    assert sum(counts.values()) == throws
    assert apart / expected < 27.9  # chi-squared: one in a thousand for ten faces


def test_two_parameters_do_not_go_together():
    pairs = Counter(
        tuple(drawn({"a": {"min": 0, "max": 2}, "b": {"min": 0, "max": 2}}, number=n).values())
        for n in range(3600)
    )
    assert len(pairs) == 9
    assert all(330 < count < 470 for count in pairs.values())  # 400 ± 3.7 standard deviations


# --- values ---------------------------------------------------------------------------------------


def test_a_range_has_both_ends_and_its_steps():
    found = {
        drawn({"a": {"min": "-0.5", "max": 1, "step": 0.3}}, number=number)["a"]
        for number in range(200)
    }
    assert found == {Fraction(value) for value in ("-0.5", "-0.2", "0.1", "0.4", "0.7", "1")}


def test_a_choice_is_a_number_or_a_text():
    found = {
        drawn({"a": {"choices": [1, 0.5, "1", "Anna"]}}, number=number)["a"]
        for number in range(100)
    }
    assert found == {Fraction(1), Fraction(1, 2), "1", "Anna"}


def test_derived_values_follow_in_whatever_order_they_were_written():
    params = {
        "z": {"expr": "y + 1"},
        "y": {"expr": "x*x"},
        "x": {"choices": [3]},
        "b": {"expr": "z - y"},
    }
    assert drawn(params) == {"x": 3, "y": 9, "z": 10, "b": 1}


PARAMS: dict[str, Any] = {
    "a": {"min": -9, "max": 9},
    "b": {"min": 0, "max": 1, "step": 0.125},
    "c": {"choices": [2, 3, 5, 7]},
    "d": {"expr": "a*c"},
    "e": {"expr": "d + b"},
    "who": {"choices": ["Anna", "Ben", "Carla"]},
}
CONSTRAINTS = ["a != 0", "b < 0.5 or a > 0", "mod(d, 4) != 1"]


@given(st.permutations(list(PARAMS)), st.text(st.characters(exclude_categories=["Cs"]), max_size=9))
def test_the_order_of_names_never_matters(order: list[str], seed: str):
    shuffled = {name: PARAMS[name] for name in order}
    assert drawn(shuffled, CONSTRAINTS, seed) == drawn(PARAMS, CONSTRAINTS, seed)


@given(st.integers(1, 10**9))
def test_another_parameter_changes_nothing_about_the_others(number: int):
    more = PARAMS | {"f": {"min": 1, "max": 6}}
    found = drawn(more, number=number)
    assert drawn(PARAMS, number=number) == {name: found[name] for name in PARAMS}


@given(st.integers(1, 500))
def test_every_draw_meets_every_constraint(number: int):
    found = drawn(PARAMS, CONSTRAINTS, number=number)
    a, b, d = (Fraction(found[name]) for name in "abd")
    assert a != 0
    assert b < Fraction(1, 2) or a > 0
    assert d % 4 != 1
    assert d == a * Fraction(found["c"])


def test_a_draw_without_a_value_is_thrown_away():
    params = {"a": {"min": -2, "max": 2}, "b": {"expr": "1/a"}, "c": {"expr": "sqrt(a + 3)"}}
    found = {tuple(drawn(params, number=number).items()) for number in range(100)}
    assert found == {
        (("a", Fraction(-2)), ("b", Fraction(-1, 2)), ("c", Fraction(1))),
        (("a", Fraction(1)), ("b", Fraction(1)), ("c", Fraction(2))),
    }


# --- what cannot be -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("params", "constraints", "message"),
    [
        (
            {"a": {"min": 1, "max": 9}},
            ["a > 0", "a > 9"],
            "constraints[1]: `a > 9` does not hold in 1000 of 1000 draws",
        ),
        (
            {"a": {"min": 1, "max": 9}, "b": {"expr": "1/(a - a)"}},
            [],
            "params.b.expr: has no value (a division by zero) in 1000 of 1000 draws",
        ),
        (
            {"a": {"expr": "1"}},
            ["a = 2"],
            "constraints[0]: `a = 2` does not hold in 1 of 1 draws",
        ),
        (
            {"a": {"min": 1, "max": 9}},
            ["sqrt(-a) = 1"],
            "constraints[0]: `sqrt(-a) = 1` has no value (a root is not exact) in 1000 of 1000",
        ),
        ({"a": {"choices": ["x"]}}, ["a > 0"], "constraints[0]: a text stands where"),
        ({"a": {"choices": ["x"]}, "b": {"expr": "a + 1"}}, [], "params.b.expr: a text stands"),
        ({"a": {"expr": "1 < 2"}}, [], "params.a.expr: is a condition, not a value"),
        ({"a": {"expr": "1"}}, ["a + 1"], "constraints[0]: `a + 1` is a value, not a condition"),
    ],
)
def test_a_draw_that_never_does_names_what_is_in_the_way(
    params: dict[str, Any], constraints: list[str], message: str
):
    with pytest.raises(GeneratorInvalid) as refused:
        drawn(params, constraints)
    assert refused.value.message.startswith(message)
    assert refused.value.details["path"] == message.partition(":")[0]
    assert refused.value.code == "GENERATOR_INVALID"


def test_the_constraint_that_fails_most_often_is_named():
    params = {"a": {"min": 1, "max": 100}}
    with pytest.raises(GeneratorInvalid, match=r"^constraints\[1\]: `a > 90`"):
        drawn(params, ["a < 90", "a > 90"])


def test_endless_drawing_ends_at_its_bound_of_work():
    params = {f"p{n}": {"min": 1, "max": 10**6} for n in range(50)}
    costly = " and ".join(["(p0 - 1)^9 > -p1"] * 20)
    start = time.perf_counter()
    with pytest.raises(GeneratorInvalid, match="takes too long"):
        drawn(params, [costly] * 49 + ["p0 < 0"], steps=100_000)
    assert time.perf_counter() - start < 3
