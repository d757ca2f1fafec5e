"""The clock: the machine's time at the start, then only what has gone by."""

from datetime import UTC, datetime

from hypothesis import given
from hypothesis import strategies as st

from adapters.clock import SteadyClock, system_clock

SECOND = 1_000_000_000


class Machine:
    """A machine whose time of day can be set, and whose monotonic clock cannot."""

    def __init__(self) -> None:
        self.wall = 1_767_603_600 * SECOND  # 2026-01-05T09:00:00Z
        self.elapsed = 77 * SECOND

    def passes(self, nanoseconds: int) -> None:
        self.wall += nanoseconds
        self.elapsed += nanoseconds


def test_setting_the_machines_time_back_or_forward_changes_nothing():
    machine = Machine()
    clock = SteadyClock(lambda: machine.wall, lambda: machine.elapsed)
    assert clock() == "2026-01-05T09:00:00.000Z"
    machine.passes(1_500_000_000)
    machine.wall -= 3600 * SECOND
    assert clock() == "2026-01-05T09:00:01.500Z"
    machine.wall += 7200 * SECOND
    machine.passes(59 * SECOND)
    assert clock() == "2026-01-05T09:01:00.500Z"


@given(st.lists(st.tuples(st.integers(0, 5 * SECOND), st.integers(-(10**13), 10**13)), max_size=20))
def test_it_never_goes_back_and_never_jumps(steps: list[tuple[int, int]]):
    machine = Machine()
    clock = SteadyClock(lambda: machine.wall, lambda: machine.elapsed)
    start, passed = datetime.fromisoformat(clock()), 0
    for nanoseconds, jump in steps:
        machine.passes(nanoseconds)
        machine.wall += jump
        passed += nanoseconds
        since = datetime.fromisoformat(clock()) - start
        assert abs(since.total_seconds() - passed / SECOND) <= 0.001


def test_the_process_clock_starts_from_the_machines_time():
    difference = datetime.now(UTC) - datetime.fromisoformat(system_clock())
    assert abs(difference.total_seconds()) < 5
