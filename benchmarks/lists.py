"""Pages of a million problems: rows and total of each page, with every filter, in every order.

`python -m benchmarks.lists --work DIR` prints each query; `./dev bench lists` the row of it. The
tables are made once, through the machinery that a rebuild uses, and kept in DIR.
"""

import contextlib
import random
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from itertools import accumulate, islice
from pathlib import Path
from statistics import median, quantiles
from typing import Any, NamedTuple

import click
import msgspec
from rich.console import Console
from rich.table import Table

from adapters.numbered_writes import Change, NumberedWriter
from adapters.view_query import Condition, Eq, In, Text
from adapters.view_table import ViewTable
from adapters.views import Views
from benchmarks.bench import Bench, NotMeasured
from benchmarks.postgres import PostgresUnavailable, postgres_server
from benchmarks.report import Comparison, RowResult, Target
from benchmarks.serving import free_port
from domain.attempt import AttemptStarted
from event_store.open import open_store
from event_store.store import Store, Transaction
from projections.kernel import Index, IndexKind, Projection

SEED = 5
SUBJECTS = [
    "math",
    "physics",
    "informatics",
    "russian",
    "english",
    "chemistry",
    "biology",
    "history",
]
STATUSES, STATUS_SHARES = ("published", "draft", "review", "retired", "archived"), (60, 20, 8, 7, 5)
DIFFICULTIES, DIFFICULTY_SHARES = ("easy", "medium", "hard", "olympiad"), (40, 38, 17, 5)
DOMAINS, DOMAIN_SHARES = ("lms", "competitions", "storefront", "manual"), (70, 15, 10, 5)
VISIBILITIES, VISIBILITY_SHARES = ("organization", "private", "public"), (55, 25, 20)
NODES, VOCABULARY, WORDS = 3000, 60_000, 40
PER_PAGE, AT_ONCE, ROWS_A_COMMIT = 20, 5000, 5000
PAGES = (1, 2, 10, 1000, 0)  # 0 is the last
MUST_MS, ROUNDS = 50.0, 3


class Listed(msgspec.Struct, frozen=True):
    """What a list of problems shows and is filtered by."""

    code: str
    subject: str
    status: str
    version_statuses: tuple[str, ...]
    nodes: tuple[str, ...]
    difficulty: str | None
    has_solution: bool
    has_rule: bool
    used_in: tuple[str, ...]
    visibility: str
    updated_at: str
    prose: str


def _project(view: Listed | None, _fact: Any) -> Listed | None:
    return view


listed = Projection(
    name="bench_problems",
    version=1,
    view=Listed,
    reads={"attempt.started": AttemptStarted},
    project=_project,
    indexes={
        "subject": Index(IndexKind.TEXT, lambda view: view.subject),
        "status": Index(IndexKind.TEXT, lambda view: view.status),
        "version_statuses": Index(IndexKind.MANY, lambda view: view.version_statuses),
        "nodes": Index(IndexKind.MANY, lambda view: view.nodes),
        "difficulty": Index(IndexKind.TEXT, lambda view: view.difficulty),
        "has_solution": Index(IndexKind.INTEGER, lambda view: int(view.has_solution)),
        "has_rule": Index(IndexKind.INTEGER, lambda view: int(view.has_rule)),
        "used_in": Index(IndexKind.MANY, lambda view: view.used_in),
        "visibility": Index(IndexKind.TEXT, lambda view: view.visibility),
        "prose": Index(IndexKind.WORDS, lambda view: f"{view.code} {view.prose}"),
        "code": Index(IndexKind.ORDER, lambda view: view.code),
        "updated_at": Index(IndexKind.ORDER, lambda view: view.updated_at),
        "difficulties": Index(IndexKind.ORDER, lambda view: view.difficulty or ""),
    },
    inline=False,
    numbered=True,
)


class Query(NamedTuple):
    """A page that somebody asks for; `kind` is the row of the table that it belongs to."""

    kind: str
    where: tuple[Condition, ...]
    order: str
    page: int


class Timed(NamedTuple):
    """How long it took, and how many rows there were on all pages."""

    query: Query
    ms: float
    total: int


# --- a million problems -----------------------------------------------------------------------


def vocabulary(draw: random.Random) -> list[str]:
    """Words that begin and end like Russian ones, a fifth like English ones."""
    russian = [
        "а",
        "о",
        "и",
        "е",
        "у",
        "ка",
        "по",
        "на",
        "при",
        "пре",
        "тре",
        "уг",
        "ль",
        "ник",
        "ть",
    ]
    english = ("a", "e", "the", "in", "con", "tri", "an", "gle", "ing", "tion", "er", "st")
    found: dict[str, None] = {}
    while len(found) < VOCABULARY:
        parts = english if draw.random() < 0.2 else russian
        found["".join(draw.choice(parts) for _ in range(draw.randint(1, 6)))] = None
    return list(found)


