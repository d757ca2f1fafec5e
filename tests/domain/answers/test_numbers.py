"""Reading numbers: every way a person writes them, exactly, and never more than is there."""

from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.answers.numbers import (
    MAX_DIGITS,
    Form,
    Note,
    Unreadable,
    leading_number,
    plain,
    read_number,
    tidy,
)
from domain.answers.verdict import Reason


@pytest.mark.parametrize(
    ("written", "value"),
    [
        ("5", "5"),
        ("-5", "-5"),
        ("\u22125", "-5"),
        ("+5", "5"),
        ("- 5", "-5"),
        ("007", "7"),
        ("3.14", "3.14"),
        ("3,14", "3.14"),
        (" 3,14 ", "3.14"),
        (",5", "0.5"),
        (".5", "0.5"),
        ("0,234", "0.234"),
        ("25 000", "25000"),
        ("25\u00a0000", "25000"),
        ("25\u2009000", "25000"),
        ("25\u202f000", "25000"),
        ("1'000", "1000"),
        ("1’000’000", "1000000"),
        ("1 234,5", "1234.5"),
        ("1 234 567.89", "1234567.89"),
        ("1,234.5", "1234.5"),
        ("1.234,5", "1234.5"),
        ("1,234,567", "1234567"),
        ("1.234.567", "1234567"),
        ("3,141 592 65", "3.14159265"),
        ("1e5", "100000"),
        ("1E-3", "0.001"),
        ("1,5е3", "1500"),  # a Cyrillic е
        ("1,5·10^3", "1500"),
        ("1.5*10^-3", "0.0015"),
        ("1.5 × 10^(-3)", "0.0015"),
        ("1.5x10^{3}", "1500"),
        ("1,5 х 10**3", "1500"),  # a Cyrillic х
        ("10^5", "100000"),
        ("-10^5", "-100000"),
        ("10⁵", "100000"),
        ("6,02·10²³", "602000000000000000000000"),
        ("1,6·10⁻¹⁹", "1.6E-19"),
        ("1/2", "0.5"),
        ("-1/4", "-0.25"),
        ("3 1/2", "3.5"),
        ("-3 1/2", "-3.5"),
        ("3½", "3.5"),
        ("¾", "0.75"),
        ("0,(3)", Fraction(1, 3)),
        ("1.2(34)", Fraction(1222, 990)),
        ("-0,(9)", Fraction(-1)),
        ("1/3", Fraction(1, 3)),
        ("2⁄3", Fraction(2, 3)),
        ("50 %", "0.5"),
        ("12,5%", "0.125"),
        ("１２", "12"),
        ("(-5)", "-5"),
        ("(1/2)", "0.5"),
        ("5.", "5"),
        ("-0", "0"),
        ("0e900", "0"),
        (7, "7"),
        (0.1, "0.1"),
        (1e22, "1E+22"),
        (Decimal("0.30"), "0.3"),
    ],
)
def test_a_number_is_read_as_people_write_it(written: str | float | Decimal, value: str | Fraction):
    expected = Fraction(value)
    assert Fraction(read_number(written).value) == expected


@pytest.mark.parametrize(
    "written",
    [
        *("", " ", "abc", "5 м", "1,2,3", "1..2", "1 2", "25 00", "1 0000", "2^10", "10*5", "1+1"),
        *("--5", "+-5", "5-", "1/2/3", "3 4/2", "1/0.5", "0x10", "1_000", "٣", "①", "1e", "e5"),
        *(
            "0,()",
            "0,(3",
            "=5",
            "x=5",
            "1e5e5",
            "10^10^10",
            "9**9**9**9",
            "__import__('os')",
            "5 %%",
        ),
    ],
)
def test_what_is_no_number_is_unreadable(written: str):
    with pytest.raises(Unreadable):
        read_number(written)


