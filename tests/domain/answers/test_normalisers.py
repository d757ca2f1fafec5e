"""Normalisers: each forgives one difference, none takes a minute."""

import time
import unicodedata

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from domain.answers.normalisers import (
    MAX_MARKS,
    Normaliser,
    TooManyMarks,
    normalised,
    too_many_marks,
)

N = Normaliser


@pytest.mark.parametrize(
    ("normaliser", "one", "other"),
    [
        (N.TRIM, " ответ\u00a0", "ответ"),
        (N.COLLAPSE_SPACES, "два  \t слова", "два слова"),
        (N.COLLAPSE_SPACES, "два\u00a0слова", "два слова"),
        (N.CASEFOLD, "СТРАСБУРГ", "Страсбург"),
        (N.CASEFOLD, "STRASSE", "straße"),
        (N.UNICODE, "x²", "x^2"),
        (N.UNICODE, "x⁻¹⁰", "x^-10"),
        (N.UNICODE, "H₂O", "H2O"),
        (N.UNICODE, "ﬁn", "fin"),
        (N.UNICODE, "Ａ", "A"),
        (N.YO, "ёлка", "елка"),
        (N.YO, "Ёлка", "Елка"),
        (N.YO, "е\u0308лка", "елка"),
        (N.ACCENTS, "за\u0301мок", "замок"),
        (N.ACCENTS, "café", "cafe"),
        (N.PUNCTUATION, "«Война и мир».", "Война и мир"),
        (N.PUNCTUATION, "красно-белый", "красно белый"),
        (N.PUNCTUATION, "don’t", "dont"),
        (N.PUNCTUATION, "раз, два", "раз два"),
        (N.PUNCTUATION, "-5", "−5"),
        (N.CONFUSABLES, "Рорсорн", "Popcopн"),
    ],
)
def test_B27_a_normaliser_forgives_its_difference(normaliser: Normaliser, one: str, other: str):
    assert normalised(one, [normaliser]) == normalised(other, [normaliser])
    assert normalised(one, []) != normalised(other, [])


@pytest.mark.parametrize(
    ("normalisers", "one", "other"),
    [
        ([], "Париж", "париж"),
        ([N.UNICODE], "x²", "x2"),
        ([N.ACCENTS], "мой", "мои"),
        ([N.ACCENTS], "всё", "все"),
        ([N.PUNCTUATION], "C#", "C"),
        ([N.PUNCTUATION], "-5", "5"),
        ([N.PUNCTUATION], "3.14", "314"),
        ([N.PUNCTUATION], "50%", "50"),
        ([N.CONFUSABLES], "кот", "код"),
        ([N.CASEFOLD, N.YO], "ёлка", "йолка"),
        ([N.TRIM], "два  слова", "два слова"),
    ],
)
def test_B27_what_no_normaliser_names_still_counts(
    normalisers: list[Normaliser], one: str, other: str
):
    assert normalised(one, normalisers) != normalised(other, normalisers)


def test_capitals_and_look_alikes_work_together():
    both = [N.CASEFOLD, N.CONFUSABLES]
    assert normalised("ВОДА", both) == normalised("вода", both) == normalised("BОДA", both)
    assert normalised("Том", both) == normalised("TOM", both)


def test_the_canonical_form_and_the_invisible_never_count():
    assert normalised("и\u0306", []) == normalised("й", [])
    assert normalised("сло\u00adво\u200b", []) == "слово"


subsets = st.lists(st.sampled_from(list(Normaliser)), unique=True)


@given(st.text(max_size=40), subsets)
@example("ΐ", [N.CASEFOLD])
@example("ẞ ǰ ŉ", [N.CASEFOLD, N.UNICODE])
@example("\u0345\u0301", [N.CASEFOLD])
@example("´ ¨", [N.UNICODE, N.PUNCTUATION, N.TRIM])
def test_normalising_twice_is_normalising_once(text: str, normalisers: list[Normaliser]):
    try:
        once = normalised(text, normalisers)
    except TooManyMarks:
        return
    assert normalised(once, normalisers) == once
    assert unicodedata.is_normalized("NFC", once)


@given(st.text(max_size=30), st.permutations(list(Normaliser)))
def test_the_order_in_which_normalisers_are_named_does_not_matter(
    text: str, order: list[Normaliser]
):
    try:
        assert normalised(text, order) == normalised(text, list(Normaliser))
    except TooManyMarks:
        assert too_many_marks(text)


def test_a_long_run_of_marks_is_refused_at_once():
    began = time.perf_counter()
    assert not too_many_marks("a" + "\u0301" * MAX_MARKS)
    with pytest.raises(TooManyMarks):
        normalised("a" + "\u0301" * (MAX_MARKS + 1), list(Normaliser))
    with pytest.raises(TooManyMarks):
        normalised("a" + "\u0301\u0323" * 200_000, list(Normaliser))
    normalised("a\u0301\u0323" * 3_000 + "ﷺ" * 3_000, list(Normaliser))
    assert time.perf_counter() - began < 2
