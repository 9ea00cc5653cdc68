"""How long pairs took is read in one query, sold and unsold, however many products are asked about."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import event
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncSession

from shared.database.words import ItemStatus, OrderStatus
from shared.repositories.selling_pace import selling_pace
from tests.makers import make_item, make_order, make_product

pytestmark = pytest.mark.integration


async def test_sold_and_unsold_pairs_count_once_and_ended_orders_do_not(
    session: AsyncSession, connection: AsyncConnection
) -> None:
    today = datetime.now(UTC).date()
    products = [await make_product(session) for _ in range(2)]
    for days in (5, 10, 15, 20, 25, 30):
        came = today - timedelta(days=100)
        item = await make_item(session, products[0], purchase_date=came, status=ItemStatus.SOLD, quantity=1)
        sold = datetime.combine(came + timedelta(days=days), datetime.min.time(), UTC)
        await make_order(session, inventory_item_id=item.id, sold_at=sold)
    gone = await make_item(session, products[0], purchase_date=today - timedelta(days=90), quantity=2)
    await make_order(
        session, inventory_item_id=gone.id, sold_at=datetime.now(UTC), status=OrderStatus.RETURNED
    )  # came back: still unsold
    await make_item(session, products[1], purchase_date=today - timedelta(days=1000))  # older than what counts
    asked: list[str] = []

    def note(_connection: object, _cursor: object, statement: str, *_more: object) -> None:
        asked.append(statement)

    event.listen(connection.sync_connection, "before_cursor_execute", note)
    paces = await selling_pace(session, [each.id for each in products], today)
    assert len([each for each in asked if each.lstrip().startswith(("SELECT", "WITH"))]) == 1
    found = paces.pace(products[0].id, products[0].brand_id, "9")
    assert found
    assert (found.pairs, found.sold, found.level) == (8, 6, "size")
    assert 15 <= found.days <= 25
    other = paces.pace(products[1].id, products[1].brand_id, "9")
    assert other
    assert (other.level, other.pairs) == ("brand", 8)
