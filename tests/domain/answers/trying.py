"""A question and an answer, both as JSON documents, judged in one call."""

from typing import Any

from domain.answers.answer import read_answer
from domain.answers.judging import judge
from domain.answers.key import read_key
from domain.answers.rule import read_rule, read_scoring
from domain.answers.schema import read_schema
from domain.answers.verdict import Judgement

NUMBER = {"type": "numeric_with_tolerance"}
SPEED = {"type": "unit_value", "valueType": "number", "allowedUnits": ["м/с", "км/ч", "м", "кг"]}


def tried(
    schema: Any,
    key: Any,
    answer: Any,
    rule: Any = None,
    *,
    scoring: Any = None,
    hints: tuple[str, ...] = (),
) -> Judgement:
    """The judgement, without a worker."""
    fitting = read_schema(schema)
    return judge(
        fitting,
        read_key(fitting, key),
        read_rule(fitting, rule or {}),
        read_answer(fitting, answer),
        scoring=read_scoring(scoring or {"maxScore": 1}),
        hints=hints,
    )


def number(key: Any, answer: Any, ruled: Any = None, **schema: Any) -> Judgement:
    """A number judged; `ruled` is the tolerance of the rule."""
    rule = {"tolerance": ruled} if ruled else {}
    return tried(NUMBER | schema, {"value": key}, {"value": answer}, rule)
