"""One generation of one view in the database: its tables, its upsert, its rows."""

import re
import unicodedata
from collections.abc import Callable, Collection, Iterable, Mapping
from functools import cached_property
from operator import eq
from typing import Any, Final

import msgspec
import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.schema import CreateIndex, CreateTable

from adapters.names_table import NamesTable
from adapters.numbered_tables import NumberedTables
from adapters.sql import Sql, compiled, ddl
from domain.registry import DECIDERS, EVENTS
from event_store.store import Dialect, RowStatement
from projections.kernel import Fact, Index, IndexKind, Projection

Row = tuple[Any, ...]

MACHINE_COLUMNS: Final = frozenset({"row", "key", "version", "document"})
INDEXED_CHARACTERS: Final = 400  # PostgreSQL bounds an index entry to 2,700 bytes
_WORDS_OF = 100_000  # characters of prose that are searched
_CHUNK, _WORD_CHARACTERS = 200, 100  # normalising is quadratic in a run of combining marks
_WORD = re.compile(r"\w+")
_PLAIN = re.compile("[\x00-\x7f\u0410-\u044f\u0401\u0451\u2013\u2014\u00ab\u00bb]*")  # NFKC already
_LONG_RUN = re.compile(rf"\S{{{_CHUNK + 1}}}")
_encode = msgspec.json.Encoder().encode


def indexed_text(value: str) -> str:
    """A text as index columns hold it: its first 400 characters, without NUL (PostgreSQL)."""
    return value[:INDEXED_CHARACTERS].replace("\0", "\ufffd")


def words_of(prose: str) -> list[str]:
    """The distinct words of a text as they are searched: NFKC, case folded, sorted."""
    prose = prose[:_WORDS_OF]
    if _PLAIN.fullmatch(prose) and not _LONG_RUN.search(prose):  # the same, four times as fast
        return sorted({word[:_WORD_CHARACTERS] for word in _WORD.findall(prose.casefold())})
    found: set[str] = set()
    for run in prose.split():
        for start in range(0, len(run), _CHUNK):
            chunk = unicodedata.normalize("NFKC", run[start : start + _CHUNK]).casefold()
            found.update(word[:_WORD_CHARACTERS] for word in _WORD.findall(chunk))
    return sorted(found)


