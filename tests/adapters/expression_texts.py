"""Texts that a checker may meet: grown from a grammar, mutated from real answers, or noise."""

import json
import random
from pathlib import Path

CORPUS = Path(__file__).parents[1] / "domain/answers/corpus/expressions.jsonl"
ATOMS = [
    "0",
    "1",
    "2",
    "3",
    "10",
    "0,5",
    "1.5",
    "0,(3)",
    "25\xa0000",
    "1e5",
    "2e-3",
    "999999999999",
    "x",
    "y",
    "z",
    "n",
    "k",
    "a",
    "b",
    "C",
    "e",
    "i",
    "π",
    "∞",
    "pi",
    "х",
    "у",
    "\\pi",
    "\\alpha",
    "\\infty",
    "x_1",
    "x²",
    "½",
    "3\\frac12",
    "\\frac{1}{2}",
    "\\sqrt2",
    "∅",
    "\\mathbb{R}",
    "R",
    "Z",
    "30°",
    "50%",
    "5!",
]
SIGNS = [
    "+",
    "-",
    "*",
    "/",
    "^",
    "=",
    "<",
    ">",
    "≤",
    "≥",
    "≠",
    "∈",
    "±",
    "∓",
    ";",
    ",",
    "∪",
    "∩",
    "!",
    "'",
    "|",
    ":",
    "**",
    "\\cdot",
    "\\pm",
    "\\le",
    "\\cup",
    "\\in",
    "∨",
    ":=",
    "--",
    "..",
]
FUNCTIONS = [
    "sin",
    "cos",
    "tg",
    "ctg",
    "arcsin",
    "arctg",
    "ln",
    "lg",
    "log",
    "log_2",
    "exp",
    "sqrt",
    "√",
    "∛",
    "abs",
    "max",
    "sh",
    "sin^2",
]
SHAPES = [
    "({0})", "[{0};{1})", "({0};{1}]", "]{0};{1}[", "{{{0};{1}}}", "|{0}|", "{0}^({1})", "{0}/{1}",
    r"\frac{{{0}}}{{{1}}}", r"\sqrt{{{0}}}", r"\sqrt[3]{{{0}}}", r"\left({0}\right)", "{0}, n∈Z",
    r"\begin{{cases}}{0}\\{1}\end{{cases}}", r"\begin{{pmatrix}}{0}&{1}\end{{pmatrix}}",
    "{0}={1}", "{0} или {1}", "{0} and {1}", "x_1={0}, x_2={1}", "{0}<x<{1}", "({0})!", "{0}^{1}",
    r"\log_{{{0}}}{{{1}}}", "C_{{{0}}}^{{{1}}}", "√({0}+√({1}))", "({0})^({1})^({0})",
]  # fmt: skip
NOISE = "0123456789xyznπe+-*/^()[]{}|,;=<>≤≥∈∪±!°%'\\√∛ \n_.абвSΣ́\u202e\x00🙂\ud800&$@#"


def grown(dice: random.Random, depth: int = 0) -> str:
    """A text that mostly follows the grammar."""
    roll = dice.random()
    if depth > 5 or roll < 0.25:
        return dice.choice(ATOMS)
    if roll < 0.5:
        return grown(dice, depth + 1) + dice.choice(SIGNS) + grown(dice, depth + 1)
    if roll < 0.65:
        gap = dice.choice(["(", " ", ""])
        return dice.choice(FUNCTIONS) + gap + grown(dice, depth + 1) + (")" if gap == "(" else "")
    return dice.choice(SHAPES).format(grown(dice, depth + 1), grown(dice, depth + 1))


def mutated(dice: random.Random, text: str) -> str:
    """The text with a few signs lost, doubled, swapped, put in or repeated many times."""
    for _ in range(dice.randint(1, 4)):
        at = dice.randint(0, len(text))
        match dice.randint(0, 5):
            case 0:
                text = text[:at] + text[at + 1 :]
            case 1:
                text = text[:at] + dice.choice(NOISE) + text[at:]
            case 2:
                text = text[:at] + dice.choice(SIGNS) + text[at:]
            case 3:
                other = dice.randint(0, len(text))
                text = text[:other] + text[at : at + dice.randint(1, 8)] + text[other:]
            case 4:
                text = text[:at] + text[at : at + 1] * dice.choice([2, 3, 70]) + text[at + 1 :]
            case _:
                text = text[:at] + grown(dice, 4) + text[at + dice.randint(0, 2) :]
    return text


def texts(seed: int, count: int) -> "list[tuple[str, str, str]]":
    """(syntax, key, answer) so many times, always the same for a seed."""
    dice = random.Random(seed)
    lines = CORPUS.read_text(encoding="utf-8").splitlines()
    real = [
        (row["key"]["expression"], row["answer"]["expression"]) for row in map(json.loads, lines)
    ]
    found: list[tuple[str, str, str]] = []
    for _ in range(count):
        key, answer = dice.choice(real)
        match dice.randint(0, 9):
            case 0 | 1 | 2:
                answer = mutated(dice, answer)
            case 3:
                answer = mutated(dice, key)
            case 4:
                answer = dice.choice(real)[1]
            case 5:
                key = answer = grown(dice)
            case 6:
                answer = "".join(dice.choice(NOISE) for _ in range(dice.randint(0, 40)))
            case 7:
                key, answer = grown(dice), grown(dice)
            case _:
                answer = grown(dice)
        found.append((dice.choice(["plain", "latex"]), key, answer))
    return found
