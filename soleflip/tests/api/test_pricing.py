"""Prices over HTTP: recommended with reasons, decided in a sentence, written within brakes, put back, stopped at once."""

from __future__ import annotations

import uuid
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from shared.database.models import (
    InventoryItem,
    Listing,
    ListingOperation,
    MarketPrice,
    Platform,
    PricingControl,
    Product,
    StoredEvent,
)
from shared.database.words import ItemStatus, JobState, ListingStatus
from tests.makers import make_item, make_product
from tests.people import Person

PRICING = "/api/v1/pricing"
TODAY = datetime.now(UTC).date()


async def make_market(session: AsyncSession, product: Product, **more: Any) -> None:
    """Store a steady market: ask 150, bid 130, last sale 145."""
    for week in range(4):
        values = {"lowest_ask": Decimal(150), "highest_bid": Decimal(130), "last_sale": Decimal(145), **more}
        session.add(
            MarketPrice(
                product_id=product.id, platform_name="stockx", price_date=TODAY - timedelta(days=week), **values
            )
        )
    await session.commit()


async def make_listing(session: AsyncSession, item: InventoryItem, ask: int, **more: Any) -> Listing:
    """Store a live listing at StockX."""
    platform = (await session.scalars(select(Platform).where(Platform.slug == "stockx"))).one()
    values = {"status": ListingStatus.ACTIVE, "ask_price": Decimal(ask), "external_id": str(uuid.uuid4()), **more}
    row = Listing(item_id=item.id, platform_id=platform.id, **values)
    item.status, item.list_price = ItemStatus.LISTED_STOCKX, Decimal(ask)
    session.add_all([row, item])
    await session.commit()
    return row


async def operations(session: AsyncSession) -> list[ListingOperation]:
    statement = select(ListingOperation).execution_options(populate_existing=True)
    return list((await session.scalars(statement)).all())


async def test_a_price_comes_with_reasons_and_its_floor(worker: Person, session: AsyncSession) -> None:
    product = await make_product(session)
    item = await make_item(session, product)
    alone = (await worker.post(f"{PRICING}/recommend", {"product_id": str(product.id)})).json()
    assert (alone["strategy_used"], alone["suggested_price"]) == ("cost_plus", "125")
    await make_market(session, product)
    told = {"product_id": str(product.id), "inventory_id": str(item.id), "strategy": "market_based"}
    found = (await worker.post(f"{PRICING}/recommend", told)).json()
    assert (found["suggested_price"], found["floor_price"]) == ("140", "119")
    assert found["reasoning"][0] == "it sells for 145.00"
    assert found["breakdown"]["profit"] == "18.70"  # 140 - 12.60 - 4.20 - 4.50 - 100
    assert {each["strategy"] for each in found["strategies"]} == {"market_based"}
    assert len((await worker.get(f"{PRICING}/strategies")).json()) == 5


async def test_without_data_it_says_what_is_missing(worker: Person, session: AsyncSession) -> None:
    product = await make_product(session)
    nothing = await worker.post(f"{PRICING}/recommend", {"product_id": str(product.id)})
    assert (nothing.status_code, "Fetch its market data" in nothing.text) == (409, True)
    assert (await worker.get(f"{PRICING}/market-analysis/{product.id}")).status_code == 409
    assert (await worker.get(f"{PRICING}/market-analysis/{uuid.uuid4()}")).status_code == 404
    sold = await make_item(session, product, status=ItemStatus.SOLD)
    assert (await worker.get(f"{PRICING}/smart/recommend/{sold.id}")).status_code == 409
    assert (await worker.get(f"{PRICING}/smart/recommend/{uuid.uuid4()}")).status_code == 404


async def test_a_market_is_analysed(worker: Person, session: AsyncSession) -> None:
    product = await make_product(session)
    item = await make_item(session, product)
    await make_market(session, product, number_of_asks=40, number_of_bids=70)
    found = (await worker.get(f"{PRICING}/market-analysis/{product.id}")).json()
    assert (found["current_market_price"], found["price_trend"], found["demand_score"]) == ("145.00", "stable", "0.7")
    smart = (await worker.get(f"{PRICING}/smart/recommend/{item.id}?target_days=7")).json()
    assert smart["decision"]["sentence"].startswith("List at")
    assert Decimal(smart["recommended_price"]) >= Decimal(smart["floor_price"])
    trends = (await worker.get(f"{PRICING}/smart/market-trends")).json()
    assert trends[0]["product_id"] == str(product.id)
    forecast = (await worker.get(f"{PRICING}/smart/profit-forecast?timeframe_days=60")).json()
    assert (
        Decimal(forecast["profit_lower"]) <= Decimal(forecast["expected_profit"]) <= Decimal(forecast["profit_upper"])
    )
    plan = (await worker.post(f"{PRICING}/smart/optimize-inventory?strategy=market_competitive")).json()
    assert plan["updates"][0]["new_price"] == "149"


