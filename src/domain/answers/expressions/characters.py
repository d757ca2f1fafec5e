"""Characters: one alphabet for all the ways people type the same sign, each with its place."""

import re
import unicodedata
from collections.abc import Callable
from typing import NamedTuple

MAX_CHARACTERS = 2000

DECIMAL = "\ue000"  # a comma that can only be a decimal one: 0{,}5
VULGAR = "\ue001"  # stands before the fraction that ½ is made into
THIN = "\u2009"  # a space that may group digits


class Unreadable(ValueError):
    """The text is no expression; `position` counts characters from 1."""

    def __init__(self, message: str, position: int, reason: str = "unreadable") -> None:
        """`message` says plainly what is wrong, `reason` is a member of `Reason`."""
        super().__init__(message)
        self.message = message
        self.position = position
        self.reason = reason


class Characters(NamedTuple):
    """A text in our alphabet; `places[i]` is where character i stood in what was typed."""

    text: str
    places: list[int]


SUPERSCRIPTS = dict(zip("⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻⁼⁽⁾ⁿⁱˣʸᵏᵐᵃᵇ", "0123456789+-=()nixykmab", strict=True))
SUBSCRIPTS = dict(zip("₀₁₂₃₄₅₆₇₈₉₊₋₌₍₎ₐₑₒₓₖₙₘₚₜᵢⱼ", "0123456789+-=()aeoxknmptij", strict=True))

