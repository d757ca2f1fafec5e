"""Words for units: symbols and names, their prefixes and Russian endings, in the table of units."""

import re
from functools import cache
from typing import Final, NamedTuple

from domain.answers.numbers import Unreadable
from domain.answers.unit_table import BINARY_PREFIXES, ROWS, SI_PREFIXES, Prefix, UnitRow
from domain.answers.verdict import Reason

CYRILLIC: Final = re.compile("[\u0400-\u04ff]")


class Atom(NamedTuple):
    """A unit of the table with its prefix."""

    row: UnitRow
    prefix: Prefix | None = None

    @property
    def name(self) -> str:
        """The international symbol, prefix included."""
        return (self.prefix.symbol if self.prefix else "") + self.row.symbol

    def shown(self, *, russian: bool) -> str:
        """The symbol in one script, or in the other where the first means another unit too.

        A gigasecond is no Гс: that is a gauss.
        """
        in_russian = (self.prefix.russian if self.prefix else "") + self.row.russian
        symbols = (in_russian, self.name) if russian else (self.name, in_russian)
        symbol = next((one for one in symbols if _by_symbol(one) == self), self.name)
        return symbol.replace("Ohm", "Ω").replace("deg", "°")


_ENDINGS: Final = frozenset(
    (
        "а",
        "ы",
        "у",
        "ов",
        "ом",
        "е",
        "ах",
        "ам",
        "ами",
        "ь",
        "я",
        "и",
        "ей",
        "ю",
        "ем",
        "ями",
        "ям",
        "ях",
        "ью",
        "ой",
        "ев",
        "ию",
        "ией",
        "й",
        "ий",
    )
)
_COMMON: Final = ("k", "c", "m", "d", "h", "M", "G", "T", "µ", "n", "p")
_RUSSIAN_BINARY: Final = dict(
    zip(("Ки", "Ми", "Ги", "Ти", "Пи"), BINARY_PREFIXES.values(), strict=True)
)
_DATA: Final = {"k": "k", "K": "k", "M": "M", "G": "G", "T": "T", "P": "P"}
_SYMBOLS: Final = {symbol: row for row, symbols, _ in ROWS for symbol in symbols}
_NAMES: Final = {
    name.casefold(): row for row, _, names in ROWS for name in names if not name.endswith("-")
}
_STEMS: Final = {name[:-1]: row for row, _, names in ROWS for name in names if name.endswith("-")}
# Letters of the other keyboard that look the same: м/c, kг, Bт.
CYRILLIC_TWINS: Final = str.maketrans("ABCEHKMOPTXaceopkmt", "АВСЕНКМОРТХасеоркмт")
_LATIN_TWINS: Final = str.maketrans("АВСЕНКМОРТХасеоркмт", "ABCEHKMOPTXaceopkmt")
_PREFIX_SYMBOLS: Final = {
    symbol: prefix for prefix in SI_PREFIXES.values() for symbol in prefix.symbols
}


def atoms(word: str) -> dict[Atom, int]:
    """The unit that a word names; a hyphen joins a product as in kW-h."""
    atom = _atom(word)
    if atom is not None:
        return {atom: 1}
    product: dict[Atom, int] = {}
    for piece in word.split("-"):
        found = _atom(piece)
        if found is None:
            raise no_unit(word)
        product[found] = product.get(found, 0) + 1
    return product


def _atom(word: str) -> Atom | None:
    return (
        _by_symbol(word)
        or _by_name(word.casefold())
        or _by_symbol(word.translate(CYRILLIC_TWINS))
        or _by_letters(word)
        or _by_symbol(word.translate(_LATIN_TWINS))
    )


def _by_symbol(word: str) -> Atom | None:
    if word in _SYMBOLS:
        return Atom(_SYMBOLS[word])
    for length in (1, 2):
        row = _SYMBOLS.get(word[length:])
        if row is not None and row.prefixes:
            prefix = _prefix_for(row, word[:length])
            if prefix is not None and _one_script(word):
                return Atom(row, prefix)
    return None


def _prefix_for(row: UnitRow, symbol: str) -> Prefix | None:
    if row.symbol in {"B", "bit"}:
        return _data_prefix(row, symbol)
    prefix = _PREFIX_SYMBOLS.get(symbol)
    if prefix is None or row.prefixes == "si" or symbol in row.prefixes:
        return prefix
    return None


def _data_prefix(row: UnitRow, symbol: str) -> Prefix | None:
    if symbol in BINARY_PREFIXES:
        return BINARY_PREFIXES[symbol]
    if symbol in _RUSSIAN_BINARY:
        return _RUSSIAN_BINARY[symbol]
    for binary, latin in zip(BINARY_PREFIXES.values(), "kMGTP", strict=True):
        if symbol == binary.russian or (symbol, latin) == ("к", "k"):
            return binary if row.symbol == "B" else SI_PREFIXES[latin]
    return SI_PREFIXES.get(_DATA.get(symbol, ""))


def _one_script(word: str) -> bool:
    """Whether prefix and unit are in one script; signs such as µ, Ω and ° belong to both."""
    return not (CYRILLIC.search(word) and re.search("[A-Za-z]", word))


def _by_name(word: str) -> Atom | None:
    row = _named(word)
    if row is not None:
        return Atom(row)
    for prefix in (*BINARY_PREFIXES.values(), *SI_PREFIXES.values()):
        for name in prefix.names:
            if word.startswith(name):
                row = _named(word[len(name) :])
                if row is not None and _may_take(row, prefix, name):
                    return Atom(row, prefix)
    return None


def _may_take(row: UnitRow, prefix: Prefix, name: str) -> bool:
    if prefix.symbol in BINARY_PREFIXES:
        russian = CYRILLIC.match(name) is not None
        plainly = name[2:] in {"bi", "би"}
        return row.symbol == "B" or (row.symbol == "bit" and (plainly or not russian))
    return row.prefixes == "si" or prefix.symbol in row.prefixes or row.prefixes == "data"


def _named(word: str) -> UnitRow | None:
    if word in _NAMES:
        return _NAMES[word]
    if word.endswith("s") and word[:-1] in _NAMES:
        return _NAMES[word[:-1]]
    if word in _STEMS:
        return _STEMS[word]
    for cut in (1, 2, 3):
        if word[-cut:] in _ENDINGS and word[:-cut] in _STEMS:
            return _STEMS[word[:-cut]]
    return None


def _by_letters(word: str) -> Atom | None:
    """The only unit that a word names when capitals do not count: Км, КГ, квт."""
    found = _folded().get(word.casefold(), frozenset())
    return next(iter(found)) if len(found) == 1 else None


@cache
def _folded() -> dict[str, frozenset[Atom]]:
    folded: dict[str, set[Atom]] = {}
    for symbol, row in _SYMBOLS.items():
        folded.setdefault(symbol.casefold(), set()).add(Atom(row))
        for prefix in map(SI_PREFIXES.__getitem__, _COMMON):
            for sign in prefix.symbols:
                atom = _by_symbol(sign + symbol) if row.prefixes else None
                if atom is not None and atom.row is row:
                    folded.setdefault((sign + symbol).casefold(), set()).add(atom)
    return {word: frozenset(atoms) for word, atoms in folded.items()}


def no_unit(text: str) -> Unreadable:
    """What to raise at a text that names no unit."""
    return Unreadable(f"no unit: {text[:40]}", Reason.UNIT_UNREADABLE)
