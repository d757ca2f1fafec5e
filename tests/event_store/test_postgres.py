"""What only PostgreSQL has: durable settings, connections that break, other sessions."""

import threading
import time
from collections.abc import Iterator

import psycopg
import pytest
from eventsourcing.persistence import IntegrityError
from psycopg.conninfo import conninfo_to_dict

from event_store import postgres, postgres_failures
from event_store.postgres import PostgresStore
from event_store.postgres_schema import APPEND_LOCK
from event_store.store import Cursor, StoreBusy, StoreUnavailable, Transaction, VersionConflict
from tests.event_store.given import event, notes, sql, to, versions
from tests.event_store.proxy import Moment, Proxy, proxied
from tests.postgres_server import running_postgres

MARKER = b"marked-1"


@pytest.fixture
def store(postgres_database: str) -> Iterator[PostgresStore]:
    store = PostgresStore(postgres_database)
    store.migrate()
    yield store
    store.close()


@pytest.fixture
def proxy(postgres_database: str) -> Iterator[Proxy]:
    with proxied(int(str(conninfo_to_dict(postgres_database)["port"])), MARKER) as proxy:
        yield proxy


@pytest.fixture
def far_store(postgres_database: str, proxy: Proxy) -> Iterator[PostgresStore]:
    """The store behind the proxy."""
    database = postgres_database.rsplit("/", 1)[1]
    store = PostgresStore(f"postgresql://postgres@127.0.0.1:{proxy.port}/{database}")
    store.migrate()
    yield store
    store.close()


def run(url: str, statement: str, *parameters: object) -> list[tuple[object, ...]]:
    with psycopg.connect(url, autocommit=True) as connection:
        cursor = connection.execute(statement.encode(), parameters)
        return cursor.fetchall() if cursor.description else []


# --- durability -----------------------------------------------------------------------------------


@pytest.mark.parametrize("weaker", ["off", "local", "remote_write"])
def test_a_database_that_does_not_wait_for_the_disk_is_refused(postgres_database: str, weaker: str):
    name = postgres_database.rsplit("/", 1)[1]
    run(postgres_database, f"ALTER DATABASE {name} SET synchronous_commit = {weaker}")
    store = PostgresStore(postgres_database)
    with pytest.raises(StoreUnavailable, match=f"synchronous_commit={weaker} where on or"):
        store.migrate()
    store.close()


@pytest.mark.ci
@pytest.mark.parametrize("setting", ["fsync", "full_page_writes"])
def test_a_server_that_may_lose_its_log_is_refused(setting: str):
    with running_postgres(None, **{setting: "off"}) as server:
        store = PostgresStore(server.url())
        with pytest.raises(StoreUnavailable, match=f"{setting}=off where on is needed"):
            store.migrate()
        store.close()


def test_the_isolation_level_of_the_database_does_not_matter(postgres_database: str):
    name = postgres_database.rsplit("/", 1)[1]
    run(
        postgres_database, f"ALTER DATABASE {name} SET default_transaction_isolation = serializable"
    )
    stores = [PostgresStore(postgres_database) for _ in range(2)]
    stores[0].migrate()
    for version in range(4):
        assert stores[version % 2].append([to("a-1", version)]) == [version + 1]
    for store in stores:
        store.close()


# --- one round trip -------------------------------------------------------------------------------


def test_a_batch_without_conflicts_is_one_message_and_one_answer(
    far_store: PostgresStore, proxy: Proxy, monkeypatch: pytest.MonkeyPatch
):
    keep = notes(far_store)
    far_store.append([to("a-1", 0, rows=[(keep, ("x", 1, ""))])])  # prepares its statements
    link = far_store._connect()
    exchanges: list[int] = []
    original = link.exchange

    def counted(statements):
        statements = list(statements)
        exchanges.append(len(statements))
        return original(statements)

    monkeypatch.setattr(link, "exchange", counted)
    monkeypatch.setattr(link, "connection", None)
    far_store.append([to(f"a-{n}", 0, rows=[(keep, (f"x{n}", 1, ""))]) for n in range(2, 9)])
    assert exchanges == [4]  # begin, append, rows, commit
    monkeypatch.undo()


# --- trouble --------------------------------------------------------------------------------------


def test_an_append_lock_held_for_too_long_is_busy_and_then_works(
    store: PostgresStore, postgres_database: str
):
    sql(store, "SET lock_timeout = '100ms'")
    with psycopg.connect(postgres_database) as other:
        other.execute(f"SELECT pg_advisory_xact_lock({APPEND_LOCK})")
        with pytest.raises(StoreBusy):
            store.append([to("a-1", 0)])
        with pytest.raises(StoreBusy):
            sql(store, "SELECT 1")
    assert store.append([to("a-1", 0)]) == [1]


def test_an_insert_by_hand_waits_for_the_append_lock_and_then_sees_the_seal(
    store: PostgresStore, postgres_database: str
):
    store.append([to("a-1", 0)])
    errors: list[BaseException] = []

    def insert():
        try:
            run(postgres_database, "INSERT INTO stored_events VALUES ('a-1', 2, 't', '', 2)")
        except psycopg.Error as error:
            errors.append(error)

    def seal(cursor: Cursor):
        thread.start()
        time.sleep(0.2)
        assert thread.is_alive()
        cursor.execute("INSERT INTO sealed_streams VALUES ('a-1', ' ')")

    thread = threading.Thread(target=insert)
    store.exclusive(seal)
    thread.join()
    assert "sealed" in str(errors[0])


