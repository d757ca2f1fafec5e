"""Normalisers: what may differ between two texts that count as the same (CONTRACT 2.D, B-27)."""

import re
import unicodedata
from collections.abc import Collection
from enum import StrEnum
from typing import Final

MAX_MARKS: Final = 8
"""Combining marks in a row: normalising takes time quadratic in a longer run."""


class Normaliser(StrEnum):
    """A named difference that does not count. They work in this order, whatever the list's."""

    UNICODE = "unicode"  # NFKC, after superscripts became ^
    CASEFOLD = "casefold"
    YO = "yo"  # ё is е
    ACCENTS = "accents"  # stress marks and diacritics; й, ё and ї stay what they are
    CONFUSABLES = "confusables"  # Cyrillic and Latin letters that look alike
    PUNCTUATION = "punctuation"  # a mark is a space, a quote nothing, a number keeps its sign
    COLLAPSE_SPACES = "collapse_spaces"
    TRIM = "trim"


class TooManyMarks(Exception):
    """A text with an unreasonable run of combining marks."""


_RAISED: Final = re.compile("[⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻]+")
_LOWERED: Final = str.maketrans("⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻", "0123456789+-")
_INVISIBLE: Final = re.compile("[\u00ad\u200b\u2060\ufeff]+")
_YO: Final = str.maketrans("ёЁ", "еЕ")
_LETTERS_WITH_MARKS: Final = frozenset("ЙйЁёЇїЎў")
_QUOTES: Final = re.compile("[\"'`´‘’‚‛“”„‟«»‹›ʼ]")
_MEANINGFUL: Final = frozenset("#%&@*/\\")
_SIGNS: Final = re.compile(r"(?<![0-9])[^\w\s]|[^\w\s](?![0-9])")  # 2:3 is not 2 3
_DECIMAL_COMMA: Final = re.compile(r"(?<=[0-9]),(?=[0-9])")
_RANGE: Final = re.compile(r"(?<=[0-9])[‐‑‒–—](?=[0-9])")
_SIGN: Final = re.compile(r"(?<!\w)[-‐‑‒–](?=[0-9])")  # -5 is not 5
_SPACES: Final = re.compile(r"\s+")
_TWINS_SMALL: Final = str.maketrans("аекорсухіјѕ", "aekopcyxijs")
_TWINS_CAPITAL: Final = str.maketrans("АВЕКМНОРСТУХІЈЅ", "ABEKMHOPCTYXIJS")
_TWINS_EITHER: Final = str.maketrans("авекмнорстухіјѕ", "abekmhopctyxijs")


def too_many_marks(text: str) -> bool:
    """Whether more than MAX_MARKS combining marks follow each other."""
    if text.isascii() or not any(map(unicodedata.combining, text)):
        return False
    run = 0
    for character in text:
        run = run + 1 if unicodedata.combining(character) else 0
        if run > MAX_MARKS:
            return True
    return False


def normalised(text: str, normalisers: Collection[Normaliser]) -> str:
    """The text without the differences that do not count; always in NFC. Idempotent.

    Raises TooManyMarks. The caller has bounded the text's length.
    """
    plain = text.isascii()
    if not plain:
        if too_many_marks(text):
            raise TooManyMarks
        text = _composed(text, normalisers)
    elif Normaliser.CASEFOLD in normalisers:
        text = text.lower()
    if Normaliser.CONFUSABLES in normalisers and not plain:
        if Normaliser.CASEFOLD in normalisers:
            text = text.translate(_TWINS_EITHER)
        else:
            text = text.translate(_TWINS_SMALL).translate(_TWINS_CAPITAL)
        text = unicodedata.normalize("NFC", text)
    if Normaliser.PUNCTUATION in normalisers:
        text = _without_punctuation(text)
    if Normaliser.COLLAPSE_SPACES in normalisers:
        text = _SPACES.sub(" ", text)
    return text.strip() if Normaliser.TRIM in normalisers else text


def _composed(text: str, normalisers: Collection[Normaliser]) -> str:
    text = _INVISIBLE.sub("", text)
    form = "NFC"
    if Normaliser.UNICODE in normalisers:
        # Before NFKC, which would make x2 of x².
        text = _RAISED.sub(lambda run: "^" + run.group().translate(_LOWERED), text)
        form = "NFKC"
    text = unicodedata.normalize(form, text)  # type: ignore[arg-type]  # one of its literals
    if Normaliser.CASEFOLD in normalisers:
        # Twice, for the letters whose folded form composes anew.
        text = unicodedata.normalize(form, text.casefold())  # type: ignore[arg-type]  # as above
        text = unicodedata.normalize(form, text.casefold())  # type: ignore[arg-type]  # as above
    if Normaliser.YO in normalisers:
        text = text.translate(_YO)
    if Normaliser.ACCENTS in normalisers:
        text = "".join(map(_bare, text))
    return text


def _bare(character: str) -> str:
    if character.isascii() or character in _LETTERS_WITH_MARKS:
        return character
    if unicodedata.combining(character):
        return ""
    parts = unicodedata.normalize("NFD", character)
    bare = "".join(part for part in parts if not unicodedata.combining(part))
    return character if len(bare) == len(parts) else unicodedata.normalize("NFC", bare)


def _without_punctuation(text: str) -> str:
    text = _SIGN.sub("−", _QUOTES.sub("", text))
    text = _RANGE.sub("-", _DECIMAL_COMMA.sub(".", text))
    text = _SIGNS.sub(_space_for_a_mark, text)
    return _SPACES.sub(" ", text).strip()


def _space_for_a_mark(found: re.Match[str]) -> str:
    sign = found.group()
    if sign in _MEANINGFUL or not unicodedata.category(sign).startswith("P"):
        return sign
    return " "