class ViewTable:
    """The table `view_<name>_<generation>` of a projection, on one database.

    Columns are `key`, `version` (of the stream for inline views, the log position for others),
    `document` (the view as JSON, NULL for a removed row) and one for each declared index. What
    else an index needs (SQLite's tables of values and words) follows by triggers, so one upsert
    is all a writer does. The rows of a numbered view have a number, `row`, columns for its orders
    only, and their bitmaps in `numbered`'s tables: `NumberedWriter` keeps those.
    """

    def __init__(self, projection: Projection[Any], generation: int, dialect: Dialect) -> None:
        """A description only; `statements` create it."""
        for name, index in projection.indexes.items():
            if not re.fullmatch(r"[a-z][a-z0-9_]*", name) or name in MACHINE_COLUMNS:
                raise ValueError(f"view {projection.name!r} cannot have an index {name!r}")
            if index.kind is IndexKind.ORDER and not projection.numbered:
                raise ValueError(f"view {projection.name!r} has an order but no numbers")
        if projection.inline and (projection.numbered or projection.names is not None):
            raise ValueError(f"view {projection.name!r} is inline: no numbers, no further names")
        self.projection = projection
        self.generation = generation
        self.dialect = dialect
        self.name = f"view_{projection.name}_{generation}"
        self.indexes = {
            name: index
            for name, index in projection.indexes.items()
            if not projection.numbered or index.kind is IndexKind.ORDER
        }
        self.table = sa.Table(self.name, sa.MetaData(), *self._columns())
        self._types = {EVENTS[tag] for tag in projection.reads}
        self._readers = [_reader(index) for index in self.indexes.values()]
        self._removed = (None,) * (1 + len(self._readers))
        self._decode = msgspec.json.Decoder(projection.view).decode
        self.upsert = self._upsert()
        self._updates: dict[tuple[bool, ...], RowStatement] = {}

    # --- what the fold gives ----------------------------------------------------------------

    def project(self, view: Any, fact: Fact) -> Any:
        """The view after one more fact; facts that the projection does not read change nothing."""
        return self.projection.project(view, fact) if type(fact.event) in self._types else view

    def row(
        self, key: str, version: int, view: Any, before: Any = None
    ) -> tuple[RowStatement, Row]:
        """The upsert of one row for a transaction; a view that is None removes it.

        With `before`, the view that the row holds now, index columns that stay as they are are
        not set: SQLite would write each of their indexes anew (about 15 µs each).
        """
        if view is None or before is None:
            return self.upsert, self.values(key, version, view)
        values = [read(view) for read in self._readers]
        same = tuple(map(eq, values, [read(before) for read in self._readers]))
        statement = self._updates.get(same)
        if statement is None:
            kept = {name for name, stays in zip(self.columns[3:], same, strict=True) if stays}
            statement = self._updates[same] = self._upsert(kept)
        return statement, (key, version, _encode(view), *values)

    def values(self, key: str, version: int, view: Any) -> Row:
        """The values of one row, in the order of the upsert."""
        if view is None:
            return (key, version, *self._removed)
        return (key, version, _encode(view), *[read(view) for read in self._readers])

    def decoded(self, document: bytes | None) -> Any:
        """The view in a row's document."""
        return None if document is None else self._decode(document)

    # --- SQL --------------------------------------------------------------------------------

    @property
    def columns(self) -> tuple[str, ...]:
        """The columns in the order of `values`."""
        return ("key", "version", "document", *self.indexes)

    @cached_property
    def statements(self) -> tuple[str, ...]:
        """What creates the table and everything that belongs to it."""
        result = [ddl(self.dialect, CreateTable(self.table))]
        for name, index in self.indexes.items():
            result += self._index_statements(name, index.kind)
        if self.names is not None:
            result += self.names.statements
        if self.numbered is not None:
            result += self.numbered.statements
        return tuple(result)

    @cached_property
    def names(self) -> NamesTable | None:
        """The further names of the rows, if the view gives any."""
        return None if self.projection.names is None else NamesTable(self.name, self.dialect)

    @cached_property
    def numbered(self) -> NumberedTables | None:
        """What belongs to the numbers of a numbered view's rows."""
        if not self.projection.numbered:
            return None
        return NumberedTables(self.table, self.dialect)

    @cached_property
    def tables(self) -> tuple[str, ...]:
        """The tables to drop, in this order, when the generation is not needed any more."""
        sides = [
            self.side(name)
            for name, index in self.indexes.items()
            if self.dialect == "sqlite" and index.kind in {IndexKind.MANY, IndexKind.WORDS}
        ]
        if self.names is not None:
            sides.append(self.names.table.name)
        if self.numbered is not None:
            sides += self.numbered.names
        return (self.name, *sides)

    @cached_property
    def select(self) -> Sql:
        """`document` of the row with `key`."""
        table = self.table
        key = table.c.key == sa.bindparam("key")
        return compiled(self.dialect, sa.select(table.c.document).where(key))

    def side(self, index: str) -> str:
        """The SQLite table of an index with many values or words."""
        return f"{self.name}_{index}"

    def _columns(self) -> Iterable[sa.Column[Any]]:
        if self.dialect == "sqlite":
            yield sa.Column("row", sa.Integer, primary_key=True)
        elif self.projection.numbered:
            yield sa.Column("row", sa.BigInteger, primary_key=True, autoincrement=False)
        text = sa.Text(collation="C") if self.dialect == "postgresql" else sa.Text()
        yield sa.Column("key", text, nullable=False, unique=True)
        yield sa.Column("version", sa.BigInteger, nullable=False)
        yield sa.Column("document", sa.LargeBinary)
        for name, index in self.indexes.items():
            integer = index.kind is IndexKind.INTEGER
            yield sa.Column(name, sa.BigInteger if integer else text)

    def _upsert(self, kept: Collection[str] = ()) -> RowStatement:
        """Insert a row, or set all of it but the index columns in `kept`."""
        dialect: Any = sqlite if self.dialect == "sqlite" else postgresql
        columns = ("row", *self.columns) if self.projection.numbered else self.columns
        insert = dialect.insert(self.table).values({name: sa.bindparam(name) for name in columns})
        new = insert.excluded
        statement = compiled(
            self.dialect,
            insert.on_conflict_do_update(
                index_elements=["key"],
                set_={name: new[name] for name in self.columns if name not in {"key", *kept}},
                where=new.version > self.table.c.version,
            ),
        )
        head, _, rest = statement.text.partition(" VALUES ")
        return RowStatement(head, len(columns), rest[rest.index("ON CONFLICT") :])

    def _index_statements(self, name: str, kind: IndexKind) -> Iterable[str]:
        column = self.table.c[name]
        if kind is IndexKind.ORDER:
            index = sa.Index(f"{self.name}_{name}", column, self.table.c.row)
            yield ddl(self.dialect, CreateIndex(index))
        elif kind in {IndexKind.TEXT, IndexKind.INTEGER}:
            by = column.asc().nulls_first() if self.dialect == "postgresql" else column
            index = sa.Index(f"{self.name}_{name}", by, self.table.c.key)
            yield ddl(self.dialect, CreateIndex(index))
        elif self.dialect == "postgresql":
            values = many(column) if kind is IndexKind.MANY else vector(column)
            index = sa.Index(f"{self.name}_{name}", values, postgresql_using="gin")
            yield ddl(self.dialect, CreateIndex(index))
        elif kind is IndexKind.MANY:
            yield from self._values_table(name)
        else:
            yield from self._words_table(name)

    def _values_table(self, name: str) -> Iterable[str]:
        side, new, old = self.side(name), f'NEW."{name}"', f'OLD."{name}"'
        add = f"INSERT INTO {side} SELECT value, NEW.row FROM json_each({new});"
        drop = (
            f"DELETE FROM {side} WHERE row = OLD.row"
            f" AND value IN (SELECT value FROM json_each({old}));"
        )
        yield (
            f"CREATE TABLE {side} (value TEXT NOT NULL, row INTEGER NOT NULL,"
            " PRIMARY KEY (value, row)) WITHOUT ROWID"
        )
        yield from self._triggers(name, add, drop)

    def _words_table(self, name: str) -> Iterable[str]:
        # The words come from `words_of`; the ASCII tokenizer leaves them exactly as they are.
        side, new, old = self.side(name), f'NEW."{name}"', f'OLD."{name}"'
        add = f"INSERT INTO {side} (rowid, words) SELECT NEW.row, {new} WHERE {new} IS NOT NULL;"
        drop = (
            f"INSERT INTO {side} ({side}, rowid, words)"
            f" SELECT 'delete', OLD.row, {old} WHERE {old} IS NOT NULL;"
        )
        yield (
            f"CREATE VIRTUAL TABLE {side} USING fts5"
            """(words, content='', detail=none, tokenize="ascii tokenchars '_'")"""
        )
        yield from self._triggers(name, add, drop)

    def _triggers(self, name: str, add: str, drop: str) -> Iterable[str]:
        """What keeps the table beside an index in step with its column."""
        side = self.side(name)
        yield f"CREATE TRIGGER {side}_new AFTER INSERT ON {self.name} BEGIN {add} END"
        yield (
            f'CREATE TRIGGER {side}_set AFTER UPDATE OF "{name}" ON {self.name}'
            f' WHEN OLD."{name}" IS NOT NEW."{name}" BEGIN {drop} {add} END'
        )