def problems(count: int) -> Iterator[Listed]:
    """Problems as a bank has them: a few large values and many small ones."""
    draw = random.Random(SEED)
    words = vocabulary(draw)
    weights = list(accumulate(1 / (rank + 3) for rank in range(len(words))))
    nodes = [f"node-{number:04d}" for number in range(NODES)]
    node_weights = list(accumulate(1 / (rank + 20) for rank in range(NODES)))
    for number in range(count):
        month, day = 1 + number * 9 // count, draw.randint(1, 28)
        [status] = draw.choices(STATUSES, STATUS_SHARES)
        there = {"published", "draft"} if draw.random() < 0.1 else {"published"}
        yield Listed(
            code=f"{draw.choice('ABCDE')}-{draw.randrange(10**7):07d}",
            subject=SUBJECTS[min(int(draw.expovariate(0.5)), 7)],
            status=status,
            version_statuses=tuple(there if status == "published" else (status,)),
            nodes=tuple(draw.choices(nodes, cum_weights=node_weights, k=draw.randint(1, 3))),
            difficulty=draw.choices((*DIFFICULTIES, None), (*DIFFICULTY_SHARES, 5))[0],
            has_solution=draw.random() < 0.7,
            has_rule=draw.random() < 0.9,
            used_in=tuple(set(draw.choices(DOMAINS, DOMAIN_SHARES, k=draw.randint(0, 3)))),
            visibility=draw.choices(VISIBILITIES, VISIBILITY_SHARES)[0],
            updated_at=f"2026-{month:02d}-{day:02d}T{draw.random()}Z",
            prose=" ".join(draw.choices(words, cum_weights=weights, k=WORDS)),
        )


def fill(store: Store, table: ViewTable, count: int) -> float:
    """Write the rows as a rebuild does, if they are not there; the seconds it took."""
    if store.read(f"SELECT 1 FROM {table.name} LIMIT 1"):
        return 0.0
    began = time.perf_counter()
    writer = NumberedWriter(table, store, ordered=False)
    made = enumerate(problems(count))
    while part := list(islice(made, AT_ONCE)):
        changes = [Change(f"problem-{number:07d}", 1, None, one) for number, one in part]
        rows = writer.rows(changes)
        for start in range(0, len(rows), ROWS_A_COMMIT):
            _put(store, rows[start : start + ROWS_A_COMMIT])
    for rows in writer.orders():
        _put(store, rows)
    if store.dialect == "postgresql":
        store.exclusive(lambda cursor: [cursor.execute(f"ANALYZE {name}") for name in table.tables])
    return time.perf_counter() - began


def _put(store: Store, rows: Sequence[Any]) -> None:
    [result] = store.append([Transaction([], rows)])
    if not isinstance(result, int):
        raise result


# --- queries ----------------------------------------------------------------------------------


def filters(draw: random.Random) -> dict[str, Callable[[], Condition]]:
    """Each filter of the contract's row C1.1, with a value as somebody would pick it."""
    branch = tuple(f"node-{number:04d}" for number in range(300, 350))
    return {
        "subjectKey": lambda: Eq("subject", draw.choice(SUBJECTS)),
        "status": lambda: Eq("status", draw.choice(STATUSES)),
        "versionStatus": lambda: Eq("version_statuses", draw.choice(STATUSES)),
        "taxonomyNodeId": lambda: Eq("nodes", f"node-{int(draw.random() ** 2 * NODES):04d}"),
        "a branch of 50 nodes": lambda: In("nodes", branch),
        "difficulty": lambda: Eq("difficulty", draw.choice((*DIFFICULTIES, None))),
        "hasSolution": lambda: Eq("has_solution", draw.randint(0, 1)),
        "hasCheckingRule": lambda: Eq("has_rule", draw.randint(0, 1)),
        "usedIn": lambda: Eq("used_in", draw.choice(DOMAINS)),
        "visibility": lambda: Eq("visibility", draw.choice(VISIBILITIES)),
    }


def queries(draw: random.Random) -> Iterator[Query]:
    """What is measured: filters alone and together, words, orders, early and late pages."""
    one = filters(draw)
    names = list(one)
    sets: list[tuple[str, tuple[Condition, ...]]] = [("no filter", ())]
    for name in names:
        sets += [(name, (one[name](),)) for _ in range(3)]
    for kind, many in (("two filters", 2), ("three filters", 3), ("five filters", 5)):
        for _ in range(20):
            sets.append((kind, tuple(one[name]() for name in draw.sample(names, many))))
    words = vocabulary(random.Random(SEED))
    for rank in (0, 3, 30, 300, 3000, 30_000):
        sets.append(("q: a word", (Text("prose", words[rank]),)))
        sets.append(("q: a word and a filter", (Text("prose", words[rank]), one["status"]())))
        pair = f"{words[rank]} {words[rank * 3 // 2 + 1]}"
        sets.append(("q: two words", (Text("prose", pair), one["subjectKey"]())))
    for text in ("п", "по", "пре", "трен", "ing", "A-", "A-123"):
        sets.append(("q: a beginning", (Text("prose", text),)))
    sets.append(("q: nothing found", (Text("prose", "нетакогослова"),)))
    for kind, where in sets:
        for order in ("-row", "code", "-code", "-updated_at", "difficulties"):
            for page in PAGES:
                yield Query(kind, where, order, page)


