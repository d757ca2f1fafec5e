"""A rebuild killed at any moment leaves the old rows serving, and the next one works."""

import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from adapters.leases import Leases
from adapters.rebuild import Rebuild
from adapters.view_catalog import Catalog, Generation, Status, read_listing
from adapters.view_check import check
from adapters.views import Views
from event_store.open import open_store
from event_store.store import Store
from projections.exam_attempts import exam_attempts
from projections.registry import PROJECTIONS
from tests.adapters.histories import Live, catch_up, replayed, rows_in_use, save, start
from tests.event_store.conftest import shared_address
from tests.projections.exam_starts import exam_starts

__all__ = ["shared_address"]

EVERY = (*PROJECTIONS, exam_starts)
ROOT = Path(__file__).parents[2]
ATTEMPTS = 500

REBUILD = """
import sys, time
sys.path[:0] = [{root!r}, {source!r}]
from adapters import rebuild
from event_store.open import open_store
from projections.registry import PROJECTIONS
from tests.projections.exam_starts import exam_starts
rebuild._PAGE = 10  # and a pause after each page, so that the kill meets every step
rebuild.Rebuild(
    open_store(sys.argv[1]),
    (*PROJECTIONS, exam_starts),
    remember=100,
    progress=lambda *_at: (print("a page", flush=True), time.sleep(0.002)),
).run()
"""


def generations(store: Store) -> list[Generation]:
    sql = Catalog(store.dialect).listing
    return read_listing(store.read(sql.text, sql.bind()))[1]


def building(store: Store) -> bool:
    """Whether a rebuild has left unfinished generations."""
    return any(one.status is Status.BUILDING for one in generations(store))


def begun_rebuild(address: str) -> "subprocess.Popen[str]":
    """A process that is in the middle of a rebuild."""
    script = REBUILD.format(root=str(ROOT), source=str(ROOT / "src"))
    command = [sys.executable, "-c", script, address]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    assert process.stdout.readline() == "a page\n"
    return process


def assert_rows_are_the_log(store: Store, views: Views) -> None:
    for one in EVERY:
        assert rows_in_use(store, views, one) == replayed(store, one)


@pytest.mark.parametrize(
    "rounds",
    [pytest.param(5, marks=pytest.mark.ci), pytest.param(60, marks=pytest.mark.long)],
)
def test_a_killed_rebuild_leaves_the_old_rows_serving(shared_address: str, rounds: int) -> None:
    store = open_store(shared_address)
    store.migrate()
    views = Views(store, EVERY)
    views.migrate()
    live = Live(store, views)
    for number in range(ATTEMPTS):
        live.do(f"a{number}", start(f"a{number}", f"u{number % 50}"), save(number))
    catch_up(store, EVERY)
    Leases(store).migrate()
    whole = begun_rebuild(shared_address)
    began = time.monotonic()
    whole.communicate()
    assert whole.returncode == 0
    seconds = time.monotonic() - began
    views.load()
    assert_rows_are_the_log(store, views)
    killed_midway = 0
    for number in range(rounds):
        store.exclusive(lambda cursor: cursor.execute("UPDATE leases SET expires_at = 0"))
        process = begun_rebuild(shared_address)
        time.sleep(random.uniform(0, seconds))
        process.send_signal(signal.SIGKILL)
        process.communicate()
        killed_midway += building(store)
        views.load()
        assert views.get(exam_attempts, "a7") is not None
        assert_rows_are_the_log(store, views)
        live.do(f"k{number}", start(f"k{number}"), save("after the kill"))
        catch_up(store, EVERY)
        assert_rows_are_the_log(store, views)
    print(f"{killed_midway} of {rounds} rebuilds were killed midway")
    assert killed_midway
    Rebuild(store, EVERY).run()  # waits until the lease of the last killed one runs out
    views.load()
    assert_rows_are_the_log(store, views)
    assert check(store, EVERY).differences == []
    assert [one.status for one in generations(store)] == [Status.ACTIVE] * len(EVERY)
    store.close()
