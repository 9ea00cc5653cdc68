"""Limits: per subnet, per printer, per second; and that nothing waits in memory without a bound."""

from __future__ import annotations

import pytest

from inventory.polling.snmp.targets import Target
from inventory.polling.snmp.throttle import Queue, Throttle, subnet_of


@pytest.mark.parametrize(
    ("address", "subnet"),
    [
        ("10.1.2.3", "10.1.2"),
        ("2001:db8::1", "2001:0db8:0000:0000"),
        ("2001:db8:0:0:ffff::1", "2001:0db8:0000:0000"),
        ("fe80::1%eth0", "fe80:0000:0000:0000"),
        ("nonsense:", "nonsense:"),
    ],
)
def test_what_shares_a_link(address: str, subnet: str) -> None:
    assert subnet_of(address) == subnet


def take_all(queue: Queue) -> list[Target]:
    """Take until nothing may start."""
    taken = []
    while (target := queue.take()) is not None:
        taken.append(target)
    return taken


def test_no_more_than_allowed_of_one_subnet_and_others_pass_by() -> None:
    queue = Queue(window=100, subnet_window=2)
    queue.open([*(Target(number, f"10.0.0.{number}") for number in range(5)), Target("far", "10.0.1.1")])
    first = take_all(queue)
    assert [target.key for target in first] == [0, 1, "far"]
    assert not queue.empty
    queue.release(first[0])
    assert [target.key for target in take_all(queue)] == [2]


def test_never_two_of_one_printer() -> None:
    queue = Queue(window=100, subnet_window=10)
    queue.open(
        [
            Target("a", "10.0.0.1"),
            Target("b", "10.0.0.1"),
            Target("other port", "10.0.0.1", 1161),
            Target("c", "10.0.0.2"),
        ]
    )
    first = take_all(queue)
    assert [target.key for target in first] == ["a", "other port", "c"]
    queue.release(first[2])
    assert take_all(queue) == []
    queue.release(first[0])
    assert [target.key for target in take_all(queue)] == ["b"]
    assert queue.empty


def test_what_waits_is_bounded() -> None:
    taken = 0

    def endless() -> object:
        nonlocal taken
        while True:
            taken += 1
            yield Target(taken, f"10.0.0.{taken % 250}", taken % 60000 + 1)

    queue = Queue(window=20, subnet_window=3)
    queue.open(endless())  # type: ignore[arg-type]
    assert len(take_all(queue)) == 3
    assert taken == 23


def test_every_target_comes_out_once_in_the_end() -> None:
    queue = Queue(window=7, subnet_window=2)
    queue.open(Target(number, f"10.0.{number % 3}.{number % 5}") for number in range(200))
    seen: list[object] = []
    under_way: list[Target] = []
    while not queue.empty or under_way:
        under_way += take_all(queue)
        done = under_way.pop(0)
        seen.append(done.key)
        queue.release(done)
    assert sorted(seen) == list(range(200))  # type: ignore[type-var]


def test_dropping_forgets_what_has_not_begun() -> None:
    queue = Queue(window=10, subnet_window=1)
    queue.open(Target(number, f"10.0.0.{number}") for number in range(5))
    assert len(take_all(queue)) == 1
    queue.drop()
    assert queue.empty
    assert queue.take() is None


def test_a_rate_is_kept() -> None:
    throttle = Throttle(100.0)
    sent, now = 0, 1000.0
    for _ in range(2000):
        while throttle.allows(now):
            sent += 1
        now += max(0.001, throttle.wait(now))
        if now > 1010.0:
            break
    assert 990 <= sent <= 1015


def test_without_a_rate_nothing_waits() -> None:
    throttle = Throttle(None)
    assert all(throttle.allows(5.0) for _ in range(1000))
    assert throttle.wait(5.0) == 0.0