def measure(views: Views, rounds: int) -> list[Timed]:
    """Every query in an order of chance, each round anew; of each the quickest of the rounds.

    The quickest, because what else this machine does is in all the others.
    """
    draw = random.Random(SEED)
    asked = list(enumerate(queries(draw)))
    best: dict[int, Timed] = {}
    last: dict[tuple[Condition, ...], int] = {}
    for _ in range(rounds):
        draw.shuffle(asked)
        for number, one in asked:
            page = one.page
            if not page:
                if one.where not in last:
                    last[one.where] = views.page(listed, one.where, ["-row"], 1, 1).total
                page = max(1, -(-last[one.where] // PER_PAGE))
            began = time.perf_counter()
            answer = views.page(listed, one.where, [one.order], page, PER_PAGE)
            took = 1000 * (time.perf_counter() - began)
            if number not in best or took < best[number].ms:
                best[number] = Timed(one, took, answer.total)
    return list(best.values())


# --- the two databases ------------------------------------------------------------------------


@contextlib.contextmanager
def database(kind: str, work: Path, count: int) -> Iterator[tuple[Views, float]]:
    """The views over a filled database, and how long it took to fill."""
    folder = work / f"markbook-lists-{count}"
    folder.mkdir(exist_ok=True)
    folder.chmod(0o755)
    with contextlib.ExitStack() as stack:
        url = f"sqlite:///{folder / 'lists.sqlite3'}"
        if kind == "postgresql":
            url = stack.enter_context(postgres_server(folder, free_port())).url()
        store = open_store(url)
        stack.callback(store.close)
        store.migrate()
        views = Views(store, [listed])
        views.migrate()
        [state] = views.report()
        seconds = fill(store, ViewTable(listed, state.generation or 1, store.dialect), count)
        yield views, seconds


def lists(bench: Bench) -> RowResult:
    """Pages of the list of problems, rows and exact total, on both databases."""
    lines: list[Comparison] = []
    for kind in ("sqlite", "postgresql"):
        try:
            with database(kind, bench.work.parent, bench.problems) as (views, _):
                found = measure(views, ROUNDS)
        except PostgresUnavailable as reason:
            raise NotMeasured(str(reason)) from reason
        times = [one.ms for one in found]
        for name, value, target in (
            ("p50 ms", median(times), Target()),
            ("p99 ms", quantiles(times, n=100)[98], Target(MUST_MS, MUST_MS / 2)),
        ):
            lines.append(
                Comparison(
                    measure=f"{kind}, {bench.problems:,} problems, {name}",
                    base=[],
                    markbook=[value],
                    better="less",
                    relative=False,
                    target=target,
                )
            )
    return RowResult(name="lists", comparisons=lines)


@click.command()
@click.option("--work", type=click.Path(path_type=Path, exists=True), help="where the tables stay")
@click.option("--problems", "count", default=1_000_000, show_default=True)
@click.option("--rounds", default=ROUNDS, show_default=True)
@click.option("--only", type=click.Choice(["sqlite", "postgresql"]))
def main(work: Path | None, count: int, rounds: int, only: str | None) -> None:
    """Every kind of query, by itself."""
    console = Console(width=120)
    for kind in ("sqlite", "postgresql"):
        if only in {None, kind}:
            with database(kind, work or Path(tempfile.gettempdir()), count) as (views, seconds):
                if seconds:
                    console.print(f"{kind}: filled in {seconds:,.0f} s")
                console.print(_table(kind, count, measure(views, rounds)))


def _table(kind: str, count: int, found: Sequence[Timed]) -> Table:
    table = Table(title=f"{kind}, {count:,} problems: milliseconds for rows and total of a page")
    for column in ("query", "totals", "pages", "p50", "p99", "max", "slowest"):
        table.add_column(column, justify="left" if column in {"query", "slowest"} else "right")
    groups: dict[str, list[Timed]] = {"all": list(found)}
    for name, of in (("", 0), ("in order ", 2), ("page ", 3)):
        for one in sorted(found, key=lambda one: str(one.query[of])):
            groups.setdefault(f"{name}{one.query[of] or 'last'}", []).append(one)
    for name, some in groups.items():
        times = [one.ms for one in some]
        worst = max(some, key=lambda one: one.ms)
        totals = sorted(one.total for one in some)
        table.add_row(
            name,
            f"{totals[0]:,}–{totals[-1]:,}",
            str(len(some)),
            f"{median(times):.1f}",
            f"{quantiles(times, n=100)[98]:.1f}",
            f"{max(times):.1f}",
            f"{worst.query.kind} {worst.query.order} page {worst.query.page} of {worst.total:,}",
        )
    return table


if __name__ == "__main__":
    main()
