"""The client against the stand-in: token, budget, faults, listings as operations."""

from __future__ import annotations

import asyncio
from datetime import UTC, date, datetime
from decimal import Decimal
from urllib.parse import urlsplit

import pytest
from fastapi import FastAPI
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession
from standins.stockx import Fault
from standins.stockx import StockX as StandIn

from shared.config.settings import Settings
from shared.database.connection import Database
from shared.error_handling.exceptions import (
    BusinessRuleViolation,
    ExternalServiceException,
    ResourceNotFoundException,
    ServiceUnavailableException,
    ValidationException,
)
from shared.stockx.client import StockX
from tests.people import Person
from tests.stockx import connect, follow_sign_in, settings_for

pytestmark = pytest.mark.integration


async def test_a_seller_connects_stockx_and_nobody_sees_a_secret(
    app: FastAPI, admin: Person, standin: StandIn, settings: Settings, session: AsyncSession
) -> None:
    app.state.settings = settings_for(settings, standin)
    try:
        begun = await admin.post("/api/v1/integration/stockx/authorize")
        there = urlsplit(await follow_sign_in(standin, begun.json()["authorize_url"]))
        back = await admin.client.get(f"{there.path}?{there.query}")
        assert (back.status_code, back.headers["location"]) == (303, "/settings?stockx=connected")
        again = await admin.client.get(f"{there.path}?{there.query}")
        assert again.headers["location"] == "/settings?stockx=failed"
        status = (await admin.get("/api/v1/integration/stockx/status")).json()
        assert (status["connected"], status["token_valid"]) == (True, True)
        tested = await admin.post("/api/v1/integration/stockx/test-connection")
        assert tested.json()["data"]["products_found"] == 1
    finally:
        app.state.settings = settings
    row = (
        await session.execute(text("SELECT refresh_token_encrypted FROM integration.marketplace_tokens"))
    ).scalar_one()
    assert not standin.accounts.refresh_tokens & {row}


async def test_credentials_are_kept_and_never_given_back(admin: Person) -> None:
    url = "/api/v1/integration/stockx/credentials"
    kept = await admin.ask("PUT", url, json={"client_id": "id-1", "client_secret": "hush-1", "api_key": "key-1"})
    assert kept.status_code == 200
    shown = await admin.get(f"{url}/status")
    assert {row["key"]: row["has_value"] for row in shown.json()}["stockx_client_secret"]
    assert "hush-1" not in shown.text + kept.text


async def test_without_a_connection_it_says_what_to_do(
    settings: Settings, database: Database, standin: StandIn
) -> None:
    with pytest.raises(BusinessRuleViolation, match="connect it"):
        await StockX(settings_for(settings, standin), database).search("dunk")
    assert not standin.seen


async def test_catalogue_and_market_are_read_typed(stockx: StockX) -> None:
    found = (await stockx.search("DD1391-100"))["products"][0]
    assert (found.style_id, found.attributes.retail_price) == ("DD1391-100", Decimal(110))
    variant = (await stockx.variants(found.id))[3]
    assert (await stockx.variant_by_gtin(variant.gtins[0].identifier)).id == variant.id
    market = await stockx.variant_market(found.id, variant.id)
    assert market.currency == "EUR"
    assert (market.lowest_ask or 0) > (market.highest_bid or 0) > 0
    assert len(await stockx.market(found.id)) == 13
    with pytest.raises(ResourceNotFoundException):
        await stockx.product("nothing")
    with pytest.raises(ValidationException, match="GTIN"):
        await stockx.variant_by_gtin("123")


async def test_listings_are_operations_and_asks_are_whole(stockx: StockX, standin: StandIn) -> None:
    variant_id = next(iter(standin.world.variants))
    with pytest.raises(ValidationException, match="whole"):
        await stockx.create_listing(variant_id, Decimal("99.5"), "EUR")
    made = await stockx.create_listing(variant_id, Decimal(120), "EUR")
    assert made.status == "PENDING"
    await asyncio.sleep(0.05)
    assert (await stockx.operation(made.listing_id, made.id)).status == "SUCCEEDED"
    changed = await stockx.change_price(made.listing_id, Decimal(115), "EUR")
    await asyncio.sleep(0.05)
    assert (await stockx.operation(made.listing_id, changed.id)).status == "SUCCEEDED"
    assert [(each.amount, each.status) async for each in stockx.listings("ACTIVE")] == [(Decimal(115), "ACTIVE")]
    standin.world.sell(made.listing_id)
    with pytest.raises(ValidationException, match="MATCHED"):
        await stockx.delete_listing(made.listing_id)
    order = [each async for each in stockx.active_orders()].pop()
    assert order.payout is not None
    lines = [line.amount or Decimal(0) for line in order.payout.adjustments]
    assert sum(lines, order.payout.sale_price or Decimal(0)) == order.payout.total


