"""Cursor over the tokens of a text: what comes next, how deep, and what was doubtful."""

from abc import ABC, abstractmethod
from collections.abc import Callable
from enum import StrEnum

from domain.answers.expressions.characters import Unreadable
from domain.answers.expressions.tokens import Kind, Token
from domain.answers.expressions.tree import (
    VALUES,
    Node,
)

MAX_DEPTH = 60


class Doubt(StrEnum):
    """What people write in two meanings; each can be read the wider way."""

    SLASH = "slash"  # 1/2x: 1/(2x)
    ARGUMENT = "argument"  # sin x/2: sin(x/2)
    ROOT = "root"  # √2x: √(2x)
    EXPONENT = "exponent"  # e^2x: e^(2x)
    INVERSE = "inverse"  # sin^-1 x: 1/sin x
    BASE = "base"  # log2x: log(2x)
    EULER = "euler"  # 2e-3: 2·e - 3
    INDEX = "index"  # x2: x²
    LABEL = "label"  # C(5; 2): a binomial coefficient, not a point called C
    THOUSANDS = "thousands"  # 1,000: a thousand


class Cursor(ABC):
    """A parser over tokens. `wide`: the doubts to be read the wider way; `doubts`: those met."""

    def __init__(self, found: list[Token], wide: frozenset[Doubt], *, latex: bool) -> None:
        """`latex`: braces group, they make no set."""
        self.tokens = found
        self.at = 0
        self.depth = 0
        self.signs = 0
        self.bars = 0
        self.listing = 0  # how many brackets are open whose first separator has been read
        self.wide = wide
        self.latex = latex
        self.doubts: set[Doubt] = set()

    # --- moving on --------------------------------------------------------------------------

    @property
    def token(self) -> Token:
        """The token that comes next."""
        return self.tokens[self.at]

    def peek(self, count: int = 1) -> Token:
        """The token after the next."""
        return self.tokens[min(self.at + count, len(self.tokens) - 1)]

    def sees(self, *signs: str) -> bool:
        """Whether one of these signs comes next."""
        return self.token.kind is Kind.SIGN and self.token.text in signs

    def takes(self, *signs: str) -> bool:
        """Moves over one of these signs if it comes next."""
        if self.sees(*signs):
            self.at += 1
            return True
        return False

    def expect(self, *signs: str) -> None:
        """Moves over one of these signs, or says that it is missing."""
        if not self.takes(*signs):
            raise self.wrong(f"expected {signs[-1]} here")

    def wrong(self, message: str = "") -> Unreadable:
        """The refusal at the next token."""
        if not message and self.token.kind is Kind.END:
            message = "something is missing at the end"
        return Unreadable(message or f"did not expect {self.token.text} here", self.token.place)

    def deeper(self, levels: int = 1) -> None:
        """One level down, at most MAX_DEPTH."""
        self.depth += levels
        if self.depth > MAX_DEPTH:
            raise Unreadable("nested too deeply", self.token.place, "too_deep")

    def checked(self, node: Node) -> Node:
        """The node if it is one value."""
        if not isinstance(node, VALUES):
            raise self.wrong("only single values can be combined here")
        return node

    def inside(self, read: Callable[[], Node]) -> Node:
        """Reads inside brackets of its own: bars opened outside cannot close here."""
        bars, listing = self.bars, self.listing
        self.bars = self.listing = 0
        node = read()
        self.bars, self.listing = bars, listing
        return node

    def inside_list(self, close: str) -> tuple[Node, ...]:
        """One or more values up to the closing bracket."""
        bars, listing = self.bars, self.listing
        self.bars = self.listing = 0
        found = [self.checked(self.sum())]
        while self.takes(";", ","):
            found.append(self.checked(self.sum()))
        self.expect(close)
        self.bars, self.listing = bars, listing
        return tuple(found)

    # --- what the grammars above it know ----------------------------------------------------

    @abstractmethod
    def sum(self) -> Node:
        """Terms with signs between them."""

    @abstractmethod
    def power(self, *, mixed: bool = True) -> Node:
        """A factor with its exponents."""

    @abstractmethod
    def raised(self, base: Node) -> Node:
        """A base with the exponent that comes next."""

    @abstractmethod
    def exponent(self, *, grouped: bool) -> Node:
        """What stands after ^."""

    @abstractmethod
    def postfix(self, *, mixed: bool) -> Node:
        """A factor with ! ° % after it."""

    @abstractmethod
    def primary(self, *, mixed: bool) -> Node:
        """A single thing."""

    @abstractmethod
    def starts_factor(self) -> bool:
        """Whether a factor without a sign comes next."""
