"""Rules: who judges, how near is near enough, what it is worth (CONTRACT 2.D, B-38)."""

from decimal import Decimal
from enum import StrEnum
from typing import Annotated, Any

import msgspec

from domain.answers.expression import DomainPolicy, Mode
from domain.answers.numbers import exact
from domain.answers.schema import (
    AnswerSchema,
    CompositeAnswer,
    ExactValue,
    Expression,
    MultipleSelect,
    NumericWithTolerance,
    UnitValue,
)
from domain.answers.unfit import RULE_INVALID, Unfit, Wrong, fitted
from domain.kernel import Value

MAX_SCORE = 1_000_000
MAX_WEIGHT = 1_000_000
MAX_PLACES = 6  # of a maximum score or a penalty, after the point


class ToleranceKind(StrEnum):
    """What a tolerance's value counts."""

    ABSOLUTE = "absolute"  # in the key's unit
    RELATIVE = "relative"  # a part of the key: 0.05 is 5 %
    SIGNIFICANT = "significant"  # figures
    DECIMALS = "decimals"  # places after the point


class Tolerance(Value, frozen=True):
    """How far from the key is still right; the edge itself is right (B-29)."""

    kind: ToleranceKind
    value: Decimal

    def __post_init__(self) -> None:
        exact(self.value, ".value")
        if self.value < 0:
            raise Wrong("out_of_bounds", "a tolerance is not negative", ".value")
        if self.kind in {ToleranceKind.SIGNIFICANT, ToleranceKind.DECIMALS}:
            least = 1 if self.kind is ToleranceKind.SIGNIFICANT else 0
            if self.value != int(self.value) or not least <= self.value <= 60:
                raise Wrong("out_of_bounds", f"a whole number from {least} to 60", ".value")


class Credit(StrEnum):
    """How a multiple choice earns a part."""

    NET = "net"
    EACH = "each"
    ALL = "all"


class NumberRule(Value, frozen=True):
    """For `exact_value` and `numeric_with_tolerance`."""

    tolerance: Tolerance | None = None
    fractions: bool = True


class QuantityRule(Value, frozen=True):
    """For `unit_value`; `unit_credit` is the part for a right magnitude in a wrong unit."""

    tolerance: Tolerance | None = None
    unit_credit: Decimal = Decimal(0)
    fractions: bool = True

    def __post_init__(self) -> None:
        exact(self.unit_credit, ".unitCredit")
        if not 0 <= self.unit_credit <= 1:
            raise Wrong("out_of_bounds", "unitCredit lies between 0 and 1", ".unitCredit")


class SelectRule(Value, frozen=True):
    """For `multiple_select`."""

    credit: Credit = Credit.NET


class ExpressionRule(Value, frozen=True):
    """For `expression`."""

    mode: Mode = Mode.EQUIVALENT
    domain: DomainPolicy = DomainPolicy.LENIENT


class PlainRule(Value, frozen=True):
    """For schemas whose rule has nothing to say."""


class PartRule(Value, frozen=True):
    """A part's weight among its sisters and its own rule."""

    weight: Decimal
    rule: "Rule"


class CompositeRule(Value, frozen=True):
    """For `composite_answer`: one a part, in order."""

    parts: tuple[PartRule, ...]


Rule = NumberRule | QuantityRule | SelectRule | ExpressionRule | PlainRule | CompositeRule


class Method(StrEnum):
    """Who judges (B-38)."""

    AUTO = "auto"
    MANUAL = "manual"
    HYBRID = "hybrid"
    EXTERNAL = "external"


class ScoringRule(Value, frozen=True, forbid_unknown_fields=True):
    """What a right answer is worth, and what each hint costs (B-38, B-39)."""

    max_score: Decimal
    partial_credit: bool = False
    hint_penalty: Annotated[dict[str, Decimal], msgspec.Meta(max_length=100)] = msgspec.field(
        default_factory=dict
    )

    def __post_init__(self) -> None:
        _check_points(self.max_score, ".maxScore")
        if self.max_score == 0:
            raise Wrong("out_of_bounds", "maxScore lies above 0", ".maxScore")
        for hint, penalty in self.hint_penalty.items():
            _check_points(penalty, f".hintPenalty.{hint[:100]}")


