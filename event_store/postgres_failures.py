"""What a failure of PostgreSQL means: refused, busy, full, or in doubt."""

import contextlib
from collections.abc import Iterator, Sequence
from typing import Any

import psycopg
from eventsourcing.persistence import IntegrityError

from event_store.postgres_link import PostgresLink
from event_store.postgres_schema import SEALED
from event_store.store import (
    DiskFull,
    RowTaken,
    StoreBusy,
    StoreUnavailable,
    StreamSealed,
    Transaction,
    VersionConflict,
)

# Errors that only one member of a batch is to blame for; the rest can be stored without it.
ONE_MEMBER = (
    psycopg.IntegrityError,
    psycopg.DataError,
    psycopg.errors.CardinalityViolation,  # two members touch one row: one after the other, then
    UnicodeEncodeError,
    OverflowError,
)
# A view was rebuilt and its old table dropped: under the lock, the epoch explains it.
TABLE_GONE = (psycopg.errors.UndefinedTable, psycopg.errors.UndefinedColumn)
_DISK_FULL = "53100"
_BUSY = {
    "40001",  # serialization failure
    "40P01",  # deadlock
    "55P03",  # lock timeout
    "57014",  # cancelled by an operator
}


class InDoubt(Exception):
    """The connection broke: `sent` may be committed (None: certainly not)."""

    def __init__(self, sent: Sequence[Transaction | IntegrityError] | None) -> None:
        super().__init__()
        self.sent = sent

    def members(self) -> Iterator[Transaction]:
        """Those that would be committed."""
        return (member for member in self.sent or () if isinstance(member, Transaction))


def refusal(
    cursor: "psycopg.Cursor[tuple[Any, ...]]", member: Transaction, error: Exception
) -> IntegrityError:
    """Which of a transaction's streams, or else rows, stood in its way."""
    if isinstance(error, psycopg.Error) and error.diag.sqlstate == SEALED:
        for stream, _, events, _ in member.appends:
            [allowed] = cursor.execute(
                "SELECT allowed FROM sealed_streams WHERE stream = %s", (stream,)
            ).fetchone() or [None]
            if allowed is not None and any(f" {tag} " not in allowed for tag, _ in events):
                return StreamSealed(stream)
    for stream, expected, *_ in member.appends:
        [version] = cursor.execute(
            "SELECT coalesce(max(originator_version), 0) FROM stored_events "
            "WHERE originator_id = %s",
            (stream,),
        ).fetchone() or [0]
        if version != expected:
            return VersionConflict(stream)
    if isinstance(error, psycopg.errors.UniqueViolation):
        return RowTaken(str(error))
    return IntegrityError(str(error))


@contextlib.contextmanager
def doubting(
    link: PostgresLink, sent: Sequence[Transaction | IntegrityError] | None
) -> Iterator[None]:
    """Inside, a broken connection means that `sent` may or may not be committed."""
    try:
        yield
    except psycopg.Error as error:
        if link.ended_by(error):
            raise InDoubt(sent) from error
        raise


@contextlib.contextmanager
def failures(link: PostgresLink) -> Iterator[None]:
    """Undo the transaction that failed inside, and say which kind of failure it was."""
    try:
        yield
    except InDoubt:
        raise
    except psycopg.Error as error:
        if link.ended_by(error):
            raise StoreBusy("the connection broke before the commit; nothing was stored") from error
        _roll_back(link)
        raise _failure(error) from error
    except BaseException:
        _roll_back(link)
        raise


def _roll_back(link: PostgresLink) -> None:
    """Whatever goes wrong here, the transaction was not committed; the next user reconnects."""
    if not link.lost:
        with contextlib.suppress(psycopg.Error):
            link.rollback()


def _failure(error: psycopg.Error) -> Exception:
    code = error.diag.sqlstate or error.sqlstate or ""
    if code == _DISK_FULL:
        return DiskFull(str(error))
    if code in _BUSY or code.startswith("53"):  # insufficient resources
        return StoreBusy(str(error))
    if isinstance(error, (psycopg.IntegrityError, psycopg.DataError)):
        return IntegrityError(str(error))
    if isinstance(error, psycopg.ProgrammingError):  # a statement that does not fit the schema
        return error
    return StoreUnavailable(str(error))
