"""Labels of StockX's orders: handed on as a download of ours, never trusted, and what is to be shipped stands in order."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
from fastapi import FastAPI
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession
from standins.stockx import Fault
from standins.stockx import StockX as StandIn

from shared.config.settings import Settings
from shared.database.models import AuditEntry, Order
from shared.database.words import OrderStatus
from shared.stockx import client as client_of_stockx
from shared.stockx.client import StockX
from tests.api.test_pages import OURS, seen_by
from tests.makers import make_order
from tests.people import Person
from tests.stockx import settings_for

pytestmark = pytest.mark.integration


@pytest.fixture
def app(app: FastAPI, settings: Settings, standin: StandIn) -> Iterator[FastAPI]:
    """The app, led to the stand-in."""
    before = app.state.settings
    app.state.settings = settings_for(settings, standin)
    yield app
    app.state.settings = before


async def sold(session: AsyncSession, standin: StandIn, *, label: bool = True) -> tuple[Order, object]:
    at_stockx = standin.world.put_order(next(iter(standin.world.variants)), 150, label=label)
    return await make_order(session, external_id=at_stockx.number, status=OrderStatus.CREATED), at_stockx


async def test_a_label_is_a_download_under_our_name(
    worker: Person, viewer: Person, session: AsyncSession, standin: StandIn, stockx: StockX
) -> None:
    order, _ = await sold(session, standin)
    for url, who in ((f"/api/v1/orders/{order.id}/shipping-label", worker), (f"/orders/{order.id}/label", worker)):
        answer = await seen_by(who).get(url, headers={"authorization": f"Bearer {who.token}"})
        assert (answer.status_code, answer.headers["content-type"]) == (200, "application/pdf")
        assert answer.headers["content-disposition"] == f'attachment; filename="label-{order.external_id}.pdf"'
        assert (answer.headers["x-content-type-options"], answer.headers["cache-control"]) == ("nosniff", "no-store")
        assert answer.content.startswith(b"%PDF-")
        assert order.external_id.encode() in answer.content
    await session.refresh(order)
    assert order.ship_by
    kept = await session.scalars(select(AuditEntry.action).where(AuditEntry.object_id == str(order.id)))
    assert list(kept) == ["order.label", "order.label"]
    assert (await viewer.get(f"/api/v1/orders/{order.id}/shipping-label")).status_code == 403


@pytest.mark.parametrize(
    ("document", "words"),
    [
        (b"<html><script>alert(1)</script></html>", "no whole PDF"),
        (b"%PDF-1.4\ncut off", "no whole PDF"),
        (b"%PDF-1.4\n" + b"0" * 5000 + b"\n%%EOF\n", "larger than"),
    ],
    ids=["html", "cut", "large"],
)
async def test_what_is_no_good_pdf_is_not_handed_on(
    worker: Person, session: AsyncSession, standin: StandIn, stockx: StockX, monkeypatch: pytest.MonkeyPatch,
    document: bytes, words: str,
) -> None:  # fmt: skip
    monkeypatch.setattr(client_of_stockx, "LARGEST_DOCUMENT", 4096)
    order, at_stockx = await sold(session, standin)
    at_stockx.document = document  # type: ignore[attr-defined]  # the stand-in's order
    answer = await worker.get(f"/api/v1/orders/{order.id}/shipping-label")
    assert (answer.status_code, words in answer.json()["detail"]) == (502, True)


async def test_without_a_label_it_is_said_what_to_do(
    worker: Person, session: AsyncSession, standin: StandIn, stockx: StockX
) -> None:
    order, _ = await sold(session, standin, label=False)
    answer = await worker.get(f"/api/v1/orders/{order.id}/shipping-label")
    assert (answer.status_code, "no shipping label" in answer.json()["detail"]) == (404, True)
    page = await seen_by(worker).get(f"/orders/{order.id}/label")
    assert (page.status_code, 'role="alert"' in page.text, "Try again then" in page.text) == (404, True, True)
    ready, _ = await sold(session, standin)
    standin.faults.add(Fault("status", f"/v2/selling/orders/{ready.external_id}/shipping-document", None, 404))
    assert (await worker.get(f"/api/v1/orders/{ready.id}/shipping-label")).status_code == 404
    elsewhere = await make_order(session, "ebay")
    refused = await worker.get(f"/api/v1/orders/{elsewhere.id}/shipping-label")
    assert (refused.status_code, "Only StockX gives labels" in refused.json()["detail"]) == (409, True)


async def test_what_is_to_be_shipped_stands_by_deadline_and_is_counted(worker: Person, session: AsyncSession) -> None:
    now = datetime.now(UTC)
    for name, days in (("Later", 2), ("Late", -1), ("None told", None)):
        ship_by = None if days is None else now + timedelta(days=days)
        await make_order(session, product_name=name, status=OrderStatus.CREATED, ship_by=ship_by)
    await make_order(session, product_name="Gone", status=OrderStatus.SHIPPED)
    browser = seen_by(worker)
    page = (await browser.get("/orders?to_ship=true")).text
    places = [page.index(f">{name}<") for name in ("Late", "Later", "None told")]
    assert (places, "Gone" in page, "to ship 3" in page, "late since" in page) == (sorted(places), False, True, True)
    dashboard = (await worker.get("/api/v1/dashboard/metrics")).json()["sales"]
    assert (dashboard["to_ship"], dashboard["to_ship_late"]) == (3, 1)
    assert datetime.fromisoformat(dashboard["next_ship_by"]) == now + timedelta(days=2)
    assert "1 late" in (await browser.get("/")).text
    found = (await worker.get("/api/v1/orders?to_ship=false")).json()["items"]
    assert [each["product_name"] for each in found] == ["Gone"]


async def test_an_order_is_marked_as_shipped_on_its_page(worker: Person, session: AsyncSession) -> None:
    order = await make_order(session, product_name="<b>Dunk</b>", status=OrderStatus.CREATED)
    browser = seen_by(worker)
    page = (await browser.get(f"/orders/{order.id}")).text
    assert ("&lt;b&gt;Dunk" in page, "<b>Dunk" in page, "It is shipped" in page) == (True, False, True)
    stale = await browser.post(f"/orders/{order.id}/ship", data={"version": 9}, headers=OURS)
    assert (stale.status_code, 'role="alert"' in stale.text) == (409, True)
    done = await browser.post(f"/orders/{order.id}/ship", data={"version": 1, "tracking": "1Z1"}, headers=OURS)
    assert done.status_code == 303
    page = (await browser.get(f"/orders/{order.id}")).text
    assert ("1Z1" in page, "It is shipped" in page) == (True, False)