async def test_an_offer_is_evaluated_net_of_everything(worker: Person, session: AsyncSession) -> None:
    product = await make_product(session, ean="4066748000001")
    await make_market(session, product)
    offers = [
        {"ean": "4066748000001", "supplier_price": "110.00"},
        {"sku": product.sku, "supplier_price": "160.00"},
        {"sku": "NOBODY-1", "supplier_price": "10.00"},
    ]
    found = (await worker.post(f"{PRICING}/evaluate-profitability-batch", {"products": offers})).json()
    assert [each["profitable"] for each in found["results"]] == [True, False, False]
    assert found["results"][0]["absolute_profit"] == "30.66"  # 145 - 13.05 - 4.35 - 4.50 - 92.44
    assert "No market price" in found["results"][2]["reason"]
    one = (await worker.post(f"{PRICING}/evaluate-profitability", offers[0])).json()
    assert one["should_import"] is True


async def test_repricing_is_dry_first_then_asks_then_is_rolled_back(worker: Person, session: AsyncSession) -> None:
    product = await make_product(session)
    listing = await make_listing(session, await make_item(session, product), 170)
    await make_market(session, product)
    url = f"{PRICING}/smart/auto-reprice?min_margin=0"
    dry = (await worker.post(url)).json()
    assert (dry["counts"]["changed"], dry["lines"][0]["new_price"]) == (1, "153.00")  # one step is 10 %
    assert not await operations(session)
    done = (await worker.post(f"{url}&dry_run=false")).json()
    asked = await operations(session)
    assert [(each.listing_id, each.changes["amount"]) for each in asked] == [(listing.id, "153")]
    assert "no further down at once" in asked[0].reason
    back = await worker.post(f"{PRICING}/runs/{done['id']}/rollback")
    assert back.status_code == 200, back.text
    [stopped] = await operations(session)
    assert (stopped.state, stopped.error) == (JobState.STOPPED, "its run was rolled back")
    item = (await session.scalars(select(InventoryItem).execution_options(populate_existing=True))).one()
    assert item.list_price == Decimal(170)
    again = await worker.post(f"{PRICING}/runs/{done['id']}/rollback")
    assert (again.status_code, "already" in again.text) == (409, True)
    kinds = [each["kind"] for each in (await worker.get(f"{PRICING}/runs")).json()["items"]]
    assert sorted(kinds) == ["reprice", "reprice", "rollback"]  # a test is one transaction, so all began at once


async def test_a_run_that_reached_the_marketplace_is_put_back_there(worker: Person, session: AsyncSession) -> None:
    product = await make_product(session)
    listing = await make_listing(session, await make_item(session, product), 170)
    await make_market(session, product)
    done = (await worker.post(f"{PRICING}/smart/auto-reprice?min_margin=0&dry_run=false")).json()
    [asked] = await operations(session)
    asked.state = JobState.DONE
    listing.ask_price = Decimal(153)
    session.add_all([asked, listing])
    await session.commit()
    await worker.post(f"{PRICING}/runs/{done['id']}/rollback")
    assert sorted(each.changes["amount"] for each in await operations(session)) == ["153", "170.00"]


async def test_no_price_is_written_below_the_floor(worker: Person, session: AsyncSession) -> None:
    product = await make_product(session)
    await make_listing(session, await make_item(session, product, floor_price=Decimal(160)), 165)
    await make_market(session, product, lowest_ask=Decimal(90), last_sale=Decimal(88), highest_bid=Decimal(80))
    found = (await worker.post(f"{PRICING}/smart/auto-reprice?dry_run=false")).json()
    assert found["lines"][0]["new_price"] == "160.00"
    assert "floor" in " ".join(found["lines"][0]["reasons"])


async def test_the_switch_stops_everything_at_once(worker: Person, admin: Person, session: AsyncSession) -> None:
    product = await make_product(session)
    await make_listing(session, await make_item(session, product), 170)
    await make_market(session, product)
    await worker.post(f"{PRICING}/smart/auto-reprice?dry_run=false&min_margin=0")
    killed = (await worker.post(f"{PRICING}/kill", {"reason": "prices look wrong"})).json()
    assert killed["data"]["stopped_changes"] == 1
    assert [each.state for each in await operations(session)] == [JobState.STOPPED]
    refused = await worker.post(f"{PRICING}/smart/auto-reprice?dry_run=false")
    assert (refused.status_code, "prices look wrong" in refused.text) == (409, True)
    assert (await worker.post(f"{PRICING}/auto-listing/run?dry_run=false")).status_code == 409
    assert (await worker.post(f"{PRICING}/smart/auto-reprice")).status_code == 200  # a dry one only looks
    assert (await worker.post(f"{PRICING}/revive")).status_code == 403
    assert (await admin.post(f"{PRICING}/revive")).status_code == 200
    assert (await worker.get(f"{PRICING}/smart/auto-repricing/status")).json()["killed"] is False


