"""Pages: nobody looks without signing in, a viewer changes nothing, and the main ways work by form."""

from __future__ import annotations

import re
from datetime import date

import httpx2
import pytest
from sqlalchemy.ext.asyncio import AsyncSession

from cli.sample import COLUMNS, stockx_rows
from shared.api.dependencies import COOKIE
from shared.auth import passwords
from tests.api.test_pricing import make_market
from tests.integration.test_imports import as_csv
from tests.makers import make_item, make_order, make_product
from tests.people import Person

OURS = {"sec-fetch-site": "same-origin"}
PAGES = (
    "/",
    "/inventory",
    "/listings",
    "/orders",
    "/pricing",
    "/opportunities",
    "/forecasts",
    "/money",
    "/suppliers",
    "/consignors",
    "/consignors/new",
    "/inventory/bring-in",
    "/imports",
    "/settings",
)


def seen_by(person: Person) -> httpx2.AsyncClient:
    person.client.cookies.set(COOKIE, person.token)
    return person.client


@pytest.mark.parametrize("path", PAGES)
async def test_nobody_looks_without_signing_in(client: httpx2.AsyncClient, path: str) -> None:
    answer = await client.get(path)
    assert (answer.status_code, answer.headers["location"]) == (303, "/login")


async def test_a_person_signs_in_and_out(admin: Person, session: AsyncSession) -> None:
    admin.user.hashed_password = await passwords.make_hash("a long password")
    session.add(admin.user)
    await session.commit()
    wrong = await admin.client.post("/login", data={"username": "ada", "password": "no"}, headers=OURS)
    assert (wrong.status_code, 'role="alert"' in wrong.text) == (401, True)
    right = await admin.client.post("/login", data={"username": "ada", "password": "a long password"}, headers=OURS)
    assert (right.status_code, right.headers["location"]) == (303, "/")
    assert (await admin.client.get("/")).status_code == 200
    await admin.client.post("/logout", headers=OURS)
    assert (await admin.client.get("/")).status_code == 303


async def test_every_page_is_drawn_offline_and_escaped(admin: Person, session: AsyncSession) -> None:
    product = await make_product(session, name="<script>alert(1)</script> Dunk")
    await make_item(session, product)
    await make_order(session, product_name="<img src=x onerror=alert(1)>")
    client = seen_by(admin)
    for path in PAGES:
        page = await client.get(path)
        assert page.status_code == 200, path
        assert "<script>alert" not in page.text
        assert "<img src=x" not in page.text
        assert not re.findall(r'(?:src|href)="https?:', page.text)
        assert not re.findall(r"<[^>]+ (?:style|onclick)=", page.text)
        for address in set(re.findall(r'(?:src|href)="(/static/[^"]+)"', page.text)):
            assert (await client.get(address)).status_code == 200, address


async def test_a_pair_is_added_in_the_stock_room(worker: Person, session: AsyncSession) -> None:
    product = await make_product(session)
    client = seen_by(worker)
    told = {"sku": product.sku, "size": "US 9", "gross_purchase_price": "119,00 €"}
    wrong = await client.post("/inventory", data={**told, "gross_purchase_price": "dear"}, headers=OURS)
    assert (wrong.status_code, f'value="{product.sku}"' in wrong.text) == (400, True)
    assert (await client.post("/inventory", data=told, headers=OURS)).status_code == 303
    assert product.name in (await client.get("/inventory", params={"q": product.sku})).text
    assert (await client.post("/inventory", data=told, headers={"sec-fetch-site": "cross-site"})).status_code == 403


async def test_a_report_is_looked_through_mended_and_applied(worker: Person, viewer: Person) -> None:
    rows = list(stockx_rows(12))
    rows[2][17] = "31/31/2025"
    files = {"file": ("r.csv", as_csv(COLUMNS, rows), "text/csv")}
    client = seen_by(worker)
    sent = await client.post("/imports", files=files, headers=OURS)
    there = sent.headers["location"]
    assert "Invalid date format" in (await client.get(there)).text
    mended = await client.post(f"{there}/rows/4", data={"column": "Sale Date", "value": "2025-02-03"}, headers=OURS)
    assert mended.status_code == 303
    assert "Apply 12 rows" in (await client.get(there)).text
    assert (await client.post(f"{there}/apply", headers=OURS)).status_code == 303
    client = seen_by(viewer)
    assert (await client.post("/imports", files=files, headers=OURS)).status_code == 403


