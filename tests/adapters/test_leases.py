"""Leases: one holder at a time, take-over after death, and a token that tells late ones apart."""

import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from adapters.leases import Leases

SHORT = 0.15


@pytest.fixture
def leases(store):
    leases = Leases(store)
    leases.migrate()
    leases.migrate()
    return leases


def test_one_owner_holds_a_lease_until_it_is_released(leases):
    token = leases.acquire("job", "a", 60)
    assert token == 1
    assert leases.acquire("job", "b", 60) is None
    assert leases.acquire("other job", "b", 60) == 1
    leases.release("job", token)
    assert leases.acquire("job", "b", 60) == 2


def test_a_dead_owners_lease_is_taken_over_and_the_late_one_is_told(leases):
    late = leases.acquire("job", "a", SHORT)
    assert leases.acquire("job", "b", 60) is None
    time.sleep(SHORT + 0.05)
    token = leases.acquire("job", "b", 60)
    assert token == late + 1
    assert not leases.renew("job", late, 60)
    leases.release("job", late)  # a late release takes nothing away
    assert leases.acquire("job", "c", 60) is None
    assert leases.renew("job", token, 60)


def test_renewing_keeps_a_lease_alive(leases):
    token = leases.acquire("job", "a", SHORT)
    for _ in range(4):
        time.sleep(SHORT / 2)
        assert leases.renew("job", token, SHORT)
        assert leases.acquire("job", "b", SHORT) is None


def test_a_lease_that_ran_out_unnoticed_may_still_be_renewed(leases):
    token = leases.acquire("job", "a", SHORT)
    time.sleep(SHORT + 0.05)
    assert leases.renew("job", token, 60)
    assert leases.acquire("job", "b", 60) is None


def test_the_same_owner_may_begin_again_with_a_new_token(leases):
    assert [leases.acquire("job", "a", 60) for _ in range(3)] == [1, 2, 3]
    assert not leases.renew("job", 1, 60)


def test_confirming_in_a_transaction_fences_its_writes(leases, store):
    token = leases.acquire("job", "a", 60)

    def work(cursor):
        return leases.confirm(cursor, "job", token, 60), leases.confirm(cursor, "job", 99, 60)

    assert store.exclusive(work) == (True, False)


def test_of_many_processes_one_gets_the_lease(another):
    stores = [another() for _ in range(6)]
    Leases(stores[0]).migrate()

    def acquire(number):
        return Leases(stores[number]).acquire("job", f"owner {number}", 60)

    with ThreadPoolExecutor(6) as pool:
        tokens = list(pool.map(acquire, range(6)))
    assert sorted(tokens, key=str) == [1, None, None, None, None, None]
