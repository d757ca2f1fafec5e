"""`views` and `rebuild`: how the views stand, and building them anew."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import click
from rich.console import Console
from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeRemainingColumn
from rich.table import Column, Table

from adapters.cli.root import Root, Stop, located, markbook, settings_of
from adapters.codec import UnreadableEvent
from adapters.rebuild import Progress as Report
from adapters.rebuild import Rebuild, RebuildRunning
from adapters.view_check import check as compare
from adapters.view_fold import CannotFold
from adapters.views import Views
from event_store.store import StoreBusy
from projections.registry import PROJECTIONS

_SHOWN = 10


@markbook.command()
@located
@click.pass_obj
def views(root: Root, data: Path | None, database: str | None) -> None:
    """List every view: its version, how far it is, and what is wrong with it."""
    store = root.store(settings_of(data=data, database=database))
    known = Views(store, PROJECTIONS)
    known.migrate()
    name = Column("view", no_wrap=True)
    table = Table(name, "kind", "status", "version", "generation", "behind by", "problem")
    for one in known.report():
        table.add_row(
            one.name,
            one.kind,
            one.status,
            f"{one.version or '–'}",
            f"{one.generation or '–'}",
            "–" if one.lag is None else f"{one.lag:,} events",
            one.error or "",
        )
    store.close()
    Console().print(table)


@markbook.command()
@click.argument("names", metavar="[VIEW…]", nargs=-1)
@click.option("--check", is_flag=True, help="Only compare the rows with the log; change nothing.")
@located
@click.pass_obj
def rebuild(
    root: Root, names: tuple[str, ...], *, check: bool, data: Path | None, database: str | None
) -> None:
    """Build views anew from the log, all of them or those named, while servers go on.

    The old rows answer until the new ones take over in one transaction.
    """
    known = {one.name for one in PROJECTIONS}
    if unknown := sorted(set(names) - known):
        raise Stop(f"no view is called {', '.join(unknown)}; there are {', '.join(sorted(known))}")
    store = root.store(settings_of(data=data, database=database))
    try:
        with _bar("checking" if check else "rebuilding") as report:
            if check:
                found = compare(store, PROJECTIONS, names or None, report)
            else:
                rebuilt = Rebuild(store, PROJECTIONS, progress=report).run(names or None)
    except (RebuildRunning, CannotFold, UnreadableEvent, StoreBusy) as error:
        raise Stop(str(error)) from None
    finally:
        store.close()
    if not check:
        rate = rebuilt.position / max(rebuilt.seconds, 0.001)
        click.echo(
            f"Rebuilt {', '.join(rebuilt.views)} from {rebuilt.position:,} events "
            f"in {rebuilt.seconds:.1f} s ({rate:,.0f} events/s)."
        )
        return
    for one in found.differences[:_SHOWN]:
        click.echo(f"{one.view} {one.key}: is {one.actual}, should be {one.expected}", err=True)
    if found.differences:
        raise Stop(
            f"{len(found.differences):,} rows differ from the log: markbook rebuild mends them"
        )
    click.echo(f"{found.rows:,} rows of {', '.join(found.views)} are what the log says.")


@contextmanager
def _bar(doing: str) -> Iterator[Report]:
    """A progress bar on a terminal, with the events folded a second."""
    columns = (
        TextColumn(doing),
        BarColumn(),
        TaskProgressColumn(),
        TextColumn("{task.fields[rate]:>10,.0f} events/s"),
        TimeRemainingColumn(),
    )
    started = time.monotonic()
    with Progress(*columns, console=Console(stderr=True)) as bar:
        task = bar.add_task(doing, total=None, rate=0.0)

        def report(position: int, head: int) -> None:
            rate = position / max(time.monotonic() - started, 0.001)
            bar.update(task, completed=position, total=head, rate=rate)

        yield report
