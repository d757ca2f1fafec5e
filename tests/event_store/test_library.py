"""The eventsourcing library's own classes read our log."""

from collections.abc import Iterator

import pytest
from eventsourcing.application import Application
from eventsourcing.persistence import PersistenceError, StoredEvent
from psycopg.conninfo import conninfo_to_dict

from event_store.open import open_store
from event_store.store import Store
from tests.event_store.given import event, to


class Log(Application[str]):
    """The stock application; on PostgreSQL its name chooses the table `stored_events`."""

    name = "stored"


@pytest.fixture
def environment(shared_address: str) -> dict[str, str]:
    common = {"ORIGINATOR_ID_TYPE": "text", "CREATE_TABLE": "no"}
    if shared_address.startswith("sqlite"):
        path = shared_address.removeprefix("sqlite:///")
        return common | {"PERSISTENCE_MODULE": "eventsourcing.sqlite", "SQLITE_DBNAME": path}
    url = conninfo_to_dict(shared_address)
    return common | {
        "PERSISTENCE_MODULE": "eventsourcing.postgres",
        "POSTGRES_DBNAME": str(url["dbname"]),
        "POSTGRES_HOST": str(url["host"]),
        "POSTGRES_PORT": str(url["port"]),
        "POSTGRES_USER": str(url["user"]),
        "POSTGRES_PASSWORD": "",
    }


@pytest.fixture
def store(shared_address: str) -> Iterator[Store]:
    store = open_store(shared_address)
    store.migrate()
    store.append([to("a-1", 0, "a.x", "a.y"), to("b-1", 0, "b.x")])
    yield store
    store.close()


def test_the_stock_application_reads_streams_and_the_notification_log(
    store: Store, environment: dict[str, str]
):
    with Log(environment) as application:
        recorder = application.recorder
        assert recorder.max_notification_id() == 3
        seen = [(n.id, n.originator_id, n.originator_version, n.topic, n.state)
                for n in recorder.select_notifications(start=1, limit=10)]  # fmt: skip
        assert seen == [tuple(recorded) for recorded in store.read_log()]
        section = application.notification_log.select(start=1, limit=2)
        assert [notification.id for notification in section] == [1, 2]
        stream = recorder.select_events("a-1", gt=1)
        assert stream == [StoredEvent("a-1", 2, "a.y", event("a.y").stored)]


def test_the_stock_application_cannot_write_past_the_store(
    store: Store, environment: dict[str, str]
):
    with Log(environment) as application, pytest.raises(PersistenceError):
        application.recorder.insert_events([StoredEvent("a-1", 3, "a.z", b"{}")])
    assert store.head() == 3


def test_our_recorder_creates_our_tables_and_refuses_to_write(
    shared_address: str, environment: dict[str, str]
):
    module = environment["PERSISTENCE_MODULE"].replace("eventsourcing", "event_store")
    environment |= {"APPLICATION_RECORDER_TOPIC": f"{module}:LibraryRecorder", "CREATE_TABLE": "y"}
    with Log(environment) as application:
        with pytest.raises(PersistenceError, match="append through the store"):
            application.recorder.insert_events([StoredEvent("a-1", 1, "a.z", b"{}")])
        store = open_store(shared_address)
        assert store.append([to("a-1", 0)]) == [1]
        store.close()
        assert application.recorder.max_notification_id() == 1
