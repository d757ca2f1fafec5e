"""Units: two languages, exact conversion, and nothing taken for what it is not (B-30)."""

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.answers.numbers import Unreadable
from domain.answers.unit_grammar import MAX_POWER
from domain.answers.unit_table import ROWS, SI_PREFIXES
from domain.answers.units import (
    Kinship,
    Unit,
    allowed_unit,
    read_unit,
    relate,
)
from domain.answers.verdict import Reason

ALL = sorted({one for row, symbols, _ in ROWS for one in (row.symbol, row.russian, *symbols)})


def convert(value: str, given_unit: str, wanted: str) -> Fraction:
    kin = relate(read_unit(given_unit), read_unit(wanted))
    assert kin.kinship is not Kinship.STRANGE
    return Fraction(value) * kin.scale + kin.shift


def test_the_table_has_eighty_units_and_more():
    assert len(ROWS) >= 80


@pytest.mark.parametrize("text", ALL)
def test_every_symbol_of_the_table_reads_and_prints_as_itself(text: str):
    unit = read_unit(text)
    assert read_unit(unit.text).name == unit.name


def test_a_unit_is_never_shown_as_another_one():
    assert read_unit("м·Gs").text == "м·Gs"
    assert read_unit("м·Гс").text == "м·Гс"
    assert read_unit("петасименс").text == "ПСм"
    assert read_unit("petasiemens").text == "ПСм"


def test_no_symbol_and_no_name_means_two_units():
    symbols = [symbol for row, more, _ in ROWS for symbol in {row.symbol, row.russian, *more}]
    names = [name for _, _, names in ROWS for name in names]
    assert len(symbols) == len(set(symbols))
    assert len(names) == len(set(names))


@pytest.mark.parametrize(
    "spellings",
    [
        ("км/ч", "km/h", "км/час", "км·ч⁻¹", "km h^-1", "км в час", "километров в час", "kmh"),
        ("м/с²", "м/с^2", "m/s**2", "м/с/с", "м·с^-2", "м с-2", "метров в секунду в квадрате"),
        ("Н·м", "N*m", "Н м", "Нм", "N⋅m", "ньютон-метр"),
        ("кВт·ч", "kWh", "кВтч", "кВт*ч", "кВт-ч"),
        ("м²", "м2", "кв. м", "кв.м", "м кв.", "square metres", "квадратных метров"),
        ("см³", "см3", "cm^3", "куб. см", "cc", "кубических сантиметров"),
        ("Дж/(кг·К)", "J/(kg·K)", "Дж/кг/К", "Дж·кг^-1·К^-1"),
        ("°C", "°С", "℃", "градусов Цельсия", "degrees Celsius"),
        ("мкм", "µm", "μm", "um", "микрометров", "micrometers"),
        ("Ом", "Ω", "Ω", "ohm", "омов"),
        ("мм рт. ст.", "мм рт.ст.", "mmHg", "mm Hg", "миллиметров ртутного столба"),
        ("л. с.", "л.с.", "лошадиных сил"),
        ("с", "s", "сек", "sec", "секунд", "seconds"),
        ("1/с", "с⁻¹", "s^-1", "с-1"),
        ("кг", "kg", "Кг", "КГ", "килограммов", "kilograms"),
        ("Кбайт", "КБ", "KiB", "килобайт", "кибибайт"),
        ("об/мин", "rpm", "rev/min", "оборотов в минуту"),
    ],
)
def test_one_unit_has_many_spellings(spellings: tuple[str, ...]):
    assert len({read_unit(text).name for text in spellings}) == 1


@pytest.mark.parametrize(
    ("value", "unit", "result", "wanted"),
    [
        ("36", "км/ч", "10", "м/с"),
        ("1", "mi", "1609.344", "м"),
        ("1", "кВт·ч", "3600000", "Дж"),
        ("1", "атм", "760", "Torr"),
        ("20", "°C", "293.15", "K"),
        ("-40", "°C", "-40", "°F"),
        ("212", "°F", "100", "°C"),
        ("1", "Дж/(г·°C)", "1000", "Дж/(кг·К)"),
        ("1", "г/см³", "1000", "кг/м³"),
        ("1", "л", "1000", "см³"),
        ("1", "Кбайт", "1024", "байт"),
        ("1", "kB", "1000", "B"),
        ("8", "Мбит/с", "1", "MB/s"),
        ("1", "эВ", "1.602176634e-19", "Дж"),
        ("360", "°", "1", "об"),
        ("1", "°", "60", "′"),
        ("60", "об/мин", "1", "Гц"),
        ("60", "об/мин", "1", "с⁻¹"),
        ("5", "рад/с", "5", "с⁻¹"),
        ("1", "сут", "86400", "с"),
        ("1", "га", "10000", "м²"),
        ("1", "бар", "100", "кПа"),
        ("1", "Н·м", "1", "Дж"),
        ("50", "%", "500", "‰"),
    ],
)
def test_conversion_is_exact(value: str, unit: str, result: str, wanted: str):
    assert convert(value, unit, wanted) == Fraction(result)


