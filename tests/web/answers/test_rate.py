"""An address may come so often a minute; a network of IPv6 addresses counts as one."""

from dsar.web.answers import rate
from dsar.web.answers.rate import Rate


def test_a_minute_later_one_may_come_again() -> None:
    now = [0.0]
    visits = Rate(2, clock=lambda: now[0])
    assert [visits.admits("192.0.2.1") for _ in range(3)] == [True, True, False]
    assert visits.admits("192.0.2.2")
    now[0] = 60.0
    assert visits.admits("192.0.2.1")


def test_addresses_of_one_ipv6_network_count_together() -> None:
    visits = Rate(1, clock=lambda: 0.0)
    assert visits.admits("2001:db8::1")
    assert not visits.admits("2001:db8::ffff")
    assert visits.admits("2001:db8:0:1::1")


def test_what_is_remembered_stays_small() -> None:
    visits = Rate(1, clock=lambda: 0.0)
    for number in range(rate.MOST + 50):
        visits.admits(f"10.{number >> 16}.{number >> 8 & 255}.{number & 255}")
    assert len(visits._seen) == rate.MOST