async def test_brakes_are_set_and_repricing_is_switched(worker: Person, admin: Person, session: AsyncSession) -> None:
    changed = (await admin.patch(f"{PRICING}/control", {"max_step_percent": "5", "version": 1})).json()
    assert changed["rules_applied"]["max_step_percent"] == "5.000"
    assert (await admin.patch(f"{PRICING}/control", {"max_step_percent": "6", "version": 1})).status_code == 409
    on = (await worker.post(f"{PRICING}/smart/auto-repricing/toggle", {"enabled": True})).json()
    assert (on["data"]["enabled"], on["data"]["next_run"] is not None) == (True, True)
    assert (
        (await session.scalars(select(PricingControl).execution_options(populate_existing=True)))
        .one()
        .repricing_enabled
    )


async def test_one_decision_per_pair_is_approved_and_undone(worker: Person, session: AsyncSession) -> None:
    from domains.pricing.services.decision_service import DecisionService

    product = await make_product(session)
    item, other = await make_item(session, product), await make_item(session, await make_product(session))
    await make_market(session, product)
    assert await DecisionService(session).decide_all() == {"sell_now": 0, "list_at": 1, "hold": 1}
    await session.commit()
    found = (await worker.get(f"{PRICING}/decisions")).json()
    assert found["filters"]["counts"] == {"list_at": 1, "hold": 1}
    by_item = {each["item_id"]: each for each in found["items"]}
    assert by_item[str(other.id)]["sentence"].startswith("Hold: no marketplace tells a price")
    chosen = by_item[str(item.id)]
    assert chosen["sentence"].startswith(f"List at {Decimal(chosen['price']):.2f} €")
    told = {"decision_ids": [each["id"] for each in found["items"]]}
    run = (await worker.post(f"{PRICING}/decisions/approve", told)).json()
    assert (run["changed"], run["held"]) == (1, 1)
    wanted = select(StoredEvent).where(StoredEvent.event_type == "pricing.listing_wanted")
    event = (await session.scalars(wanted)).one()
    assert (event.aggregate_id, event.event_data["amount"]) == (item.id, chosen["price"])
    await session.refresh(item)
    assert item.list_price == Decimal(chosen["price"])
    assert (await worker.post(f"{PRICING}/runs/{run['run_id']}/rollback")).json()["counts"]["changed"] == 1
    await session.refresh(item)
    assert item.list_price is None


async def test_rules_list_what_fits_and_show_what_is_missing(worker: Person, session: AsyncSession) -> None:
    product = await make_product(session)
    item = await make_item(session, product, purchase_date=TODAY - timedelta(days=100))
    await make_market(session, product)
    rules = (await worker.get(f"{PRICING}/auto-listing/rules")).json()
    dead = rules[0]
    assert (dead["name"], dead["active"]) == ("Dead stock prevention", False)
    shown = (await worker.post(f"{PRICING}/auto-listing/rules/{dead['id']}/simulate")).json()
    assert [each["item_id"] for each in shown["matching"]] == [str(item.id)]
    premium = next(each for each in rules if each["name"] == "Premium")
    shown = (await worker.post(f"{PRICING}/auto-listing/rules/{premium['id']}/simulate")).json()
    assert shown["not_matching"][0]["missing"] == ["min purchase price"]
    assert not (await worker.post(f"{PRICING}/auto-listing/run?dry_run=false")).json()["lines"]
    on = {
        "name": dead["name"],
        "priority": 5,
        "active": True,
        "conditions": dead["conditions"],
        "actions": dead["actions"],
    }
    assert (await worker.ask("PUT", f"{PRICING}/auto-listing/rules/{dead['id']}", json=on)).status_code == 200
    done = (await worker.post(f"{PRICING}/auto-listing/run?dry_run=false")).json()
    assert done["lines"][0]["new_price"] == "119.00"  # cost plus 8 % is 110 by rounding; the floor is 119
    wrong = await worker.post(f"{PRICING}/auto-listing/rules", {"name": "x", "conditions": {"moon": 1}, "actions": {}})
    assert (wrong.status_code, "no such condition" in wrong.text) == (400, True)


async def test_price_rules_are_kept_and_count(worker: Person, session: AsyncSession) -> None:
    product = await make_product(session)
    await make_item(session, product)
    rule = {"name": "Everything", "base_markup_percent": "60", "minimum_margin_percent": "30"}
    made = (await worker.post(f"{PRICING}/rules", rule)).json()
    found = (await worker.post(f"{PRICING}/recommend", {"product_id": str(product.id)})).json()
    assert (found["suggested_price"], "rule: Everything" in found["reasoning"]) == ("160", True)
    url = f"{PRICING}/rules/{made['id']}"
    changed = await worker.ask("PUT", f"{url}?version=1", json={**rule, "base_markup_percent": "40"})
    assert changed.json()["version"] == 2
    assert (await worker.ask("PUT", f"{url}?version=1", json=rule)).status_code == 409
    assert (await worker.delete(url)).status_code == 200
    assert (await worker.get(f"{PRICING}/rules")).json() == []