def many(column: sa.ColumnElement[Any]) -> sa.ColumnElement[Any]:
    """The values in a column of many, as PostgreSQL indexes them."""
    return sa.cast(column, postgresql.JSONB)


def vector(column: sa.ColumnElement[Any]) -> sa.ColumnElement[Any]:
    """The words in a column of words, as PostgreSQL indexes them."""
    words = sa.func.string_to_array(column, sa.literal_column("' '"))
    return sa.func.array_to_tsvector(words, type_=postgresql.TSVECTOR)


def _reader(index: Index) -> Callable[[Any], Any]:
    """How an index column is computed from a view."""
    read = index.read
    match index.kind:
        case IndexKind.INTEGER:
            return read
        case IndexKind.TEXT:
            return lambda view: None if (text := read(view)) is None else indexed_text(text)
        case IndexKind.ORDER:
            return lambda view: indexed_text(read(view))
        case IndexKind.MANY:  # a JSON array
            return lambda view: _encode(sorted(map(indexed_text, set(read(view))))).decode()
        case IndexKind.WORDS:
            return lambda view: " ".join(words_of(read(view)))


def scalar(projection: Projection[Any], name: str, view: Any) -> str | int | None:
    """The value of a text or integer index of a view, as its column holds it."""
    value: str | int | None = projection.indexes[name].read(view)
    return indexed_text(value) if isinstance(value, str) else value


def by_name(projections: Iterable[Projection[Any]]) -> Mapping[str, Projection[Any]]:
    """Projections by name. Raises ValueError if two have the same."""
    result: dict[str, Projection[Any]] = {}
    for projection in projections:
        if result.setdefault(projection.name, projection) is not projection:
            raise ValueError(f"two views are called {projection.name!r}")
    return result


def category_of(projection: Projection[Any]) -> str:
    """The category of the streams that an inline view folds.

    Raises ValueError unless all its tags belong to one category of `domain.registry.DECIDERS`.
    """
    categories = {tag.partition(".")[0] for tag in projection.reads}
    if len(categories) != 1 or not categories <= DECIDERS.keys():
        raise ValueError(f"inline view {projection.name!r} must read one stream's events only")
    return categories.pop()
