"""Tokens: the text cut into numbers, names, functions, commands and signs, each with its place."""

import re
from collections.abc import Iterator
from enum import StrEnum
from fractions import Fraction
from typing import NamedTuple

from domain.answers.expressions import words
from domain.answers.expressions.characters import (
    DECIMAL,
    GREEK,
    THIN,
    VULGAR,
    Characters,
    Unreadable,
)
from domain.answers.expressions.commas import Commas, decimal_commas

MAX_TOKENS = 600
MAX_DIGITS = 60
MAX_POWER_OF_TEN = 1000


class Kind(StrEnum):
    """What a token is."""

    NUMBER = "number"
    NAME = "name"
    FUNCTION = "function"
    CONSTANT = "constant"
    SIGN = "sign"  # + - * / ^ ( [ { ) ] } ; , = < … or, and
    COMMAND = "command"  # frac, sqrt, binom, begin, …
    SET = "set"  # ℝ ℤ ℕ ℚ ℂ ∅
    END = "end"


class Token(NamedTuple):
    """A piece of the text. `spaced`: white space stands before it; `text` is what it means."""

    kind: Kind
    text: str
    place: int
    spaced: bool
    value: Fraction | None = None
    whole: bool = False  # digits only


_SPACES = re.compile(rf"[ {THIN}]*")
_LATEX_SPACES = re.compile(rf"[ \n{THIN}]*")
_NUMBER = re.compile(
    rf"(?P<whole>\d{{1,3}}(?:[ {THIN}']\d{{3}})+(?!\d)|\d+)"
    rf"(?:(?P<point>[.,{DECIMAL}])"
    r"(?:(?P<head>\d*)(?:\((?P<period>\d+)\)|\\overline\s*\{(?P<over>\d+)\})|(?P<part>\d+)))?"
)
_POINT = re.compile(r"\.(?P<part>\d+)")
_POWER_OF_TEN = re.compile(r"[eE](?P<power>[+-]?\d+)(?![\d.,(])")
_ACCENTED = re.compile(r"\s*(?:\{\s*)?([A-Za-z])\s*\}?")
_COMMAND = re.compile(r"\\([A-Za-z]+)")
_LETTERS = re.compile(r"[A-Za-z]+")
_SCRIPT = re.compile(
    r"\s*_\s*(?:(\d+|[A-Za-z])|\{\s*([A-Za-z0-9]{1,8}(?:\s*,\s*[A-Za-z0-9]{1,8})?)\s*\})"
)
_RAISED = re.compile(r"\s*\^")  # C_n^k is a binomial coefficient, its n no index
_INDEX = re.compile(r"\d+")
_LONGEST = max(map(len, words.PLAIN_OPERATORS))
# a keyboard's capital at the beginning: Sin x, Ln 2
_CAPITALS = re.compile(r"(?:Arcsin|Arccos|Arctg|Arctan|Sin|Cos|Tan|Ctg|Tg|Ln|Lg|Log)")
_SHORT_INVERSES = {"asin", "acos", "atan", "acot"}  # a·sin x when other letters touch them
_BY_LENGTH = sorted([*words.FUNCTIONS, *words.CONSTANTS], key=len, reverse=True)
_NAMES = re.compile("|".join(_BY_LENGTH))
_NAMES_INSIDE = re.compile("|".join(word for word in _BY_LENGTH if word not in _SHORT_INVERSES))


def tokens(found: Characters, commas: Commas, *, latex: bool, euler: bool) -> list[Token]:
    """All tokens and an END. `euler`: 2e-3 means twice Euler's number minus three."""
    cut = _Cut(found, commas, latex=latex, euler=euler)
    return cut.all()


