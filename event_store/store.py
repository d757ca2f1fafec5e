"""What every log offers: the port that memory, SQLite and PostgreSQL implement alike."""

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any, Literal, NamedTuple, Protocol, TypeVar

from eventsourcing.persistence import IntegrityError, OperationalError

T = TypeVar("T")
Dialect = Literal["sqlite", "postgresql"]
ReadRows = Sequence[tuple[Any, ...]]
Read = Callable[[str, Sequence[Any]], ReadRows]


class VersionConflict(IntegrityError):
    """Another writer appended to `stream` first: read on from your version and decide again."""

    def __init__(self, stream: str) -> None:
        super().__init__(f"stream {stream!r} has moved on")
        self.stream = stream


class StreamSealed(IntegrityError):
    """The stream is sealed and this event is not among those still allowed on it."""

    def __init__(self, stream: str) -> None:
        super().__init__(f"stream {stream!r} is sealed")
        self.stream = stream


class RowTaken(IntegrityError):
    """A row beside the log would repeat what must be unique in its table."""


class EpochMoved(IntegrityError):
    """A view was switched to a rebuilt version since this append was computed: compute it again."""

    def __init__(self, epoch: int) -> None:
        super().__init__(f"views are at epoch {epoch}")
        self.epoch = epoch


class StoreBusy(OperationalError):
    """The database stayed locked for too long; nothing was stored and the call may be repeated."""


class DiskFull(OperationalError):
    """No room left; nothing of this append was stored and everything older is intact."""


class StoreUnavailable(OperationalError):
    """The outcome of a commit is unknown, or the database is gone: this process must stop."""


class NewEvent(NamedTuple):
    """One event to append: its stable tag and its stored bytes (an encoded envelope)."""

    tag: str
    stored: bytes


class Append(NamedTuple):
    """Events for one stream, whose last version must be `expected` (0 for a new stream).

    With `seal` the stream is closed after these events to every tag but those named.
    """

    stream: str
    expected: int
    events: Sequence[NewEvent]
    seal: Sequence[str] | None = None


class RowStatement(NamedTuple):
    """A multi-row insert `<head> VALUES (…),(…) <tail>` with `width` values a row.

    Rows of one statement must have distinct keys inside one transaction. A batch runs each
    statement once for all its members, so two statements that may meet on one row of a table
    belong into one transaction at most: across members their order is not kept.
    """

    head: str
    width: int
    tail: str = ""


class Transaction(NamedTuple):
    """What is stored as a whole or not at all: appends to streams, and rows beside the log.

    `epoch` is the view epoch that `rows` were computed for; None when they depend on no view.
    """

    appends: Sequence[Append]
    rows: Sequence[tuple[RowStatement, tuple[Any, ...]]] = ()
    epoch: int | None = None


class Recorded(NamedTuple):
    """One event of the log. `position` counts 1, 2, 3 … over the log, `version` over the stream."""

    position: int
    stream: str
    version: int
    tag: str
    stored: bytes


class Cursor(Protocol):
    """The little of a database cursor that callers inside a transaction may use."""

    def execute(self, sql: str, parameters: Sequence[Any] = ()) -> Any: ...  # noqa: D102
    def executemany(self, sql: str, rows: Iterable[Sequence[Any]]) -> Any: ...  # noqa: D102
    def fetchone(self) -> tuple[Any, ...] | None: ...  # noqa: D102
    def fetchall(self) -> list[tuple[Any, ...]]: ...  # noqa: D102


class Store(ABC):
    """An append-only log with room for the tables that must change together with it.

    `append` and `exclusive` are for one writer thread at a time (`event_store.writer`); reads
    are safe from any thread and see only what is committed.
    """

    dialect: Dialect

    @property
    @abstractmethod
    def placeholder(self) -> str:
        """The parameter mark of this database's SQL: `?` or `%s`."""

    @abstractmethod
    def migrate(self) -> None:
        """Create what is missing; safe to repeat and safe for several processes at once."""

    @abstractmethod
    def append(self, batch: Sequence[Transaction]) -> list[int | IntegrityError]:
        """Commit a batch durably in one transaction, each member whole or not at all.

        Returns for each member the position of its last event (of the log's head when it has
        none) or the reason it was refused: VersionConflict, StreamSealed, EpochMoved or RowTaken.
        The rest of the batch is stored all the same. Raises StoreBusy or DiskFull when nothing was
        stored, StoreUnavailable when that cannot be known.
        """

    @abstractmethod
    def exclusive(self, work: Callable[[Cursor], T]) -> T:
        """Run `work` in one durable transaction under the append lock: the log stands still."""

    @abstractmethod
    def read(self, sql: str, parameters: Sequence[Any] = ()) -> ReadRows:
        """The rows of a query in this database's SQL, from the committed state."""

    @abstractmethod
    def snapshot(self, work: Callable[[Read], T]) -> T:
        """Run `work` with a `read` whose answers are all of one committed state."""

    @abstractmethod
    def read_stream(self, stream: str, after: int = 0) -> Sequence[Recorded]:
        """The events of a stream with a version greater than `after`, in order."""

    @abstractmethod
    def read_log(
        self, after: int = 0, limit: int = 1000, to: int | None = None
    ) -> Sequence[Recorded]:
        """At most `limit` events with after < position <= to, in order, without gaps."""

    @abstractmethod
    def head(self) -> int:
        """The position of the last committed event, 0 for an empty log."""

    def told_head(self) -> int:
        """The head as writers on this machine have told it, without asking the database.

        It may be behind, never ahead of what was acknowledged elsewhere; see `alone_since`.
        """
        return 0

    def alone_since(self, position: int) -> bool:
        """Whether nobody but this store has appended after `position`, as far as anybody knows.

        Costs no read. What another process has acknowledged is never overlooked; where that
        cannot be known without asking the database, the answer is no.
        """
        del position
        return False

    @abstractmethod
    def epoch(self) -> int:
        """The view epoch: it grows by one whenever a rebuilt view takes over."""

    @abstractmethod
    def wait(self, after: int, timeout: float) -> int:
        """The head, as soon as it is greater than `after` or `timeout` seconds have passed."""

    @abstractmethod
    def close(self) -> None:
        """Release every connection. What is committed stays."""

    def scan(self, after: int = 0, to: int | None = None, page: int = 5000) -> Iterator[Recorded]:
        """Every event with after < position <= to, page by page."""
        while True:
            events = self.read_log(after, page, to)
            yield from events
            if len(events) < page:
                return
            after = events[-1].position
