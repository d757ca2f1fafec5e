"""The log in a PostgreSQL database, shared by any number of processes of any machines."""

import contextlib
import time
from collections.abc import Callable, Sequence
from typing import Any, NoReturn, TypeVar, cast

import psycopg
from eventsourcing.persistence import (
    IntegrityError,
    InterfaceError,
    OperationalError,
    ProgrammingError,
    StoredEvent,
)
from eventsourcing.postgres import ConnectionPool, PostgresApplicationRecorder, PostgresDatastore
from psycopg.conninfo import conninfo_to_dict
from psycopg.rows import tuple_row
from psycopg_pool import PoolTimeout

from event_store.postgres_batch import Outcome, fits_together, positions, prepare
from event_store.postgres_failures import (
    ONE_MEMBER,
    TABLE_GONE,
    InDoubt,
    doubting,
    failures,
    refusal,
)
from event_store.postgres_link import PostgresLink
from event_store.postgres_listener import Listener
from event_store.postgres_schema import APPEND_LOCK, SCHEMA
from event_store.store import (
    Cursor,
    Dialect,
    EpochMoved,
    Read,
    ReadRows,
    Recorded,
    Store,
    StoreBusy,
    StoreUnavailable,
    Transaction,
)

T = TypeVar("T")

_READERS = 4
_TRIES = 3
_RECONNECT_SECONDS = 15.0
_LOCK = f"SELECT pg_advisory_xact_lock({APPEND_LOCK})"
_EVENTS = (
    "SELECT notification_id, originator_id, originator_version, topic, state "
    "FROM stored_events WHERE "
)
_END_SESSION = (
    "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE application_name = %s"
)


class _Datastore(PostgresDatastore):
    """The library's datastore, whose pool takes any libpq address and reads tuples."""

    def __init__(self, address: dict[str, Any]) -> None:
        super().__init__("", "", "", "", "", originator_id_type="text")
        self.pool = ConnectionPool(
            connection_class=psycopg.Connection[Any],
            kwargs={**address, "row_factory": tuple_row},
            min_size=1,
            max_size=2 * _READERS,
            open=False,
            configure=self.after_connect_func(),
            timeout=5,
        )


class LibraryRecorder(PostgresApplicationRecorder):
    """The library's recorder over our table, for its `Application` and notification log.

    It reads; the one way to write is `PostgresStore.append`, which assigns positions.
    """

    def create_table(self) -> None:
        """Create the log's whole schema, its guards included."""
        with self.datastore.transaction(commit=True) as cursor:
            for statement in (_LOCK, *SCHEMA):
                cursor.execute(statement.encode())

    def insert_events(
        self,
        stored_events: Sequence[StoredEvent],  # noqa: ARG002
        **kwargs: Any,  # noqa: ARG002
    ) -> NoReturn:
        """Refuse."""
        raise ProgrammingError("append through the store")