class CheckingRule(Value, frozen=True):
    """A whole checking rule: who judges, how, for how much (B-38)."""

    method: Method
    rule: Rule
    scoring: ScoringRule


def _check_points(points: Decimal, path: str) -> None:
    exact(points, path)
    if not 0 <= points <= MAX_SCORE:
        raise Wrong("out_of_bounds", f"points lie between 0 and {MAX_SCORE}", path)
    if round(points, MAX_PLACES) != points:
        raise Wrong("out_of_bounds", f"more than {MAX_PLACES} places after the point", path)


# --- reading ------------------------------------------------------------------------------------


class _Part(Value, frozen=True):
    weight: Decimal = Decimal(1)
    rule: dict[str, Any] = msgspec.field(default_factory=dict)

    def __post_init__(self) -> None:
        exact(self.weight, ".weight")
        if not 0 <= self.weight <= MAX_WEIGHT:
            raise Wrong("out_of_bounds", f"a weight lies between 0 and {MAX_WEIGHT}", ".weight")


class _Parts(Value, frozen=True):
    parts: tuple[_Part, ...] | None = None


class _Checking(Value, frozen=True):
    method: Method
    scoring_rule: ScoringRule
    rule: dict[str, Any] = msgspec.field(default_factory=dict)


def read_rule(schema: AnswerSchema, document: Any, path: str = "$") -> Rule:
    """The `rule` of a checking rule. Raises Unfit (CHECKING_RULE_INVALID) with the path.

    The record is open (B-38): what this engine does not know, it leaves alone.
    """
    match schema:
        case ExactValue() | NumericWithTolerance():
            return fitted(document, NumberRule, RULE_INVALID, path)
        case UnitValue():
            return fitted(document, QuantityRule, RULE_INVALID, path)
        case MultipleSelect():
            return fitted(document, SelectRule, RULE_INVALID, path)
        case Expression():
            return fitted(document, ExpressionRule, RULE_INVALID, path)
        case CompositeAnswer(parts=parts):
            return _composite(parts, document, path)
        case _:
            return fitted(document, PlainRule, RULE_INVALID, path)


def _composite(schemas: tuple[AnswerSchema, ...], document: Any, path: str) -> CompositeRule:
    given = fitted(document, _Parts, RULE_INVALID, path).parts
    if given is None:
        given = (_Part(),) * len(schemas)
    if len(given) != len(schemas):
        message = f"{len(schemas)} parts, but the rule has {len(given)}"
        raise Unfit(RULE_INVALID, f"{path}.parts", "wrong_length", message)
    if not any(part.weight for part in given):
        raise Unfit(RULE_INVALID, f"{path}.parts", "out_of_bounds", "no part has any weight")
    return CompositeRule(
        parts=tuple(
            PartRule(
                weight=part.weight,
                rule=read_rule(schema, part.rule, f"{path}.parts[{index}].rule"),
            )
            for index, (schema, part) in enumerate(zip(schemas, given, strict=True))
        )
    )


def read_scoring(document: Any, path: str = "$") -> ScoringRule:
    """The `scoringRule` of a checking rule. Raises Unfit (CHECKING_RULE_INVALID)."""
    return fitted(document, ScoringRule, RULE_INVALID, path)


def read_checking_rule(schema: AnswerSchema, document: Any) -> CheckingRule:
    """`{method, rule, scoringRule, …}`. Raises Unfit (CHECKING_RULE_INVALID), path and all."""
    checking = fitted(document, _Checking, RULE_INVALID)
    return CheckingRule(
        method=checking.method,
        rule=read_rule(schema, checking.rule, "$.rule"),
        scoring=checking.scoring_rule,
    )
