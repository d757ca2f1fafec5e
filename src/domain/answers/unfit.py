"""Unfit: a schema, a key, a rule or an answer that does not have the form it must have."""

import re
from typing import Any, NoReturn, TypeVar

import msgspec

from domain.kernel import RefusalKind, Refused

T = TypeVar("T")

SCHEMA_INVALID = "ANSWER_SCHEMA_INVALID"
SCHEMA_MISMATCH = "ANSWER_SCHEMA_MISMATCH"
KEY_MISMATCH = "ANSWER_KEY_MISMATCH"
RULE_INVALID = "CHECKING_RULE_INVALID"

_PATH = re.compile(r" - at `(?:key in )?\$([^`]*)`\Z")
_REASONS = (
    ("Object missing required field", "missing_field"),
    ("Object contains unknown field", "unknown_field"),
    ("Invalid value", "unknown_type"),
    ("Invalid enum value", "unknown_value"),
)


class Unfit(Refused):
    """The document has not the form its code speaks of.

    `path` is the JSON path of what is wrong (`$.parts[0].value`), `reason` a word for programs
    (`wrong_type`, `missing_field`, `unknown_choice`, `invalid_format`, …); both are in `details`.
    """

    kind = RefusalKind.UNFIT

    def __init__(self, code: str, path: str, reason: str, message: str) -> None:
        """`message` is one sentence for the person who sent the document."""
        super().__init__(message, path=path, reason=reason)
        self.code = code
        self.path = path
        self.reason = reason


class Wrong(ValueError):
    """What a value object finds wrong with itself; `fitted` adds where, and the code."""

    def __init__(self, reason: str, message: str, path: str = "") -> None:
        """`path` leads on from the object, such as `.unit`."""
        super().__init__(message)
        self.reason = reason
        self.message = message
        self.path = path


def fitted(document: Any, kind: type[T], code: str, path: str = "$") -> T:
    """The document as a `kind`, or Unfit with `code` and the path below `path`."""
    try:
        return msgspec.convert(document, kind)
    except msgspec.ValidationError as error:
        _refuse(error, code, path)
    except RecursionError:
        raise Unfit(code, path, "too_deep", "nested too deeply") from None
    except (ValueError, OverflowError, UnicodeError) as error:
        raise Unfit(code, path, "wrong_type", str(error)[:200]) from None


def _refuse(error: msgspec.ValidationError, code: str, path: str) -> NoReturn:
    text = str(error)
    found = _PATH.search(text)
    where = path + (found.group(1) if found else "")
    cause = error.__cause__
    if isinstance(cause, Wrong):
        raise Unfit(code, where + cause.path, cause.reason, cause.message) from None
    message = (text[: found.start()] if found else text)[:300]
    reason = next((word for start, word in _REASONS if message.startswith(start)), None)
    if reason is None:
        reason = "out_of_bounds" if " of length " in message else "wrong_type"
        if " >= " in message or " <= " in message:
            reason = "out_of_bounds"
    raise Unfit(code, where, reason, message) from None
