"""The front door: an answer, its key and its rule in, a judgement out (B-26 to B-39)."""

from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal
from typing import Final

import msgspec

from domain.answers.answer import (
    Answer,
    ChoiceAnswer,
    ChoicesAnswer,
    CompositeParts,
    ExpressionAnswer,
    FilesAnswer,
    QuantityAnswer,
    TextAnswer,
    ValueAnswer,
    WrittenAnswer,
)
from domain.answers.by_hand import for_a_person
from domain.answers.choice import judge_choice, judge_choices
from domain.answers.composite import judge_parts
from domain.answers.exact_value import judge_exact
from domain.answers.expression import Finding, Question, unreadable
from domain.answers.free_text import judge_free_text
from domain.answers.key import (
    ChoiceKey,
    ChoicesKey,
    CompositeKey,
    ExpressionKey,
    Key,
    NoKey,
    NumberKey,
    NumbersKey,
    QuantityKey,
    TextsKey,
)
from domain.answers.numbers import Unreadable, read_number
from domain.answers.numeric import judge_number, with_unit
from domain.answers.rule import (
    CompositeRule,
    ExpressionRule,
    NumberRule,
    QuantityRule,
    Rule,
    ScoringRule,
    SelectRule,
)
from domain.answers.schema import (
    AnswerSchema,
    CompositeAnswer,
    ExactValue,
    Expression,
    FreeText,
    MultipleSelect,
    NumericWithTolerance,
    SingleChoice,
    UnitValue,
    ValueType,
    schema_type,
)
from domain.answers.scoring import arithmetic
from domain.answers.unfit import SCHEMA_MISMATCH, Unfit
from domain.answers.unit_value import judge_quantity, read_quantity
from domain.answers.verdict import ONE, ZERO, Judgement, Reason, Trace, Verdict

CHECKER: Final = "markbook-1"
"""Names this engine in every judgement; one that judges differently gets another name."""

ONE_POINT: Final = ScoringRule(max_score=Decimal(1))
_NOTHING_FOUND: Final[Mapping[str, Finding]] = {}
_CREDITS: Final = {Verdict.CORRECT: ONE, Verdict.INCORRECT: ZERO}


def judge(
    schema: AnswerSchema,
    key: Key,
    rule: Rule,
    answer: Answer,
    findings: Mapping[str, Finding] = _NOTHING_FOUND,
    *,
    scoring: ScoringRule = ONE_POINT,
    hints: Sequence[str] = (),
) -> Judgement:
    """How much of the answer is right, and why.

    Key, rule and answer were read for this very schema. `findings` answers `questions`, by path;
    an expression without one is `unknown`. `hints` are the keys of those the learner took.
    """
    trace = _trace(
        schema, key, rule, answer, "$", findings=findings, partial=scoring.partial_credit
    )
    return Judgement(
        verdict=trace.verdict,
        reason=trace.reason,
        read_as=trace.read_as,
        trace=trace,
        arithmetic=arithmetic(trace, scoring, hints),
        checker=CHECKER,
    )


def questions(
    schema: AnswerSchema, key: Key, rule: Rule, answer: Answer, path: str = "$"
) -> list[Question]:
    """What must be asked of a worker before `judge`: one for each expression, by its path."""
    match schema, key, rule, answer:
        case Expression(), ExpressionKey(), ExpressionRule(), ExpressionAnswer():
            return [
                Question(
                    path=path,
                    expected=key.expression,
                    given=answer.expression,
                    syntax=schema.syntax,
                    mode=rule.mode,
                    domain=rule.domain,
                )
            ]
        case CompositeAnswer(), CompositeKey(), CompositeRule(), CompositeParts():
            return [
                question
                for index, part in enumerate(schema.parts)
                for question in questions(
                    part,
                    key.parts[index],
                    rule.parts[index].rule,
                    answer.parts[index],
                    f"{path}.parts[{index}]",
                )
            ]
        case _:
            return []


def refuse_unreadable(schema: AnswerSchema, answer: Answer, path: str = "$") -> None:
    """Refuse what cannot be read as a number, unit or expression, without any key (2.D).

    For submits: raises Unfit (ANSWER_SCHEMA_MISMATCH, `invalid_format`), so that it costs
    nothing. Hostile expressions may pass; a worker meets them.
    """
    for place, message in _unreadable_parts(schema, answer, path):
        raise Unfit(SCHEMA_MISMATCH, place, "invalid_format", message)


