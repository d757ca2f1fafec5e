"""The grammar of units: phrases, products, powers, slashes and parentheses, all bounded (B-30)."""

import re
from collections.abc import Iterator
from typing import Final, NamedTuple

from domain.answers.numbers import Unreadable
from domain.answers.unit_words import Atom, atoms, no_unit
from domain.answers.verdict import Reason

MAX_POWER: Final = 9
_MAX_FACTORS: Final = 12
_MAX_NESTING: Final = 5


def parse(text: str) -> tuple[dict[Atom, int], dict[Atom, int] | None]:
    """The exponents of the units that a tidy text names. Raises Unreadable.

    The second reading, if there is one, takes everything after a slash as below it.
    """
    for pattern, plain in _PHRASES:
        text = pattern.sub(plain, text)
    tokens = list(_tokens(text))
    exponents = _Parser(tokens, to_the_end=False).parse()
    kinds = {token.kind for token in tokens}
    if "div" not in kinds or "open" in kinds:
        return exponents, None
    other = _Parser(tokens, to_the_end=True).parse()
    return exponents, other if other != exponents else None


def _phrase(pattern: str, plain: str, flags: int = re.IGNORECASE) -> tuple[re.Pattern[str], str]:
    return re.compile(pattern, flags), plain


_PHRASES: Final = (
    _phrase(r"(?:мм|миллиметр\w*) ?\.? ?рт(?:\.|утного)? ?ст(?:олба|\.)?", "ммртст"),
    _phrase(r"(?:см|сантиметр\w*) ?\.? ?рт(?:\.|утного)? ?ст(?:олба|\.)?", "смртст"),
    _phrase(r"(?:мм|миллиметр\w*) ?\.? ?вод(?:\.|яного)? ?ст(?:олба|\.)?|mm ?H2O", "ммводст"),
    _phrase(r"(mm|cm) (?:of )?Hg", r"\1Hg", 0),
    _phrase(r"\bл\. ?с(?:\.|\b)|лошадин\w+ сил\w*", "лс"),
    _phrase(r"\bа\. ?е\. ?м(?:\.|\b)", "аем"),
    _phrase(r"\bа\. ?е(?:\.|\b)|астрономическ\w+ единиц\w*|astronomical units?", "ае"),
    _phrase(r"\bсв(?:\.|етов\w+) ?(?:год\w*|лет)|light[- ]years?", "свгод"),
    _phrase(r"морск\w+ мил\w+|nautical miles?", "ммиля"),
    _phrase(r"градус\w* (?:по )?цельси\w*|degrees? (?:celsius|centigrade)|deg ?C\b", "°C"),
    _phrase(r"градус\w* (?:по )?фаренгейт\w*|degrees? fahrenheit|deg ?F\b", "°F"),
    _phrase(r"° +(?=[CСF])", "°", 0),
    _phrase(r"\b(?:kmh|kph|kmph)\b", "km/h"),
    _phrase(r"\bmph\b", "mi/h"),
    _phrase(r"\bbps\b", "bit/s"),
    _phrase(r"\b([kMG])bps\b", r"\1bit/s", 0),
    _phrase(r"\brpm\b", "rev/min"),
    _phrase(r"\bcc\b", "cm^3"),
    _phrase(r"\b([kMGTкМГТ]?)(Вт|W)(ч|h)\b", r"\1\2*\3", 0),
    _phrase(r"\b([mkмк]?)(А|A)(ч|h)\b", r"\1\2*\3", 0),
    _phrase(r"\b([kMкМ]?)(Н|N)(м|m)\b", r"\1\2*\3", 0),
    _phrase(r"(?<=\w) (?:в|per|за) (?=квадрате|кубе)", "_", 0),
    _phrase(r"([^\W\d_]+)(?:_квадрате| squared)", r"\1^2"),
    _phrase(r"([^\W\d_]+)(?:_кубе| cubed)", r"\1^3"),
    _phrase(r"(?<=\w)\.? (?:в|на|per) (?=\w)", "/", 0),
    # "кв" and "куб" with a small second letter: кВ is a kilovolt.
    _phrase(r"(?<=[^\W\d_])\.? кв(?:\.|$)", "^2", 0),
    _phrase(r"(?<=[^\W\d_])\.? куб(?:\.|$)", "^3", 0),
    _phrase(r"(?:\b[Кк]в(?:\.|адратн\w*|\b)|\b[Ss]quare\b|\bsq(?:\.|\b)) ?([^\W\d_]+)", r"\1^2", 0),
    _phrase(r"(?:\b[Кк]уб(?:\.|ическ\w*|\b)|\b[Cc]ubic\b|\bcu(?:\.|\b)) ?([^\W\d_]+)", r"\1^3", 0),
)

