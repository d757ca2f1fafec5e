"""Printing: how an expression was read, in plain signs, for the learner to compare."""

from domain.answers.expressions.characters import GREEK
from domain.answers.expressions.tree import (
    All,
    Any,
    Bracket,
    Call,
    Combined,
    Constant,
    Degrees,
    Matrix,
    NamedSet,
    Negative,
    Node,
    Number,
    Percent,
    Power,
    Product,
    Relation,
    SetOf,
    Sign,
    Sum,
    Symbol,
)

MAX_SHOWN = 400
_LETTERS = {name: letter for letter, name in GREEK.items()}
_CONSTANTS = {"pi": "π", "inf": "∞"}
_SHOWN = {"asin": "arcsin", "acos": "arccos", "atan": "arctan", "acot": "arccot"}
_SHOWN |= {"logarithm": "log", "determinant": "det"}
SUM, PRODUCT, SIGNED, POWER, ATOM = range(5)


def shown(node: Node) -> str:
    """The node in one line, cut off when long."""
    text = _print(node, SUM)
    return text if len(text) <= MAX_SHOWN else f"{text[: MAX_SHOWN - 1]}…"


def _print(node: Node, least: int) -> str:
    text, level = _written(node)
    return f"({text})" if level < least else text


def _written(node: Node) -> tuple[str, int]:
    match node:
        case Number():
            text = node.text or str(node.value)
            plain = text.replace(".", "").replace("(", "").replace(")", "").isdigit()
            return text, ATOM if plain else SUM
        case Constant():
            return _CONSTANTS.get(node.name, node.name), ATOM
        case Symbol():
            return _name(node.name), ATOM
        case Sum():
            return _sum(node), SUM
        case Product():
            return _product(node), PRODUCT
        case Negative():
            return f"-{_print(node.body, PRODUCT)}", SUM
        case Sign():
            return f"{'∓' if node.inverted else '±'}{_print(node.body, PRODUCT)}", SUM
        case Power():
            return f"{_print(node.base, ATOM)}^{_print(node.exponent, ATOM)}", POWER
        case Degrees():
            return f"{_print(node.body, ATOM)}°", ATOM
        case Percent():
            return f"{_print(node.body, ATOM)}%", ATOM
        case Call():
            return _call(node)
        case _:
            return _statement(node), SUM


def _statement(node: Node) -> str:
    match node:
        case Bracket():
            return f"{node.left}{_listed(node.items)}{node.right}"
        case SetOf():
            return f"{{{_listed(node.items)}}}"
        case NamedSet():
            return node.name
        case Matrix():
            rows = ["; ".join(_print(cell, SUM) for cell in row) for row in node.rows]
            return f"[{' | '.join(rows)}]"
        case Combined():
            return _print(node.first, SUM) + "".join(
                f" {sign} {_print(item, SUM)}" for sign, item in node.rest
            )
        case Relation():
            text = _print(node.sides[0], SUM)
            for sign, side in zip(node.signs, node.sides[1:], strict=True):
                text += f" {sign} {_print(side, SUM)}"
            return text
        case All():
            return _listed(node.items)
        case Any():
            return " ∨ ".join(_print(item, SUM) for item in node.items)
        case _:
            pass
    return "…"


def _listed(items: tuple[Node, ...]) -> str:
    return "; ".join(_print(item, SUM) for item in items)


def _name(name: str) -> str:
    letter, _, index = name.partition("_")
    primes = letter[len(letter.rstrip("'")) :]
    letter = _LETTERS.get(letter.rstrip("'"), letter.rstrip("'")) + primes
    return f"{letter}_{index}" if index else letter


def _sum(node: Sum) -> str:
    text = _print(node.terms[0], SUM)
    for term in node.terms[1:]:
        match term:
            case Negative():
                text += f" - {_print(term.body, PRODUCT)}"
            case Sign():
                text += f" {'∓' if term.inverted else '±'} {_print(term.body, PRODUCT)}"
            case Number() if term.text.startswith("-"):
                text += f" - {term.text[1:]}"
            case _:
                text += f" + {_print(term, PRODUCT)}"
    return text


def _product(node: Product) -> str:
    text = "·".join(_print(factor, SIGNED) for factor in node.factors)
    for divisor in node.divisors:
        text += f"/{_print(divisor, SIGNED)}"
    return text


def _call(node: Call) -> tuple[str, int]:
    first, *others = node.arguments
    match node.name:
        case "abs":
            return f"|{_print(first, SUM)}|", ATOM
        case "factorial":
            return f"{_print(first, ATOM)}!", ATOM
        case "root":
            index = _print(others[0], SUM)
            if index == "2":
                return f"√{_print(first, ATOM)}", ATOM
            return f"root({index}; {_print(first, SUM)})", ATOM
        case "log":
            base = _print(others[0], ATOM)
            name = "lg" if base == "10" else f"log_{base}"
            return f"{name}({_print(first, SUM)})", ATOM
        case "binom":
            return f"C({_listed(node.arguments)})", ATOM
        case _:
            pass
    return f"{_SHOWN.get(node.name, node.name)}({_listed(node.arguments)})", ATOM