def _unreadable_parts(schema: AnswerSchema, answer: Answer, path: str) -> Iterator[tuple[str, str]]:
    try:
        match schema, answer:
            case ExactValue(value_type=ValueType.NUMBER), ValueAnswer(value=value):
                read_number(value)
            case NumericWithTolerance(unit=unit), ValueAnswer(value=value):
                with_unit(value, unit)
            case UnitValue(allowed_units=allowed), QuantityAnswer():
                read_quantity(answer, allowed)
            case Expression(syntax=syntax), ExpressionAnswer(expression=text):
                if wrong := unreadable(text, syntax):
                    message = f"{wrong.message} (character {wrong.position})"
                    yield f"{path}.expression", message
            case CompositeAnswer(parts=schemas), CompositeParts(parts=parts):
                for index, (part, given) in enumerate(zip(schemas, parts, strict=True)):
                    yield from _unreadable_parts(part, given, f"{path}.parts[{index}]")
            case _:
                pass
    except Unreadable as error:
        yield path, str(error)


def _trace(
    schema: AnswerSchema,
    key: Key,
    rule: Rule,
    answer: Answer,
    path: str,
    *,
    findings: Mapping[str, Finding],
    partial: bool,
) -> Trace:
    match schema, key, rule, answer:
        case NumericWithTolerance(), NumberKey(), NumberRule(), ValueAnswer():
            return judge_number(schema, key, rule, answer, path)
        case UnitValue(), QuantityKey(), QuantityRule(), QuantityAnswer():
            return judge_quantity(schema, key, rule, answer, path, partial=partial)
        case SingleChoice(), ChoiceKey(), _, ChoiceAnswer():
            return judge_choice(key, answer, path)
        case MultipleSelect(), ChoicesKey(), SelectRule(), ChoicesAnswer():
            return judge_choices(schema, key, rule, answer, path, partial=partial)
        case FreeText(), TextsKey() | NoKey(), _, TextAnswer():
            return judge_free_text(schema, key, answer.text, path)
        case ExactValue(), TextsKey() | NumbersKey(), NumberRule(), ValueAnswer():
            return judge_exact(schema, key, rule, answer, path)
        case Expression(), ExpressionKey(), ExpressionRule(), ExpressionAnswer():
            return _found(findings.get(path), key, answer, path)
        case CompositeAnswer(), CompositeKey(), CompositeRule(), CompositeParts():
            traces = [
                _trace(
                    part,
                    key.parts[index],
                    rule.parts[index].rule,
                    answer.parts[index],
                    f"{path}.parts[{index}]",
                    findings=findings,
                    partial=partial,
                )
                for index, part in enumerate(schema.parts)
            ]
            weights = [part.weight for part in rule.parts]
            weighted = [
                trace if weight == 1 else msgspec.structs.replace(trace, weight=weight)
                for trace, weight in zip(traces, weights, strict=True)
            ]
            return judge_parts(weighted, path, partial=partial)
        case _, NoKey(), _, FilesAnswer():
            return for_a_person(schema_type(schema), {"fileIds": answer.file_ids}, path)
        case _, NoKey(), _, WrittenAnswer():
            raw = {"text": answer.text, "fileIds": answer.file_ids}
            return for_a_person(schema_type(schema), raw, path)
        case _:
            raise TypeError("key, rule and answer were read for another schema")


def _found(
    finding: Finding | None, key: ExpressionKey, answer: ExpressionAnswer, path: str
) -> Trace:
    raw = {"expression": answer.expression}
    facts = {"key": key.expression}
    if finding is None:
        return Trace(
            type="expression",
            path=path,
            verdict=Verdict.UNKNOWN,
            reason=Reason.UNDECIDED,
            raw=raw,
            facts=facts,
        )
    return Trace(
        type="expression",
        path=path,
        verdict=finding.verdict,
        reason=finding.reason,
        raw=raw,
        read_as=finding.read_as,
        method=finding.method,
        precision=finding.precision,
        credit=_CREDITS.get(finding.verdict),
        facts=facts | dict(finding.facts),
        notes=finding.notes,
    )