async def test_a_pair_is_offered_and_repriced_by_form(worker: Person, viewer: Person, session: AsyncSession) -> None:
    item = await make_item(session)
    browser = seen_by(worker)
    assert f"/inventory/{item.id}/offer" in (await browser.get("/inventory")).text
    bad = await browser.post(f"/inventory/{item.id}/offer", data={"price": "99,50"}, headers=OURS)
    assert (bad.status_code, 'value="99,50"' in bad.text) == (400, True)
    good = await browser.post(f"/inventory/{item.id}/offer", data={"price": "130"}, headers=OURS)
    assert (good.status_code, good.headers["location"]) == (303, "/listings")
    page = (await browser.get("/listings")).text
    listing = re.search(r'action="/listings/([0-9a-f-]{36})"', page)
    assert listing
    asked = await browser.post(f"/listings/{listing[1]}", data={"price": "125"}, headers=OURS)
    assert asked.status_code == 303
    assert "update 125" in (await browser.get("/listings")).text
    refused = await seen_by(viewer).post(f"/listings/{listing[1]}", data={"action": "delete"}, headers=OURS)
    assert refused.status_code == 403


async def test_decisions_are_carried_out_in_bulk_and_undone(
    worker: Person, viewer: Person, session: AsyncSession
) -> None:
    product = await make_product(session)
    item = await make_item(session, product)
    await make_market(session, product)
    client = seen_by(worker)
    assert (await client.post("/pricing/decide", headers=OURS)).status_code == 303
    found = await client.get("/pricing")
    assert "List at" in found.text
    [decision] = re.findall(r'<tr data-id="([0-9a-f-]+)"', found.text)
    nothing = await client.post("/pricing/approve", data={}, headers=OURS)
    assert (nothing.status_code, "Choose at least one" in nothing.text) == (400, True)
    done = await client.post("/pricing/approve", data={"ids": decision}, headers=OURS)
    told = await client.get(done.headers["location"])
    assert "1 of 1 carried out" in told.text
    await session.refresh(item)
    assert item.list_price
    [run] = re.findall(r'action="(/pricing/runs/[0-9a-f-]+/rollback)"', told.text)
    back = await client.post(run, headers=OURS)
    assert "1 prices put back" in (await client.get(back.headers["location"])).text
    await session.refresh(item)
    assert not item.list_price
    assert "was rolled back already" in (await client.post(run, headers=OURS)).text
    assert (await seen_by(viewer).post("/pricing/decide", headers=OURS)).status_code == 403


async def test_a_pair_has_a_page_where_its_price_is_asked(worker: Person, admin: Person, session: AsyncSession) -> None:
    product = await make_product(session)
    item = await make_item(session, product, floor_price="130.00")
    await make_market(session, product)
    client = seen_by(worker)
    page = await client.get(f"/pricing/items/{item.id}")
    assert page.status_code == 200
    assert "What could be done" in page.text
    for price, words in (("abc", "Invalid currency"), ("99.50", "whole euros"), ("120", "below item")):
        refused = await client.post(f"/pricing/items/{item.id}/price", data={"price": price}, headers=OURS)
        assert (refused.status_code, words in refused.text, f'value="{price}"' in refused.text) == (400, True, True), (
            price
        )
    asked = await client.post(f"/pricing/items/{item.id}/price", data={"price": "140"}, headers=OURS)
    assert "140.00" in (await client.get(asked.headers["location"])).text
    await client.post("/pricing/kill", data={"reason": "odd prices"}, headers=OURS)
    assert "Automatic prices are stopped" in (await client.get("/pricing")).text
    assert (await client.post("/pricing/reprice", data={"apply": "true"}, headers=OURS)).status_code == 409
    assert (await client.post("/pricing/revive", headers=OURS)).status_code == 403
    assert (await seen_by(admin).post("/pricing/revive", headers=OURS)).status_code == 303
    assert (await client.get("/pricing/items/00000000-0000-4000-8000-000000000000")).status_code == 404


