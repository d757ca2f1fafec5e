"""What `judge` does: options to a question, judged with its workers, told to its audience."""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Any, NamedTuple, TypeVar

import click
import msgspec

from adapters.checkers.judge import judge
from adapters.checkers.pool import ExpressionPool
from adapters.cli import short_forms
from adapters.cli.judging_table import Checker, judge_lines, named
from adapters.cli.root import Stop
from adapters.explanations import Audience, explain
from adapters.messages import Language
from adapters.trials import Line, Trial, read_trial
from domain.answers.judging import judge as judge_at_once
from domain.answers.judging import questions
from domain.answers.unfit import Unfit
from domain.answers.verdict import Judgement, Verdict, feedback

T = TypeVar("T")
_COLOURS = {Verdict.CORRECT: "green", Verdict.INCORRECT: "red"}
_ENCODER = msgspec.json.Encoder(decimal_format="number")


class Options(NamedTuple):
    """What was said on the command line."""

    schema: str | None
    key: str | None
    answer: str | None
    rule: str | None
    max_score: str | None
    partial: bool
    language: Language
    audience: Audience
    as_json: bool

    def describes_a_question(self) -> bool:
        """Whether any of it belongs to a single question."""
        said = (self.schema, self.key, self.answer, self.rule, self.max_score)
        return self.partial or any(text is not None for text in said)

    def told(self, judgement: Judgement) -> str:
        """The judgement as its audience may see it, as text or JSON."""
        text = explain(judgement, self.audience, self.language)
        if not self.as_json:
            return text
        document: Any
        if self.audience is Audience.AUDITOR:
            document = msgspec.to_builtins(judgement, builtin_types=(Decimal,))
        else:
            document = msgspec.to_builtins(feedback(judgement.trace))
            if judgement.arithmetic is not None:
                document["score"] = judgement.arithmetic.score
                document["maxScore"] = judgement.arithmetic.max_score
        document["explanation"] = text
        return _ENCODER.encode(document).decode()


def judge_one(options: Options) -> None:
    """Print the verdict on the one answer. Raises Stop."""
    try:
        trial = read_trial(_line(options))
    except Unfit as refusal:
        raise Stop(named(refusal)) from None
    judgement = asyncio.run(_with_checker(lambda checker: checker(trial)))
    if not options.as_json:
        click.secho(judgement.verdict, bold=True, fg=_COLOURS.get(judgement.verdict))
    click.echo(options.told(judgement))


def judge_file(path: Path, options: Options) -> bool:
    """Print the table of a file's verdicts; whether all expectations were met. Raises Stop."""
    return asyncio.run(
        _with_checker(
            lambda checker: judge_lines(path, checker, options.told, as_json=options.as_json)
        )
    )


def _line(options: Options) -> Line:
    """The trial that the options describe. Raises Stop."""
    if options.schema is None or options.answer is None:
        raise Stop("--schema and --answer are needed, or --file; see markbook judge --help")
    schema = short_forms.document("--schema", options.schema, short_forms.schema)
    kind = str(schema.get("type")) if isinstance(schema, dict) else ""
    key, rule, scoring = {}, {}, None
    if options.key is not None:
        key = short_forms.document("--key", options.key, short_forms.key(kind))
    if options.rule is not None:
        rule = short_forms.document("--rule", options.rule, short_forms.rule)
    if options.partial or options.max_score is not None:
        scoring = {
            "maxScore": _points(options.max_score or "1"),
            "partialCredit": options.partial,
        }
    answer = short_forms.document("--answer", options.answer, short_forms.answer(kind))
    return Line(schema=schema, key=key, rule=rule, scoring_rule=scoring, answer=answer)


def _points(text: str) -> Decimal:
    try:
        return Decimal(text.replace(",", "."))
    except InvalidOperation:
        raise Stop(f"--max-score: {text!r} is no number") from None


async def _with_checker(work: Callable[[Checker], Awaitable[T]]) -> T:
    """Run `work` with a checker; worker processes start with the first expression."""
    async with AsyncExitStack() as stack:
        first = asyncio.Lock()
        pools: list[ExpressionPool] = []

        async def checker(trial: Trial) -> Judgement:
            question = (trial.schema, trial.key, trial.rule, trial.answer)
            if not questions(*question):
                return judge_at_once(*question, scoring=trial.scoring, hints=trial.hints)
            async with first:
                if not pools:
                    pools.append(await stack.enter_async_context(ExpressionPool()))
            return await judge(pools[0], *question, scoring=trial.scoring, hints=trial.hints)

        return await work(checker)
