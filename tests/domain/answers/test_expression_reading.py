"""How expressions are read: what people type in two languages and two syntaxes, and its bounds."""

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.answers.expression import unreadable
from domain.answers.expressions.characters import Unreadable
from domain.answers.expressions.cursor import Doubt
from domain.answers.expressions.printing import shown
from domain.answers.expressions.reading import read
from domain.answers.expressions.tree import Number
from domain.answers.schema import Syntax


def first(text: str, *, latex: bool = False) -> str:
    return shown(read(text, latex=latex)[0].node)


@pytest.mark.parametrize(
    ("text", "read_as"),
    [
        ("2x", "2·x"),
        ("2(x+1)", "2·(x + 1)"),
        ("(x+1)(x-1)", "(x + 1)·(x - 1)"),
        ("x²", "x^2"),
        ("x⁻¹²", "x^(-12)"),
        ("2√2", "2·√2"),
        ("x₁+x₂", "x_1 + x_2"),
        ("x1", "x_1"),
        ("хуc", "x·y·c"),
        ("3·10⁵", "3·10^5"),
        ("2пи", "2·π"),
        ("tg x", "tan(x)"),
        ("sin 2x", "sin(2·x)"),
        ("sin^2 x", "sin(x)^2"),
        ("sin x cos x", "sin(x)·cos(x)"),
        ("xsinx", "x·sin(x)"),
        ("Sin x", "sin(x)"),
        ("lg 5", "lg(5)"),
        ("log_2 8", "log_2(8)"),
        ("-x^2", "-x^2"),
        ("2^-x", "2^(-x)"),
        ("2^3^2", "2^(3^2)"),
        ("|x-|y||", "|x - |y||"),
        ("5!", "5!"),
        ("C_5^2", "C(5; 2)"),
        ("30°", "30°"),
        ("±2", "±2"),
        ("x = 5.", "x = 5"),
        ("Ответ: 5", "5"),
        ("1 < x ≤ 3", "1 < x ≤ 3"),
        ("x:=3", "x = 3"),
        ("]1;2[", "]1; 2["),
        ("x<1 или x>3", "x < 1 ∨ x > 3"),
        ("нет решений", "∅"),
        ("R\\{0}", "R \\ {0}"),
        ("1,2; 3", "1.2; 3"),
        ("α+β", "α + β"),
    ],
)
def test_plain_text_is_read_as_people_mean_it(text: str, read_as: str):
    assert first(text) == read_as


@pytest.mark.parametrize(
    ("text", "read_as"),
    [
        (r"\frac12", "1/2"),
        (r"\frac{a}{b}", "a/b"),
        (r"\sqrt[3]{x}", "root(3; x)"),
        (r"\log_28", "log_2(8)"),
        (r"0{,}5", "0.5"),
        (r"25\,000", "25000"),
        (r"\left(x+1\right)^{10}", "(x + 1)^10"),
        (r"\operatorname{arctg} x", "arctan(x)"),
        (r"30^\circ", "30°"),
        (r"\begin{cases}x=1\\y=2\end{cases}", "x = 1; y = 2"),
        (r"\left[\begin{array}{l}x=1\\x=2\end{array}\right.", "x = 1 ∨ x = 2"),
        (r"\begin{pmatrix}1&2\\3&4\end{pmatrix}", "[1; 2 | 3; 4]"),
        (r"x=1\text{ или }x=2", "x = 1 ∨ x = 2"),
        (r"n\in\mathbb{Z}", "n ∈ ℤ"),
        (r"$x$", "x"),
    ],
)
def test_latex_is_read_as_it_looks(text: str, read_as: str):
    assert first(text, latex=True) == read_as


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("0,5", Fraction(1, 2)),
        ("0.5", Fraction(1, 2)),
        ("0,(3)", Fraction(1, 3)),
        ("0,1(6)", Fraction(1, 6)),
        ("25 000", Fraction(25000)),
        ("1'000'000", Fraction(10**6)),
        ("1 234,5", Fraction(12345, 10)),
        ("3 1/2", Fraction(7, 2)),
        ("3½", Fraction(7, 2)),
        (r"1\frac12", Fraction(3, 2)),
        ("1,5e3", Fraction(1500)),
        ("0,\\overline{3}", Fraction(1, 3)),
    ],
)
def test_a_number_is_read_exactly(text: str, value: Fraction):
    node = read(text, latex="\\" in text)[0].node
    assert isinstance(node, Number)
    assert node.value == value


def test_a_comma_between_digits_is_read_both_ways():
    assert [shown(one.node) for one in read("1,2", latex=False)] == ["1.2", "1; 2"]
    assert [shown(one.node) for one in read("{1,2}", latex=False)] == ["{1; 2}", "{1.2}"]


@pytest.mark.parametrize(
    ("text", "doubt", "wide"),
    [
        ("1/2x", Doubt.SLASH, "1/(2·x)"),
        ("sin x/2", Doubt.ARGUMENT, "sin(x/2)"),
        ("√2x", Doubt.ROOT, "√(2·x)"),
        ("e^2x", Doubt.EXPONENT, "e^(2·x)"),
        ("sin^-1 x", Doubt.INVERSE, "sin(x)^(-1)"),
        ("2e-3", Doubt.EULER, "2·e - 3"),
    ],
)
def test_a_doubtful_text_has_a_second_reading_that_decides_nothing(
    text: str, doubt: Doubt, wide: str
):
    sure, other = read(text, latex=False)
    assert sure.certain
    assert not other.certain
    assert other.doubts == {doubt}
    assert shown(other.node) == wide


@pytest.mark.parametrize(
    ("text", "reason", "position"),
    [
        ("", "empty", 1),
        ("x+", "unreadable", 3),
        ("(x+1", "unreadable", 5),
        ("x+1)", "unreadable", 4),
        ("2 апельсина", "unreadable", 4),
        ("__import__('os')", "unreadable", 1),
        ("2 3", "unreadable", 3),
        ("2\\frac{3}{2}", "unreadable", 2),
        ("\\foo", "unreadable", 1),
        ("x" * 2001, "too_long", 2000),
        ("1+" * 400 + "1", "too_long", 601),
        ("(" * 61 + "1" + ")" * 61, "too_deep", 61),
        ("1" * 61, "too_long", 1),
        ("1e1001", "too_long", 1),
        ("±1±1±1±1±1", "unreadable", 10),
        ("sin(1; 2)", "unreadable", 1),
        ("(1;2)+3", "unreadable", 6),
        ("x <", "unreadable", 4),
    ],
)
def test_what_cannot_be_read_is_refused_with_its_place(text: str, reason: str, position: int):
    with pytest.raises(Unreadable) as refused:
        read(text, latex="\\" in text)
    assert refused.value.reason == reason
    assert abs(refused.value.position - position) <= 1
    assert refused.value.message


@pytest.mark.parametrize("text", ["x<±1", "(1;2;3)=x+1", "1∈{1;2}", "(x=1;2)"])
def test_a_text_that_says_nothing_is_unreadable_too(text: str):
    assert unreadable(text) is not None


@given(st.text(max_size=200), st.sampled_from(Syntax))
def test_any_text_is_read_or_refused(text: str, syntax: Syntax):
    why = unreadable(text, syntax)
    assert why is None or 1 <= why.position <= len(text) + 1


@given(st.text(alphabet="0123456789xyn+-*/^()[]{}|,;=<>≤∈±!°√ .eπ\\", max_size=60))
def test_what_is_shown_can_be_read_again(text: str):
    try:
        readings = read(text, latex=False)
    except Unreadable:
        return
    assert all(shown(reading.node) for reading in readings)
