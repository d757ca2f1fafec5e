"""A full disk and a disk that fails to sync: callers hear of it, nothing acknowledged is lost."""

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from event_store.sqlite import SQLiteStore
from event_store.store import Append, DiskFull, NewEvent, Transaction

ROOT = Path(__file__).parents[2]
WRITER = Path(__file__).with_name("fsync_writer.py")
LARGE = NewEvent("t.x", b"x" * 10_000)


# --- no room --------------------------------------------------------------------------------------


@pytest.mark.ci
def test_a_full_disk_refuses_appends_and_loses_nothing(small_disk: Path):
    ballast = small_disk / "ballast"
    ballast.write_bytes(bytes(1_000_000))
    store = SQLiteStore(small_disk / "log.sqlite3")
    store.migrate()
    acknowledged: list[int] = []
    for _ in range(2):  # it fails again and again, until there is room
        with pytest.raises(DiskFull):
            fill(store, acknowledged)
    assert len(acknowledged) > 10
    assert [event.position for event in store.scan()] == acknowledged
    ballast.unlink()
    fill(store, acknowledged, most=1)
    store.close()
    reopened = SQLiteStore(small_disk / "log.sqlite3")
    assert [event.position for event in reopened.scan()] == acknowledged
    assert acknowledged == [*range(1, len(acknowledged) + 1)]
    assert reopened.read("PRAGMA integrity_check") == [("ok",)]
    reopened.close()


def fill(store: SQLiteStore, acknowledged: list[int], most: int = 1000) -> None:
    """Append until it fails, and note each acknowledged position."""
    for _ in range(most):
        [position] = store.append([Transaction([Append("a-1", len(acknowledged), [LARGE])])])
        assert isinstance(position, int)
        acknowledged.append(position)


# --- no sync --------------------------------------------------------------------------------------


class Asked:
    """A writer process that appends when asked."""

    def __init__(self, process: "subprocess.Popen[str]") -> None:
        self._process = process

    def append(self) -> str:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        print("go", file=self._process.stdin, flush=True)
        return self._process.stdout.readline().strip()


@contextmanager
def writer(database: Path, environment: dict[str, str]) -> Iterator[Asked]:
    process = subprocess.Popen(
        [sys.executable, str(WRITER), str(database)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONPATH": str(ROOT), **environment},
    )
    try:
        yield Asked(process)
    finally:
        process.kill()
        process.communicate()


@pytest.mark.ci
def test_a_failing_fsync_poisons_the_writer_and_loses_nothing_acknowledged(
    shim: Path, tmp_path: Path
):
    database, switch = tmp_path / "log.sqlite3", tmp_path / "failing"
    environment = {"LD_PRELOAD": str(shim), "FAILING_FSYNC": str(switch)}
    with writer(database, environment) as process:
        assert process.append() == "1 2 3 4"
        assert process.append() == "5 6 7 8"
        switch.touch()
        assert process.append() == "StoreUnavailable True"
        switch.unlink()
        assert process.append() == "StoreUnavailable True"  # for good, until it is restarted
    store = SQLiteStore(database)
    positions = [event.position for event in store.scan()]
    assert positions == [*range(1, len(positions) + 1)]
    assert len(positions) in {8, 12}  # what failed was not acknowledged: whole or not at all
    store.close()
    with writer(database, environment) as process:
        head = len(positions)
        assert process.append() == " ".join(str(head + number) for number in range(1, 5))
