"""What one item costs the database: the same however large its batch is, and its order is derived once."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from main.models import OrderItem
from main.production.foreman import work_once
from main.services.orders import Wish, place
from main.tests.paying import flux

MOST = 24
"""Per item, with one call's sending, asking and storing; BEGIN, COMMIT and savepoints count too."""


def costs(kind: str, still, number: int) -> list[list[str]]:
    """Make a batch of so many items and return the statements of each but the first and the last, which change the order."""
    prompt = f"[{','.join(f'w{at}' for at in range(number))}]"
    order = flux(prompt) if kind == "paid" else place(Wish(still, prompt, parameters={"size": "64x64"}))
    spent = []
    for _ in range(number):
        done = order.items.filter(status="completed").count()
        with CaptureQueriesContext(connection) as captured:
            while OrderItem.objects.filter(order=order, status="completed").count() == done:
                assert work_once("w")
        asked = 'COUNT(*) AS "__count" FROM "main_orderitem" WHERE ("main_orderitem"."order_id"'
        spent.append([one["sql"] for one in captured.captured_queries if asked not in one["sql"]])
    return spent[1:-1]


@pytest.mark.parametrize("kind", ["paid", "free"])
def test_an_item_costs_the_same_in_every_batch_and_derives_once(kind, still, paid, monkeypatch) -> None:
    # A good answer is noted again after a while; on a slow machine that would be one statement more in between.
    monkeypatch.setattr("main.production.outcomes.LATELY", timedelta(hours=1))
    small, large = (costs(kind, still, number) for number in (4, 24))
    figures = {len(statements) for statements in [*small, *large]}
    assert len(figures) == 1, figures
    limit = MOST if kind == "free" else MOST + 4
    assert figures.pop() <= limit
    for statements in [*small, *large]:
        assert sum(one.startswith('UPDATE "main_order" ') for one in statements) == 1
