"""Comparisons, their targets, and the table and JSON made of them."""

from collections.abc import Iterator
from statistics import median
from typing import Any, Literal

import msgspec
from rich.console import Console
from rich.table import Table

from benchmarks.load import LoadResult

Better = Literal["more", "less"]


class Target(msgspec.Struct, frozen=True):
    """What must be reached and what would be splendid; None where nothing is promised."""

    must: float | None = None
    stretch: float | None = None


class Comparison(msgspec.Struct, kw_only=True):
    """One line of the table: the same measure on both sides, a value a round.

    `relative` targets bound Markbook divided by the base, the others Markbook's own value.
    """

    measure: str
    base: list[float]
    markbook: list[float]
    better: Better = "more"
    target: Target = Target()
    relative: bool = True

    def reached(self) -> float | None:
        """What the target is compared with."""
        if not self.markbook or (self.relative and not self.base):
            return None
        if not self.relative:
            return median(self.markbook)
        return median(mine / other for mine, other in zip(self.markbook, self.base, strict=True))

    def verdict(self) -> str:
        """`stretch`, `must`, `missed`, or nothing where there is no target or no figure."""
        reached = self.reached()
        if reached is None or self.target.must is None:
            return ""
        for name, bound in (("stretch", self.target.stretch), ("must", self.target.must)):
            if bound is not None and (
                reached >= bound if self.better == "more" else reached <= bound
            ):
                return name
        return "missed"


class RowResult(msgspec.Struct, kw_only=True):
    """All that one row measured."""

    name: str
    comparisons: list[Comparison] = []
    raw: dict[str, list[LoadResult]] = {}
    not_measured: str | None = None


STYLE = {"stretch": "bold green", "must": "green", "missed": "bold red"}


def show(console: Console, rows: list[RowResult]) -> None:
    """Two tables: targets, and what each side cost."""
    console.print(_targets(rows))
    console.print(_costs(rows))
    for row in rows:
        if row.not_measured:
            console.print(
                f"{row.name}: not measured: {row.not_measured}", style="yellow", markup=False
            )


def _targets(rows: list[RowResult]) -> Table:
    table = Table(title="Medians over the rounds; ratios are medians of paired ratios")
    for column in ("row", "measure", "base", "Markbook", "ratio", "must", "stretch", "reached"):
        table.add_column(column, justify="left" if column in {"row", "measure"} else "right")
    for row in rows:
        for line in row.comparisons:
            sign = ("×" if line.relative else "") + (
                " or more" if line.better == "more" else " or less"
            )
            ratio = line.reached() if line.relative else None
            verdict = line.verdict()
            table.add_row(
                row.name,
                line.measure,
                _number(median(line.base) if line.base else None),
                _number(median(line.markbook) if line.markbook else None),
                f"{ratio:.2f} ×" if ratio is not None else "–",
                _bound(line.target.must, sign),
                _bound(line.target.stretch, sign),
                f"[{STYLE[verdict]}]{verdict}[/]" if verdict else "",
            )
    return table


def _costs(rows: list[RowResult]) -> Table:
    table = Table(title="Cost of one save (or of one start + submit pair)")
    columns = ("per second", "p50 ms", "p99 ms", "max ms", "server CPU µs", "database CPU µs")
    table.add_column("row")
    table.add_column("side")
    for column in (*columns, "fsyncs", "load's core %"):
        table.add_column(column, justify="right")
    for row in rows:
        for side, results in row.raw.items():
            if results:
                table.add_row(row.name, side, *_cost_cells(results))
    return table


def _cost_cells(results: list[LoadResult]) -> Iterator[str]:
    def middle(name: str) -> float | None:
        values = [value for result in results if (value := getattr(result, name)) is not None]
        return median(values) if values else None

    for name in ("per_second", "p50_ms", "p99_ms", "max_ms", "server_cpu_us"):
        yield _number(middle(name))
    yield _number(middle("database_cpu_us") or None)
    fsyncs = middle("fsyncs_each")
    yield f"{fsyncs:.3f}" if fsyncs is not None else "–"
    yield f"{100 * (middle('client_core_share') or 0):.0f}"


def _number(value: float | None) -> str:
    if value is None:
        return "–"
    return f"{value:,.0f}" if value >= 100 else f"{value:.2f}"


def _bound(value: float | None, sign: str) -> str:
    return "" if value is None else f"{value:g} {sign}".strip()


def as_json(machine: dict[str, Any], rows: list[RowResult]) -> bytes:
    """Everything, for a later comparison."""
    document = {
        "machine": machine,
        "rows": [
            msgspec.to_builtins(row)
            | {"reached": {c.measure: [c.reached(), c.verdict()] for c in row.comparisons}}
            for row in rows
        ],
    }
    return msgspec.json.format(msgspec.json.encode(document), indent=1)