class PostgresStore(Store):
    """The log at `url`: full durability asserted, one append lock for the whole database."""

    dialect: Dialect = "postgresql"
    placeholder = "%s"

    def __init__(self, url: str) -> None:
        """`postgresql://user:password@host:port/database`; connects when first used."""
        self._address = conninfo_to_dict(url)
        self._datastore = _Datastore(self._address)
        self._listener = Listener(self._address, self.head)
        self._link: PostgresLink | None = None
        self._was_connected = False

    def migrate(self) -> None:
        """Create tables, guards and the `log` view for people; safe to repeat."""
        self.exclusive(lambda cursor: [cursor.execute(statement) for statement in SCHEMA])

    # --- writing ----------------------------------------------------------------------------

    def append(self, batch: Sequence[Transaction]) -> Outcome:
        """See `Store.append`."""
        for _ in range(_TRIES):
            link = self._connect()
            try:
                with failures(link):
                    return self._append(link, batch)
            except InDoubt as doubt:
                self._hang_up()
                outcome = self._look(link.name, doubt)
                if outcome is not None:
                    return outcome
        raise StoreUnavailable("the connection to PostgreSQL breaks at every append")

    def _append(self, link: PostgresLink, batch: Sequence[Transaction]) -> Outcome:
        """One round trip when nothing stands in the way, else one for each member."""
        if fits_together(batch):
            try:
                with doubting(link, None):
                    begin, commit = (link.statement("BEGIN"), ()), (link.statement("COMMIT"), ())
                    work = prepare(link, batch)
                with doubting(link, batch):
                    _, answer, *_ = link.exchange([begin, *work.statements, commit])
                return positions(answer, work.counts)
            except (*ONE_MEMBER, *TABLE_GONE):
                link.rollback()
        return self._append_one_by_one(link, batch)

    def _append_one_by_one(self, link: PostgresLink, batch: Sequence[Transaction]) -> Outcome:
        with doubting(link, None):
            cursor = link.connection.execute("BEGIN")
            cursor.execute(_LOCK)
            [epoch] = cursor.execute("SELECT epoch FROM view_epoch").fetchone() or [0]
            outcome = [self._append_one(link, member, epoch) for member in batch]
        accepted = [
            result if isinstance(result, IntegrityError) else member
            for member, result in zip(batch, outcome, strict=True)
        ]
        with doubting(link, accepted):
            cursor.execute("COMMIT")
        return outcome

    def _append_one(
        self, link: PostgresLink, member: Transaction, epoch: int
    ) -> int | IntegrityError:
        if member.epoch not in {None, epoch}:
            return EpochMoved(epoch)
        savepoint = (link.statement("SAVEPOINT one"), ())
        release = (link.statement("RELEASE one"), ())
        link.exchange([savepoint])
        try:
            work = prepare(link, [member])
            answer, *_ = link.exchange([*work.statements, release])
        except ONE_MEMBER as error:
            cursor = link.connection.execute("ROLLBACK TO one")
            return refusal(cursor, member, error)
        [position] = positions(answer, work.counts)
        return position

    def _look(self, session: str, doubt: InDoubt) -> Outcome | None:
        """What became of a commit whose answer was lost; None when nothing was stored.

        The old session is ended first, so that it cannot commit after we looked.
        """
        if doubt.sent is None:
            return None
        if not any(part.events for member in doubt.members() for part in member.appends):
            raise StoreUnavailable(
                "the connection broke in a commit that left no events to look for"
            )
        deadline = time.monotonic() + _RECONNECT_SECONDS
        while True:
            try:
                connection = self._connect().connection
                if not all(done for (done,) in connection.execute(_END_SESSION, (session,))):
                    raise StoreUnavailable("the session of a broken connection does not end")
                return self._stored(connection, doubt.sent)
            except (StoreBusy, psycopg.OperationalError) as error:
                self._hang_up()
                if time.monotonic() > deadline:
                    raise StoreUnavailable(
                        "PostgreSQL went away in a commit and does not come back"
                    ) from error
                time.sleep(0.1)

    def _stored(
        self,
        connection: "psycopg.Connection[tuple[Any, ...]]",
        sent: Sequence[Transaction | IntegrityError],
    ) -> Outcome | None:
        outcome: Outcome = []
        position = 0
        for member in sent:
            if isinstance(member, IntegrityError):
                outcome.append(member)
                continue
            for stream, expected, events, _ in member.appends:
                found = connection.execute(
                    "SELECT state, notification_id FROM stored_events WHERE originator_id = %s "
                    "AND originator_version BETWEEN %s AND %s ORDER BY originator_version",
                    (stream, expected + 1, expected + len(events)),
                    binary=True,
                ).fetchall()
                if [state for state, _ in found] != [stored for _, stored in events]:
                    return None
                if found:
                    position = found[-1][1]
            outcome.append(position)
        return outcome

    def exclusive(self, work: Callable[[Cursor], T]) -> T:
        """See `Store.exclusive`."""
        link, cursor = self._begin()
        with failures(link):
            result = work(cast("Cursor", cursor))
            try:
                cursor.execute("COMMIT")
            except psycopg.Error as error:
                if link.ended_by(error):
                    raise StoreUnavailable("the connection broke in a commit") from error
                raise
            if cursor.statusmessage != "COMMIT":
                raise IntegrityError("an error inside the transaction undid all of it")
        return result

    def _begin(self) -> "tuple[PostgresLink, psycopg.Cursor[tuple[Any, ...]]]":
        """A transaction that holds the append lock."""
        for _ in range(_TRIES):
            link = self._connect()
            with contextlib.suppress(InDoubt), failures(link), doubting(link, None):
                cursor = link.connection.execute("BEGIN")
                return link, cursor.execute(_LOCK)
            self._hang_up()
        raise StoreBusy("the connection to PostgreSQL breaks at every try")

    def _connect(self) -> PostgresLink:
        if self._link is not None and not self._link.lost:
            return self._link
        try:
            self._link = PostgresLink(self._address)
        except psycopg.OperationalError as error:
            message = f"PostgreSQL cannot be reached: {error}"
            raise (StoreBusy if self._was_connected else StoreUnavailable)(message) from error
        self._was_connected = True
        return self._link

    def _hang_up(self) -> None:
        if self._link is not None:
            self._link.close()
            self._link = None

    # --- reading ----------------------------------------------------------------------------

    def read(self, sql: str, parameters: Sequence[Any] = ()) -> ReadRows:
        """See `Store.read`; a connection that went stale is replaced and asked again."""
        for tries_left in reversed(range(_TRIES)):
            try:
                with self._datastore.get_connection() as connection:
                    cursor = cast("psycopg.Cursor[tuple[Any, ...]]", connection.cursor(binary=True))
                    return cursor.execute(sql.encode(), parameters).fetchall()
            except (InterfaceError, OperationalError) as error:
                if not tries_left or isinstance(error.__cause__, PoolTimeout):
                    raise StoreBusy(str(error)) from error
                self._datastore.pool.check()
        raise AssertionError  # the last try returns or raises

    def snapshot(self, work: Callable[[Read], T]) -> T:
        """See `Store.snapshot`; `work` is run again on another connection if one has gone stale."""
        for tries_left in reversed(range(_TRIES)):
            try:
                with self._datastore.get_connection() as connection:
                    cursor = cast("psycopg.Cursor[tuple[Any, ...]]", connection.cursor(binary=True))
                    return _at_one_state(cursor, work)
            except (InterfaceError, OperationalError) as error:
                if not tries_left or isinstance(error.__cause__, PoolTimeout):
                    raise StoreBusy(str(error)) from error
                self._datastore.pool.check()
        raise AssertionError  # the last try returns or raises

    def read_stream(self, stream: str, after: int = 0) -> Sequence[Recorded]:
        """See `Store.read_stream`."""
        rows = self.read(
            f"{_EVENTS} originator_id = %s AND originator_version > %s ORDER BY originator_version",
            (stream, after),
        )
        return [Recorded(*row) for row in rows]

    def read_log(
        self, after: int = 0, limit: int = 1000, to: int | None = None
    ) -> Sequence[Recorded]:
        """See `Store.read_log`."""
        rows = self.read(
            f"{_EVENTS} notification_id > %s AND notification_id <= %s "
            "ORDER BY notification_id LIMIT %s",
            (after, to if to is not None else 2**62, limit),
        )
        return [Recorded(*row) for row in rows]

    def head(self) -> int:
        """See `Store.head`."""
        [(head,)] = self.read("SELECT max(notification_id) FROM stored_events")
        return head or 0

    def epoch(self) -> int:
        """See `Store.epoch`."""
        [(epoch,)] = self.read("SELECT epoch FROM view_epoch")
        return int(epoch)

    def wait(self, after: int, timeout: float) -> int:
        """See `Store.wait`."""
        return self._listener.wait(after, timeout)

    def close(self) -> None:
        """See `Store.close`."""
        self._hang_up()
        self._listener.close()
        self._datastore.close()


def _at_one_state(cursor: "psycopg.Cursor[tuple[Any, ...]]", work: Callable[[Read], T]) -> T:
    """Run `work` in a transaction that sees one state and changes nothing."""

    def read(sql: str, parameters: Sequence[Any] = ()) -> ReadRows:
        return cursor.execute(sql.encode(), parameters).fetchall()

    cursor.execute("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY")
    try:
        return work(read)
    finally:
        cursor.execute("ROLLBACK")
