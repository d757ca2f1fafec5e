"""Reading: what a text may mean, the likeliest way first, each reading as a tree."""

import re
from typing import NamedTuple

from domain.answers.expressions.characters import Characters, Unreadable, characters
from domain.answers.expressions.commas import Commas, ambiguous_commas
from domain.answers.expressions.cursor import Doubt
from domain.answers.expressions.statements import Grammar
from domain.answers.expressions.tokens import tokens
from domain.answers.expressions.tree import Node

_BARE_INDEX = re.compile(r"(?<=(?<![A-Za-z\\])[a-zA-Z])\d+(?![\d_.,])")
MAX_PARSES = 12  # of one text; a text so doubtful is read only in its likelier ways


class Reading(NamedTuple):
    """One way to read a text. `certain`: a teacher would read it so; else it decides nothing."""

    node: Node
    commas: Commas | None = None
    certain: bool = True
    doubts: frozenset[Doubt] = frozenset()


def read(raw: str, *, latex: bool) -> list[Reading]:
    """All readings, at least one. Raises Unreadable with the place where the first one fails."""
    found = characters(raw)
    habits = _habits(found.text)
    readings: list[Reading] = []
    seen: list[Node] = []
    failed: Unreadable | None = None
    parses = 0
    for commas in habits:
        parses += 1
        certain = commas is not Commas.THOUSANDS or found.text.count(",") > 1
        try:
            node, doubts = _parsed(found, commas, frozenset(), latex=latex)
        except Unreadable as why:
            failed = failed or why
            continue
        told = commas if len(habits) > 1 else None
        if node not in seen:
            seen.append(node)
            readings.append(Reading(node, told, certain))
        for wide in _ways(doubts):
            parses += 1
            if parses > MAX_PARSES:
                break
            try:
                other, _ = _parsed(found, commas, wide, latex=latex)
            except Unreadable:
                continue
            if other not in seen:
                seen.append(other)
                readings.append(Reading(other, told, certain=False, doubts=wide))
    if not readings:
        raise failed or Unreadable("nothing is written here", 1, "empty")
    return sorted(readings, key=lambda reading: not reading.certain)


def _habits(text: str) -> list[Commas]:
    if not ambiguous_commas(text):
        return [Commas.DECIMAL]
    return [Commas.BRACKETS, Commas.DECIMAL, Commas.SEPARATOR, Commas.THOUSANDS]


def _ways(doubts: set[Doubt]) -> list[frozenset[Doubt]]:
    """Each doubt alone, then all together."""
    alone = [frozenset([doubt]) for doubt in sorted(doubts)]
    return [*alone, frozenset(doubts)] if len(alone) > 1 else alone


def _parsed(
    found: Characters, commas: Commas, wide: frozenset[Doubt], *, latex: bool
) -> tuple[Node, set[Doubt]]:
    euler = Doubt.EULER in wide
    if Doubt.INDEX in wide:
        found = _raised(found)
    grammar = Grammar(tokens(found, commas, latex=latex, euler=euler), wide, latex=latex)
    try:
        node = grammar.answer()
    except RecursionError:
        raise Unreadable("nested too deeply", 1, "too_deep") from None
    doubts = grammar.doubts
    if not euler and _has_tight_power(found.text):
        doubts.add(Doubt.EULER)
    if Doubt.INDEX not in wide and _BARE_INDEX.search(found.text):
        doubts.add(Doubt.INDEX)
    return node, doubts


def _has_tight_power(text: str) -> bool:
    return any(
        text[at].isdigit()
        and text[at + 1] == "e"
        and text[at + 2] in "+-"
        and text[at + 3].isdigit()
        for at in range(len(text) - 3)
    )


def _raised(found: Characters) -> Characters:
    """x2 as x^2: the small figure may have been lost on the way."""
    parts: list[str] = []
    places: list[int] = []
    last = 0
    for match in _BARE_INDEX.finditer(found.text):
        at = match.start()
        parts += [found.text[last:at], "^{", match.group(), "}"]
        places += [*found.places[last:at], *[found.places[at]] * (len(match.group()) + 3)]
        last = match.end()
    return Characters("".join(parts) + found.text[last:], places + found.places[last:])
