"""Keys: what is right, by schema, read once and judged against many times (CONTRACT 2.D)."""

from collections.abc import Collection, Mapping
from typing import Annotated, Any

import msgspec

from domain.answers.expression import unreadable
from domain.answers.normalisers import Normaliser, TooManyMarks, normalised
from domain.answers.numbers import Number, Unreadable, plain, read_number
from domain.answers.schema import (
    MAX_JUDGED_TEXT,
    AnswerSchema,
    CompositeAnswer,
    ExactValue,
    Expression,
    FileUpload,
    FreeText,
    ManualReviewRequired,
    MultipleSelect,
    NumericWithTolerance,
    Proof,
    SingleChoice,
    UnitValue,
    ValueType,
)
from domain.answers.unfit import KEY_MISMATCH, Unfit, fitted
from domain.answers.units import Kinship, Unit, read_unit, relate
from domain.kernel import Value


class TextsKey(Value, frozen=True):
    """For texts: the accepted ones, from their normalised form to what the author wrote."""

    accepted: Mapping[str, str]


class NumbersKey(Value, frozen=True):
    """For `exact_value` of numbers: the accepted ones."""

    values: tuple[Number, ...]


class NumberKey(Value, frozen=True):
    """For `numeric_with_tolerance`."""

    value: Number
    shown: str


class QuantityKey(Value, frozen=True):
    """For `unit_value`."""

    value: Number
    unit: Unit
    shown: str


class ChoiceKey(Value, frozen=True):
    """For `single_choice`."""

    choice: str


class ChoicesKey(Value, frozen=True):
    """For `multiple_select`: at least one option."""

    choices: frozenset[str]


class ExpressionKey(Value, frozen=True):
    """For `expression`: a text that the grammar can read."""

    expression: str


class NoKey(Value, frozen=True):
    """For everything that only a person judges."""


class CompositeKey(Value, frozen=True):
    """For `composite_answer`: one key a part, in order."""

    parts: "tuple[Key, ...]"


Key = (
    TextsKey
    | NumbersKey
    | NumberKey
    | QuantityKey
    | ChoiceKey
    | ChoicesKey
    | ExpressionKey
    | NoKey
    | CompositeKey
)


# --- reading --------------------------------------------------------------------------------------

_JudgedText = Annotated[str, msgspec.Meta(max_length=MAX_JUDGED_TEXT)]


class _Values(Value, frozen=True):
    values: Annotated[tuple[Any, ...], msgspec.Meta(min_length=1, max_length=1000)]


class _Accepted(Value, frozen=True):
    accepted: Annotated[tuple[_JudgedText, ...], msgspec.Meta(min_length=1, max_length=1000)]


class _Value(Value, frozen=True):
    value: Any


class _Quantity(Value, frozen=True):
    value: Any
    unit: str


class _Choices(Value, frozen=True):
    choices: Annotated[tuple[str, ...], msgspec.Meta(min_length=1, max_length=500)]


class _Parts(Value, frozen=True):
    parts: Annotated[tuple[Any, ...], msgspec.Meta(max_length=100)]


