"""`import exams`, `import problems`: take content in from files."""

from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import click
import msgspec
from rich.console import Console
from rich.progress import Progress

from adapters.cli.root import Root, Stop, located, markbook, settings_of, with_parts
from adapters.clock import system_clock
from adapters.file_writing import write_atomically
from adapters.http.parts import Parts
from adapters.ledger import Call, Step
from adapters.problem_import import ProblemImport, RowOutcome, RowReport
from domain.exam import ImportExam, PublishExam, UnpublishExam, exam
from domain.kernel import Refused
from event_store.envelope import Actor

MANIFEST = "manifest.json"
OPERATOR = Actor("system", "operator")


@markbook.group("import")
def import_group() -> None:
    """Take content in from files."""


@import_group.command("exams")
@click.argument("paths", nargs=-1, required=True, type=click.Path(exists=True, path_type=Path))
@click.option("--publish/--draft", default=None, help="Open the exams to learners, or close them.")
@located
@click.pass_obj
def import_exams(
    root: Root,
    paths: tuple[Path, ...],
    *,
    publish: bool | None,
    data: Path | None,
    database: str | None,
) -> None:
    """Take exam files, or folders of them, into the log and into <data>/input.

    A folder's manifest.json says which exams are published unless --publish or --draft does. An
    exam that is there already is replaced; attempts that run keep the version they began with.
    """
    settings = settings_of(data=data, database=database)
    files = [
        (path, path.read_bytes(), flag if publish is None else publish)
        for path, flag in _exam_files(paths)
    ]

    async def work(parts: Parts) -> int:
        failed = 0
        for path, document, published in files:
            try:
                said = await _import(parts, settings.data, path, document, published=published)
            except Refused as refusal:
                failed += 1
                said = f"NOT imported: {refusal.message}"
            click.echo(f"{path.name}: {said}", err=said.startswith("NOT"))
        return failed

    failed = with_parts(root, settings, work)
    click.echo(f"{len(files) - failed} of {len(files)} exams imported.")
    if failed:
        raise SystemExit(1)


@import_group.command("problems")
@click.argument("path", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--dry-run", is_flag=True, help="Check every row and store nothing.")
@click.option(
    "--report",
    type=click.Path(dir_okay=False, writable=True, path_type=Path),
    metavar="FILE",
    help="Write what became of each row, one line of JSON each.",
)
@located
@click.pass_obj
def import_problems(
    root: Root,
    path: Path,
    *,
    dry_run: bool,
    report: Path | None,
    data: Path | None,
    database: str | None,
) -> None:
    """Take problems from a file with one item of JSON a line into the Bank.

    \b
    {"subjectKey": "mathematics", "sourceRef": {"domain": "manual", "type": "book", "id": "7"},
     "version": {"statement": {"format": "markdown", "body": {"text": "2 + 2 = ?"}},
                 "answerSchema": {"type": "numeric_with_tolerance"}},
     "answerKey": {"value": 4}, "publish": true,
     "checkingRule": {"method": "auto", "scoringRule": {"maxScore": 1}}}

    The same item again, told by its sourceRef or else its code, changes nothing; with other
    content it becomes a new version. A row that is wrong is reported and the rest goes on; the
    exit code is then 1. A file may be imported again after the wrong rows are mended.
    """  # noqa: D301 - click's mark for lines that stay as they are
    settings = settings_of(data=data, database=database)
    size = path.stat().st_size

    async def work(parts: Parts) -> Counter[RowOutcome]:
        call = Call(OPERATOR, "system", f"import {path.name}", system_clock())
        counts: Counter[RowOutcome] = Counter()
        with path.open("rb") as lines, _reporting(report) as write, _import_bar(size) as advance:
            rows = ProblemImport(parts.ledger, call, dry_run=dry_run).rows(lines)
            async for row in rows:
                counts[row.outcome] += 1
                advance(lines.tell())
                write(row)
                if row.error is not None:
                    click.echo(f"row {row.row}: {row.error.message} ({row.error.code})", err=True)
        return counts

    counts = with_parts(root, settings, work)
    said = ", ".join(f"{counts[outcome]:,} {outcome}" for outcome in RowOutcome)
    click.echo(f"{'Would be: ' if dry_run else ''}{said}.")
    if counts[RowOutcome.FAILED]:
        raise SystemExit(1)


@contextmanager
def _reporting(path: Path | None) -> Iterator[Callable[[RowReport], None]]:
    if path is None:
        yield lambda _row: None
        return
    with path.open("wb") as file:
        yield lambda row: file.writelines([msgspec.json.encode(row), b"\n"])


@contextmanager
def _import_bar(size: int) -> Iterator[Callable[[int], None]]:
    """A progress bar over the bytes of a file, on the error stream."""
    with Progress(console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task("importing", total=size)
        yield lambda done: bar.update(task, completed=done)


def _exam_files(paths: tuple[Path, ...]) -> Iterator[tuple[Path, bool | None]]:
    for path in paths:
        if path.is_dir():
            flags = _flags(path / MANIFEST)
            for file in sorted(path.glob("*.json")):
                if file.name != MANIFEST:
                    yield file, flags.get(file.stem)
        else:
            yield path, None


def _flags(manifest: Path) -> dict[str, bool]:
    """The published flags of a manifest, none if there is no such file."""
    try:
        document: Any = msgspec.json.decode(manifest.read_bytes())
        return {entry["examId"]: bool(entry["published"]) for entry in document["exams"]}
    except FileNotFoundError:
        return {}
    except (msgspec.MsgspecError, UnicodeDecodeError, KeyError, TypeError) as error:
        raise Stop(f"{manifest} is no manifest: {error}") from None


async def _import(
    parts: Parts, data: Path, path: Path, document: bytes, *, published: bool | None
) -> str:
    stream = exam.stream(path.stem)
    steps = [Step(stream, ImportExam(exam_id=path.stem, document=document))]
    if published is not None:
        steps.append(Step(stream, PublishExam() if published else UnpublishExam()))
    call = Call(OPERATOR, "system", f"import {path.name}", system_clock())
    exam.decide(exam.initial, steps[0].command)  # an invalid one reaches neither folder nor log
    write_atomically(data / "input" / path.name, document)
    outcome = await parts.ledger.execute(call, *steps)
    state = outcome.states[stream]
    return (
        f"{'imported' if outcome.events else 'unchanged'}, {len(state.question_ids)} questions, "
        f"{'published' if state.published else 'not published'}"
    )
