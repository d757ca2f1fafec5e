"""Numbers with a tolerance: `numeric_with_tolerance` (B-28, B-29)."""

from domain.answers.answer import ValueAnswer
from domain.answers.key import NumberKey
from domain.answers.numbers import (
    Form,
    Reading,
    Unreadable,
    leading_number,
    plain,
    read_number,
    tidy,
)
from domain.answers.rule import NumberRule
from domain.answers.schema import NumericWithTolerance
from domain.answers.tolerance import nearness
from domain.answers.units import read_unit
from domain.answers.verdict import ONE, ZERO, Reason, Trace, Verdict, unread


def judge_number(
    schema: NumericWithTolerance, key: NumberKey, rule: NumberRule, answer: ValueAnswer, path: str
) -> Trace:
    """How near the number is to the key."""
    raw = {"value": answer.value}
    try:
        reading = with_unit(answer.value, schema.unit)
        check_form(reading, fractions=rule.fractions)
    except Unreadable as error:
        return unread("numeric_with_tolerance", path, error.reason, raw, {"problem": str(error)})
    near = nearness(reading.value, key.value, rule.tolerance, schema.tolerance)
    return Trace(
        type="numeric_with_tolerance",
        path=path,
        verdict=Verdict.CORRECT if near.right else Verdict.INCORRECT,
        reason=near.reason,
        raw=raw,
        read_as=plain(reading.value),
        method=reading.form.value,
        credit=ONE if near.right else ZERO,
        facts={"key": key.shown, "difference": near.difference, "tolerance": near.tolerance},
        notes=reading.notes,
    )


def with_unit(given: object, unit: str | None) -> Reading:
    """The number, with or without the unit that the question shows. Raises Unreadable.

    Where that unit is `%`, 50 and 50 % are the same.
    """
    if not isinstance(given, str) or unit is None:
        return read_number(given)  # type: ignore[arg-type]  # anything else is unreadable
    if unit != "%":
        try:
            return read_number(given)
        except Unreadable as error:
            if error.reason is not Reason.UNREADABLE:
                raise
    reading, rest = leading_number(tidy(given))
    if (
        not rest
        or rest.rstrip(".") == tidy(unit).rstrip(".")
        or read_unit(rest).same_as(read_unit(unit))
    ):
        return reading
    raise Unreadable(f"the unit is not {unit}", Reason.UNIT_NOT_ALLOWED)


def check_form(reading: Reading, *, fractions: bool) -> None:
    """Raises Unreadable where the rule wants no fractions and this is one."""
    if not fractions and reading.form in {Form.FRACTION, Form.MIXED}:
        raise Unreadable("a decimal is asked for", Reason.FORM_NOT_ALLOWED)