_TOKEN: Final = re.compile(
    r" *(?:(?P<power>(?:\^|\*\*) ?(?:\( ?(?P<p1>[+-]?[0-9]{1,3}) ?\)|\{(?P<p2>[+-]?[0-9]{1,3})\}"
    r"|(?P<p3>[+-]?[0-9]{1,3})))"
    r"|(?P<mul>\*)|(?P<div>/)|(?P<open>\()|(?P<close>\))|(?P<dot>\.)|(?P<one>1(?![0-9.,]))"
    r"|(?P<atom>[^\s0-9*./()^+\-{}]+(?:-[^\W\d_]+)*)(?P<suffix>[+-]?[0-9](?![0-9]))?)"
)


class _Token(NamedTuple):
    kind: str
    text: str = ""
    power: int = 1


def _tokens(text: str) -> Iterator[_Token]:
    at = 0
    text = text.rstrip()
    while at < len(text):
        found = _TOKEN.match(text, at)
        if found is None:
            raise no_unit(text)
        at = found.end()
        if found["atom"]:
            yield _Token("atom", found["atom"])
            if found["suffix"]:
                yield _Token("power", power=int(found["suffix"]))
        elif found["power"]:
            yield _Token("power", power=int(found["p1"] or found["p2"] or found["p3"]))
        elif found["dot"] is None:  # a dot ends an abbreviation, or is a product like a space
            yield _Token(str(found.lastgroup))


class _Parser:
    """Products, powers, slashes and parentheses, down to exponents of atoms."""

    def __init__(self, tokens: list[_Token], *, to_the_end: bool) -> None:
        self._tokens = tokens
        self._at = 0
        self._to_the_end = to_the_end

    def parse(self) -> dict[Atom, int]:
        """The exponents of the atoms, zero left out."""
        exponents = self._product(0)
        if self._at < len(self._tokens):
            raise Unreadable("a parenthesis too many", Reason.UNIT_UNREADABLE)
        return {atom: power for atom, power in exponents.items() if power}

    def _next(self) -> str:
        return self._tokens[self._at].kind if self._at < len(self._tokens) else "end"

    def _product(self, nesting: int) -> dict[Atom, int]:
        """Factors until a closing parenthesis or the end."""
        if nesting > _MAX_NESTING:
            raise Unreadable("parentheses nested too deeply", Reason.TOO_DEEP)
        product: dict[Atom, int] = {}
        sign, expects, seen = 1, True, 0
        while (kind := self._next()) not in {"end", "close"}:
            if kind in {"mul", "div"}:
                if expects and (seen or kind == "mul"):
                    raise no_unit("two signs")
                self._at += 1
                if kind == "div":
                    sign = -1
                elif not self._to_the_end:
                    sign = 1
                expects = True
                seen += 1
                continue
            for atom, power in self._factor(nesting).items():
                product[atom] = _bounded(product.get(atom, 0) + sign * power)
            if not self._to_the_end:
                sign = 1
            expects, seen = False, seen + 1
            if len(product) > _MAX_FACTORS or seen > 4 * _MAX_FACTORS:
                raise Unreadable("too many factors", Reason.TOO_LONG)
        if expects:
            raise no_unit("a factor is missing")
        return product

    def _factor(self, nesting: int) -> dict[Atom, int]:
        token = self._tokens[self._at]
        self._at += 1
        if token.kind == "open":
            factor = self._product(nesting + 1)
            if self._next() != "close":
                raise Unreadable("a parenthesis is open", Reason.UNIT_UNREADABLE)
            self._at += 1
        elif token.kind == "atom":
            factor = atoms(token.text)
        elif token.kind == "one":
            factor = {}
        else:
            raise no_unit("a power of nothing")
        if self._next() == "power":
            power = self._tokens[self._at].power
            self._at += 1
            return {atom: _bounded(exponent * power) for atom, exponent in factor.items()}
        return factor


def _bounded(power: int) -> int:
    if abs(power) > MAX_POWER:
        raise Unreadable(f"a power beyond {MAX_POWER}", Reason.UNIT_UNREADABLE)
    return power