@pytest.mark.parametrize(
    ("written", "reason"),
    [
        ("", Reason.EMPTY),
        ("abc", Reason.UNREADABLE),
        ("NaN", Reason.NOT_FINITE),
        ("-Infinity", Reason.NOT_FINITE),
        ("∞", Reason.NOT_FINITE),
        (float("nan"), Reason.NOT_FINITE),
        (float("-inf"), Reason.NOT_FINITE),
        (Decimal("sNaN"), Reason.NOT_FINITE),
        ("1/0", Reason.NOT_FINITE),
        ("1e1001", Reason.TOO_LONG),
        ("1e-99999", Reason.TOO_LONG),
        (Decimal("1E+999999"), Reason.TOO_LONG),
        pytest.param(10**5000, Reason.TOO_LONG, id="huge int"),
        ("9" * 61, Reason.TOO_LONG),
        ("9" * 400_000, Reason.TOO_LONG),
        ("a\u0301" * 200_000, Reason.TOO_LONG),
        ("1" + "\u0301" * 400_000, Reason.TOO_LONG),
        (True, Reason.UNREADABLE),
        (None, Reason.UNREADABLE),
        ("\ud800", Reason.UNREADABLE),
    ],
    ids=lambda value: repr(value)[:20] if isinstance(value, str) else None,
)
def test_a_hostile_number_is_refused_with_its_reason(
    written: str | float | Decimal, reason: Reason
):
    with pytest.raises(Unreadable) as refusal:
        read_number(written)
    assert refusal.value.reason is reason


def test_sixty_digits_are_read_and_sixty_one_are_not():
    assert read_number("1" * MAX_DIGITS).value == Decimal("1" * MAX_DIGITS)
    with pytest.raises(Unreadable):
        read_number("1" * MAX_DIGITS + ",1")


def test_a_single_comma_is_a_decimal_one_and_the_learner_is_told():
    reading = read_number("1,234")
    assert reading.value == Decimal("1.234")
    assert reading.notes == (Note.COMMA_READ_AS_DECIMAL,)
    assert read_number("1,23").notes == read_number("0,234").notes == ()


def test_a_per_cent_is_a_hundredth_and_the_learner_is_told():
    reading = read_number("50%")
    assert (reading.value, reading.form) == (Decimal("0.5"), Form.PERCENT)
    assert reading.notes == (Note.PERCENT_READ_AS_FRACTION,)


@pytest.mark.parametrize(
    ("text", "value", "rest"),
    [
        ("3,2 км/ч", "3.2", "км/ч"),
        ("25 000 м", "25000", "м"),
        ("1,5·10³ м²", "1500", "м^2"),
        ("3 1/2 ч", "3.5", "ч"),
        ("5 1/с", "5", "1/с"),
        ("5%", "5", "%"),
        ("5eV", "5", "eV"),
        ("5e3V", "5000", "V"),
        ("-40 °C", "-40", "°C"),
        ("5м", "5", "м"),
    ],
)
def test_a_quantity_begins_with_its_number(text: str, value: str, rest: str):
    reading, left = leading_number(tidy(text))
    assert (Fraction(reading.value), left) == (Fraction(value), rest)


@pytest.mark.parametrize("text", ["1,2,3 м", "5 10 м", "м", "", "5..5 м"])
def test_a_quantity_without_one_clear_number_is_unreadable(text: str):
    with pytest.raises(Unreadable):
        leading_number(tidy(text))


@given(
    st.one_of(
        st.decimals(allow_nan=False, allow_infinity=False, places=8).filter(
            lambda d: abs(d) < 10**50
        ),
        st.fractions(max_denominator=10**20).filter(lambda f: abs(f) < 10**30),
        st.builds(
            lambda d, e: Decimal(d).scaleb(e),
            st.integers(-(10**20), 10**20),
            st.integers(-900, 900),
        ),
    )
)
def test_a_number_that_is_printed_reads_as_the_same_number(value: Decimal | Fraction):
    assert Fraction(read_number(plain(value)).value) == Fraction(value)


digits = st.text("0123456789 .,/'eE+-()%^*·10½", max_size=25)


@given(st.one_of(st.text(), digits, st.floats(), st.integers(), st.none(), st.booleans()))
def test_reading_never_fails_otherwise_and_is_stable(given_number: str | float | None):
    try:
        reading = read_number(given_number)  # type: ignore[arg-type]  # hostile on purpose
    except Unreadable:
        return
    printed = plain(reading.value)
    again = read_number(printed)
    assert again.value == reading.value
    assert plain(again.value) == printed


@given(
    st.decimals(allow_nan=False, allow_infinity=False, places=3).filter(lambda d: abs(d) < 10**15)
)
def test_comma_point_groups_and_powers_are_one_number(value: Decimal):
    grouped = f"{value:,f}"
    forms = [
        str(value).replace(".", ","),
        grouped.replace(",", " "),
        grouped.replace(",", "\u202f").replace(".", ","),
        grouped.replace(",", "'"),
        f"{value:f}·10^0",
        f"{value:f}E0".replace(".", ","),
    ]
    assert {read_number(form).value for form in forms} == {value}
