"""Short ways to write schemas, keys and answers on a command line, where they can mean one thing.

`{…}` is JSON, `@file` a file of JSON; anything else is a short form, and so is the set `{1; 2}` of
an expression.
"""

from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

from adapters.cli.root import Stop
from adapters.trials import BadTrial, read_document
from domain.answers.numbers import Unreadable, leading_number, plain, tidy

Short = Callable[[str], dict[str, Any]]


def document(option: str, text: str, short: Short) -> Any:
    """What an option says, as JSON; `short` reads its short form. Raises Stop."""
    try:
        if text.startswith("@"):
            return read_document(Path(text[1:]).read_bytes())
        if text.startswith("{" if short is not _expression else '{"'):
            return read_document(text)
    except (OSError, BadTrial) as error:
        raise Stop(f"{option}: {error}") from None
    return short(text)


def schema(text: str) -> dict[str, Any]:
    """A schema in short: `number:0.01`, `unit:м/с,км/ч`, `choice:a,b,c`, `text:trim,casefold`."""
    name, _, rest = text.partition(":")
    if name not in _SCHEMAS:
        raise Stop(
            f"--schema: no short form {name!r}; there are {', '.join(_SCHEMAS)}, or use JSON"
        )
    return _SCHEMAS[name](rest.strip())


def key(kind: str) -> Short:
    """How the key of a schema of this type is written in short."""
    return _KEYS.get(kind, _only_json("--key"))


def answer(kind: str) -> Short:
    """How the answer to a schema of this type is written in short."""
    return _ANSWERS.get(kind, _only_json("--answer"))


def rule(text: str) -> dict[str, Any]:
    """`net`, `each`, `all`, `antiderivative`, `strict`: the words that name their field."""
    if text not in _RULES:
        raise Stop(f"--rule: no short form {text!r}; there are {', '.join(_RULES)}, or use JSON")
    return {_RULES[text]: text}


def _only_json(option: str) -> Short:
    def refuse(text: str) -> dict[str, Any]:
        raise Stop(f"{option}: {text!r} must be JSON for this schema")

    return refuse


def _listed(text: str) -> list[str]:
    return [word.strip() for word in text.split(",") if word.strip()]


def _options(text: str) -> list[dict[str, str]]:
    return [{"key": word, "label": word} for word in _listed(text)]


def _normalised(kind: str, **more: str) -> Short:
    def read(text: str) -> dict[str, Any]:
        return {"type": kind, **more, "normalization": _listed(text)}

    return read


def _number(text: str) -> dict[str, Any]:
    tolerance = {"tolerance": text} if text else {}
    return {"type": "numeric_with_tolerance", **tolerance}


def _expression(text: str) -> dict[str, Any]:
    return {"expression": text}


def _quantity(text: str) -> dict[str, Any]:
    """`36 км/ч`, `25 000 м`."""
    try:
        reading, unit = leading_number(tidy(text))
    except Unreadable as error:
        raise Stop(f"--key: {text!r} does not begin with a number: {error}") from None
    return {"value": plain(reading.value), "unit": unit}


_SCHEMAS: Final[dict[str, Short]] = {
    "number": _number,
    "unit": lambda text: {
        "type": "unit_value",
        "valueType": "number",
        "allowedUnits": _listed(text),
    },
    "choice": lambda text: {"type": "single_choice", "options": _options(text)},
    "choices": lambda text: {"type": "multiple_select", "options": _options(text)},
    "text": _normalised("free_text"),
    "exact": _normalised("exact_value", valueType="string"),
    "exact-number": lambda _: {"type": "exact_value", "valueType": "number"},
    "expression": lambda text: {"type": "expression", "syntax": text or "plain"},
    "proof": lambda _: {"type": "proof", "rubricRequired": True},
    "manual": lambda _: {"type": "manual_review_required", "rubricRequired": True},
}
_KEYS: Final[dict[str, Short]] = {
    "numeric_with_tolerance": lambda text: {"value": text},
    "exact_value": lambda text: {"values": [text]},
    "unit_value": _quantity,
    "single_choice": lambda text: {"choice": text},
    "multiple_select": lambda text: {"choices": _listed(text)},
    "free_text": lambda text: {"accepted": [text]},
    "expression": _expression,
}
_ANSWERS: Final[dict[str, Short]] = {
    **_KEYS,
    "exact_value": lambda text: {"value": text},
    "unit_value": lambda text: {"text": text},
    "free_text": lambda text: {"text": text},
    "proof": lambda text: {"text": text},
    "manual_review_required": lambda text: {"text": text},
}
_RULES: Final = {
    "net": "credit",
    "each": "credit",
    "all": "credit",
    "equivalent": "mode",
    "antiderivative": "mode",
    "lenient": "domain",
    "strict": "domain",
}
