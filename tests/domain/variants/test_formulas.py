"""Formulas of derived values and constraints: what they mean, exactly, at which cost."""

import ast
import operator
import time
from collections.abc import Callable
from decimal import Decimal
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.variants.arithmetic import Outcome, Work, worth
from domain.variants.formulas import read_formula
from domain.variants.invalid import GeneratorInvalid, Misread, Misused, Undefined

VALUES: dict[str, Fraction | str] = {
    "a": Fraction(2),
    "b": Fraction(-3),
    "half": Fraction(1, 2),
    "who": "Anna",
    "whom": "Ben",
}


def outcome(text: str) -> Outcome:
    return worth(read_formula(text), VALUES, Work(10_000))


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("1 + 2*3", 7),
        ("(1 + 2)*3", 9),
        ("2 - 3 - 4", -5),
        ("2^3^2", 512),
        ("2**3", 8),
        ("-2^2", -4),
        ("2^-1", "1/2"),
        ("2*-3", -6),
        ("- -a", 2),
        ("+a", 2),
        ("1/3 + 1/6", "1/2"),
        ("0.1 + 0.2", "0.3"),
        ("6/2/3", 1),
        ("6÷2·5−1", 14),
        ("a^10/b", "-1024/3"),
        ("abs(b) + min(a, b) + max(1, a)", 2),
        ("gcd(12, 18) + lcm(4, 6)", 18),
        ("floor(-7/2)", -4),
        ("ceil(-7/2)", -3),
        ("mod(-7, 3)", 2),
        ("mod(7.5, 2)", "1.5"),
        ("round(2.5)", 3),
        ("round(-2.5)", -3),
        ("round(1/3, 2)", "0.33"),
        ("sqrt(9/4)", "3/2"),
        ("factorial(5)", 120),
        ("numerator(half) + denominator(half)", 3),
        ("if(a > b, 1, 1/0)", 1),
        ("if(a < b, 1/0, half)", "1/2"),
    ],
)
def test_a_formula_is_worth_exactly_this(text: str, value: str | int):
    assert outcome(text) == Fraction(value)


@pytest.mark.parametrize(
    ("text", "holds"),
    [
        ("a = 2", True),
        ("a == 2 and b != 2", True),
        ("a ≠ 2 or b ≥ -3", True),
        ("1 < a < 3", True),
        ("1 < a < 2", False),
        ("1 <= a <= 2 = 2", True),
        ("not a = 2", False),
        ("not (a = 1) and not b > 0", True),
        ("a = 1 and 1/0 = 1", False),
        ("a = 2 or 1/0 = 1", True),
        ("a = 1 or a = 2 and b = 0", False),
        ("who != whom", True),
        ("who = whom", False),
        ("is_integer(half)", False),
        ("is_integer(a/2)", True),
        ("is_square(a*8)", True),
        ("is_square(-4)", False),
        ("(a > 1) = (b < 0)", True),
        ("0.1 + 0.2 = 0.3", True),
    ],
)
def test_a_condition_holds_or_does_not(text: str, holds: bool):
    assert outcome(text) is holds


def test_if_chooses_between_texts_too():
    assert outcome("if(a > b, who, whom)") == "Anna"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "the end stands where a value should (character 1)"),
        ("  ", "the end stands where a value should (character 3)"),
        ("1 +", "the end stands where a value should (character 4)"),
        ("(1", "')' is missing (character 3)"),
        ("1)", "')' is too much (character 2)"),
        ("2a", "'a' is too much (character 2)"),
        ("a b", "'b' is too much (character 3)"),
        ("1,5", "',' is too much (character 2)"),
        ("a + #", "'#' means nothing here (character 5)"),
        ("1..2", "'.' means nothing here (character 2)"),
        ("sin(a)", "no function is called 'sin' (character 1)"),
        ("1 + gcd(4)", "gcd takes 2 to 10 arguments, not 1 (character 5)"),
        ("if(a > b, 1)", "if takes 3 arguments, not 2 (character 1)"),
        ("abs()", "')' stands where a value should (character 5)"),
        ("1" * 61, "more than 60 digits (character 1)"),
        ("__import__('os')", "'_' means nothing here (character 1)"),
        ("'Anna'", '"\'" means nothing here (character 1)'),
    ],
)
def test_what_cannot_be_read_says_where(text: str, message: str):
    with pytest.raises(Misread) as misread:
        read_formula(text)
    assert str(misread.value) == message


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("1/(a - 2)", "a division by zero"),
        ("0^-1", "a division by zero"),
        ("mod(a, 0)", "a division by zero"),
        ("sqrt(2)", "a root is not exact"),
        ("sqrt(-4)", "a root is not exact"),
        ("2^half", "an exponent is no whole number"),
        ("9^9^9^9", "a power is too large"),
        ("2^501", "a power is too large"),
        ("7^500", "a power is too large"),
        ("gcd(half, 2)", "a whole number is needed"),
        ("factorial(81)", "a factorial of less than 0 or more than 80"),
        ("factorial(80)^80", "a power is too large"),
        ("factorial(80)*factorial(80)*factorial(80)", "a number has too many figures"),
        ("round(a, 51)", "rounding to less than 0 or more than 50 places"),
    ],
)
def test_what_has_no_value_says_why(text: str, reason: str):
    with pytest.raises(Undefined, match=f"^{reason}"):
        outcome(text)


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("who + 1", "a text stands where a number should"),
        ("-who", "a text stands where a number should"),
        ("who < whom", "a text stands where a number should"),
        ("who = 1", "values of two kinds are compared"),
        ("a and b", "a number stands where a condition should"),
        ("not a", "a number stands where a condition should"),
        ("who or a = 1", "a text stands where a condition should"),
        ("(a > 1) + 1", "a condition stands where a number should"),
        ("if(a, 1, 2)", "a number stands where a condition should"),
    ],
)
def test_what_makes_no_sense_says_so(text: str, reason: str):
    with pytest.raises(Misused, match=reason):
        outcome(text)


