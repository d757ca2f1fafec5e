"""Choices: one of the options, or a set of them with credit for a part (B-31, B-32, B-39)."""

from decimal import Decimal

from domain.answers.answer import ChoiceAnswer, ChoicesAnswer
from domain.answers.key import ChoiceKey, ChoicesKey
from domain.answers.rule import Credit, SelectRule
from domain.answers.schema import MultipleSelect
from domain.answers.verdict import ONE, ZERO, Reason, Trace, Verdict, share, verdict_for


def judge_choice(key: ChoiceKey, answer: ChoiceAnswer, path: str) -> Trace:
    """Whether the right option was chosen."""
    right = answer.choice == key.choice
    return Trace(
        type="single_choice",
        path=path,
        verdict=Verdict.CORRECT if right else Verdict.INCORRECT,
        reason=Reason.EQUAL if right else Reason.WRONG_CHOICE,
        raw={"choice": answer.choice},
        read_as=answer.choice,
        method="choice",
        credit=ONE if right else ZERO,
        facts={"key": key.choice},
    )


def judge_choices(
    schema: MultipleSelect,
    key: ChoicesKey,
    rule: SelectRule,
    answer: ChoicesAnswer,
    path: str,
    *,
    partial: bool,
) -> Trace:
    """How much of the right set was chosen.

    `net`: right minus wrong choices, of as many as are right, not below zero. `each`: options
    rightly chosen or rightly left, of all. `all`: everything or nothing.
    """
    chosen = set(answer.choices)
    right = len(chosen & key.choices)
    wrong = len(chosen) - right
    credit = _credit(rule.credit, right, wrong, len(key.choices), len(schema.options))
    reason = Reason.SOME_RIGHT if right else Reason.NONE_RIGHT
    if credit == 1:
        reason = Reason.ALL_RIGHT
    return Trace(
        type="multiple_select",
        path=path,
        verdict=verdict_for(credit, partial=partial),
        reason=reason,
        raw={"choices": answer.choices},
        read_as=", ".join(sorted(chosen)),
        method=rule.credit.value,
        credit=credit,
        facts={
            "key": ", ".join(sorted(key.choices)),
            "right": str(right),
            "wrong": str(wrong),
            "missed": str(len(key.choices) - right),
        },
    )


def _credit(kind: Credit, right: int, wrong: int, keys: int, options: int) -> Decimal:
    missed = keys - right
    if not wrong and not missed:
        return ONE
    match kind:
        case Credit.NET:
            return share(max(0, right - wrong), keys)
        case Credit.EACH:
            return share(options - wrong - missed, options)
        case Credit.ALL:
            return ZERO
