"""`judge --file`: every line of a file judged, with a progress bar and a confusion table."""

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Final, NamedTuple

import click
import msgspec
from rich.console import Console
from rich.progress import Progress
from rich.table import Table

from adapters.cli.root import Stop
from adapters.trials import (
    OUTCOMES,
    REFUSED,
    BadTrial,
    Confusion,
    Line,
    Trial,
    read_line,
    read_trial,
)
from domain.answers.unfit import (
    KEY_MISMATCH,
    RULE_INVALID,
    SCHEMA_INVALID,
    SCHEMA_MISMATCH,
    Unfit,
)
from domain.answers.verdict import Judgement, Verdict

_OPTION: Final = {SCHEMA_INVALID: "--schema", KEY_MISMATCH: "--key", RULE_INVALID: "--rule"}
_AT_ONCE: Final = 32
_SHOWN: Final = 20
_WIDTH: Final = 100

Checker = Callable[[Trial], Awaitable[Judgement]]
Tell = Callable[[Judgement], str]


class Judged(NamedTuple):
    """A line with what came of it: a judgement, or the refusal of an answer's shape."""

    number: int
    line: Line
    judgement: Judgement | None
    refusal: Unfit | None

    @property
    def given(self) -> str:
        """The outcome in a word."""
        return REFUSED if self.judgement is None else self.judgement.verdict.value

    def told(self, tell: Tell) -> str:
        """What is to be said about it."""
        if self.judgement is not None:
            return tell(self.judgement)
        return f"{self.refusal.path}: {self.refusal.message}" if self.refusal else ""


async def judge_lines(path: Path, checker: Checker, tell: Tell, *, as_json: bool) -> bool:
    """Judge every line; whether all expectations were met. Raises Stop at a line that is none."""
    lines = _lines(path)
    confusion = Confusion()
    missed: list[Judged] = []
    with Progress(console=Console(stderr=True)) as bar:
        task = bar.add_task("judging", total=len(lines))
        for start in range(0, len(lines), _AT_ONCE):
            group = lines[start : start + _AT_ONCE]
            for judged in await asyncio.gather(*(_judged(*one, checker) for one in group)):
                if not confusion.add(judged.line.expected(), judged.given):
                    missed.append(judged)
                if as_json:
                    click.echo(_object(judged, tell))
            bar.advance(task, len(group))
    console = Console(stderr=as_json)
    console.width = max(console.width, _WIDTH)
    for judged in missed[:_SHOWN]:
        expected = " or ".join(judged.line.expected())
        click.echo(
            f"line {judged.number}: expected {expected}, given {judged.given}: "
            f"{msgspec.json.encode(judged.line.answer).decode()[:_WIDTH]}",
            err=True,
        )
        if not as_json:
            click.echo(_indented(judged.told(tell)), err=True)
    if len(missed) > _SHOWN:
        click.echo(f"… and {len(missed) - _SHOWN:,} lines more", err=True)
    console.print(_table(confusion))
    click.echo(_summary(confusion, len(lines)), err=as_json)
    return not missed


def _lines(path: Path) -> list[tuple[int, Line]]:
    found = []
    with path.open("rb") as file:
        for number, text in enumerate(file, 1):
            if text.strip():
                try:
                    found.append((number, read_line(text)))
                except BadTrial as error:
                    raise Stop(f"{path}, line {number}: {error}") from None
    return found


async def _judged(number: int, line: Line, checker: Checker) -> Judged:
    try:
        trial = read_trial(line)
    except Unfit as refusal:
        if refusal.code != SCHEMA_MISMATCH and REFUSED not in line.expected():
            raise Stop(f"line {number}: {named(refusal)}") from None
        return Judged(number, line, None, refusal)
    return Judged(number, line, await checker(trial), None)


def named(refusal: Unfit) -> str:
    """Which of the documents is at fault, where, and why."""
    option = _OPTION.get(refusal.code, "--answer")
    return f"{option} {refusal.path}: {refusal.message} ({refusal.code})"


def _object(judged: Judged, tell: Tell) -> str:
    fields: dict[str, object] = {"line": judged.number, "given": judged.given}
    if judged.line.expect is not None:
        fields["expect"] = judged.line.expect
    if judged.refusal is not None:
        fields |= {"code": judged.refusal.code, "path": judged.refusal.path}
        fields["message"] = judged.refusal.message
    if judged.judgement is not None:
        fields["judgement"] = msgspec.Raw(tell(judged.judgement).encode())
    return msgspec.json.encode(fields).decode()


def _indented(text: str) -> str:
    return "\n".join(f"  {line}" for line in text.splitlines())


def _table(confusion: Confusion) -> Table:
    """Expected down, given across; `unknown` stands apart on the right."""
    given = [*(one for one in OUTCOMES if one != Verdict.UNKNOWN), Verdict.UNKNOWN.value]
    table = Table(title="expected (down) and given (across)")
    table.add_column("")
    for name in given:
        table.add_column(name, justify="right", style="dim" if name == Verdict.UNKNOWN else "")
    for expected in [*given, ""]:
        counts = [confusion.counts[expected, name] for name in given]
        if any(counts):
            cells = [
                f"[bold green]{count}[/]" if name == expected else str(count) if count else "·"
                for name, count in zip(given, counts, strict=True)
            ]
            table.add_row(expected or "nothing said", *cells)
    return table


def _summary(confusion: Confusion, lines: int) -> str:
    if not confusion.expected:
        return f"{lines:,} answers judged; none said what it expected."
    share = 100 * confusion.right / confusion.expected
    return (
        f"{lines:,} answers, {confusion.expected:,} with an expectation: "
        f"{confusion.right:,} as expected ({share:.1f} %), "
        f"{confusion.false_accepts} false accepts, {confusion.false_rejects} false rejects, "
        f"{confusion.undecided} undecided."
    )