async def test_a_token_refused_is_refreshed_once(stockx: StockX, standin: StandIn) -> None:
    await stockx.search("dunk")
    standin.accounts.forget_access()
    await stockx.search("dunk")
    assert standin.accounts.refreshes == 2
    standin.accounts.refresh_tokens.clear()
    standin.accounts.forget_access()
    with pytest.raises(BusinessRuleViolation, match="connect again"):
        await stockx.search("dunk")


@pytest.mark.parametrize(
    ("fault", "asked"),
    [
        (Fault("status", "/v2/", 2, 500), 3),
        (Fault("status", "/v2/", 1, 503), 2),
        (Fault("status", "/v2/", 1, 429, retry_after=0), 2),
        (Fault("drop", "/v2/", 1), 2),
        (Fault("garbage", "/oauth/", 1), 0),
        (Fault("garbage", "/v2/", 1), 1),
    ],
)
async def test_what_goes_wrong_is_waited_out_or_said(
    stockx: StockX, standin: StandIn, fault: Fault, asked: int
) -> None:
    standin.faults.add(fault)
    if fault.kind == "garbage":
        with pytest.raises(ExternalServiceException, match=r"sensibly|no JSON"):
            await stockx.search("dunk")
    else:
        assert (await stockx.search("dunk"))["count"] == 1
    assert standin.faults.take("/") is None


async def test_a_late_answer_ends_in_time_and_a_write_is_not_repeated(
    settings: Settings, database: Database, standin: StandIn
) -> None:
    client = StockX(settings_for(settings, standin, stockx_timeout=0.3), database)
    await connect(client, standin)
    standin.faults.add(Fault("slow", "/v2/selling", 1, seconds=0.8))
    with pytest.raises(ExternalServiceException, match="try again"):
        await client.create_listing(next(iter(standin.world.variants)), Decimal(100), "EUR")
    standin.faults.add(Fault("status", "/v2/", None, 429, retry_after=600))
    with pytest.raises(ServiceUnavailableException) as caught:
        await client.search("dunk")
    assert int(caught.value.headers["Retry-After"]) > 500


async def test_a_page_given_twice_loses_and_doubles_nothing(stockx: StockX, standin: StandIn) -> None:
    variants = list(standin.world.variants)
    for number in range(250):
        standin.world.put_order(variants[number % 100], 100, days_ago=number, status="COMPLETED")
    standin.faults.add(Fault("duplicate_page", "/v2/selling/orders/history", 2))
    found = [each.number async for each in stockx.past_orders(date(2020, 1, 1), date(2100, 1, 1))]
    assert len(found) == len(set(found)) == 250


async def test_the_daily_budget_holds_over_two_workers(
    settings: Settings, own_database: Database, standin: StandIn
) -> None:
    chosen = settings_for(settings, standin, stockx_daily_requests=12)
    one, two = StockX(chosen, own_database), StockX(chosen, own_database)
    await connect(one, standin)
    answers = await asyncio.gather(*(each.search("dunk") for each in [one, two] * 10), return_exceptions=True)
    refused = [each for each in answers if isinstance(each, ServiceUnavailableException)]
    assert (len(refused), standin.used, standin.accounts.refreshes) == (8, 12, 1)


async def test_requests_of_two_workers_lie_apart(settings: Settings, own_database: Database, standin: StandIn) -> None:
    chosen = settings_for(settings, standin, stockx_requests_per_second=20.0, stockx_timeout=10.0)
    one, two = StockX(chosen, own_database), StockX(chosen, own_database)
    await connect(one, standin)
    begun = datetime.now(UTC)
    await asyncio.gather(*(each.search("dunk") for each in [one, two] * 6))
    async with own_database.reading() as session:
        free = await session.scalar(text("SELECT not_before FROM integration.request_budgets"))
    assert free - begun >= 12 * one.pace
    assert standin.used == 12
