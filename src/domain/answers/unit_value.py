"""Numbers with a unit: conversion exact, a wrong dimension told from a wrong magnitude (B-30)."""

import re
from typing import Final

from domain.answers.answer import QuantityAnswer
from domain.answers.key import QuantityKey
from domain.answers.numbers import (
    Note,
    Reading,
    Unreadable,
    as_decimal,
    fraction,
    leading_number,
    plain,
    read_number,
    tidy,
)
from domain.answers.numeric import check_form
from domain.answers.rule import QuantityRule
from domain.answers.schema import UnitValue
from domain.answers.tolerance import Nearness, near_enough, nearness, shown
from domain.answers.units import Allowed, Kinship, allowed_unit, relate
from domain.answers.verdict import ONE, ZERO, Reason, Trace, unread, verdict_for

_CLOSE: Final = frozenset("°′″")  # signs that follow a number without a space
_FURTHER: Final = re.compile(r"([^0-9^/*()]{1,40}?) ?([0-9].*)")


def judge_quantity(
    schema: UnitValue,
    key: QuantityKey,
    rule: QuantityRule,
    answer: QuantityAnswer,
    path: str,
    *,
    partial: bool,
) -> Trace:
    """How near the quantity is to the key, converted to the key's unit.

    The right magnitude in a wrong unit earns the rule's `unitCredit`.
    """
    raw = (
        {"value": answer.value, "unit": answer.unit}
        if answer.text is None
        else {"text": answer.text}
    )
    try:
        reading, allowed = read_quantity(answer, schema.allowed_units)
        check_form(reading, fractions=rule.fractions)
    except Unreadable as error:
        return unread("unit_value", path, error.reason, raw, {"problem": str(error)})
    unit = allowed.unit
    kin = relate(unit, key.unit)
    facts = {"key": key.shown}
    near: Nearness | None = None
    if kin.kinship is not Kinship.STRANGE:
        converted = reading.value
        if kin.kinship is Kinship.CONVERTIBLE:
            converted = kin.convert(converted)
            facts["converted"] = f"{shown(converted)} {key.unit.text}"
        near = nearness(converted, key.value, rule.tolerance, schema.tolerance)
        facts |= {"difference": near.difference, "tolerance": near.tolerance}
    credit, reason = ZERO, Reason.WRONG_DIMENSION
    if near is not None and near.right:
        credit, reason = ONE, near.reason
    elif kin.kinship is not Kinship.SAME:
        if near_enough(reading.value, key.value, rule.tolerance, schema.tolerance):
            credit = rule.unit_credit
            reason = reason if near is None else Reason.WRONG_UNIT
        elif near is not None:
            reason = near.reason
    elif near is not None:
        reason = near.reason
    notes = reading.notes
    if allowed.slash:
        notes = (*notes, Note.SLASH_READ_TO_THE_END)
    return Trace(
        type="unit_value",
        path=path,
        verdict=verdict_for(credit, partial=partial),
        reason=reason,
        raw=raw,
        read_as=f"{plain(reading.value)}{'' if unit.text in _CLOSE else ' '}{unit.text}",
        method=reading.form.value,
        credit=credit,
        facts=facts,
        notes=notes,
    )


def read_quantity(answer: QuantityAnswer, allowed: tuple[str, ...]) -> tuple[Reading, Allowed]:
    """The number and the unit, which must be on the list. Raises Unreadable.

    A text may go on in smaller units of the list: `1 ч 30 мин` is 1.5 ч.
    """
    if answer.text is None:
        return read_number(answer.value), allowed_unit(answer.unit or "", allowed)
    return _read_text(tidy(answer.text), allowed)


def _read_text(text: str, allowed: tuple[str, ...]) -> tuple[Reading, Allowed]:
    reading, rest = leading_number(text)
    rest = rest.removeprefix("*").lstrip()
    try:
        return reading, allowed_unit(rest, allowed)
    except Unreadable:
        further = _FURTHER.fullmatch(rest)
        if further is None:
            raise
    unit = allowed_unit(further[1], allowed)
    more, smaller = _read_text(further[2], allowed)
    kin = relate(smaller.unit, unit.unit)
    added = kin.convert(more.value)
    fits = kin.kinship is Kinship.CONVERTIBLE and not kin.shift and 0 <= added < 1
    if not fits or reading.value < 0:
        raise Unreadable("two quantities that are not one", Reason.UNREADABLE)
    total = fraction(reading.value) + fraction(added)
    return reading._replace(value=as_decimal(total) or total), unit
