"""StockX's orders become ours: once each, to the cent, with their pair; new steps are followed; what is wrong is shown."""

from __future__ import annotations

from decimal import Decimal

import pytest
from sqlalchemy import func, select, text
from sqlalchemy.ext.asyncio import AsyncSession
from standins.stockx import Fault
from standins.stockx import StockX as StandIn

from domains.orders.services.order_sync import NAME, OrderSync
from shared.config.settings import Settings
from shared.database.connection import Database
from shared.database.models import InventoryItem, Order, SyncState
from shared.database.words import ItemStatus, OrderStatus
from shared.stockx.client import StockX
from tests.makers import make_item, make_product
from tests.people import Person
from tests.stockx import settings_for

pytestmark = pytest.mark.integration


async def sync(settings: Settings, database: Database, standin: StandIn) -> dict[str, int]:
    return await OrderSync(settings_for(settings, standin), database).run()


def a_variant(standin: StandIn, style: str = "DD1391-100", size: str = "9") -> str:
    product = next(each for each in standin.world.products.values() if each.style == style)
    return next(each.id for each in product.variants.values() if each.size == size)


async def test_a_sale_arrives_once_with_its_pair_and_follows_stockx_to_the_payout(
    settings: Settings, database: Database, standin: StandIn, stockx: StockX, session: AsyncSession, worker: Person
) -> None:
    item = await make_item(session, await make_product(session, sku="DD1391-100"), "US 9")
    sold = standin.world.put_order(a_variant(standin), 150)
    assert await sync(settings, database, standin) == {"created": 1, "updated": 0, "skipped": 0, "refused": 0}
    assert await sync(settings, database, standin) == {"created": 0, "updated": 0, "skipped": 1, "refused": 0}
    order = (await worker.get("/api/v1/orders")).json()["items"][0]
    assert (order["external_id"], order["status"], order["match_state"]) == (sold.number, "created", "matched")
    kept_back = [Decimal(order[name]) for name in ("platform_fee", "payment_fee", "shipping_cost")]
    assert kept_back == [Decimal("13.50"), Decimal("4.50"), Decimal("4.50")]
    assert Decimal(order["net_proceeds"]) == 150 - sum(kept_back)
    assert Decimal(order["net_profit"]) == Decimal("27.50")
    await session.refresh(item)
    assert item.status is ItemStatus.SOLD
    for status, ours in (("SHIPPED", "shipped"), ("AUTHENTICATED", "authenticated"), ("PAYOUTCOMPLETED", "paid")):
        standin.world.advance(sold.number, status)
        assert (await sync(settings, database, standin))["updated"] == 1
        found = (await worker.get("/api/v1/orders")).json()["items"][0]
        assert found["status"] == ours
    assert found["payout_received"]
    assert await session.scalar(select(func.count(Order.id))) == 1


async def test_a_cancelled_sale_gives_its_pair_back_and_a_late_word_is_kept_not_obeyed(
    settings: Settings, database: Database, standin: StandIn, stockx: StockX, session: AsyncSession
) -> None:
    item = await make_item(session, await make_product(session, sku="DD1391-100"), "US 9")
    sold = standin.world.put_order(a_variant(standin), 150)
    await sync(settings, database, standin)
    standin.world.advance(sold.number, "CANCELED")
    await sync(settings, database, standin)
    await session.refresh(item)
    assert item.status is ItemStatus.IN_STOCK
    standin.world.advance(sold.number, "SHIPPED")
    assert (await sync(settings, database, standin))["updated"] == 1
    order = (await session.scalars(select(Order).execution_options(populate_existing=True))).one()
    assert (order.status, "StockX says SHIPPED" in (order.notes or "")) == (OrderStatus.CANCELLED, True)