_SAME = {
    # Cyrillic letters that look like Latin ones
    **dict(zip("аекорсухАВЕКМНОРСТУХіІјЈѕЅ", "aekopcyxABEKMHOPCTYXiIjJsS", strict=True)),
    "У": "Y",
    # minus, times, over
    **dict.fromkeys("\u2212\u2013\u2014\u2010\u2011\u2012\ufe63\uff0d", "-"),
    **dict.fromkeys("·⋅∙•×✕✖∗⁎＊∘", "*"),
    **dict.fromkeys("÷∕⁄／", "/"),
    "＋": "+",
    "≦": "≤",
    "⩽": "≤",
    "≧": "≥",
    "⩾": "≥",
    "＝": "=",
    "≡": "=",
    "＜": "<",
    "＞": ">",
    "º": "°",
    "˚": "°",
    "∣": "|",
    "ǀ": "|",
    "│": "|",
    "∖": "\\setminus ",
    "−": "-",
    # brackets and separators
    "（": "(",
    "）": ")",
    "［": "[",
    "］": "]",
    "｛": "{",
    "｝": "}",
    "，": ",",
    "；": ";",
    "、": ";",
    "．": ".",
    "：": ":",
    "∨": " or ",
    "∧": " and ",
    "⋃": "∪",
    "⋂": "∩",
    "∊": "∈",
    "ϵ": "∈",
    "ℤ": "\\mathbb{Z}",
    "ℝ": "\\mathbb{R}",
    "ℕ": "\\mathbb{N}",
    "ℚ": "\\mathbb{Q}",
    "ℂ": "\\mathbb{C}",
    "Ø": "∅",
    "ø": "∅",
    "⌀": "∅",
    "⊘": "∅",
    "′": "'",
    "’": "'",
    "ʹ": "'",
    "‘": "'",
    "`": "'",
    "″": "''",
    "…": "...",
    "ℯ": "e",
    "ⅇ": "e",
    "ⅈ": "i",
    "ϕ": "φ",
    "ϑ": "θ",
    "ϱ": "ρ",
    "∏": "Π",
    "∆": "Δ",
    "Ω": "Ω",
    "µ": "μ",
    "ϖ": "π",
    "∠": "",
    # vulgar fractions
    **{
        sign: f"{VULGAR}\\frac{{{top}}}{{{bottom}}}"
        for sign, top, bottom in [
            ("½", 1, 2),
            ("⅓", 1, 3),
            ("⅔", 2, 3),
            ("¼", 1, 4),
            ("¾", 3, 4),
            ("⅕", 1, 5),
            ("⅖", 2, 5),
            ("⅗", 3, 5),
            ("⅘", 4, 5),
            ("⅙", 1, 6),
            ("⅚", 5, 6),
            ("⅛", 1, 8),
            ("⅜", 3, 8),
            ("⅝", 5, 8),
            ("⅞", 7, 8),
        ]
    },
    # spaces
    **dict.fromkeys("\u00a0\u2009\u202f\u2007\u2008\u200a\u205f", THIN),
    **dict.fromkeys("\t\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u3000", " "),
    **dict.fromkeys("\u200b\u200c\u200d\u2060\u2061\u2062\u2063\u2064\ufeff\u00ad\ufe0f", ""),
    "\r": "",
    "\u2028": "\n",
}
# Letters of words ("или", "нет решений") stay Cyrillic: only letters that stand alone are mapped.
_WORD = re.compile(r"[А-Яа-яЁё]{2,}")
_WORDS = {
    "или": " or ",
    "либо": " or ",
    "и": " and ",
    "пи": " \\pi ",
    "где": " \\where ",
    "при": " \\where ",
    "нет решений": " \\emptyset ",
    "решений нет": " \\emptyset ",
    "нет корней": " \\emptyset ",
    "корней нет": " \\emptyset ",
    "пустое множество": " \\emptyset ",
    "ответ": "",
    "решение": "",
    "бесконечность": " \\infty ",
    "любое число": " \\mathbb{R} ",
    "все числа": " \\mathbb{R} ",
    "все действительные числа": " \\mathbb{R} ",
    "корень из": " √",
    "синус": " \\sin ",
    "косинус": " \\cos ",
}
_ENGLISH = {
    "no solutions": " \\emptyset ",
    "no solution": " \\emptyset ",
    "no real solutions": " \\emptyset ",
    "no roots": " \\emptyset ",
    "empty set": " \\emptyset ",
    "all real numbers": " \\mathbb{R} ",
    "infinity": " \\infty ",
    "where": " \\where ",
    "and": " and ",
    "or": " or ",
    "answer": "",
    "solution": "",
}
_PHRASE = re.compile(
    "|".join(
        [
            *(
                rf"(?<![А-Яа-яЁёA-Za-z\\]){re.escape(word)}(?![А-Яа-яЁёA-Za-z])(?:\s*:)?"
                if word in {"ответ", "решение", "answer", "solution"}
                else rf"(?<![А-Яа-яЁёA-Za-z\\]){re.escape(word).replace(chr(92) + ' ', r'[ ]+')}"
                r"(?![А-Яа-яЁёA-Za-z])"
                for word in sorted([*_WORDS, *_ENGLISH], key=len, reverse=True)
            ),
            # "2пи", "3пи/4", "пиn": the constant touches numbers and Latin letters
            r"(?<![А-Яа-яЁё])пи(?![А-Яа-яЁё])",
        ]
    ),
    re.IGNORECASE,
)
_TEXT = re.compile(
    r"\\(?:text|textrm|textnormal|mbox|mathrm|mathit|operatorname\*?)\s*\{([^{}]*)\}"
)
_SPACING = re.compile(
    r"\\(?:displaystyle|textstyle|limits|qquad|quad|big[lr]?|Big[lr]?|bigg[lr]?|Bigg[lr]?"
    r"|nolimits|hfill|bf|rm|it|nonumber|thinspace)(?![A-Za-z])|\\!"
)
_THIN = re.compile(r"(?<!\\)\\[,;: ]|~")
_DELIMITERS = ((r"\(", r"\)"), (r"\[", r"\]"), ("$$", "$$"), ("$", "$"))


def characters(raw: str) -> Characters:
    """The text in our alphabet. Raises Unreadable when too long or made of foreign signs."""
    if len(raw) > MAX_CHARACTERS:
        raise Unreadable(f"longer than {MAX_CHARACTERS} characters", MAX_CHARACTERS, "too_long")
    found = _Mapped(list(raw), list(range(1, len(raw) + 1)))
    found.strip_delimiters()
    found.replace(_TEXT, lambda match: f" {match.group(1)} ")
    found.replace(_SPACING, lambda _: " ")
    found.replace(_THIN, lambda _: THIN)
    found.replace(re.compile(r"\{,\}"), lambda _: DECIMAL)
    found.replace(_PHRASE, _phrase)
    return found.mapped()


