"""What keeps production in bounds: caps, holding, cancelling, rates, one foreman, a race of two workers."""

from __future__ import annotations

import threading
from collections import Counter
from datetime import timedelta
from decimal import Decimal

import pytest
from django.db import connection
from django.utils import timezone

from main.models import (
    Budget,
    OrderItem,
    Product,
    Provider,
    SpendEntry,
)
from main.production.foreman import keep_order, leave, release_held, take_lease, work_once
from main.production.outcomes import accepted
from main.production.working import submit_next
from main.providers import CallState, CallStatus
from main.services import orders
from main.tests.paying import flux, ledger, run, statuses


def test_caps_hold_what_does_not_fit_and_let_it_go_later(paid) -> None:
    Budget.objects.update(per_day=Decimal("0.06"))
    order = flux("[a,b,c,d]")
    run()
    assert statuses(order) == {"completed": 2, "held": 2}
    assert sum(entry.amount for entry in SpendEntry.objects.exclude(state="released")) <= Decimal("0.06")
    assert "per day" in order.items.filter(status="held")[0].reason
    order.refresh_from_db()
    assert order.status == "held"
    assert release_held() == 0
    Budget.objects.update(per_day=Decimal(1))
    assert release_held() == 2
    run()
    assert statuses(order) == {"completed": 4}


def test_an_order_has_its_own_cap(paid) -> None:
    order = flux("[a,b,c,d]", spend_cap=Decimal("0.025"))
    run()
    assert statuses(order) == {"completed": 1, "held": 3}


def test_cancelling_stops_what_waits_and_asks_what_runs(paid) -> None:
    paid.on_poll = lambda _reference: CallStatus(CallState.CANCELLED if paid.cancelled else CallState.RUNNING, 0.5)
    order = flux("[a,b,c]")
    submit_next("w")
    assert orders.cancel(order) == 3
    assert statuses(order) == {"cancelled": 2, "submitted": 1}
    order.refresh_from_db()
    assert order.status == "cancelling"
    run(20)
    order.refresh_from_db()
    assert (order.status, order.state, paid.cancelled) == ("cancelled", "stopped", [{"id": 1}])
    assert ledger(order) == {"released": 1}


def test_a_picture_that_came_before_the_cancel_is_kept(paid) -> None:
    order = flux()
    submit_next("w")
    orders.cancel(order)
    run()
    assert (statuses(order), Product.objects.count(), ledger(order)) == ({"completed": 1}, 1, {"settled": 1})


def test_holding_by_hand(paid) -> None:
    order = flux("[a,b]")
    orders.hold(order, held=True)
    run()
    assert (len(paid.posts), release_held()) == (0, 0)
    orders.hold(order, held=False)
    run()
    assert statuses(order) == {"completed": 2}


def test_rates_and_concurrency_are_kept(paid) -> None:
    Provider.objects.filter(name="fal").update(concurrency=2, rate_per_minute=1, tokens=0, refilled_at=timezone.now())
    flux("[a,b,c,d]")
    assert not submit_next("w")
    Provider.objects.filter(name="fal").update(rate_per_minute=600_000)
    assert [submit_next("w") for _ in range(3)] == [True, True, False]


def test_an_item_without_an_end_is_given_up(paid) -> None:
    paid.on_poll = lambda _reference: CallStatus(CallState.RUNNING, 0.5)
    order = flux()
    run(5)
    OrderItem.objects.update(started_at=timezone.now() - timedelta(hours=3))
    keep_order()
    assert (statuses(order), ledger(order)) == ({"unknown": 1}, {"unknown": 1})


def test_one_foreman_at_a_time_and_a_dead_one_is_followed(db) -> None:
    assert take_lease("foreman", "elsewhere:1:a")
    assert take_lease("foreman", "elsewhere:1:a")
    assert not take_lease("foreman", "elsewhere:2:b")
    leave("elsewhere:1:a")
    assert take_lease("foreman", "elsewhere:2:b")


def test_a_late_reference_of_an_older_attempt_changes_nothing(paid) -> None:
    order = flux()
    submit_next("w")
    item = order.items.get()
    assert not accepted(item, item.attempt, {"id": 99}, 0)
    assert order.items.get().reference == {"id": 1}


@pytest.mark.slow
@pytest.mark.django_db(transaction=True)
def test_two_workers_race_under_a_cap_and_each_item_is_paid_once(paid) -> None:
    Budget.objects.update(per_order=Decimal(100), per_day=Decimal("1.35"))
    order = flux("[a,b] " * 6, max_items=60)
    failures: list[BaseException] = []

    def work(name: str) -> None:
        try:
            while work_once(name):
                pass
        except BaseException as error:  # noqa: BLE001 -- handed to the test
            failures.append(error)
        finally:
            connection.close()

    threads = [threading.Thread(target=work, args=(f"w{number}",)) for number in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    run()
    assert not failures
    keys = Counter(request.idempotency_key for request in paid.posts)
    assert set(keys.values()) == {1}
    # 1.35 a day at 2.5 cents each are 54 pictures, and not one more.
    assert (len(paid.posts), statuses(order)) == (54, {"completed": 54, "held": 6})
    assert (Product.objects.count(), ledger(order)) == (54, {"settled": 54})