def read_key(schema: AnswerSchema, document: Any, path: str = "$") -> Key:
    """The key in a JSON document. Raises Unfit (ANSWER_KEY_MISMATCH) with the path."""
    match schema:
        case ExactValue(value_type=ValueType.NUMBER):
            values = fitted(document, _Values, KEY_MISMATCH, path).values
            places = [f"{path}.values[{index}]" for index in range(len(values))]
            return NumbersKey(values=tuple(map(_number, values, places)))
        case ExactValue(normalization=normalization):
            values = fitted(document, _Values, KEY_MISMATCH, path).values
            return _texts(values, normalization, f"{path}.values")
        case NumericWithTolerance():
            value = _number(fitted(document, _Value, KEY_MISMATCH, path).value, f"{path}.value")
            return NumberKey(value=value, shown=plain(value))
        case UnitValue():
            return _quantity(schema, document, path)
        case SingleChoice(options=options):
            choice = fitted(document, ChoiceKey, KEY_MISMATCH, path)
            if all(choice.choice != option.key for option in options):
                raise _unknown_choice(choice.choice, f"{path}.choice")
            return choice
        case MultipleSelect(options=options):
            return _choices({option.key for option in options}, document, path)
        case FreeText(manual_review=True) if not document:
            return NoKey()
        case FreeText(normalization=normalization):
            accepted = fitted(document, _Accepted, KEY_MISMATCH, path).accepted
            return _texts(accepted, normalization, f"{path}.accepted")
        case Expression(syntax=syntax):
            key = fitted(document, ExpressionKey, KEY_MISMATCH, path)
            if wrong := unreadable(key.expression, syntax):
                message = f"{wrong.message} (character {wrong.position})"
                raise Unfit(KEY_MISMATCH, f"{path}.expression", "invalid_format", message)
            return key
        case FileUpload() | Proof() | ManualReviewRequired():
            if document:
                raise Unfit(KEY_MISMATCH, path, "unexpected", "a person judges this: no key")
            return NoKey()
        case CompositeAnswer(parts=schemas):
            parts = fitted(document, _Parts, KEY_MISMATCH, path).parts
            if len(parts) != len(schemas):
                message = f"{len(schemas)} parts, but the key has {len(parts)}"
                raise Unfit(KEY_MISMATCH, f"{path}.parts", "wrong_length", message)
            return CompositeKey(
                parts=tuple(
                    read_key(schema, part, f"{path}.parts[{index}]")
                    for index, (schema, part) in enumerate(zip(schemas, parts, strict=True))
                )
            )


def _number(value: Any, path: str) -> Number:
    try:
        return read_number(value).value
    except Unreadable as error:
        reason = "invalid_format" if isinstance(value, str) else "wrong_type"
        raise Unfit(KEY_MISMATCH, path, reason, str(error)) from None


def _texts(values: tuple[Any, ...], normalisers: Collection[Normaliser], path: str) -> TextsKey:
    accepted: dict[str, str] = {}
    for index, value in enumerate(values):
        place = f"{path}[{index}]"
        if not isinstance(value, str):
            raise Unfit(KEY_MISMATCH, place, "wrong_type", "a text was expected")
        if len(value) > MAX_JUDGED_TEXT:
            raise Unfit(KEY_MISMATCH, place, "too_long", f"longer than {MAX_JUDGED_TEXT}")
        try:
            text = normalised(value, normalisers)
        except TooManyMarks:
            message = "too many combining marks in a row"
            raise Unfit(KEY_MISMATCH, place, "invalid_format", message) from None
        if not text:
            raise Unfit(KEY_MISMATCH, place, "empty", "nothing is left after normalising")
        accepted.setdefault(text, value)
    return TextsKey(accepted=accepted)


def _quantity(schema: UnitValue, document: Any, path: str) -> QuantityKey:
    given = fitted(document, _Quantity, KEY_MISMATCH, path)
    value = _number(given.value, f"{path}.value")
    place = f"{path}.unit"
    try:
        unit = read_unit(given.unit)
    except Unreadable as error:
        raise Unfit(KEY_MISMATCH, place, "unknown_unit", str(error)) from None
    allowed = [read_unit(text) for text in schema.allowed_units]
    for one in allowed:
        if unit.other is not None and one.same_as(unit.other):
            unit = unit.other
    if all(relate(one, unit).kinship is Kinship.STRANGE for one in allowed):
        message = f"no allowed unit converts to {given.unit!r}"
        raise Unfit(KEY_MISMATCH, place, "unit_not_allowed", message)
    return QuantityKey(value=value, unit=unit, shown=f"{plain(value)} {unit.text}")


def _choices(known: set[str], document: Any, path: str) -> ChoicesKey:
    choices = fitted(document, _Choices, KEY_MISMATCH, path).choices
    for index, choice in enumerate(choices):
        place = f"{path}.choices[{index}]"
        if choice not in known:
            raise _unknown_choice(choice, place)
        if choice in choices[:index]:
            raise Unfit(KEY_MISMATCH, place, "duplicate", f"{choice[:100]!r} is there twice")
    return ChoicesKey(choices=frozenset(choices))


def _unknown_choice(choice: str, path: str) -> Unfit:
    return Unfit(KEY_MISMATCH, path, "unknown_choice", f"no option has the key {choice[:100]!r}")
