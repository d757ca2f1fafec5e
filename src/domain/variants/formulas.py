"""Formulas: the small language of derived values and constraints, read into trees.

It is not the grammar of answers: that one guesses what a learner may have meant (`ab` is a
product), this one reads names of parameters and has one meaning for each text.
"""

import re
from fractions import Fraction
from typing import Final, NamedTuple

from domain.variants.invalid import Misread

MAX_CHARACTERS: Final = 1000
MAX_TOKENS: Final = 300
MAX_DEPTH: Final = 40
_NAME: Final = r"[A-Za-z][A-Za-z0-9_]{0,39}"
WORDS: Final = frozenset({"and", "or", "not"})
FUNCTIONS: Final = {  # name → the least and the most arguments
    "abs": (1, 1),
    "ceil": (1, 1),
    "denominator": (1, 1),
    "factorial": (1, 1),
    "floor": (1, 1),
    "gcd": (2, 10),
    "if": (3, 3),
    "is_integer": (1, 1),
    "is_square": (1, 1),
    "lcm": (2, 10),
    "max": (1, 50),
    "min": (1, 50),
    "mod": (2, 2),
    "numerator": (1, 1),
    "round": (1, 2),
    "sqrt": (1, 1),
}


class Number(NamedTuple):
    """A number, exactly."""

    value: Fraction


class Name(NamedTuple):
    """A parameter."""

    name: str


class Negative(NamedTuple):
    """Minus something."""

    body: "Formula"


class Not(NamedTuple):
    """The opposite of a condition."""

    body: "Formula"


class Operation(NamedTuple):
    """`+ - * / ^`, `and`, `or` between two things."""

    sign: str
    left: "Formula"
    right: "Formula"


class Comparison(NamedTuple):
    """A chain: `1 <= a < b`; one sign fewer than there are operands."""

    operands: "tuple[Formula, ...]"
    signs: tuple[str, ...]


class Call(NamedTuple):
    """A function and its arguments."""

    function: str
    arguments: "tuple[Formula, ...]"


Formula = Number | Name | Negative | Not | Operation | Comparison | Call


def read_formula(text: str) -> Formula:
    """The tree of a text. Raises Misread."""
    if len(text) > MAX_CHARACTERS:
        raise Misread(f"longer than {MAX_CHARACTERS} characters", MAX_CHARACTERS + 1)
    return _Reader(text).all()


def is_name(text: str) -> bool:
    """Whether a parameter may be called so, as far as its letters go."""
    return re.fullmatch(_NAME, text) is not None


def names(formula: Formula) -> frozenset[str]:
    """The parameters that a formula speaks of."""
    match formula:
        case Number():
            return frozenset()
        case Name(name):
            return frozenset([name])
        case Negative(body) | Not(body):
            return names(body)
        case Operation(_, left, right):
            return names(left) | names(right)
        case Comparison(parts, _) | Call(_, parts):
            return frozenset().union(*map(names, parts))


# --- reading --------------------------------------------------------------------------------------

_TOKEN: Final = re.compile(
    rf"[ \t\n]*(?:(?P<number>[0-9]+(?:\.[0-9]+)?)|(?P<name>{_NAME})"
    r"|(?P<sign>\*\*|==|!=|<=|>=|[-+*/^(),=<>≠≤≥−·×÷])|(?P<end>\Z))"
)
_SAME: Final = {
    "**": "^",
    "==": "=",
    "≠": "!=",
    "≤": "<=",
    "≥": ">=",
    "−": "-",
    "·": "*",
    "×": "*",
    "÷": "/",
}
_COMPARE: Final = 4
_POWERS: Final = {  # how tightly a sign between two things binds
    "or": 1,
    "and": 2,
    **dict.fromkeys(("=", "!=", "<", ">", "<=", ">="), _COMPARE),
    "+": 5,
    "-": 5,
    "*": 6,
    "/": 6,
    "^": 8,
}
_NOT: Final = 3
_MINUS: Final = 7
_MAX_DIGITS: Final = 60


class _Token(NamedTuple):
    kind: str
    text: str
    place: int


class _Reader:
    """A Pratt parser with one token of look-ahead."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.end = 0
        self.depth = 0
        self.count = 0
        self.token = self.next()

    def next(self) -> _Token:
        found = _TOKEN.match(self.text, self.end)
        if found is None or found.lastgroup is None:
            at = len(self.text) - len(self.text[self.end :].lstrip(" \t\n"))
            raise Misread(f"{self.text[at]!r} means nothing here", at + 1)
        kind, place = found.lastgroup, found.start(found.lastgroup) + 1
        self.end = found.end()
        self.count += 1
        if self.count > MAX_TOKENS:
            raise Misread(f"more than {MAX_TOKENS} parts", place)
        written = found[kind]
        if kind == "name" and written in WORDS:
            kind = "sign"
        return _Token(kind, _SAME.get(written, written), place)

    def take(self, sign: str = "") -> _Token:
        token = self.token
        if sign and token.text != sign:
            raise self.wrong(f"{sign!r} is missing")
        self.token = self.next()
        return token

    def wrong(self, message: str) -> Misread:
        return Misread(message, self.token.place)

    def all(self) -> Formula:
        formula = self.formula(0)
        if self.token.kind != "end":
            raise self.wrong(f"{self.token.text!r} is too much")
        return formula

    def formula(self, floor: int) -> Formula:
        """Everything that binds more tightly than `floor`."""
        self.depth += 1
        if self.depth > MAX_DEPTH:
            raise self.wrong("nested too deeply")
        left = self.first()
        while (power := _POWERS.get(self.token.text, 0)) > floor:
            if power == _COMPARE:
                left = self.chain(left)
                continue
            sign = self.take().text
            # a power binds to the right, and its exponent may have a sign: 2^-1
            right = self.formula(_MINUS - 1 if sign == "^" else power)
            left = Operation(sign, left, right)
        self.depth -= 1
        return left

    def chain(self, first: Formula) -> Formula:
        operands, signs = [first], []
        while _POWERS.get(self.token.text) == _COMPARE:
            signs.append(self.take().text)
            operands.append(self.formula(_COMPARE))
        return Comparison(tuple(operands), tuple(signs))

    def first(self) -> Formula:
        token = self.take()
        match token:
            case _Token("number", text, place):
                if len(text) > _MAX_DIGITS:
                    raise Misread(f"more than {_MAX_DIGITS} digits", place)
                return Number(Fraction(text))
            case _Token("name", name, place):
                return self.call(name, place) if self.token.text == "(" else Name(name)
            case _Token("sign", "(", _):
                inner = self.formula(0)
                self.take(")")
                return inner
            case _Token("sign", "-", _):
                return Negative(self.formula(_MINUS))
            case _Token("sign", "+", _):
                return self.formula(_MINUS)
            case _Token("sign", "not", _):
                return Not(self.formula(_NOT))
            case _:
                pass
        what = repr(token.text) if token.text else "the end"
        raise Misread(f"{what} stands where a value should", token.place)

    def call(self, function: str, place: int) -> Formula:
        if function not in FUNCTIONS:
            raise Misread(f"no function is called {function!r}", place)
        self.take("(")
        arguments = [self.formula(0)]
        while self.token.text == ",":
            self.take()
            arguments.append(self.formula(0))
        self.take(")")
        least, most = FUNCTIONS[function]
        if not least <= len(arguments) <= most:
            wanted = f"{least}" if least == most else f"{least} to {most}"
            raise Misread(f"{function} takes {wanted} arguments, not {len(arguments)}", place)
        return Call(function, tuple(arguments))
