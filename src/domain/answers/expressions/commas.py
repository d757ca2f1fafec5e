"""Commas between digits: decimal ones or separators, by the brackets around them."""

import re
from enum import StrEnum

_COMMAS = re.compile(r"\d+(?:,\d+)+")
_COMMA_RUNS = re.compile(r"\d+(?:,\d+)+|\d+,\(\d+\)|\d+,\\overline")


class Commas(StrEnum):
    """How `1,2` is read when nothing else decides: both habits are tried."""

    BRACKETS = "brackets"  # a decimal comma outside brackets, a separator inside them
    DECIMAL = "decimal"
    SEPARATOR = "separator"
    THOUSANDS = "thousands"


def ambiguous_commas(text: str) -> bool:
    """Whether a comma between digits could be either."""
    return bool(_COMMAS.search(text))


def decimal_commas(text: str, commas: Commas) -> frozenset[int]:
    """Where the commas between digits stand that are decimal ones."""
    decimal: set[int] = set()
    brackets = _brackets(text) if commas is Commas.BRACKETS else []
    for match in _COMMA_RUNS.finditer(text):
        places = [at for at in range(match.start(), match.end()) if text[at] == ","]
        if len(places) > 1 or commas is Commas.SEPARATOR:
            continue
        at = places[0]
        if commas is Commas.BRACKETS and (
            inner := [span for span in brackets if span[0] < at < span[1]]
        ):
            start, end = max(inner)
            if ";" not in text[start:end]:
                continue
        decimal.add(at)
    return frozenset(decimal)


def _brackets(text: str) -> list[tuple[int, int]]:
    r"""The spans of ( ), [ ], \{ \} and bare { } that are not groups of LaTeX."""
    opened: list[int] = []
    spans: list[tuple[int, int]] = []
    for at, sign in enumerate(text):
        if sign in "([{":
            opened.append(at)
        elif sign in ")]}" and opened:
            start = opened.pop()
            group = text[start] == "{" and re.search(
                r"[\^_}\]]\s*$|\\[A-Za-z]+\s*$", text[:start][-20:]
            )
            if not group:
                spans.append((start, at))
    return spans + [(start, len(text)) for start in opened]
