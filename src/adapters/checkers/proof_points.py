"""Points where expressions are compared, drawn from the texts, so that a replay draws them too."""

from collections.abc import Iterator
from fractions import Fraction
from hashlib import blake2b  # sha256 through OpenSSL takes a hundred times as long to begin

from flint import fmpq, fmpz

from domain.answers.expressions.tree import (
    Call,
    Constant,
    Negative,
    Node,
    Number,
    Power,
    nodes,
    symbols,
)

SPANS = (3, 1, 12, 150, 3, 1, 40, 2000)  # sizes of the values, in turn
WHOLE_NAMES = frozenset("nkmlN")
MANY_WHOLE = 40
ALL_SIGNS = 16  # so many points first; then every second one is positive in all letters


class Draws:
    """Numbers that depend on nothing but the seed."""

    def __init__(self, seed: bytes) -> None:
        """`seed` may be any bytes."""
        self.seed = blake2b(seed).digest()
        self.block = 0
        self.left = b""

    def below(self, limit: int) -> int:
        """The next number from 0 to limit - 1, as even as 16 bytes allow."""
        if not self.left:
            self.block += 1
            self.left = blake2b(self.seed + self.block.to_bytes(8, "big")).digest()
        taken, self.left = self.left[:16], self.left[16:]
        return int.from_bytes(taken, "big") % limit

    def prime(self) -> int:
        """A prime of about 62 bits that nobody could have prepared for."""
        found = fmpz((1 << 61) + self.below(1 << 61) | 1)
        while not found.is_prime():
            found += 2
        return int(found)


def sample(draws: Draws, first: Node, second: Node, *, count: int) -> Iterator[dict[str, fmpq]]:
    """Points of many sizes and signs, some close to the numbers the expressions name."""
    names = sorted(symbols(first) | symbols(second))
    if not names:
        yield {}
        return
    whole = whole_symbols(first) | whole_symbols(second)
    marks = [fmpq(one.numerator, one.denominator) for one in literals(first, second)]
    natural = bool(whole) and any(
        isinstance(one, Call) and one.name in {"factorial", "binom"}
        for node in (first, second)
        for one in nodes(node)
    )
    for number in range(count):
        point: dict[str, fmpq] = {}
        for at, name in enumerate(names):
            if name in whole:
                value = draws.below(MANY_WHOLE) + 1
                point[name] = fmpq(value if natural or draws.below(2) else -value)
                continue
            span = SPANS[(number + at) % len(SPANS)]
            positive = draws.below(2) if number % 8 > 2 else number % 2 == 0
            positive = positive or (number >= ALL_SIGNS and number % 2 == 0)
            top = draws.below(1 << 30) + 1
            top = top if positive else -top
            if marks and number % 3 == 2:
                point[name] = marks[draws.below(len(marks))] + fmpq(top, 1 << 30)
            else:
                point[name] = fmpq(top * span, 1 << 30)
        yield point


def whole_symbols(node: Node) -> frozenset[str]:
    """The variables that stand for whole numbers: n in (-1)^n, n!, C(n, k)."""
    found: set[str] = set()
    for one in nodes(node):
        match one:
            case Power(base=Number(value=value)) if value < 0:
                found |= symbols(one.exponent)
            case Power(base=Negative()) if not symbols(one.base):
                found |= symbols(one.exponent)
            case Call(name="factorial" | "binom"):
                found |= symbols(one) & WHOLE_NAMES
            case _:
                pass
    return frozenset(found)


def literals(*trees: Node) -> list[Fraction]:
    """The numbers that occur, of both signs, at most twenty."""
    found: dict[Fraction, None] = {}
    for tree in trees:
        for one in nodes(tree):
            if isinstance(one, Number) and abs(one.value) < 10**6 and len(found) < 20:
                found |= {one.value: None, -one.value: None}
            elif isinstance(one, Constant) and one.name in {"pi", "e"}:
                found |= {Fraction(22, 7): None, Fraction(-22, 7): None}
    return list(found)


def fraction(value: fmpq) -> Fraction:
    """The same number without flint."""
    return Fraction(int(value.p), int(value.q))
