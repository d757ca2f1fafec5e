"""Writer processes killed at random moments: the log stays whole and loses nothing acknowledged."""

import os
import random
import signal
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path
from threading import Thread

import psycopg
import pytest

from event_store.open import open_store
from event_store.store import Store, StoreBusy
from tests.postgres_server import running_postgres

ROOT = Path(__file__).parents[2]
WRITER = Path(__file__).with_name("store_writer.py")
NONCE = 16  # each event begins with one

TIERS = [
    pytest.param(3, 3, marks=pytest.mark.ci, id="3 writers, 3 s"),
    pytest.param(8, 60, marks=[pytest.mark.long, pytest.mark.timeout(400)], id="8 writers, 60 s"),
]


class Writer:
    """One writer and its successors; all write their acknowledgements to one file."""

    def __init__(self, address: str, name: str, folder: Path) -> None:
        self.acknowledgements = folder / f"{name}.acks"
        self._command = [sys.executable, str(WRITER), address, name, str(self.acknowledgements)]
        self._errors = (folder / f"{name}.errors").open("w+")
        self.kills = -1
        self._process: subprocess.Popen[bytes] | None = None
        self.restart()

    def restart(self) -> None:
        self.kill()
        environment = {**os.environ, "PYTHONPATH": str(ROOT)}
        command = [*self._command, str(self.kills)]
        self._process = subprocess.Popen(command, env=environment, stderr=self._errors)

    def kill(self) -> None:
        if self._process is not None:
            if self._process.poll() is not None:
                self._errors.seek(0)
                pytest.fail(f"a writer ended by itself: {self._errors.read()}")
            self._process.kill()
            self._process.wait()
        self.kills += 1

    def close(self) -> None:
        if self._process is not None:
            self._process.kill()
            self._process.wait()
        self._errors.close()

    def acknowledged(self) -> list[tuple[str, int, int, bytes]]:
        """Whole lines only: the kill may have come in the middle of the last one."""
        lines = self.acknowledgements.read_text().split("\n")[:-1]
        fields = [line.split() for line in lines]
        return [(s, int(version), int(at), nonce.encode()) for s, version, at, nonce in fields]


class Tail(Thread):
    """Reads the log in a loop, as a projector does."""

    def __init__(self, store: Store) -> None:
        super().__init__()
        self._store = store
        self._stopping = False
        self.seen: list[tuple[int, str, int]] = []

    def run(self) -> None:
        while True:
            stopping = self._stopping
            if self._read() and stopping:
                return
            time.sleep(0.005)

    def _read(self) -> bool:
        """Read on; whether the end of the log was reached."""
        try:
            events = self._store.read_log(len(self.seen), 500)
        except StoreBusy:  # the server recovers from a crash
            return False
        self.seen += [event[:3] for event in events]
        return len(events) < 500

    def stop(self) -> None:
        self._stopping = True
        self.join()


def assert_whole(store: Store, writers: list[Writer], tail: Tail) -> tuple[int, int]:
    """Check every promise; how many events there are and how many were acknowledged."""
    events: list[tuple[str, int, bytes]] = []
    versions: Counter[str] = Counter()
    for position, stream, version, _, stored in store.scan():
        events.append((stream, version, stored[:NONCE]))
        versions[stream] += 1
        assert (position, version) == (len(events), versions[stream])
    assert tail.seen == [(at, stream, version) for at, (stream, version, _) in enumerate(events, 1)]
    acknowledged = [line for writer in writers for line in writer.acknowledged()]
    lost = [line for line in acknowledged if events[line[2] - 1] != (*line[:2], line[3])]
    assert lost == []
    assert len(set(acknowledged)) == len(acknowledged)
    return len(events), len(acknowledged)


@pytest.mark.parametrize(("count", "seconds"), TIERS)
def test_killed_writers_lose_nothing_acknowledged(
    shared_address: str, tmp_path: Path, count: int, seconds: float
):
    store = open_store(shared_address)
    store.migrate()
    tail = Tail(store)
    tail.start()
    writers = [Writer(shared_address, f"w{number}", tmp_path) for number in range(count)]
    draw = random.Random(count)
    try:
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            time.sleep(draw.uniform(0.1, 4 / count))
            draw.choice(writers).restart()
        for writer in writers:
            writer.kill()
    finally:
        for writer in writers:
            writer.close()
        tail.stop()
    events, acknowledged = assert_whole(store, writers, tail)
    kills = sum(writer.kills for writer in writers)
    print(
        f"\n{store.dialect}: {count} writers, {seconds} s, {kills} kills: {events} events, "
        f"{acknowledged} acknowledged, none lost, no gap; the tail saw all of them in order"
    )
    assert acknowledged > 0
    assert kills > count
    store.close()


@pytest.mark.ci
def test_a_crashed_postgresql_loses_nothing_acknowledged(tmp_path: Path):
    with running_postgres() as server:
        address = server.url()
        store = open_store(address)
        store.migrate()
        tail = Tail(store)
        tail.start()
        writers = [Writer(address, f"w{number}", tmp_path) for number in range(2)]
        draw = random.Random(1)
        try:
            for _ in range(3):
                time.sleep(draw.uniform(0.5, 1.0))
                crash(address)  # the server kills all its sessions and recovers from its log
            time.sleep(0.5)
            for writer in writers:
                writer.kill()
        finally:
            for writer in writers:
                writer.close()
            tail.stop()
        _, acknowledged = assert_whole(store, writers, tail)
        assert acknowledged > 0
        store.close()


def crash(address: str) -> None:
    """SIGKILL to the session of a writer."""
    with psycopg.connect(address) as admin:
        pids = admin.execute(
            "SELECT pid FROM pg_stat_activity WHERE application_name LIKE 'event-store-writer-%'"
        ).fetchall()
    if pids:
        os.kill(pids[0][0], signal.SIGKILL)
