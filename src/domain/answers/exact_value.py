"""Exact values: one of several texts after normalising, or of several numbers (B-27)."""

from domain.answers.answer import ValueAnswer
from domain.answers.free_text import judge_text
from domain.answers.key import NumbersKey, TextsKey
from domain.answers.numbers import Unreadable, plain, read_number
from domain.answers.numeric import check_form
from domain.answers.rule import NumberRule
from domain.answers.schema import ExactValue
from domain.answers.tolerance import shown
from domain.answers.verdict import ONE, ZERO, Reason, Trace, Verdict, unread


def judge_exact(
    schema: ExactValue,
    key: TextsKey | NumbersKey,
    rule: NumberRule,
    answer: ValueAnswer,
    path: str,
) -> Trace:
    """Whether the value is one of the key's, exactly."""
    raw = {"value": answer.value}
    if isinstance(key, TextsKey):
        return judge_text(
            "exact_value", key, answer.value, path, normalisers=schema.normalization, raw=raw
        )
    try:
        reading = read_number(answer.value)
        check_form(reading, fractions=rule.fractions)
    except Unreadable as error:
        return unread("exact_value", path, error.reason, raw, {"problem": str(error)})
    right = any(reading.value == value for value in key.values)
    return Trace(
        type="exact_value",
        path=path,
        verdict=Verdict.CORRECT if right else Verdict.INCORRECT,
        reason=Reason.EQUAL if right else Reason.DIFFERENT,
        raw=raw,
        read_as=plain(reading.value),
        method=reading.form.value,
        credit=ONE if right else ZERO,
        facts={"key": "; ".join(map(shown, key.values[:20]))},
        notes=reading.notes,
    )
