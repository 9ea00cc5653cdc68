"""The dashboard and the key figures over HTTP."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal

from sqlalchemy.ext.asyncio import AsyncSession

from shared.database.words import ItemStatus, OrderStatus
from tests.makers import make_item, make_order, make_product
from tests.people import Person


async def test_the_dashboard_tells_the_stocks_value_and_not_the_revenue(worker: Person, session: AsyncSession) -> None:
    product = await make_product(session)
    await make_item(session, product, quantity=3)
    await make_item(session, product, status=ItemStatus.SOLD)
    await make_order(session, product_id=product.id, net_profit=Decimal(30))
    await make_order(session, status=OrderStatus.CANCELLED)
    found = (await worker.get("/api/v1/dashboard/metrics")).json()
    assert found["inventory"]["total_inventory_value"] == "300.00"
    assert found["inventory"]["average_purchase_price"] == "100.00"
    assert (found["sales"]["total_revenue"], found["sales"]["total_profit"]) == ("150.00", "30.00")
    assert found["inventory"]["top_brands"][0]["name"] == "Nike"
    assert found["system"]["status"] == "ok"
    assert found["performance"]["total_requests"] >= 0
    assert (await worker.get("/api/v1/dashboard/system-status")).json()["system"] == "soleflip"


async def test_a_week_without_sales_is_a_zero_and_no_gap(worker: Person, session: AsyncSession) -> None:
    await make_order(session, sold_at=datetime.now(UTC))
    weeks = (await worker.get("/api/v1/dashboard/weeks")).json()
    assert len(weeks) == 52
    assert [week["orders"] for week in weeks[-2:]] == [0, 1]


async def test_key_figures(worker: Person, session: AsyncSession) -> None:
    now = datetime.now(UTC)
    product = await make_product(session)
    sold = await make_item(
        session,
        product,
        status=ItemStatus.SOLD,
        purchase_date=(now - timedelta(days=50)).date(),
        sold_at=now - timedelta(days=30),
    )
    await make_item(session, product, purchase_date=(now - timedelta(days=200)).date())
    await make_order(
        session,
        product_id=product.id,
        inventory_item_id=sold.id,
        size_id=sold.size_id,
        sold_at=now - timedelta(days=30),
        payout_date=now - timedelta(days=20),
        payout_received=True,
        cost_of_goods=Decimal(100),
        net_profit=Decimal(20),
    )
    found = (await worker.get("/api/v1/analytics/kpis?days=90")).json()
    assert (found["days_to_sell_median"], found["payout_lag_days_median"], found["cash_to_cash_days"]) == (
        20.0,
        10.0,
        30.0,
    )
    assert found["sell_through_percent"] == {"30": "50.00", "60": "0.00", "90": "0.00"}
    assert found["aged_stock_percent"] == "100.00"
    assert found["profit_per_euro_day"] == "0.01000"
    curve = (await worker.get("/api/v1/analytics/size-curve")).json()
    assert [(each["eu"], each["orders"]) for each in curve] == [("42.50", 1)]


async def test_an_empty_shop_has_figures_too(worker: Person) -> None:
    assert (await worker.get("/api/v1/analytics/kpis")).json()["gmroi"] is None
    assert (await worker.get("/api/v1/dashboard/metrics")).json()["sales"]["avg_sale_price"] is None
