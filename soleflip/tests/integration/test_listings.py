"""Listings: offered, repriced, taken down as operations; what goes wrong waits or is said; nothing is offered twice."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from fastapi import FastAPI
from sqlalchemy import select, text, update
from sqlalchemy.ext.asyncio import AsyncSession
from standins.stockx import Fault
from standins.stockx import StockX as StandIn

from domains.inventory.services.listing_changes import Changes
from domains.inventory.services.listing_sync import ListingSync
from shared.config.settings import Settings
from shared.database.connection import Database
from shared.database.models import InventoryItem, Listing, ListingOperation, ListingPriceChange, Platform
from shared.database.words import ItemStatus, JobState, ListingStatus, OperationKind
from shared.repositories import listing_desk
from shared.stockx.client import StockX
from tests.makers import make_item, make_product
from tests.people import Person
from tests.stockx import settings_for
from tests.work import work_off

pytestmark = pytest.mark.integration
URL = "/api/v1/inventory"


@pytest.fixture
def connected(app: FastAPI, settings: Settings, standin: StandIn, stockx: StockX) -> Iterator[Settings]:
    """Settings of a connected shop; the app has them too."""
    app.state.settings = settings_for(settings, standin)
    yield app.state.settings
    app.state.settings = settings


async def a_dunk(session: AsyncSession, **more: Any) -> InventoryItem:
    product = await make_product(session, sku="DD1391-100", style_code="DD1391-100")
    return await make_item(session, product, "US 9", **more)


async def offer(worker: Person, item: InventoryItem, amount: str | None = "130", **more: Any) -> dict[str, Any]:
    body = {"amount": amount} if amount else None
    answer = await worker.post(f"{URL}/items/{item.id}/stockx-listing", body, **more)
    assert answer.status_code == 201, answer.text
    found: dict[str, Any] = answer.json()
    return found


async def test_an_item_is_offered_repriced_and_taken_down(
    worker: Person, session: AsyncSession, database: Database, connected: Settings, standin: StandIn
) -> None:
    item = await a_dunk(session)
    made = await offer(worker, item)
    assert (made["status"], made["external_id"]) == ("pending", None)
    again = await worker.post(f"{URL}/items/{item.id}/stockx-listing", {"amount": "131"})
    assert again.status_code == 409
    assert await work_off(connected, database) == {listing_desk.JOB: [JobState.DONE]}
    there = (await worker.get(f"{URL}/listings/{made['id']}")).json()
    assert (there["status"], there["ask_price"]) == ("active", "130.00")
    assert standin.world.listings[there["external_id"]].amount == "130"
    assert (await worker.get(f"{URL}/items/{item.id}")).json()["status"] == "listed_stockx"
    asked = await worker.patch(f"{URL}/listings/{made['id']}", {"amount": "125"})
    assert (asked.status_code, asked.json()["ask_price"]) == (202, "130.00")
    await work_off(connected, database)
    assert standin.world.listings[there["external_id"]].amount == "125"
    await worker.delete(f"{URL}/listings/{made['id']}")
    await work_off(connected, database)
    assert (await worker.get(f"{URL}/listings/{made['id']}")).json()["status"] == "deleted"
    assert (await worker.get(f"{URL}/items/{item.id}")).json()["status"] == "in_stock"
    prices = await session.scalars(select(ListingPriceChange.new_price).order_by(ListingPriceChange.new_price))
    assert list(prices) == [125, 130]
    queue = (await worker.get(f"{URL}/listing-operations")).json()
    assert [(row["kind"], row["state"]) for row in queue] == [
        ("delete", "done"),
        ("update", "done"),
        ("create", "done"),
    ]


async def test_an_offer_with_the_same_key_is_one(worker: Person, session: AsyncSession, connected: Settings) -> None:
    item = await a_dunk(session)
    key = {"Idempotency-Key": "tap-1"}
    first = await offer(worker, item, headers=key)
    assert (await offer(worker, item, headers=key))["id"] == first["id"]


@pytest.mark.parametrize(
    ("amount", "more", "status"),
    [
        ("99.50", {}, 400),
        (None, {}, 400),
        ("90", {"floor_price": Decimal(100)}, 409),
        ("130", {"status": ItemStatus.SOLD}, 409),
        ("130", {"reserved_quantity": 1}, 409),
    ],
)
async def test_what_may_not_be_offered_is_refused_before_stockx_hears_of_it(
    worker: Person, session: AsyncSession, standin: StandIn, connected: Settings, amount: str | None, more: Any, status: int
) -> None:  # fmt: skip
    item = await a_dunk(session, **more)
    answer = await worker.post(f"{URL}/items/{item.id}/stockx-listing", {"amount": amount} if amount else None)
    assert answer.status_code == status, answer.text
    assert not standin.world.listings


async def test_what_stockx_refuses_ends_as_failed_with_its_reason(
    worker: Person, session: AsyncSession, database: Database, connected: Settings, standin: StandIn
) -> None:
    standin.world.refuse_operations = 1
    made = await offer(worker, await a_dunk(session))
    await work_off(connected, database)
    assert (await worker.get(f"{URL}/listings/{made['id']}")).json()["status"] == "failed"
    row = (await worker.get(f"{URL}/listing-operations")).json()[0]
    assert (row["state"], "could not be processed" in row["error"]) == ("failed", True)
    strange = await make_item(session)
    await offer(worker, strange)
    await work_off(connected, database)
    row = (await worker.get(f"{URL}/listing-operations")).json()[0]
    assert (row["state"], "give the product its style code" in row["error"]) == ("failed", True)


@pytest.mark.parametrize(
    "fault",
    [
        Fault("status", "/v2/selling", None, 500),
        Fault("status", "/v2/selling", None, 429, retry_after=900),
        Fault("garbage", "/v2/selling", None),
        Fault("drop", "/v2/selling", None),
    ],
    ids=lambda fault: f"{fault.kind}-{fault.status}",
)
async def test_a_change_waits_out_what_is_wrong_with_stockx_and_shows_it(
    worker: Person, session: AsyncSession, database: Database, connected: Settings, standin: StandIn, fault: Fault
) -> None:
    made = await offer(worker, await a_dunk(session))
    standin.faults.add(fault)
    await work_off(connected, database)
    row = (await worker.get(f"{URL}/listing-operations", params={"open_only": True})).json()[0]
    assert row["state"] == "queued"
    assert "StockX" in row["error"]
    assert datetime.fromisoformat(row["next_at"]) > datetime.now(UTC)
    standin.faults.clear()
    await session.execute(text("DELETE FROM integration.request_budgets"))
    await session.execute(update(ListingOperation).values(next_at=datetime.now(UTC) - timedelta(seconds=1)))
    await session.commit()
    assert await Changes(connected, database).work(uuid.UUID(made["id"])) == {JobState.DONE: 1}
    assert [each.status for each in standin.world.listings.values()] == ["ACTIVE"]


async def test_an_offer_that_was_sent_by_a_worker_that_died_is_found_not_sent_again(
    worker: Person, session: AsyncSession, database: Database, connected: Settings, standin: StandIn, stockx: StockX
) -> None:
    made = await offer(worker, await a_dunk(session))
    product = next(each for each in standin.world.products.values() if each.style == "DD1391-100")
    variant = next(each for each in product.variants.values() if each.size == "9")
    sent = await stockx.create_listing(variant.id, Decimal(130), "EUR")
    await session.execute(
        update(ListingOperation).values(
            state=JobState.RUNNING, attempt=1, lease_until=datetime.now(UTC) - timedelta(seconds=1)
        )
    )
    await session.commit()
    assert await Changes(connected, database).work(uuid.UUID(made["id"])) == {JobState.DONE: 1}
    assert list(standin.world.listings) == [sent.listing_id]
    assert (await worker.get(f"{URL}/listings/{made['id']}")).json()["external_id"] == sent.listing_id


async def test_a_sold_pair_is_taken_down_elsewhere_and_the_queue_shows_it(
    worker: Person, session: AsyncSession, database: Database, connected: Settings, standin: StandIn
) -> None:
    item = await a_dunk(session)
    made = await offer(worker, item)
    ebay = (await session.scalars(select(Platform).where(Platform.slug == "ebay"))).one()
    session.add(Listing(item_id=item.id, platform_id=ebay.id, status=ListingStatus.ACTIVE, ask_price=Decimal(140)))
    await session.commit()
    await work_off(connected, database)
    sale = {"platform": "kleinanzeigen", "external_id": "K-1", "product_name": "Dunk", "sku": "DD1391-100",
            "size": "US 9", "gross_sale": "140"}  # fmt: skip
    assert (await worker.post("/api/v1/orders", sale)).json()["match_state"] == "matched"
    await work_off(connected, database)
    assert (await worker.get(f"{URL}/listings/{made['id']}")).json()["status"] == "deleted"
    assert {each.status for each in standin.world.listings.values()} == {"DELETED"}
    waiting = (await worker.get(f"{URL}/listing-operations", params={"open_only": True})).json()
    assert [(row["platform"], row["kind"]) for row in waiting] == [("ebay", OperationKind.DELETE)]
    done = await worker.post(f"{URL}/listing-operations/{waiting[0]['id']}/done")
    assert done.status_code == 200
    assert (await worker.get(f"{URL}/listing-operations", params={"open_only": True})).json() == []


async def test_a_listing_made_at_stockx_finds_its_pair_or_becomes_one_and_its_ask_is_no_cost(
    session: AsyncSession, database: Database, connected: Settings, standin: StandIn
) -> None:
    item = await a_dunk(session)
    product = next(each for each in standin.world.products.values() if each.style == "DD1391-100")
    nine, ten = (next(v for v in product.variants.values() if v.size == size) for size in ("9", "10"))
    for variant in (nine, ten):
        standin.world.create_listing(variant.id, "140")
    standin.world.settle()
    for listing in standin.world.listings.values():
        listing.status = "ACTIVE"
    assert await ListingSync(connected, database).run() == {"created": 1, "updated": 0, "skipped": 0, "matched": 1}
    assert await ListingSync(connected, database).run() == {"created": 0, "updated": 0, "skipped": 2, "matched": 0}
    rows = (await session.execute(select(InventoryItem.id, InventoryItem.status, InventoryItem.purchase_price))).all()
    assert sorted((each.id == item.id, each.status, each.purchase_price) for each in rows) == [
        (False, ItemStatus.LISTED_STOCKX, None),
        (True, ItemStatus.LISTED_STOCKX, Decimal("100.00")),
    ]


async def test_presale_is_marked_and_unmarked(
    worker: Person, session: AsyncSession, database: Database, connected: Settings
) -> None:
    item = await a_dunk(session)
    made = await offer(worker, item)
    await work_off(connected, database)
    number = (await worker.get(f"{URL}/listings/{made['id']}")).json()["external_id"]
    assert (await worker.post(f"{URL}/stockx-listings/{number}/mark-presale")).json()["status"] == "presale"
    back = await worker.delete(f"{URL}/stockx-listings/{number}/unmark-presale")
    assert back.json()["status"] == "listed_stockx"
    assert (await worker.post(f"{URL}/stockx-listings/none/mark-presale")).status_code == 404