async def test_offers_and_expenses_are_entered_and_the_books_taken_along(worker: Person, session: AsyncSession) -> None:
    product = await make_product(session)
    await make_market(session, product)
    client = seen_by(worker)
    offer = {"code": product.sku, "price": "80,00", "size": "", "shop": "Solebox"}
    wrong = await client.post("/opportunities/offers", data={**offer, "code": "NOBODY"}, headers=OURS)
    assert (wrong.status_code, 'value="NOBODY"' in wrong.text) == (400, True)
    assert (await client.post("/opportunities/offers", data=offer, headers=OURS)).status_code == 303
    assert "Solebox" in (await client.get("/opportunities?budget=200")).text
    act = {"product_id": str(product.id), "source": "manual", "action": "dismissed"}
    await client.post("/opportunities/act", data=act, headers=OURS)
    assert product.name not in (await client.get("/opportunities")).text
    spent = {"spent_on": "2026-03-01", "category": "Packaging", "text": "=HYPERLINK(1)", "gross": "11.90"}
    assert (await client.post("/money/expenses", data={**spent, "gross": "much"}, headers=OURS)).status_code == 400
    assert (await client.post("/money/expenses", data=spent, headers=OURS)).status_code == 303
    span = "from=2026-01-01&until=2026-12-31"
    income = (await worker.get(f"/api/v1/money/tax/export/income?{span}")).text
    assert "Expenses: Packaging,-10.00" in income
    await make_order(session, product_name="=cmd|x", vat_due="5.00")
    for report in ("sales", "margin-book", "vat", "income"):
        for kind in ("csv", "xlsx", "json"):
            answer = await worker.get(f"/api/v1/money/tax/export/{report}?{span}&format={kind}")
            assert answer.status_code == 200, (report, kind)
    assert "'=cmd" in (await worker.get(f"/api/v1/money/tax/export/sales?{span}")).text
    assert (await worker.get("/api/v1/money/tax/export/sales?from=2026-12-31&until=2026-01-01")).status_code == 400


async def test_suppliers_are_made_judged_and_counted_by_month(worker: Person, session: AsyncSession) -> None:
    made = (await worker.post("/api/suppliers/intelligence/suppliers", {"name": "Solebox Berlin"})).json()
    assert made["category"] == "sneaker_retailers"
    assert (await worker.post("/api/suppliers/intelligence/suppliers", {"name": "Solebox Berlin"})).status_code == 409
    supplier = made["supplier_id"]
    await make_item(session, supplier_id=supplier, purchase_date=date(2026, 12, 5), delivery_date=date(2026, 12, 9))
    url = f"/api/suppliers/intelligence/suppliers/{supplier}/calculate-performance?month_year=2026-12-20"
    december = (await worker.post(url)).json()
    assert (december["total_orders"], december["avg_delivery_time"], december["month_year"]) == (1, "4.0", "2026-12-01")
    assert (await worker.post(url)).status_code == 200
    months = (await worker.get(f"/api/suppliers/intelligence/performance-summary/{supplier}")).json()["months"]
    assert len(months) == 1
    found = (await worker.get("/api/suppliers/intelligence/dashboard")).json()
    assert found["top_performers"][0]["name"] == "Solebox Berlin"
    assert (await worker.get("/api/suppliers/intelligence/recommendations?category=sneaker_retailers")).json()
    category = (await worker.get("/api/suppliers/intelligence/analytics/category/sneaker_retailers")).json()
    assert category["pieces"] == 1
    assert "Solebox Berlin" in (await seen_by(worker).get("/suppliers")).text
