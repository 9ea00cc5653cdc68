"""Items over HTTP."""

from __future__ import annotations

import uuid
from datetime import date, timedelta
from decimal import Decimal

import pytest
from sqlalchemy.ext.asyncio import AsyncSession

from shared.database.models import MarketPrice
from shared.database.words import ItemStatus
from tests.makers import make_item, make_product
from tests.people import Person

ITEMS = "/api/v1/inventory/items"


async def test_an_item_is_made_from_a_code_and_its_vat_is_taken_out(worker: Person, session: AsyncSession) -> None:
    await make_product(session, sku="DD1391-100", name="Nike Dunk Low Panda")
    made = await worker.post(ITEMS, {"sku": "dd1391-100", "size": "US 9.5", "gross_purchase_price": "238.00"})
    assert made.status_code == 201
    found = made.json()
    assert (found["purchase_price"], found["size"], found["size_region"], found["status"]) == (
        "200.00",
        "9.5",
        "US",
        "in_stock",
    )
    assert (await worker.get(f"{ITEMS}/{found['id']}")).json() == found
    assert (await worker.post(ITEMS, {"sku": "nowhere", "size": "9"})).status_code == 404
    assert (await worker.post(ITEMS, {"size": "9"})).status_code == 422


async def test_what_was_bought_without_vat_costs_its_gross_price(worker: Person, session: AsyncSession) -> None:
    product = await make_product(session)
    body = {"product_id": str(product.id), "size": "9", "gross_purchase_price": "80", "tax_scheme": "margin"}
    assert (await worker.post(ITEMS, body)).json()["purchase_price"] == "80.00"


async def test_filters_combine(worker: Person, session: AsyncSession) -> None:
    dunk = await make_product(session, name="Nike Dunk Low 100% Panda")
    samba = await make_product(session, "adidas", name="adidas Samba")
    wanted = await make_item(session, dunk, "US 9", purchase_price=Decimal(120))
    await make_item(session, dunk, "US 10", purchase_price=Decimal(120))
    await make_item(session, dunk, "US 9", purchase_price=Decimal(60))
    await make_item(session, samba, "US 9", purchase_price=Decimal(120), status=ItemStatus.LISTED)
    query = "q=100%25+panda&brand=nike&category=Sneakers&status=in_stock,listed&size=US+9&min_price=100&max_price=150"
    page = (await worker.get(f"{ITEMS}?{query}")).json()
    assert [each["id"] for each in page["items"]] == [str(wanted.id)]
    assert page["pagination"]["total"] == 1
    assert (await worker.get(f"{ITEMS}?q={wanted.number}")).json()["items"][0]["id"] == str(wanted.id)
    assert (await worker.get(f"{ITEMS}?q=_")).json()["items"] == []
    assert (await worker.get(f"{ITEMS}?status=nonsense")).status_code == 400


async def test_cursor_and_skip_show_every_item_once(worker: Person, session: AsyncSession) -> None:
    product = await make_product(session)
    made = {str((await make_item(session, product)).id) for _ in range(7)}
    by_cursor: list[str] = []
    cursor: str | None = ""
    while cursor is not None:
        page = (await worker.get(f"{ITEMS}?limit=3" + (f"&cursor={cursor}" if cursor else ""))).json()
        by_cursor += [each["id"] for each in page["items"]]
        cursor = page["pagination"]["next_cursor"]
    by_skip = []
    for skip in (0, 3, 6):
        by_skip += [each["id"] for each in (await worker.get(f"{ITEMS}?limit=3&skip={skip}")).json()["items"]]
    assert by_cursor == by_skip
    assert set(by_cursor) == made
    assert (await worker.get(f"{ITEMS}?cursor=xyz")).status_code == 400


async def test_a_step_is_checked_and_kept(worker: Person, session: AsyncSession) -> None:
    item = await make_item(session)
    url = f"{ITEMS}/{item.id}"
    assert (await worker.patch(url, {"status": "listed", "reason": "on StockX"})).json()["status"] == "listed"
    assert (await worker.patch(url, {"status": "sold"})).json()["sold_at"] is not None
    refused = await worker.patch(url, {"status": "preorder"})
    assert refused.status_code == 409
    assert refused.json()["error"]["code"] == "INVALID_STATE_TRANSITION"
    steps = (await worker.get(f"{url}/history")).json()
    assert [(step["from_status"], step["to_status"]) for step in steps] == [("listed", "sold"), ("in_stock", "listed")]
    assert steps[1]["reason"] == "on StockX"


async def test_an_edit_of_an_old_version_is_refused(worker: Person, session: AsyncSession) -> None:
    item = await make_item(session)
    url = f"{ITEMS}/{item.id}"
    assert (await worker.patch(url, {"notes": "mine"}, headers={"If-Match": '"1"'})).json()["version"] == 2
    late = await worker.patch(url, {"notes": "yours", "version": 1})
    assert (late.status_code, late.json()["error"]["code"]) == (409, "VERSION_CONFLICT")


@pytest.mark.parametrize("field", ["quantity", "vat_rate", "tax_scheme", "currency", "condition", "defects"])
async def test_what_an_item_always_has_cannot_be_taken_from_it(
    field: str, worker: Person, session: AsyncSession
) -> None:
    item = await make_item(session)
    answer = await worker.ask("PUT", f"{ITEMS}/{item.id}", json={field: None})
    assert (answer.status_code, field in answer.text, "cannot be empty" in answer.text) == (400, True, True)


