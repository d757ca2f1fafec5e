"""Canonical JSON: one text for one value on every machine (RFC 8785), and its hash."""

import hashlib
import json
from decimal import Decimal
from typing import Any, Final

import msgspec

from domain.kernel import Refused

MAX_DEPTH: Final = 200
_SAFE: Final = 2**53 - 1
_text: Final = json.JSONEncoder(ensure_ascii=False).encode  # escapes what RFC 8785, 3.2.2.2 does


class NotCanonical(Refused):
    """The value has no canonical text; `details.path` is the JSON path of what is wrong."""

    code = "VALIDATION_ERROR"

    def __init__(self, path: str, message: str) -> None:
        """`message` is one sentence."""
        super().__init__(f"{path}: {message}", path=path)


def canonical(value: Any) -> bytes:
    """The canonical text of JSON, of msgspec structs and of what they hold. Raises NotCanonical.

    Own bounds on numbers: an integer or a Decimal is written only if the text, which is that of
    the nearest double, has exactly its value (so 2⁵³ + 1 and 0.12345678901234567890 are refused,
    10²¹ is written `1e+21`). Whoever needs more figures sends them as a string. So the canonical
    text of what was read from a canonical text is that text.
    """
    parts: list[str] = []
    _write(value, parts, "$", 0)
    try:
        return "".join(parts).encode()
    except UnicodeEncodeError:
        raise NotCanonical("$", "half of a surrogate pair is no character") from None


def content_hash(value: Any) -> str:
    """SHA-256 of the canonical text, in lower-case hexadecimal digits. Raises NotCanonical."""
    return hashlib.sha256(canonical(value)).hexdigest()


def _write(value: Any, parts: list[str], path: str, depth: int) -> None:
    if depth > MAX_DEPTH:
        raise NotCanonical("$", f"nested deeper than {MAX_DEPTH}")
    match value:
        case None:
            parts.append("null")
        case bool():
            parts.append("true" if value else "false")
        case str():
            parts.append(_text(value))
        case int() | float() | Decimal():
            parts.append(_number(value, path))
        case list() | tuple():
            before = "["
            for index, item in enumerate(value):
                parts.append(before)
                before = ","
                _write(item, parts, f"{path}[{index}]", depth + 1)
            parts.append("]" if value else "[]")
        case dict():
            before = "{"
            for key in _sorted(value, path):
                parts += (before, _text(key), ":")
                before = ","
                _write(value[key], parts, f"{path}.{key[:100]}", depth + 1)
            parts.append("}" if value else "{}")
        case _:
            _write(_plain(value, path), parts, path, depth)


def _sorted(value: dict[Any, Any], path: str) -> list[str]:
    """The keys by their UTF-16 code units (RFC 8785, 3.2.3)."""
    try:
        keys = sorted(value)
        if all(key.isascii() for key in keys):
            return keys
        return sorted(keys, key=lambda key: key.encode("utf-16-be", "surrogatepass"))
    except (TypeError, AttributeError):
        raise NotCanonical(path, "a name in an object is no text") from None


def _plain(value: Any, path: str) -> Any:
    try:
        plain = msgspec.to_builtins(value, builtin_types=(Decimal,), order="deterministic")
    except (TypeError, ValueError, RecursionError):
        plain = value
    if type(plain) is type(value):
        raise NotCanonical(path, f"JSON has no {type(value).__name__}")
    return plain


# --- numbers ------------------------------------------------------------------------------------


def _number(value: float | Decimal, path: str) -> str:
    """As ECMAScript writes a double: `1`, `0.1`, `1e-7`, `1e+21`."""
    if isinstance(value, int) and -_SAFE <= value <= _SAFE:
        return str(int(value))
    try:
        double = float(value)
    except (OverflowError, ValueError):  # ValueError: a signalling NaN
        double = float("inf")
    if isinstance(value, float):
        if double - double != 0:
            raise NotCanonical(path, "neither infinite nor undefined numbers are JSON")
    elif double - double != 0 or Decimal(repr(double)) != value:
        raise NotCanonical(path, "the number has more figures than a double holds; send a string")
    if double == 0:
        return "0"
    return _shortest(double)


def _shortest(double: float) -> str:
    sign, figures, exponent = Decimal(repr(double)).normalize().as_tuple()
    digits = "".join(map(str, figures))
    point = len(digits) + int(exponent)  # where the point stands, counted from the first digit
    if 0 < point <= 21:
        whole = digits[:point].ljust(point, "0")
        text = f"{whole}.{digits[point:]}" if len(digits) > point else whole
    elif -6 < point <= 0:
        text = f"0.{'0' * -point}{digits}"
    else:
        head = f"{digits[0]}.{digits[1:]}" if len(digits) > 1 else digits
        text = f"{head}e{point - 1:+d}"
    return f"-{text}" if sign else text