@pytest.mark.timeout(300)  # four hundred orders, each with all that belongs to one
async def test_history_is_pulled_once_and_goes_on_at_the_page_where_it_broke(
    settings: Settings, database: Database, standin: StandIn, stockx: StockX, session: AsyncSession
) -> None:
    variants = list(standin.world.variants)
    for number in range(250):
        standin.world.put_order(variants[number % 100], 100 + number, days_ago=number, status="COMPLETED")
    standin.faults.add(Fault("duplicate_page", "/v2/selling/orders/history", 1))
    await sync(settings, database, standin)
    counted = select(func.count(), func.count(Order.external_id.distinct()), func.sum(Order.gross_sale))
    assert (await session.execute(counted)).one() == (250, 250, sum(range(100, 350)))
    state = (await session.scalars(select(SyncState).where(SyncState.name == NAME))).one()
    assert set(state.cursor) == {"until", "refused"}
    assert state.last_success_at
    # One that broke on its second page of history:
    await session.execute(text("DELETE FROM transactions.orders"))
    begun = {"part": "history", "page": 2, "begun": state.last_success_at.isoformat(), "from": "2020-01-01",
             "to": "2100-01-01"}  # fmt: skip
    state.cursor = begun
    await session.commit()
    standin.seen.clear()
    found = await sync(settings, database, standin)
    assert found["created"] == 150
    assert sum(n for path, n in standin.seen.items() if "history" in path) == 2


@pytest.mark.parametrize(
    ("fault", "words"),
    [
        (Fault("status", "/v2/selling", None, 500), "500"),
        (Fault("status", "/v2/selling", None, 429, retry_after=600), "may be asked again"),
        (Fault("garbage", "/v2/selling", None), "no JSON"),
        (Fault("slow", "/v2/selling", None, seconds=1.2), "try again"),
    ],
    ids=["500", "429", "garbage", "late"],
)
async def test_what_is_wrong_with_stockx_ends_the_sync_and_is_shown(
    settings: Settings, database: Database, standin: StandIn, stockx: StockX, worker: Person, fault: Fault, words: str
) -> None:
    standin.world.put_order(a_variant(standin), 150)
    standin.faults.add(fault)
    chosen = settings_for(settings, standin, stockx_timeout=0.3 if fault.kind == "slow" else 3.0)
    with pytest.raises(Exception, match=words):
        await OrderSync(chosen, database).run()
    shown = (await worker.get("/api/v1/integration/stockx/syncs")).json()
    assert [(row["name"], words in row["last_error"]) for row in shown] == [(NAME, True)]


async def test_a_sale_in_a_currency_without_rate_waits_and_is_not_lost(
    settings: Settings, database: Database, standin: StandIn, stockx: StockX, session: AsyncSession, worker: Person
) -> None:
    standin.world.put_order(a_variant(standin), 20_000, currency="JPY", days_ago=30, status="COMPLETED")
    assert (await sync(settings, database, standin))["refused"] == 1
    shown = (await worker.get("/api/v1/integration/stockx/syncs")).json()[0]
    assert (shown["waiting"], "No exchange rate for JPY" in shown["last_error"]) == (1, True)
    await session.execute(text("INSERT INTO core.exchange_rates (currency, day, per_euro) VALUES ('JPY', now(), 168)"))
    await session.commit()
    assert (await sync(settings, database, standin))["created"] == 1
    assert (await worker.get("/api/v1/integration/stockx/syncs")).json()[0]["waiting"] == 0


async def test_a_pair_without_a_cost_waits_for_a_person(
    settings: Settings, database: Database, standin: StandIn, stockx: StockX, session: AsyncSession
) -> None:
    item: InventoryItem = await make_item(
        session, await make_product(session, sku="DD1391-100"), "US 9", purchase_price=None, gross_purchase_price=None
    )
    standin.world.put_order(a_variant(standin), 150)
    assert (await sync(settings, database, standin))["created"] == 1
    order = (await session.scalars(select(Order))).one()
    assert (order.match_state, item.status) == ("suggested", ItemStatus.IN_STOCK)


async def test_a_lost_connection_is_said(settings: Settings, database: Database, standin: StandIn) -> None:
    with pytest.raises(Exception, match="connect it"):
        await sync(settings, database, standin)
