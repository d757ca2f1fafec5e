"""Answer schemas: what an answer to a problem looks like, eleven kinds and their bounds (B-26)."""

from decimal import Decimal
from enum import StrEnum
from typing import Annotated, Any, Literal, Union

import msgspec

from domain.answers.normalisers import Normaliser
from domain.answers.numbers import Unreadable, exact
from domain.answers.unfit import SCHEMA_INVALID, Unfit, Wrong, fitted
from domain.answers.units import read_unit
from domain.kernel import Value

MAX_DEPTH = 5
MAX_PARTS = 100
MAX_SCHEMAS = 500  # in one composite, all levels together
MAX_TEXT = 100_000  # code points of a text for a person
MAX_JUDGED_TEXT = 10_000  # code points of a text without maxLength

Name = Annotated[str, msgspec.Meta(min_length=1, max_length=200)]
Label = Annotated[str, msgspec.Meta(max_length=10_000)]
UnitText = Annotated[str, msgspec.Meta(min_length=1, max_length=100)]


class Schema(Value, frozen=True, tag_field="type", forbid_unknown_fields=True):
    """What all eleven share: the field `type` names the kind; other fields are refused."""


class Option(Value, frozen=True, forbid_unknown_fields=True):
    """A choice: `key` is what an answer names, `label` what people see."""

    key: Name
    label: Label


class ValueType(StrEnum):
    """What an exact value is compared as."""

    STRING = "string"
    NUMBER = "number"


class ExactValue(Schema, frozen=True, tag="exact_value"):
    """One of several values, exactly; texts are normalised first (B-27)."""

    value_type: ValueType
    normalization: Annotated[tuple[Normaliser, ...], msgspec.Meta(max_length=20)] = ()


class NumericWithTolerance(Schema, frozen=True, tag="numeric_with_tolerance"):
    """A number; an absolute tolerance, inclusive; `unit` is what people see (B-28, B-29)."""

    tolerance: Decimal | None = None
    unit: UnitText | None = None

    def __post_init__(self) -> None:
        _check_tolerance(self.tolerance)


class UnitValue(Schema, frozen=True, tag="unit_value"):
    """A number with one of the allowed units (B-30)."""

    value_type: Literal["number"]
    allowed_units: Annotated[tuple[UnitText, ...], msgspec.Meta(min_length=1, max_length=100)]
    tolerance: Decimal | None = None

    def __post_init__(self) -> None:
        _check_tolerance(self.tolerance)
        for index, text in enumerate(self.allowed_units):
            try:
                read_unit(text)
            except Unreadable as error:
                raise Wrong(
                    "unknown_unit", f"{text!r}: {error}", f".allowedUnits[{index}]"
                ) from None


class SingleChoice(Schema, frozen=True, tag="single_choice"):
    """Exactly one of the options (B-31)."""

    options: Annotated[tuple[Option, ...], msgspec.Meta(min_length=2, max_length=500)]

    def __post_init__(self) -> None:
        _check_keys(self.options)


class MultipleSelect(Schema, frozen=True, tag="multiple_select"):
    """A set of the options (B-32)."""

    options: Annotated[tuple[Option, ...], msgspec.Meta(min_length=2, max_length=500)]

    def __post_init__(self) -> None:
        _check_keys(self.options)


class FreeText(Schema, frozen=True, tag="free_text"):
    """A text; `max_length` counts code points, `manual_review` sends it to a person (B-33)."""

    normalization: Annotated[tuple[Normaliser, ...], msgspec.Meta(max_length=20)] = ()
    max_length: Annotated[int, msgspec.Meta(ge=1, le=MAX_TEXT)] | None = None
    manual_review: bool = False


class Syntax(StrEnum):
    """How expressions are written."""

    LATEX = "latex"
    PLAIN = "plain"


class Expression(Schema, frozen=True, tag="expression"):
    """A formula, judged by what it means (B-34)."""

    syntax: Syntax


class FileUpload(Schema, frozen=True, tag="file_upload"):
    """Files of the allowed types and size, for a person (B-35); `max_size_mb` of 1024² bytes."""

    allowed_types: Annotated[tuple[Name, ...], msgspec.Meta(min_length=1, max_length=50)]
    max_size_mb: Decimal

    def __post_init__(self) -> None:
        exact(self.max_size_mb, ".maxSizeMb")
        if not 0 < self.max_size_mb <= 10_000:
            raise Wrong("out_of_bounds", "maxSizeMb must lie above 0 and up to 10000", ".maxSizeMb")


class Proof(Schema, frozen=True, tag="proof"):
    """A proof, in words or files, for a person with a rubric (B-36)."""

    rubric_required: bool

    def __post_init__(self) -> None:
        if self.rubric_required is not True:
            raise Wrong("out_of_bounds", "rubricRequired is true, always", ".rubricRequired")


class ManualReviewRequired(Schema, frozen=True, tag="manual_review_required"):
    """Anything else, in words or files, for a person with a rubric (B-36)."""

    rubric_required: bool

    def __post_init__(self) -> None:
        if self.rubric_required is not True:
            raise Wrong("out_of_bounds", "rubricRequired is true, always", ".rubricRequired")


class CompositeAnswer(Schema, frozen=True, tag="composite_answer"):
    """Several answers in order, each by its own schema (B-37)."""

    parts: "Annotated[tuple[AnswerSchema, ...], msgspec.Meta(min_length=1, max_length=100)]"


AnswerSchema = Union[  # noqa: UP007 -- msgspec reads the forward reference above from it
    ExactValue,
    NumericWithTolerance,
    UnitValue,
    SingleChoice,
    MultipleSelect,
    FreeText,
    Expression,
    FileUpload,
    Proof,
    ManualReviewRequired,
    CompositeAnswer,
]


def read_schema(document: Any) -> AnswerSchema:
    """The schema in a JSON document. Raises Unfit (ANSWER_SCHEMA_INVALID) with the path."""
    _check_nesting(document)
    return fitted(document, AnswerSchema, SCHEMA_INVALID)  # type: ignore[arg-type]  # a union


def schema_type(schema: AnswerSchema) -> str:
    """The name of the kind, as in the field `type`."""
    return str(schema.__struct_config__.tag)


def _check_nesting(document: Any) -> None:
    """Depth and number of schemas, before anything recurses over them (B-37)."""
    level = [("$", document)]
    count = 0
    for depth in range(1, MAX_DEPTH + 2):
        deeper = []
        for path, schema in level:
            count += 1
            if depth > MAX_DEPTH:
                message = f"schemas nested deeper than {MAX_DEPTH}"
                raise Unfit(SCHEMA_INVALID, path, "too_deep", message)
            if count > MAX_SCHEMAS:
                message = f"more than {MAX_SCHEMAS} schemas"
                raise Unfit(SCHEMA_INVALID, path, "too_many", message)
            parts = schema.get("parts") if isinstance(schema, dict) else None
            if isinstance(parts, list | tuple):
                deeper += [(f"{path}.parts[{at}]", part) for at, part in enumerate(parts)]
        level = deeper


def _check_tolerance(tolerance: Decimal | None) -> None:
    if tolerance is not None:
        exact(tolerance, ".tolerance")
        if tolerance < 0:
            raise Wrong("out_of_bounds", "a tolerance is not negative", ".tolerance")


def _check_keys(options: tuple[Option, ...]) -> None:
    keys = [option.key for option in options]
    if len(set(keys)) != len(keys):
        index = next(at for at, key in enumerate(keys) if key in keys[:at])
        raise Wrong("duplicate", f"option {keys[index]!r} is there twice", f".options[{index}].key")
