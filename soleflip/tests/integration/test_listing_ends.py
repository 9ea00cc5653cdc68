"""A listing that a rule made stays as long as the rule says; then it is taken down or renewed, once, where people see it."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from fastapi import FastAPI
from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncSession
from standins.stockx import StockX as StandIn

from domains.inventory.services.listing_ends import end_listings
from domains.pricing.services.auto_listing_service import AutoListingService
from shared.api.routing import subscribe_handlers
from shared.auth.principal import Principal
from shared.config.settings import Settings
from shared.database.connection import Database
from shared.database.models import InventoryItem, Listing, ListingOperation, ListingPriceChange
from shared.database.words import ItemStatus, JobState, ListingStatus, UserRole
from shared.error_handling.exceptions import ValidationException
from shared.jobs.worker import empty_outbox
from shared.stockx.client import StockX
from tests.api.test_pages import seen_by
from tests.api.test_pricing import make_market
from tests.makers import make_item, make_product
from tests.people import Person
from tests.stockx import settings_for
from tests.work import work_off

pytestmark = pytest.mark.integration


@pytest.fixture
def connected(app: FastAPI, settings: Settings, standin: StandIn, stockx: StockX) -> Iterator[Settings]:
    """Settings of a connected shop."""
    app.state.settings = settings_for(settings, standin)
    subscribe_handlers()
    yield app.state.settings
    app.state.settings = settings


def actor(person: Person) -> Principal:
    return Principal(person.user.id, person.user.username, UserRole.ADMIN)


async def listed(
    session: AsyncSession, database: Database, connected: Settings, admin: Person, **actions: Any
) -> tuple[InventoryItem, Listing]:
    """Let a rule list a pair; return the pair and its listing once StockX has it."""
    product = await make_product(session, sku="DD1391-100", style_code="DD1391-100")
    item = await make_item(session, product, "US 9")
    await make_market(session, product)
    told = {"list_on_platform": "stockx", "pricing_strategy": "cost_plus", "markup_percent": 40, **actions}
    rule = {"name": "Try it", "priority": 1, "active": True, "conditions": {"status": "in_stock"}, "actions": told}
    async with database.unit() as held:
        await AutoListingService(held).keep(actor(admin), rule)
    await run_rules(database, connected)
    return item, (await session.scalars(select(Listing).execution_options(populate_existing=True))).one()


async def run_rules(database: Database, connected: Settings) -> int:
    async with database.unit() as held:
        run = await AutoListingService(held).run(None, 100, dry_run=False)
    await empty_outbox(database)
    await work_off(connected, database)
    return int(run.counts["changed"])


async def at(database: Database, connected: Settings, now: datetime) -> dict[str, int]:
    async with database.unit() as held:
        found = await end_listings(held, now)
    await work_off(connected, database)
    return found


async def test_a_listing_is_taken_down_when_its_days_are_over_and_its_rule_does_not_list_it_again(
    session: AsyncSession, database: Database, connected: Settings, standin: StandIn, admin: Person
) -> None:
    item, listing = await listed(session, database, connected, admin, expires_in_days=7)
    assert listing.expires_at
    assert listing.listed_at
    kept = (listing.status, listing.rule, listing.expires_at - listing.listed_at)
    assert kept == (ListingStatus.ACTIVE, "Try it", timedelta(days=7))
    there = standin.world.listings[listing.external_id or ""]
    assert there.expires
    assert datetime.fromisoformat(there.expires) > listing.expires_at
    end = listing.expires_at
    none = {"taken_down": 0, "renewed": 0}
    assert await at(database, connected, end - timedelta(seconds=1)) == none
    page = (await seen_by(admin).get("/listings")).text
    assert "then taken down: Try it" in page
    await session.execute(update(Listing).values(expires_at=datetime.now(UTC)))  # the days are over
    await session.commit()
    moment = datetime.now(UTC) + timedelta(seconds=1)
    assert await at(database, connected, moment) == {"taken_down": 1, "renewed": 0}
    assert await at(database, connected, moment) == none
    await session.refresh(item)
    await session.refresh(listing)
    assert (listing.status, item.status, there.status) == (ListingStatus.DELETED, ItemStatus.IN_STOCK, "DELETED")
    page = (await seen_by(admin).get("/listings")).text
    assert "its 7 days are over; taken down by rule Try it" in page
    assert await run_rules(database, connected) == 0


async def test_a_rule_that_renews_asks_for_another_end_and_leaves_the_price(
    session: AsyncSession, database: Database, connected: Settings, standin: StandIn, admin: Person
) -> None:
    _, listing = await listed(session, database, connected, admin, expires_in_days=30, at_end="renew")
    before, there = listing.expires_at, standin.world.listings[listing.external_id or ""]
    assert before
    there.expires = told = f"{datetime.now(UTC) + timedelta(days=2):%Y-%m-%dT%H:%M:%SZ}"
    assert await at(database, connected, before) == {"taken_down": 0, "renewed": 1}
    await session.refresh(listing)
    assert listing.expires_at
    assert (listing.status, listing.expires_at > before) == (ListingStatus.ACTIVE, True)
    assert (there.expires > told, Decimal(there.amount)) == (True, listing.ask_price)
    assert len((await session.scalars(select(ListingPriceChange))).all()) == 1
    page = (await seen_by(admin).get("/listings")).text
    assert ("renewed by rule Try it" in page, "then renewed: Try it" in page) == (True, True)


async def test_an_end_that_stockx_refuses_stands_on_the_page_and_is_not_asked_for_again(
    session: AsyncSession, database: Database, connected: Settings, standin: StandIn, admin: Person
) -> None:
    _, listing = await listed(session, database, connected, admin, expires_in_days=7)
    standin.world.refuse_operations = 1
    now = datetime.now(UTC)
    await session.execute(update(Listing).values(expires_at=now - timedelta(minutes=1)))
    await session.commit()
    assert (await at(database, connected, now))["taken_down"] == 1
    failed = (await session.scalars(select(ListingOperation).where(ListingOperation.state == JobState.FAILED))).one()
    assert "StockX refused it" in (failed.error or "")
    assert await at(database, connected, now + timedelta(days=1)) == {"taken_down": 0, "renewed": 0}
    await session.refresh(listing)
    assert listing.status is ListingStatus.ACTIVE


@pytest.mark.parametrize("actions", [{"expires_in_days": 0}, {"expires_in_days": "7"}, {"at_end": "explode"}])
async def test_a_rule_says_days_and_what_then(database: Database, admin: Person, actions: dict[str, Any]) -> None:
    rule = {"name": "Odd", "priority": 1, "active": True, "conditions": {}, "actions": actions}
    with pytest.raises(ValidationException, match="words nobody knows"):
        async with database.unit() as held:
            await AutoListingService(held).keep(actor(admin), rule)
