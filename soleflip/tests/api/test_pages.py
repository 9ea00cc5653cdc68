"""Pages: nobody looks without signing in, a viewer changes nothing, and the main ways work by form."""

from __future__ import annotations

import re

import httpx2
import pytest
from sqlalchemy.ext.asyncio import AsyncSession

from cli.sample import COLUMNS, stockx_rows
from shared.api.dependencies import COOKIE
from shared.auth import passwords
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
