"""Answers as they were given, by schema: the right shape, not yet judged (CONTRACT 2.D)."""

from decimal import Decimal
from typing import Annotated, Any

import msgspec

from domain.answers.numbers import Unreadable
from domain.answers.schema import (
    MAX_JUDGED_TEXT,
    MAX_TEXT,
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
from domain.answers.unfit import SCHEMA_MISMATCH, Unfit, Wrong, fitted
from domain.answers.units import allowed_unit
from domain.answers.verdict import Reason
from domain.kernel import Value

MAX_FILES = 50

FileId = Annotated[str, msgspec.Meta(min_length=1, max_length=200)]
FileIds = Annotated[tuple[FileId, ...], msgspec.Meta(max_length=MAX_FILES)]


class ValueAnswer(Value, frozen=True):
    """For `exact_value` and `numeric_with_tolerance`: a JSON number, or a text as typed."""

    value: Any

    def __post_init__(self) -> None:
        _check_value(self.value)


class QuantityAnswer(Value, frozen=True):
    """For `unit_value`: number and unit apart, or both in one text."""

    value: Any = None
    unit: str | None = None
    text: str | None = None

    def __post_init__(self) -> None:
        if self.text is not None:
            if self.value is not None or self.unit is not None:
                raise Wrong("unexpected", "either text, or value and unit")
            _check_text(self.text, ".text")
        elif self.value is None or self.unit is None:
            raise Wrong("missing_field", "value and unit are needed, or text")
        else:
            _check_value(self.value)
            _check_text(self.unit, ".unit")


class ChoiceAnswer(Value, frozen=True):
    """For `single_choice`: the key of an option."""

    choice: str


class ChoicesAnswer(Value, frozen=True):
    """For `multiple_select`: keys of options, none twice, in any order."""

    choices: tuple[str, ...]


class TextAnswer(Value, frozen=True):
    """For `free_text`."""

    text: str

    def __post_init__(self) -> None:
        _check_text(self.text, ".text")


class ExpressionAnswer(Value, frozen=True):
    """For `expression`."""

    expression: str

    def __post_init__(self) -> None:
        _check_text(self.expression, ".expression")


class FilesAnswer(Value, frozen=True):
    """For `file_upload`: ids of files that were uploaded before, at least one."""

    file_ids: Annotated[FileIds, msgspec.Meta(min_length=1)]


class WrittenAnswer(Value, frozen=True):
    """For `proof` and `manual_review_required`: words, files or both."""

    text: Annotated[str, msgspec.Meta(max_length=MAX_TEXT)] | None = None
    file_ids: FileIds = ()

    def __post_init__(self) -> None:
        if self.text is not None:
            _check_text(self.text, ".text")
        elif not self.file_ids:
            raise Wrong("missing_field", "text or fileIds is needed")


class CompositeParts(Value, frozen=True):
    """For `composite_answer`: one answer a part, in order."""

    parts: "tuple[Answer, ...]"


Answer = (
    ValueAnswer
    | QuantityAnswer
    | ChoiceAnswer
    | ChoicesAnswer
    | TextAnswer
    | ExpressionAnswer
    | FilesAnswer
    | WrittenAnswer
    | CompositeParts
)


class _Parts(Value, frozen=True):
    parts: tuple[Any, ...]


def read_answer(schema: AnswerSchema, document: Any, path: str = "$") -> Answer:
    """The answer in a JSON document. Raises Unfit (ANSWER_SCHEMA_MISMATCH) with the path.

    Text that cannot be read as a number, unit or expression passes: judging it gives
    `invalid_format`. Fields that the schema does not know are left alone.
    """
    match schema:
        case ExactValue(value_type=value_type):
            answer = fitted(document, ValueAnswer, SCHEMA_MISMATCH, path)
            if value_type is ValueType.STRING:
                _check_string(answer.value, f"{path}.value")
            return answer
        case NumericWithTolerance():
            return fitted(document, ValueAnswer, SCHEMA_MISMATCH, path)
        case UnitValue(allowed_units=allowed):
            quantity = fitted(document, QuantityAnswer, SCHEMA_MISMATCH, path)
            if quantity.unit is not None:
                _check_allowed(quantity.unit, allowed, f"{path}.unit")
            return quantity
        case SingleChoice(options=options):
            choice = fitted(document, ChoiceAnswer, SCHEMA_MISMATCH, path)
            if all(option.key != choice.choice for option in options):
                raise _unknown_choice(choice.choice, f"{path}.choice")
            return choice
        case MultipleSelect(options=options):
            choices = fitted(document, ChoicesAnswer, SCHEMA_MISMATCH, path)
            _check_choices(choices.choices, {option.key for option in options}, path)
            return choices
        case FreeText(max_length=longest, manual_review=by_hand):
            text = fitted(document, TextAnswer, SCHEMA_MISMATCH, path)
            limit = longest or (MAX_TEXT if by_hand else MAX_JUDGED_TEXT)
            _check_length(text.text, limit, f"{path}.text")
            return text
        case Expression():
            return fitted(document, ExpressionAnswer, SCHEMA_MISMATCH, path)
        case FileUpload():
            files = fitted(document, FilesAnswer, SCHEMA_MISMATCH, path)
            _check_files(files.file_ids, path)
            return files
        case Proof() | ManualReviewRequired():
            written = fitted(document, WrittenAnswer, SCHEMA_MISMATCH, path)
            _check_files(written.file_ids, path)
            return written
        case CompositeAnswer(parts=schemas):
            parts = fitted(document, _Parts, SCHEMA_MISMATCH, path).parts
            if len(parts) != len(schemas):
                message = f"{len(schemas)} parts, but the answer has {len(parts)}"
                raise Unfit(SCHEMA_MISMATCH, f"{path}.parts", "wrong_length", message)
            return CompositeParts(
                parts=tuple(
                    read_answer(part_schema, part, f"{path}.parts[{index}]")
                    for index, (part_schema, part) in enumerate(zip(schemas, parts, strict=True))
                )
            )


def _check_value(value: Any) -> None:
    kind = type(value)
    if kind is str:
        _check_text(value, ".value")
    elif kind is not int and kind is not float and kind is not Decimal:
        raise Wrong("wrong_type", "a number or a text was expected", ".value")


def _check_text(text: str, path: str) -> None:
    if not text.isascii():
        try:
            text.encode()
        except UnicodeEncodeError:
            raise Wrong("not_text", "half a character (a lone surrogate)", path) from None


def _check_string(value: Any, path: str) -> None:
    if not isinstance(value, str):
        raise Unfit(SCHEMA_MISMATCH, path, "wrong_type", "a text was expected")
    _check_length(value, MAX_JUDGED_TEXT, path)


def _check_length(text: str, limit: int, path: str) -> None:
    if len(text) > limit:
        raise Unfit(SCHEMA_MISMATCH, path, "too_long", f"longer than {limit} characters")


def _check_allowed(unit: str, allowed: tuple[str, ...], path: str) -> None:
    """A unit that can be read is one of the list; one that cannot is judged (B-30)."""
    try:
        allowed_unit(unit, allowed)
    except Unreadable as error:
        if error.reason is Reason.UNIT_NOT_ALLOWED:
            message = f"the unit is none of {', '.join(allowed)}"
            raise Unfit(SCHEMA_MISMATCH, path, "unit_not_allowed", message) from None


def _check_choices(choices: tuple[str, ...], known: set[str], path: str) -> None:
    seen: set[str] = set()
    for index, choice in enumerate(choices):
        if choice not in known:
            raise _unknown_choice(choice, f"{path}.choices[{index}]")
        if choice in seen:
            message = f"{choice[:100]!r} is there twice"
            raise Unfit(SCHEMA_MISMATCH, f"{path}.choices[{index}]", "duplicate", message)
        seen.add(choice)


def _check_files(file_ids: tuple[str, ...], path: str) -> None:
    for index, file_id in enumerate(file_ids):
        if file_id in file_ids[:index]:
            message = f"file {file_id!r} is there twice"
            raise Unfit(SCHEMA_MISMATCH, f"{path}.fileIds[{index}]", "duplicate", message)


def _unknown_choice(choice: str, path: str) -> Unfit:
    message = f"no option has the key {choice[:100]!r}"
    return Unfit(SCHEMA_MISMATCH, path, "unknown_choice", message)