def test_exclusive_work_that_swallows_an_error_is_not_taken_for_committed(store: PostgresStore):
    def work(cursor: Cursor):
        cursor.execute("CREATE TABLE lost (id int)")
        with pytest.raises(psycopg.Error):
            cursor.execute("SELECT nonsense")

    with pytest.raises(IntegrityError, match="undid"):
        store.exclusive(work)
    assert store.append([to("a-1", 0)]) == [1]


def end_sessions(url: str) -> None:
    run(
        url,
        "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity "
        "WHERE datname = current_database() AND pid <> pg_backend_pid()",
    )


def test_sessions_that_ended_while_idle_are_replaced_unnoticed(
    store: PostgresStore, postgres_database: str
):
    keep = notes(store)
    store.append([to("a-1", 0)])
    assert store.head() == 1
    end_sessions(postgres_database)
    assert store.head() == 1
    assert store.append([to("a-1", 1)]) == [2]
    end_sessions(postgres_database)
    assert store.append([Transaction([], [(keep, ("x", 1, ""))])]) == [2]
    end_sessions(postgres_database)
    sql(store, "SELECT 1")


@pytest.mark.parametrize("ending", ["pg_terminate_backend(pg_backend_pid())", "pg_sleep(1)"])
def test_a_session_ended_in_the_middle_of_exclusive_work_stored_nothing(
    store: PostgresStore, ending: str
):
    def work(cursor: Cursor):
        cursor.execute("CREATE TABLE kept (id int)")
        cursor.execute("SET LOCAL transaction_timeout = '50ms'")
        cursor.execute(f"SELECT {ending}")

    with pytest.raises(StoreBusy, match="nothing was stored"):
        store.exclusive(work)
    assert store.read("SELECT to_regclass('kept')::text") == [(None,)]
    assert store.append([to("a-1", 0)]) == [1]


def test_a_server_that_went_away_is_busy_until_it_is_back(
    far_store: PostgresStore, proxy: Proxy, postgres_database: str
):
    far_store.append([to("a-1", 0)])
    proxy.stays_down, proxy.breaks = True, 1
    end_sessions(postgres_database)
    with pytest.raises(StoreBusy):
        sql(far_store, "SELECT 1")
    proxy.stays_down = False
    assert far_store.append([to("a-1", 1)]) == [2]


MOMENTS: tuple[Moment, ...] = ("before the request", "before the answer")


@pytest.mark.parametrize("moment", MOMENTS)
def test_a_commit_whose_answer_was_lost_is_looked_up_and_never_taken_for_a_conflict(
    far_store: PostgresStore, proxy: Proxy, moment: Moment
):
    far_store.append([to("b-1", 0)])
    proxy.break_at = moment
    assert far_store.append([to("marked-1", 0, "a.x", "a.y"), to("b-1", 1)]) == [3, 4]
    assert proxy.breaks == 1
    assert [e.position for e in far_store.read_log()] == [1, 2, 3, 4]


@pytest.mark.parametrize("moment", MOMENTS)
def test_members_refused_before_a_lost_commit_stay_refused(
    far_store: PostgresStore, proxy: Proxy, monkeypatch: pytest.MonkeyPatch, moment: Moment
):
    find_refusal = postgres_failures.refusal

    def refusal(*arguments):
        if not proxy.breaks:
            proxy._marker, proxy.break_at = b"COMMIT", moment
        return find_refusal(*arguments)

    monkeypatch.setattr(postgres, "refusal", refusal)
    far_store.append([to("b-1", 0)])
    results = far_store.append([to("a-1", 0), to("b-1", 0), to("c-1", 0)])
    assert proxy.breaks == 1
    assert (results[0], type(results[1]), results[2]) == (2, VersionConflict, 3)
    assert far_store.head() == 3


def test_a_real_conflict_behind_a_broken_connection_is_a_conflict(
    far_store: PostgresStore, proxy: Proxy, store: PostgresStore, monkeypatch: pytest.MonkeyPatch
):
    looks = PostgresStore._look

    def look(self, session, doubt):
        store.append([Transaction([to("marked-1", 0).appends[0]._replace(events=[event("t.o")])])])
        return looks(self, session, doubt)

    monkeypatch.setattr(PostgresStore, "_look", look)
    proxy.break_at = "before the request"
    [result] = far_store.append([to("marked-1", 0)])
    assert isinstance(result, VersionConflict)


def test_a_lost_commit_that_cannot_be_looked_up_is_unknown(
    far_store: PostgresStore, proxy: Proxy, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(postgres, "_RECONNECT_SECONDS", 0.3)
    proxy.break_at, proxy.stays_down = "before the answer", True
    with pytest.raises(StoreUnavailable, match="does not come back"):
        far_store.append([to("marked-1", 0)])


def test_a_lost_commit_of_rows_alone_is_unknown(far_store: PostgresStore, proxy: Proxy):
    keep = notes(far_store)
    far_store.append([Transaction([], [(keep, ("x", 1, ""))])])
    proxy._marker, proxy.break_at = b"COMMIT", "before the answer"
    with pytest.raises(StoreUnavailable):
        far_store.append([Transaction([], [(keep, ("x", 2, ""))])])


def test_a_lost_commit_of_exclusive_work_is_unknown(far_store: PostgresStore, proxy: Proxy):
    proxy._marker, proxy.break_at = b"COMMIT", "before the answer"
    with pytest.raises(StoreUnavailable):
        sql(far_store, "CREATE TABLE kept (id int)")
    assert far_store.read("SELECT count(*) FROM kept") == [(0,)]


def test_exclusive_work_broken_before_its_commit_stored_nothing(
    far_store: PostgresStore, proxy: Proxy
):
    proxy.break_at = "before the answer"
    with pytest.raises(StoreBusy, match="nothing was stored"):
        sql(far_store, "SELECT 'marked-1'")
    assert versions(far_store, "a-1") == []
