"""Jobs that write the same pairs at the same time wait for each other and never in a circle: both end, nothing is lost."""

from __future__ import annotations

import asyncio
import random
import uuid
from collections.abc import AsyncIterator
from decimal import Decimal

import pytest
import pytest_asyncio
from sqlalchemy import select
from standins.stockx import StockX as StandIn

from domains.inventory.services.inventory_service import InventoryService
from domains.inventory.services.listing_changes import Changes
from domains.inventory.services.listing_sync import ListingSync
from domains.orders.services.order_sync import OrderSync
from domains.pricing.services.decision_service import DecisionService
from domains.pricing.services.price_writer import CHANGED, Line, PriceWriter
from shared.config.settings import Settings
from shared.database.connection import Database
from shared.database.models import InventoryItem, Listing, ListingOperation, Order, Platform
from shared.database.words import ItemStatus, JobState, ListingStatus, MatchState, OperationKind
from shared.repositories import listing_desk
from shared.stockx.client import StockX
from tests.crowd import DEADLOCKS, hold, until_waiting, wipe
from tests.makers import make_item, make_product
from tests.stockx import connect, settings_for

pytestmark = pytest.mark.integration


@pytest_asyncio.fixture
async def crowd(own_database: Database, settings: Settings, standin: StandIn) -> AsyncIterator[Settings]:
    """Settings of a connected shop whose rows are really committed; removed afterwards."""
    chosen = settings_for(settings, standin)
    await connect(StockX(chosen, own_database), standin)
    yield chosen
    await wipe(own_database)


async def an_offer(database: Database, standin: StandIn, size: str = "9") -> tuple[uuid.UUID, uuid.UUID, str]:
    """Store a pair offered at StockX, here and there; return the pair, the listing and StockX's number of it."""
    product = next(each for each in standin.world.products.values() if each.style == "DD1391-100")
    variant = next(each for each in product.variants.values() if each.size == size)
    with standin.world.lock:
        there, _ = standin.world.create_listing(variant.id, "150")
        there.status = "ACTIVE"
    async with database.unit() as session:
        platform = (await session.scalars(select(Platform).where(Platform.slug == "stockx"))).one()
        item = await make_item(session, await make_product(session, style_code="DD1391-100"), f"US {size}",
                               status=ItemStatus.LISTED_STOCKX)  # fmt: skip
        listing = Listing(item_id=item.id, platform_id=platform.id, external_id=there.id, ask_price=150,
                          status=ListingStatus.ACTIVE, platform_status="ACTIVE")  # fmt: skip
        session.add(listing)
    return item.id, listing.id, there.id


async def test_orders_and_listings_pulled_at_once_take_a_pair_before_its_listing(
    crowd: Settings, own_database: Database, standin: StandIn
) -> None:
    """Both pulls stand before the listing while somebody holds it; whoever asked for the pair last would close a circle."""
    item_id, listing_id, number = await an_offer(own_database, standin)
    standin.world.sell(number)
    async with own_database.unit() as session:
        await hold(session, "platforms.listings", listing_id)
        orders = asyncio.create_task(OrderSync(crowd, own_database).run())
        await until_waiting(own_database, 1)
        listings = asyncio.create_task(ListingSync(crowd, own_database).run())
        await until_waiting(own_database, 2)
    assert (await orders)["created"] == 1
    await listings
    async with own_database.reading() as session:
        order = (await session.scalars(select(Order))).one()
        assert (order.match_state, order.inventory_item_id) == (MatchState.MATCHED, item_id)
        assert (await session.get_one(InventoryItem, item_id)).status is ItemStatus.SOLD


async def test_a_change_that_ends_and_a_sale_that_arrives_take_the_pair_first(
    crowd: Settings, own_database: Database, standin: StandIn
) -> None:
    """Both stand before the pair: whoever came with its listing in hand would close a circle with the other."""
    item_id, listing_id, number = await an_offer(own_database, standin)
    async with own_database.unit() as session:
        listing = await session.get_one(Listing, listing_id)
        change = await listing_desk.ask(session, listing, OperationKind.UPDATE, {"amount": "140"}, "test")
        change.state = JobState.RUNNING
    standin.world.sell(number)
    async with own_database.unit() as session:
        await hold(session, "inventory.items", item_id)
        ends = asyncio.create_task(Changes(crowd, own_database)._end(change.id, JobState.DONE, ""))
        await until_waiting(own_database, 1)
        orders = asyncio.create_task(OrderSync(crowd, own_database).run())
        await until_waiting(own_database, 2)
    assert await ends is JobState.DONE
    assert (await orders)["created"] == 1
    async with own_database.reading() as session:
        assert (await session.scalars(select(Order))).one().inventory_item_id == item_id


async def test_what_only_refers_to_a_pair_is_written_while_somebody_holds_it(
    crowd: Settings, own_database: Database, standin: StandIn
) -> None:
    """Nightly decisions touch every pair: they wait for nobody, and nobody for them."""
    item_id, _, _ = await an_offer(own_database, standin)
    async with own_database.unit() as session:
        await InventoryService(session).held(item_id)
        async with asyncio.timeout(30), own_database.unit() as other:
            assert sum((await DecisionService(other).decide_all()).values()) == 1


@pytest.mark.slow
async def test_everything_at_once_on_the_same_pairs_meets_no_deadlock(
    crowd: Settings, own_database: Database, standin: StandIn
) -> None:
    """Sales, pulls, repricing, rollbacks, changes and decisions over twelve pairs, again and again: PostgreSQL counts none."""
    product = next(each for each in standin.world.products.values() if each.style == "DD1391-100")
    sizes = [each.size for each in product.variants.values()][:12]
    offers = [await an_offer(own_database, standin, size) for size in sizes]
    async with own_database.reading() as session:
        before = await session.scalar(DEADLOCKS)

    async def reprice() -> None:
        async with own_database.unit() as session:
            items = {item: listing for item, listing, _ in offers}
            asks = {listing.id: listing.ask_price for listing in await session.scalars(select(Listing))}
            lines = [
                Line(item, listing, asks[listing], Decimal(149), None, CHANGED, ["test"])
                for item, listing in items.items()
            ]
            random.shuffle(lines)
            await PriceWriter(session).write("approve", lines, None, {}, dry_run=False)

    async def decide() -> None:
        async with own_database.unit() as session:
            await DecisionService(session).decide_all()

    async def end(change_id: uuid.UUID) -> None:
        await Changes(crowd, own_database)._end(change_id, JobState.DONE, "")

    for _, _, number in offers:
        standin.world.sell(number)
        async with own_database.reading() as session:
            waiting = list(
                await session.scalars(select(ListingOperation.id).where(ListingOperation.state == JobState.QUEUED))
            )
        await asyncio.gather(
            OrderSync(crowd, own_database).run(), ListingSync(crowd, own_database).run(), reprice(), decide(), reprice(),
            *(end(change) for change in waiting[:4]),
        )  # fmt: skip
    async with own_database.reading() as session:
        assert await session.scalar(DEADLOCKS) == before
        assert list(await session.scalars(select(Order.match_state))) == [MatchState.MATCHED] * len(offers)
        assert set(await session.scalars(select(InventoryItem.status))) == {ItemStatus.SOLD}