@pytest.mark.parametrize("field", ["id", "product_id", "reserved_quantity", "created_at", "number", "consignor_id"])
async def test_what_is_not_offered_cannot_be_assigned(field: str, worker: Person, session: AsyncSession) -> None:
    item = await make_item(session)
    answer = await worker.ask("PUT", f"{ITEMS}/{item.id}", json={field: str(uuid.uuid4())})
    assert answer.status_code == 422


async def test_no_more_is_reserved_than_is_free(worker: Person, session: AsyncSession) -> None:
    item = await make_item(session, quantity=3)
    url = f"{ITEMS}/{item.id}"
    assert (await worker.post(f"{url}/reserve?quantity=2&reason=phone")).json()["reserved_quantity"] == 2
    assert (await worker.post(f"{url}/reserve?quantity=2")).status_code == 409
    assert (await worker.patch(url, {"quantity": 1})).status_code == 409
    assert (await worker.post(f"{url}/release?quantity=1")).json()["released_quantity"] == 1
    assert (await worker.get(url)).json()["reserved_quantity"] == 1
    assert (await worker.post(f"{url}/release?quantity=2")).status_code == 409


async def test_the_value_of_the_stock_is_cost_times_quantity_of_what_is_unsold(
    worker: Person, session: AsyncSession
) -> None:
    await make_item(session, quantity=2, purchase_price=Decimal("50.00"))
    await make_item(session, purchase_price=Decimal("80.00"), landed_costs=Decimal("5.00"))
    await make_item(session, purchase_price=Decimal("999.00"), status=ItemStatus.SOLD)
    found = (await worker.get("/api/v1/inventory/summary")).json()
    assert Decimal(found["total_inventory_value"]) == Decimal("185.00")
    assert Decimal(found["average_purchase_price"]) == Decimal("376.33")
    assert found["status_breakdown"] == {"in_stock": 2, "sold": 1}


async def test_the_export_holds_exactly_what_is_filtered_and_no_formula_runs(
    worker: Person, session: AsyncSession
) -> None:
    await make_item(session, notes="=cmd|' /C calc'!A0", supplier="Händler", purchase_price=Decimal("12.50"))
    await make_item(session, status=ItemStatus.SOLD)
    text = (await worker.get("/api/v1/inventory/export?status=in_stock&language=de")).text
    lines = text.strip().split("\r\n")
    assert len(lines) == 2
    assert ";12,50;" in lines[1]
    assert "'=cmd" in lines[1]
    data = (await worker.get("/api/v1/inventory/export?format=json")).json()
    assert data["metadata"]["total_rows"] == 2
    for kind, magic in (("xlsx", b"PK"), ("parquet", b"PAR1")):
        assert (await worker.get(f"/api/v1/inventory/export?format={kind}")).content.startswith(magic)


async def test_dead_stock_is_judged_on_real_prices(worker: Person, session: AsyncSession) -> None:
    today = date.today()  # noqa: DTZ011 -- the day the rule counts from
    product = await make_product(session)
    old = await make_item(session, product, purchase_date=today - timedelta(days=200), floor_price=Decimal("65.00"))
    await make_item(session, purchase_date=today)
    session.add(
        MarketPrice(
            product_id=product.id, platform_name="stockx", size_value="9", price_date=today, last_sale=Decimal(70)
        )
    )
    await session.commit()
    found = (await worker.get("/api/v1/inventory/dead-stock")).json()["items"]
    assert [each["item_id"] for each in found] == [str(old.id)]
    assert (found[0]["risk_level"], found[0]["market_price"]) == ("critical", "70.00")
    steps = (await worker.post("/api/v1/inventory/dead-stock/clearance?dry_run=false")).json()["items"]
    assert (steps[0]["new_price"], steps[0]["held_by_floor"]) == ("65.00", True)
    assert (await worker.get(f"{ITEMS}/{old.id}")).json()["list_price"] == "65.00"
    total = (await worker.get("/api/v1/inventory/dead-stock/summary")).json()
    assert total["financial_impact"]["locked_capital"] == "200.00"


async def test_low_stock_is_what_sells_and_runs_out(worker: Person, session: AsyncSession) -> None:
    product = await make_product(session)
    item = await make_item(session, product)
    await make_item(session, product)
    await worker.patch(f"{ITEMS}/{item.id}", {"status": "sold"})
    found = (await worker.get("/api/v1/inventory/low-stock?threshold=2")).json()["items"]
    assert [(each["available"], each["sold_90_days"]) for each in found] == [(1, 1)]


async def test_places_labels_and_size_runs(worker: Person, session: AsyncSession) -> None:
    assert (await worker.post("/api/v1/inventory/locations", {"code": "A-1", "name": "Shelf A1"})).status_code == 201
    assert (await worker.post("/api/v1/inventory/locations", {"code": "A-1", "name": "again"})).status_code == 409
    item = await make_item(session)
    assert (await worker.patch(f"{ITEMS}/{item.id}", {"location": "A-1"})).json()["location"] == "A-1"
    assert (await worker.patch(f"{ITEMS}/{item.id}", {"location": "Z"})).status_code == 400
    assert (await worker.get("/api/v1/inventory/locations")).json()[0]["items"] == 1
    label = await worker.get(f"{ITEMS}/{item.id}/label")
    assert label.headers["content-type"] == "image/svg+xml"
    assert f"#{item.number}" in label.text
    run = (await worker.get(f"/api/v1/inventory/products/{item.product_id}/size-run")).json()
    assert (run[0]["size"], run[0]["on_hand"]) == ("9", 1)
    chart = (await worker.get("/api/v1/inventory/size-chart?us_from=9&us_until=9.5")).json()
    assert chart[0] == {"us": "9", "us_women": "10.5", "uk": "8", "eu": "42.5", "cm": "27"}