class _Cut:
    def __init__(self, found: Characters, commas: Commas, *, latex: bool, euler: bool) -> None:
        self.text, self.places = found
        self.latex = latex
        self.euler = euler
        self.decimal = decimal_commas(self.text, commas)
        self.thousands = commas is Commas.THOUSANDS
        self.found: list[Token] = []
        self.at = 0

    def all(self) -> list[Token]:
        text = self.text
        while True:
            spaces = (_LATEX_SPACES if self.latex else _SPACES).match(text, self.at)
            spaced = bool(spaces and spaces.group()) or self.at == 0
            self.at = spaces.end() if spaces else self.at
            if len(self.found) > MAX_TOKENS:
                raise Unreadable("too many parts", self.place(self.at), "too_long")
            if self.at >= len(text):
                self.found.append(Token(Kind.END, "", self.place(self.at), spaced))
                return self.found
            self.found.extend(self.next(spaced=spaced))

    def place(self, at: int) -> int:
        if at < len(self.places):
            return self.places[at]
        return self.places[-1] + 1 if self.places else 1

    def next(self, *, spaced: bool) -> Iterator[Token]:
        text, at = self.text, self.at
        sign = text[at]
        place = self.place(at)
        if sign.isdigit() or (sign == "." and text[at + 1 : at + 2].isdigit()):
            yield self.number(spaced=spaced)
        elif sign in GREEK or sign == "π":
            self.at += 1
            kind = Kind.CONSTANT if sign == "π" else Kind.NAME
            yield Token(kind, "pi" if sign == "π" else self.indexed(GREEK[sign]), place, spaced)
        elif "a" <= sign <= "z" or "A" <= sign <= "Z":
            yield from self.letters(spaced=spaced)
        elif sign == "\\":
            yield from self.command(spaced=spaced)
        elif sign == "∞":
            self.at += 1
            yield Token(Kind.CONSTANT, "inf", place, spaced)
        elif sign == "∅":
            self.at += 1
            yield Token(Kind.SET, "∅", place, spaced)
        elif sign == VULGAR:
            self.at += 1  # the fraction follows; a number before it makes it mixed
        else:
            yield self.sign(spaced=spaced)

    # --- numbers ----------------------------------------------------------------------------

    def number(self, *, spaced: bool) -> Token:
        place, at = self.place(self.at), self.at
        match = _NUMBER.match(self.text, at) or _POINT.match(self.text, at)
        if match is None:
            raise Unreadable("this is no number", place)
        groups = match.groupdict()
        whole, end = groups.get("whole") or "0", match.end()
        point = groups.get("point")
        if self.thousands and (grouped := re.match(r"\d{1,3}(?:,\d{3})+(?!\d)", self.text[at:])):
            groups, end = {}, at + grouped.end()
            whole = grouped.group().replace(",", "")
        elif point == "," and match.start("point") not in self.decimal:
            groups, end = {}, match.end("whole")
        if self.text[end - 1] in ".,":  # "5." ends a sentence
            end -= 1
        whole = re.sub(r"\D", "", whole)
        part = groups.get("part") or groups.get("head") or ""
        period = groups.get("period") or groups.get("over") or ""
        self.at = end
        if len(whole) + len(part) + len(period) > MAX_DIGITS:
            raise Unreadable(f"more than {MAX_DIGITS} digits", place, "too_long")
        value = Fraction(int(whole + part), 10 ** len(part))
        shown = f"{int(whole)}.{part}" if part or period else str(int(whole))
        if period:
            value += Fraction(int(period), (10 ** len(period) - 1) * 10 ** len(part))
            shown += f"({period})"
        power = _POWER_OF_TEN.match(self.text, self.at)
        if power and not period and not self.reads_euler(power):
            exponent = int(power.group("power")[:6])
            if abs(exponent) > MAX_POWER_OF_TEN:
                raise Unreadable("the power of ten is too large", place, "too_long")
            self.at = power.end()
            value *= Fraction(10) ** exponent
            shown += f"e{exponent}"
        is_whole = not (part or period) and "e" not in shown
        return Token(Kind.NUMBER, shown, place, spaced, value, is_whole)

    def reads_euler(self, power: re.Match[str]) -> bool:
        """2e-3: Euler's number where that reading is asked for; 1e5 is always a power of ten."""
        return self.euler and power.group("power")[0] in "+-" and power.group()[0] == "e"

    # --- words ------------------------------------------------------------------------------

    def letters(self, *, spaced: bool) -> Iterator[Token]:
        match = _LETTERS.match(self.text, self.at)
        run = match.group() if match else self.text[self.at]
        start = self.at
        place = self.place(start)
        after = self.text[start + len(run) : start + len(run) + 1]
        if run in {"or", "and"}:
            self.at += len(run)
            yield Token(Kind.SIGN, run, place, spaced)
            return
        if run in words.WHOLE_CONSTANTS:
            self.at += len(run)
            yield Token(Kind.CONSTANT, words.WHOLE_CONSTANTS[run], place, spaced)
            return
        if run in words.GREEK_WORDS:
            self.at += len(run)
            name = {"varphi": "phi"}.get(run, run)
            yield Token(Kind.NAME, self.indexed(name), place, spaced)
            return
        if run in words.BRACKET_FUNCTIONS and (after == "(" or run in {"sh", "ch", "th", "cth"}):
            self.at += len(run)
            yield Token(Kind.FUNCTION, words.BRACKET_FUNCTIONS[run], place, spaced)
            return
        end = start + len(run)
        while self.at < end:
            yield self.letter(run, end, spaced=spaced and self.at == start)

    def letter(self, run: str, end: int, *, spaced: bool) -> Token:
        """The longest name that starts here, else a letter with its index."""
        place = self.place(self.at)
        pattern = _NAMES if run in _SHORT_INVERSES else _NAMES_INSIDE
        if found := pattern.match(self.text, self.at, end):
            self.at = found.end()
            word = found.group()
            if word in words.CONSTANTS:
                return Token(Kind.CONSTANT, words.CONSTANTS[word], place, spaced)
            return Token(Kind.FUNCTION, words.FUNCTIONS[word], place, spaced)
        capital = _CAPITALS.match(self.text, self.at, end)
        if capital and run.startswith(capital.group()):
            self.at = capital.end()
            return Token(Kind.FUNCTION, words.FUNCTIONS[capital.group().lower()], place, spaced)
        sign = self.text[self.at]
        self.at += 1
        name = self.indexed(sign)
        if name in {"e", "i"}:
            return Token(Kind.CONSTANT, name, place, spaced)
        return Token(Kind.NAME, name, place, spaced)

    def indexed(self, letter: str) -> str:
        """The letter with its index and primes: x1, x_1, x_{12}, x', C_n stays C with an index."""
        name = letter
        bare = None
        if letter not in {"e", "i"}:
            bare = _INDEX.match(self.text, self.at)
        if bare:
            self.at = bare.end()
            name += f"_{bare.group()[:9]}"
        elif (match := _SCRIPT.match(self.text, self.at)) and not (
            letter == "C" and _RAISED.match(self.text, match.end())
        ):
            self.at = match.end()
            index = re.sub(r"\s", "", match.group(1) or match.group(2))
            if "," not in index:  # x_{1,2} speaks of both roots
                name += f"_{index}"
        while self.text[self.at : self.at + 1] == "'" and len(name) < 12:
            self.at += 1
            name += "'"
        return name

    # --- commands and signs -----------------------------------------------------------------

    def command(self, *, spaced: bool) -> Iterator[Token]:
        place = self.place(self.at)
        match = _COMMAND.match(self.text, self.at)
        if match is None:
            yield self.escaped(spaced=spaced)
            return
        name = match.group(1)
        self.at = match.end()
        if name in {"left", "right", "middle"}:
            spaces = _SPACES.match(self.text, self.at)
            self.at = spaces.end() if spaces else self.at
            if self.text[self.at : self.at + 1] == ".":
                self.at += 1
                yield Token(Kind.SIGN, f"{name}.", place, spaced)
            return
        if name in words.OPERATOR_COMMANDS:
            yield Token(Kind.SIGN, words.OPERATOR_COMMANDS[name], place, spaced)
        elif name in words.SET_COMMANDS:
            yield Token(Kind.SET, words.SET_COMMANDS[name], place, spaced)
        elif name in {"infty", "infin"}:
            yield Token(Kind.CONSTANT, "inf", place, spaced)
        elif name in {"mathbb", "Bbb", "mathbf"} and (
            letter := re.compile(r"\s*(?:\{\s*([A-Z])\s*\}|([A-Z]))").match(self.text, self.at)
        ):
            sign = letter.group(1) or letter.group(2)
            if sign not in words.BLACKBOARD:
                raise Unreadable(f"no set is called {sign}", place)
            self.at = letter.end()
            yield Token(Kind.SET, words.BLACKBOARD[sign], place, spaced)
        elif name in {"R", "Z", "N", "Q"}:
            yield Token(Kind.SET, words.BLACKBOARD[name], place, spaced)
        elif name in words.ACCENTS and (letter := _ACCENTED.match(self.text, self.at)):
            self.at = letter.end()
            yield Token(Kind.NAME, self.indexed(letter.group(1)), place, spaced)
        elif name == "pi":
            yield Token(Kind.CONSTANT, "pi", place, spaced)
        elif name.removeprefix("var") in GREEK.values():
            yield Token(Kind.NAME, self.indexed(name.removeprefix("var")), place, spaced)
        elif name in words.FUNCTIONS and name not in {"sqrt", "cbrt"}:
            yield Token(Kind.FUNCTION, words.FUNCTIONS[name], place, spaced)
        elif name in words.BRACKET_FUNCTIONS and name not in words.BINOMIALS:
            yield Token(Kind.FUNCTION, words.BRACKET_FUNCTIONS[name], place, spaced)
        elif name in {*words.FRACTIONS, *words.BINOMIALS, "sqrt"}:
            yield Token(Kind.COMMAND, "frac" if name in words.FRACTIONS else name, place, spaced)
        elif name in {"begin", "end"}:
            yield self.environment(name, place, spaced=spaced)
        else:
            raise Unreadable(f"the command \\{name} is not known", place)

    def environment(self, name: str, place: int, *, spaced: bool) -> Token:
        match = re.compile(r"\s*\{([A-Za-z]+\*?)\}(?:\s*\{[lcr|\s]*\}|\s*\[[tcb]\])?").match(
            self.text, self.at
        )
        if match is None or match.group(1) not in words.ENVIRONMENTS:
            raise Unreadable("this environment is not known", place)
        self.at = match.end()
        return Token(Kind.COMMAND, f"{name} {words.ENVIRONMENTS[match.group(1)]}", place, spaced)

    def escaped(self, *, spaced: bool) -> Token:
        place = self.place(self.at)
        sign = self.text[self.at + 1 : self.at + 2]
        self.at += 2
        match sign:
            case "{" | "}":
                return Token(Kind.SIGN, f"\\{sign}", place, spaced)
            case "\\":
                if height := re.compile(r"\s*\[-?\d+(?:pt|em|ex|mm)\]").match(self.text, self.at):
                    self.at = height.end()
                return Token(Kind.SIGN, "row", place, spaced)
            case "|":
                return Token(Kind.SIGN, "|", place, spaced)
            case "%":
                return Token(Kind.SIGN, "%", place, spaced)
            case _ if not self.latex and self.found and self.found[-1].kind is Kind.NAME:
                self.at -= 1  # R\(-1;1): a backslash between sets
                return Token(Kind.SIGN, "\\", place, spaced)
        raise Unreadable("a lone backslash", place)

    def sign(self, *, spaced: bool) -> Token:
        place = self.place(self.at)
        for length in range(_LONGEST, 1, -1):
            two = self.text[self.at : self.at + length]
            if two in words.PLAIN_OPERATORS and self.is_operator(two):
                self.at += length
                return Token(Kind.SIGN, words.PLAIN_OPERATORS[two], place, spaced)
        sign = self.text[self.at]
        self.at += 1
        if sign == "\n":
            return Token(Kind.SIGN, "row", place, spaced=True)
        if sign in "+-*/^_()[]{}|,;=<>≤≥≠∈∪∩±∓°%!:√∛∜⌊⌋⌈⌉&'":
            return Token(Kind.SIGN, "/" if sign == ":" else sign, place, spaced)
        raise Unreadable(f"the sign {sign} means nothing here", place)

    def is_operator(self, two: str) -> bool:
        """Not `5!=120` (five factorial), `x^-+2`, `3*-+2`, or `||` of nested absolute values."""
        if two == "||":
            after = self.text[self.at + 2 : self.at + 3]
            before = self.text[self.at - 1 : self.at] if self.at else ""
            return before == " " and after == " "
        if two == "+-":  # 5+-3 is a sum, +-2 both signs
            last = self.found[-1] if self.found else None
            return last is None or (
                last.kind is Kind.SIGN and last.text not in {")", "]", "}", "!", "°", "%", "|"}
            )
        if two == "!=":
            return not (self.at and (self.text[self.at - 1].isdigit() or self.after_bracket()))
        return two != "-+"

    def after_bracket(self) -> bool:
        return self.text[self.at - 1] in ")]}"