@pytest.mark.parametrize(
    "text",
    [
        "(" * 1000,
        "(" * 500 + ")" * 500,
        "-" * 1000,
        "not " * 250,
        "1" + "+1" * 499,
        "2^" * 499 + "2",
        "abs(" * 250,
        "1<" * 499 + "1",
        "(" * 10_000_000,
        "a" * 10_000_000,
        "1" * 10_000_000,
        " " * 10_000_000,
    ],
    ids=lambda text: f"{text[:4]!r} of {len(text)}",
)
def test_a_bomb_goes_out_in_milliseconds(text: str):
    start = time.perf_counter()
    with pytest.raises(Misread):
        read_formula(text)
    assert time.perf_counter() - start < 0.1


def test_work_is_counted_not_timed():
    formula = read_formula("a + a*a")  # five places
    work = Work(7)
    worth(formula, VALUES, work)
    assert work.left == 2
    with pytest.raises(GeneratorInvalid, match="takes too long"):
        worth(formula, VALUES, work)


# --- against Python's own arithmetic --------------------------------------------------------------

_trees: st.SearchStrategy[str] = st.recursive(
    st.integers(0, 99).map(str)
    | st.decimals(0, 9, places=2).map(lambda number: str(Decimal(number))),
    lambda inner: (
        st.tuples(inner, st.sampled_from(["+", "-", "*", "/", "<", ">=", "!="]), inner).map(
            lambda parts: f"({parts[0]} {parts[1]} {parts[2]})"
        )
        | inner.map(lambda body: f"(-{body})")
        | inner.map(lambda body: f"abs({body})")
    ),
    max_leaves=8,
)


@given(_trees)
def test_random_formulas_are_worth_what_exact_arithmetic_says(text: str):
    try:
        expected: Any = _python(text)
    except (ZeroDivisionError, TypeError):
        with pytest.raises((Undefined, Misused)):
            outcome(text)
        return
    assert outcome(text) == expected


_SIGNS: dict[type[ast.operator], Callable[[Fraction, Fraction], Fraction]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
}


def _python(text: str) -> Fraction | bool:
    """The same text by Python's own parser, with fractions, sums of conditions refused."""

    def value(node: ast.expr) -> Fraction | bool:
        match node:
            case ast.Constant():
                return Fraction(ast.get_source_segment(text, node) or "")
            case ast.UnaryOp(operand=operand):
                return -number(operand)
            case ast.Call(args=[argument]):
                return abs(number(argument))
            case ast.BinOp(left=left, op=op, right=right):
                one, other = number(left), number(right)
                return _SIGNS[type(op)](one, other)
            case ast.Compare(left=left, ops=[ast.NotEq()], comparators=[right]):
                one_, other_ = value(left), value(right)
                if type(one_) is not type(other_):
                    raise TypeError
                return one_ != other_
            case ast.Compare(left=left, ops=[op], comparators=[right]):
                first, second = number(left), number(right)
                return first < second if isinstance(op, ast.Lt) else first >= second
            case _:
                raise AssertionError(ast.dump(node))

    def number(node: ast.expr) -> Fraction:
        found = value(node)
        if isinstance(found, bool):
            raise TypeError
        return found

    return value(ast.parse(text, mode="eval").body)
