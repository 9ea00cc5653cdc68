"""The commands: real arguments, JSON for programs, exit codes."""

from __future__ import annotations

import json
import os
import time
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings as live
from django.core.management import CommandError, call_command

from main.models import Order, OrderItem, Product
from main.services.orders import Wish, place
from main.services.products import trash


def told(name: str, *arguments: str) -> Any:
    """Return what a command prints as JSON."""
    out = StringIO()
    call_command(name, *arguments, "--json", stdout=out)
    return json.loads(out.getvalue())


@pytest.fixture
def order(still) -> Order:
    """Two small pictures, not made yet."""
    return place(Wish(still, "[red,blue] cat", parameters={"size": "64x64"}))


def test_orders_are_worked_off_in_the_foreground(order: Order) -> None:
    assert told("process_pending_orders", "--dry-run") == {"waiting": 2, "retried": 0, "processed": 0}
    assert told("process_pending_orders")["processed"] == 2
    order.refresh_from_db()
    assert order.status == "completed"


def test_one_item_is_worked_off(order: Order) -> None:
    item = order.items.get(sequence=0)
    assert told("simple_process", "--order-item-id", str(item.pk))["status"] == "completed"
    with pytest.raises(CommandError):
        call_command("simple_process", "--order-item-id", "999999")


def test_failed_ones_are_started_again(order: Order) -> None:
    OrderItem.objects.update(status="failed")
    Order.objects.update(status="failed")
    assert told("process_pending_orders", "--retry-failed")["retried"] == 2
    assert Product.objects.count() == 2


def test_reports(order: Order) -> None:
    assert told("worker_status", "--detailed")["queue"]["pending"] == 2
    assert told("monitor_orders", "--details")[0]["items"] == 2
    assert told("monitor_orders", "--pending-only")[0]["id"] == order.pk
    assert told("debug_orders", "--order-id", str(order.pk))[0]["title"] == "[red,blue] cat"
    assert told("debug_orders", "--failed-only") == []
    with pytest.raises(CommandError):
        call_command("debug_orders", "--order-id", "999999")
    for name in ("worker_status", "monitor_orders", "debug_orders"):
        call_command(name, stdout=(out := StringIO()))
        assert out.getvalue().strip()


def test_cancelling(order: Order) -> None:
    assert told("cancel_order", str(order.pk))["calls"] == 2
    order.refresh_from_db()
    assert order.status == "cancelled"
    with pytest.raises(CommandError):
        call_command("cancel_order", "999999")


def test_the_foreman_keeps_order_once(order: Order) -> None:
    call_command("run_foreman", "--once", stdout=(out := StringIO()))
    assert json.loads(out.getvalue()) == {"freed": 0, "lost": 0, "released": 0}


def test_expanding(seeded) -> None:
    found = told("expand", "[color] [cat,dog]")
    assert (found["total"], found["items"][0]["prompt"]) == (16, "red cat")
    call_command("expand", "[a,b] " * 40, "--count", stdout=(out := StringIO()), stderr=StringIO())
    assert out.getvalue().strip() == str(2**40)
    with pytest.raises(CommandError, match="has only"):
        call_command("expand", "[x] [x]", "--lookups", '{"x": ["one"]}')


def test_trash_and_orphans(order: Order) -> None:
    told("process_pending_orders")
    root = Path(live.MEDIA_ROOT)
    stray = root / "products" / "stray.png"
    stray.write_bytes(b"x")
    assert told("verify_media")["orphans"] == []
    os.utime(stray, (time.time() - 7200, time.time() - 7200))
    assert told("verify_media", "--delete-orphans")["orphans"] == ["products/stray.png"]
    assert not stray.exists()
    product = Product.objects.first()
    assert product is not None
    trash([product.pk])
    assert told("purge_trash") == {"deleted": 0}
    assert told("purge_trash", "--older-than", "0") == {"deleted": 1}
    assert not (root / product.file).exists()
    (root / Product.objects.get().file).unlink()
    with pytest.raises(SystemExit):
        call_command("verify_media", stdout=StringIO())
