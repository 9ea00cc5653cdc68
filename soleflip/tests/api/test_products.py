"""The catalogue over HTTP."""

from __future__ import annotations

from decimal import Decimal

from sqlalchemy.ext.asyncio import AsyncSession

from tests.makers import make_item, make_order, make_product
from tests.people import Person

PRODUCTS = "/api/v1/products"


async def test_a_products_brand_is_read_from_its_name(worker: Person) -> None:
    made = await worker.post(PRODUCTS, {"sku": "B75806", "name": "adidas Samba OG Cloud White"})
    assert (made.status_code, made.json()["brand"], made.json()["category"]) == (201, "adidas", "Sneakers")
    assert (await worker.post(PRODUCTS, {"sku": "b75806", "name": "again"})).status_code == 409
    found = (await worker.get(f"{PRODUCTS}?q=samba&brand=adidas")).json()
    assert [each["sku"] for each in found["items"]] == ["B75806"]


async def test_a_changed_sku_stays_known(worker: Person) -> None:
    made = (await worker.post(PRODUCTS, {"sku": "OLD-1", "name": "Nike Dunk"})).json()
    changed = await worker.patch(f"{PRODUCTS}/{made['id']}", {"sku": "NEW-1", "version": 1})
    assert changed.json()["sku"] == "NEW-1"
    assert (await worker.patch(f"{PRODUCTS}/{made['id']}", {"name": "late", "version": 1})).status_code == 409
    item = await worker.post("/api/v1/inventory/items", {"sku": "old-1", "size": "9"})
    assert item.json()["product_id"] == made["id"]


async def test_merging_moves_everything_and_fills_gaps(worker: Person, session: AsyncSession) -> None:
    kept = await make_product(session, name="Nike Dunk Low Panda")
    double = await make_product(
        session, name="nike dunk low panda", retail_price=Decimal("119.99"), stockx_product_id="sx-1"
    )
    item = await make_item(session, double)
    order = await make_order(session, product_id=double.id)
    pairs = (await worker.get(f"{PRODUCTS}/duplicates")).json()
    assert {pairs[0]["id"], pairs[0]["other_id"]} == {str(kept.id), str(double.id)}
    merged = (await worker.post(f"{PRODUCTS}/{kept.id}/merge/{double.id}")).json()
    assert (merged["retail_price"], merged["stockx_product_id"]) == ("119.99", "sx-1")
    for row in (item, order):
        await session.refresh(row)
        assert row.product_id == kept.id
    assert (await worker.get(f"{PRODUCTS}?q=panda")).json()["pagination"]["total"] == 1
    assert (await worker.post(f"{PRODUCTS}/{kept.id}/merge/{double.id}")).status_code == 409
    assert (await worker.post(f"{PRODUCTS}/{kept.id}/merge/{kept.id}")).status_code == 409


async def test_patterns_teach_brands_and_a_hostile_one_costs_little(admin: Person, worker: Person) -> None:
    brand = (await admin.post("/api/v1/brands", {"name": "Travis Scott"})).json()
    url = f"/api/v1/brands/{brand['id']}/patterns"
    assert (await admin.post(url, {"pattern_type": "regex", "pattern": "^travis"})).status_code == 201
    assert (await admin.post(url, {"pattern_type": "regex", "pattern": "("})).status_code == 400
    assert (await admin.post(url, {"pattern_type": "regex", "pattern": "(a|a)*$"})).status_code == 400
    assert (await worker.post(url, {"pattern": "x"})).status_code == 403
    hits = (await worker.get("/api/v1/brands/recognise?name=Travis Scott x Jordan 1 Low")).json()
    assert [hit["brand"] for hit in hits] == ["Travis Scott", "Jordan"]
    await admin.post(url, {"pattern_type": "regex", "pattern": "(a+)+b"})
    assert (await worker.get(f"/api/v1/brands/recognise?name={'a' * 250}")).status_code == 200


async def test_a_brands_page_holds_its_facts_and_its_sales(worker: Person, session: AsyncSession) -> None:
    product = await make_product(session)
    await make_order(session, product_id=product.id, net_profit=Decimal(20))
    brands = {each["name"]: each for each in (await worker.get("/api/v1/brands")).json()}
    found = (await worker.get(f"/api/v1/brands/{brands['Nike']['id']}/intelligence")).json()
    assert found["sales_by_month"] == [{"month": "2026-03-01", "orders": 1, "revenue": "150.00", "profit": "20.00"}]
    assert found["timeline"] == []


async def test_completeness_is_counted(worker: Person, session: AsyncSession) -> None:
    await make_product(session, ean="4006381333931")
    await make_product(session)
    stats = (await worker.get(f"{PRODUCTS}/enrichment/status")).json()["enrichment_stats"]
    assert stats["ean"] == {"completed": 1, "missing": 1, "completion_percentage": 50.0}
    assert (await worker.get(f"{PRODUCTS}/stats")).json()["total_products"] == 2
