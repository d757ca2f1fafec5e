"""Leisure: at once on a quiet machine, later on a busy one, never without end."""

from hypothesis import given
from hypothesis import strategies as st

from adapters.leisure import BUSY_RATE, LOOK_SECONDS, MOST_BEHIND, Leisure


def test_on_a_quiet_machine_everything_is_folded_at_once():
    leisure = Leisure()
    leisure.look(5_000_000, 10.0)  # after a start, however long the log is
    assert leisure.allows(0, 5_000_000)
    leisure.look(5_000_010, 10.0 + 1.5 * LOOK_SECONDS)
    assert leisure.allows(5_000_000, 5_000_010)
    assert not leisure.allows(5_000_010, 5_000_010)


def test_while_many_write_it_is_put_off_until_they_rest():
    leisure = Leisure()
    leisure.look(100, 10.0)
    head = 100 + int(4 * BUSY_RATE * LOOK_SECONDS)
    leisure.look(head, 10.0 + 1.5 * LOOK_SECONDS)
    assert not leisure.allows(100, head)
    leisure.look(head + 1, 10.0 + 3 * LOOK_SECONDS)
    assert leisure.allows(100, head + 1)


def test_a_look_that_comes_early_says_nothing():
    leisure = Leisure()
    leisure.look(100, 10.0)
    leisure.look(101, 10.0 + LOOK_SECONDS / 2)
    assert not leisure.allows(100, 101)


def test_the_first_event_after_a_rest_is_folded_at_once():
    leisure = Leisure()
    leisure.look(100, 10.0)
    leisure.look(100, 19.99)
    leisure.look(101, 20.0)
    assert leisure.allows(100, 101)


@given(st.lists(st.tuples(st.integers(0, 3 * MOST_BEHIND), st.floats(0, 2)), max_size=20))
def test_nothing_falls_behind_without_end(looks: list[tuple[int, float]]):
    leisure, head, now = Leisure(), 0, 10.0
    for events, seconds in looks:
        head, now = head + events, now + seconds
        leisure.look(head, now)
        assert leisure.allows(head - MOST_BEHIND - 1, head)