def test_degrees_and_radians_convert_by_pi():
    assert abs(convert("180", "°", "рад") - Fraction("3.14159265358979323846")) < Fraction(
        1, 10**19
    )
    assert abs(convert(str(convert("1", "рад", "°")), "°", "рад") - 1) == 0


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Н·м", "нм"),
        ("кВт·ч", "кВт/ч"),
        ("кВт", "кВт·ч"),
        ("м", "м²"),
        ("м/с", "м·с"),
        ("м/с", "м/с²"),
        ("кг", "Н"),
        ("Гц", "Бк"),
        ("Гц", "рад/с"),
        ("Гр", "Зв"),
        ("Вт", "вар"),
        ("лм", "кд"),
        ("рад", "ср"),
        ("рад", "%"),
        ("бит", "%"),
        ("А·ч", "А/ч"),
        ("К", "К/с"),
        ("См", "см"),
    ],
)
def test_what_only_looks_alike_does_not_convert(one: str, other: str):
    assert relate(read_unit(one), read_unit(other)).kinship is Kinship.STRANGE


@pytest.mark.parametrize(
    ("one", "other", "times"),
    [("мФ", "мкФ", 1000), ("мВт", "МВт", 10**-9), ("мм", "Мм", 10**-9), ("г", "кг", 10**-3)],
)
def test_prefixes_are_not_mixed_up(one: str, other: str, times: float):
    assert convert("1", one, other) == Fraction(str(times)).limit_denominator(10**9)


@pytest.mark.parametrize(
    "text",
    [
        *("", " ", "попугай", "xyz", "5", "м/", "/", "*м", "м*", "м//с", "м**", "м^", "^2", "м^10"),
        *("м^99999999999", "м^5·м^5", "(м", "м)", "()", "((((((((м))))))))", "м^2^2^2", "м^(1/2)"),
        *("мкмкм", "ккм", "кмм", "СМ", "мвт", "MM", "м" * 101, "м·" * 50, "\u0301" * 400_000),
        *("10**10**10 m", "__import__", "kg.m.s" * 9, "\ud800", "\x00", "м\x00", "кккк", "д2"),
    ],
    ids=lambda text: repr(text)[:20],
)
def test_what_is_no_unit_is_unreadable(text: str):
    with pytest.raises(Unreadable):
        read_unit(text)


def test_no_unit_at_all_is_told_apart():
    with pytest.raises(Unreadable) as refusal:
        read_unit("")
    assert refusal.value.reason is Reason.UNIT_MISSING


def test_a_slash_without_parentheses_is_read_to_the_end_only_if_the_list_wants_it():
    assert read_unit("Дж/кг·К").name == "J·K·kg^-1"
    assert allowed_unit("Дж/кг·К", ("Дж/(кг·К)",)).slash
    assert not allowed_unit("Дж/кг·К", ("Дж·К/кг", "Дж/(кг·К)")).slash
    with pytest.raises(Unreadable):
        allowed_unit("м/с·с", ("м/с",))


def test_the_list_names_units_not_spellings():
    assert allowed_unit("km/h", ("км/ч",)).unit.name == read_unit("км/ч").name
    assert allowed_unit("см³", ("мл",)).unit.name == "cm^3"
    with pytest.raises(Unreadable) as refusal:
        allowed_unit("см/с", ("м/с", "км/ч"))
    assert refusal.value.reason is Reason.UNIT_NOT_ALLOWED


simple = st.sampled_from(
    [row.russian for row, _, _ in ROWS if not row.offset and row.russian != "мм рт. ст."]
)
prefixed = st.builds(
    lambda p, u: p.symbol + u,
    st.sampled_from([*SI_PREFIXES.values()]),
    st.sampled_from(["m", "s", "N", "Pa", "V", "g"]),
)
atoms = st.one_of(simple, prefixed)
products = st.lists(
    st.tuples(st.sampled_from(["·", "/", " "]), atoms, st.integers(1, 3)), min_size=1, max_size=4
).map(lambda parts: "".join(f"{sign}{unit}^{power}" for sign, unit, power in parts).lstrip("·/ "))


def readable(text: str) -> Unit | None:
    try:
        return read_unit(text)
    except Unreadable:
        return None


@given(products)
def test_a_unit_that_is_shown_reads_as_the_same_unit(text: str):
    unit = readable(text)
    if unit is not None:
        assert read_unit(unit.text).same_as(unit)
        assert all(abs(power) <= MAX_POWER * 4 for power in unit.dimension)


@given(products, products, st.fractions(max_denominator=1000))
def test_conversion_there_and_back_is_the_same_value(one: str, other: str, value: Fraction):
    left, right = readable(one), readable(other)
    if left is None or right is None:
        return
    there, back = relate(left, right), relate(right, left)
    assert there.kinship is back.kinship
    if there.kinship is not Kinship.STRANGE:
        assert (value * there.scale + there.shift) * back.scale + back.shift == value


@pytest.mark.parametrize(
    "pair", [("°C", "K"), ("°C", "°F"), ("°F", "K"), ("°R", "°C"), ("°", "рад")]
)
def test_temperatures_and_angles_there_and_back_are_the_same_value(pair: tuple[str, str]):
    there, back = relate(*map(read_unit, pair)), relate(*map(read_unit, reversed(pair)))
    for value in (Fraction(-40), Fraction(1, 3), Fraction(10**9)):
        assert (value * there.scale + there.shift) * back.scale + back.shift == value


@given(st.one_of(st.text(max_size=40), st.text("мкгсчМНВт/·^()-*1 .'°µ%²³kmgsNW", max_size=20)))
def test_reading_a_unit_never_fails_otherwise(text: str):
    unit = readable(text)
    if unit is not None:
        assert unit.factor > 0
        assert relate(unit, unit).kinship is Kinship.SAME
