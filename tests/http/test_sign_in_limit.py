"""Only failures count, by address, in windows."""

from adapters.http.sign_in_limit import SignInLimit
from tests.http.conftest import Watch


def test_after_too_many_failures_an_address_waits_for_the_next_window():
    watch = Watch()
    limit = SignInLimit(most=3, seconds=60, monotonic=watch)
    for _ in range(3):
        assert limit.wait("192.0.2.1") == 0
        limit.failed("192.0.2.1")
        watch.now += 10
    assert limit.wait("192.0.2.1") == 30
    assert limit.wait("192.0.2.2") == 0
    watch.now += 30
    assert limit.wait("192.0.2.1") == 0


def test_an_ipv6_network_counts_as_one_address():
    limit = SignInLimit(most=1)
    limit.failed("2001:db8::1")
    assert limit.wait("2001:db8::ffff:2") > 0
    assert limit.wait("2001:db8:0:1::1") == 0


def test_what_is_no_address_counts_too():
    limit = SignInLimit(most=1)
    limit.failed("")
    assert limit.wait("") > 0


def test_the_number_of_addresses_is_bounded():
    limit = SignInLimit(most=1)
    for number in range(10_001):
        limit.failed(f"10.{number >> 16}.{number >> 8 & 255}.{number & 255}")
    assert limit.wait("10.0.0.0") == 0
    assert limit.wait("10.0.0.1") > 0
