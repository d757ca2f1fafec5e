"""Trials: questions with an answer each, as JSON lines, and how verdicts compare with expectations.

A line is `{schema, key, rule?, scoringRule?, hints?, answer, expect?}`; other fields are comments.
`expect` is a verdict or `refused` (the answer has not the shape the schema asks for), or a list of
those that will do.
"""

from collections import Counter
from collections.abc import Sequence
from decimal import Decimal
from typing import Any, Final

import msgspec

from domain.answers.answer import Answer, read_answer
from domain.answers.judging import ONE_POINT
from domain.answers.key import Key, read_key
from domain.answers.rule import Rule, ScoringRule, read_checking_rule, read_rule, read_scoring
from domain.answers.schema import AnswerSchema, read_schema
from domain.answers.verdict import Verdict

REFUSED: Final = "refused"
OUTCOMES: Final = (*(verdict.value for verdict in Verdict), REFUSED)
_WHOLE_RULE: Final = "scoringRule"
_WORTH: Final = {
    Verdict.CORRECT.value: 3,
    Verdict.PARTIAL.value: 2,
    Verdict.UNKNOWN.value: 1,
    Verdict.INCORRECT.value: 0,
    Verdict.INVALID_FORMAT.value: 0,
    REFUSED: 0,
}


class BadTrial(ValueError):
    """The line is no trial; the message says why."""


class Line(msgspec.Struct, frozen=True, rename="camel"):
    """A trial as it is written, its documents not looked at yet."""

    schema: Any
    answer: Any
    key: Any = {}
    rule: Any = {}
    scoring_rule: Any = None
    hints: tuple[str, ...] = ()
    expect: str | tuple[str, ...] | None = None

    def expected(self) -> tuple[str, ...]:
        """The outcomes that will do; none if nothing was said."""
        if self.expect is None:
            return ()
        return (self.expect,) if isinstance(self.expect, str) else self.expect


class Trial(msgspec.Struct, frozen=True):
    """A question and an answer to it, ready to be judged."""

    schema: AnswerSchema
    key: Key
    rule: Rule
    scoring: ScoringRule
    hints: tuple[str, ...]
    answer: Answer


_LINE = msgspec.json.Decoder(Line, float_hook=Decimal)
_DOCUMENT = msgspec.json.Decoder(float_hook=Decimal)


def read_document(text: bytes | str) -> Any:
    """A JSON document, no digit of a number lost. Raises BadTrial."""
    try:
        return _DOCUMENT.decode(text)
    except (msgspec.MsgspecError, ValueError, RecursionError) as error:
        raise BadTrial(f"no JSON: {error}") from None


def read_line(text: bytes | str) -> Line:
    """A line of a file of trials. Raises BadTrial."""
    try:
        line = _LINE.decode(text)
    except (msgspec.MsgspecError, ValueError, RecursionError) as error:
        raise BadTrial(f"no trial: {error}") from None
    if unknown := [outcome for outcome in line.expected() if outcome not in OUTCOMES]:
        raise BadTrial(f"no outcome is called {unknown[0]!r}; there are {', '.join(OUTCOMES)}")
    return line


def read_trial(line: Line) -> Trial:
    """The trial of a line. Raises Unfit, whose code says which of the documents is meant.

    `rule` is what the schema's rule may say, or a whole checking rule with its `scoringRule`.
    """
    schema = read_schema(line.schema)
    key = read_key(schema, line.key)
    if isinstance(line.rule, dict) and _WHOLE_RULE in line.rule:
        whole = read_checking_rule(schema, line.rule)
        rule, scoring = whole.rule, whole.scoring
    else:
        rule, scoring = read_rule(schema, line.rule), ONE_POINT
    if line.scoring_rule is not None:
        scoring = read_scoring(line.scoring_rule)
    return Trial(
        schema=schema,
        key=key,
        rule=rule,
        scoring=scoring,
        hints=line.hints,
        answer=read_answer(schema, line.answer),
    )


class Confusion:
    """How often which outcome was given where which was expected."""

    def __init__(self) -> None:
        self.counts: Counter[tuple[str, str]] = Counter()
        self.expected = self.right = self.undecided = self.false_accepts = self.false_rejects = 0

    def add(self, expected: Sequence[str], given: str) -> bool:
        """Count one outcome; whether it is as expected, as all are where nothing was said."""
        if not expected:
            self.counts["", given] += 1
            return True
        right = given in expected
        self.expected += 1
        self.right += right
        self.counts[given if right else expected[0], given] += 1
        if given == Verdict.UNKNOWN:
            self.undecided += not right
            return right
        worth = [_WORTH[one] for one in expected]
        self.false_accepts += _WORTH[given] > max(worth)
        self.false_rejects += _WORTH[given] < min(worth)
        return right