def _phrase(match: re.Match[str]) -> str:
    words = " ".join(match.group().lower().rstrip(": ").split())
    return _WORDS.get(words) or _ENGLISH.get(words) or " "


class _Mapped:
    """A text on its way into our alphabet, places kept."""

    def __init__(self, signs: list[str], places: list[int]) -> None:
        self.text = "".join(signs)
        self.places = places

    def strip_delimiters(self) -> None:
        start = len(self.text) - len(self.text.lstrip())
        end = len(self.text.rstrip())
        for left, right in _DELIMITERS:
            inner = end - start >= len(left) + len(right)
            if inner and self.text.startswith(left, start) and self.text.endswith(right, 0, end):
                start, end = start + len(left), end - len(right)
                break
        while end > start and (
            self.text[end - 1] in "; ,\n" or (self.text[end - 1] == "." and end - start > 1)
        ):
            if self.text[end - 2 : end] in {"\\,", "\\;", "\\ "}:
                break
            end -= 1
        self.text, self.places = self.text[start:end], self.places[start:end]

    def replace(self, pattern: re.Pattern[str], by: Callable[[re.Match[str]], str]) -> None:
        parts: list[str] = []
        places: list[int] = []
        last = 0
        for match in pattern.finditer(self.text):
            new = by(match)
            parts += [self.text[last : match.start()], new]
            places += self.places[last : match.start()]
            places += [self.places[match.start()]] * len(new)
            last = match.end()
        if parts:
            self.text = "".join(parts) + self.text[last:]
            self.places = places + self.places[last:]

    def mapped(self) -> Characters:
        """Sign by sign: superscripts and subscripts first, so that x² does not become x2."""
        signs: list[str] = []
        places: list[int] = []
        shift = ""  # inside a run of superscripts or subscripts: its table's mark
        for sign, place in zip(self.text, self.places, strict=True):
            mark = "^" if sign in SUPERSCRIPTS else "_" if sign in SUBSCRIPTS else ""
            new = ""
            if shift and mark != shift:
                new, shift = "}", ""
            if mark:
                if not shift:
                    new, shift = f"{new}{mark}{{", mark
                new += SUPERSCRIPTS[sign] if mark == "^" else SUBSCRIPTS[sign]
            else:
                new += _sign(sign, place)
            signs.append(new)
            places += [place] * len(new)
        if shift:
            signs.append("}")
            places.append(self.places[-1])
        return Characters("".join(signs), places)


def _sign(sign: str, place: int) -> str:
    if sign < "\x7f":
        if sign < " " and sign != "\n":
            return " " if sign in "\t\r" else _foreign(sign, place)
        return sign
    same = _SAME.get(sign)
    if same is not None:
        return same
    if sign in _OURS:
        return sign
    plain = unicodedata.normalize("NFKC", sign)
    if len(plain) == 1 and (plain.isascii() or plain in _OURS):
        return plain
    return _foreign(sign, place)


def _foreign(sign: str, place: int) -> str:
    name = unicodedata.name(sign, f"U+{ord(sign):04X}")
    shown = sign if sign.isprintable() else name
    raise Unreadable(f"the sign {shown} means nothing here", place)


GREEK = {
    "α": "alpha",
    "β": "beta",
    "γ": "gamma",
    "δ": "delta",
    "ε": "epsilon",
    "ζ": "zeta",
    "η": "eta",
    "θ": "theta",
    "ι": "iota",
    "κ": "kappa",
    "λ": "lambda",
    "μ": "mu",
    "ν": "nu",
    "ξ": "xi",
    "ρ": "rho",
    "σ": "sigma",
    "τ": "tau",
    "υ": "upsilon",
    "φ": "phi",
    "χ": "chi",
    "ψ": "psi",
    "ω": "omega",
    "Γ": "Gamma",
    "Δ": "Delta",
    "Θ": "Theta",
    "Λ": "Lambda",
    "Ξ": "Xi",
    "Π": "Pi",
    "Σ": "Sigma",
    "Φ": "Phi",
    "Ψ": "Psi",
    "Ω": "Omega",
}
_OURS = frozenset([*GREEK, *"π√∛∜∞≤≥≠±∓∈∪∩∅°⌊⌋⌈⌉×∀", DECIMAL, VULGAR, THIN])
