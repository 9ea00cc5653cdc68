"""The check-list of 25 points: each names the tests that show it; those that had none stand here."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from datetime import date
from pathlib import Path
from typing import Any

import httpx2
import pytest
from fastapi import FastAPI
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from domains.integration.services import artefacts
from main import create_app
from shared.config.settings import Settings, unknown_names
from shared.database.connection import Database
from shared.database.models import OrderReturn, Supplier
from tests.makers import make_item, make_order
from tests.people import Person

pytestmark = pytest.mark.api
TESTS = Path(__file__).resolve().parents[1]
NAMED = re.compile(r"^(?:async )?def (test_\w+)", re.MULTILINE)


def test_every_point_of_the_check_list_has_its_tests() -> None:
    there = {name for path in TESTS.rglob("test_*.py") for name in NAMED.findall(path.read_text(encoding="utf-8"))}
    lines = (TESTS / "data" / "points.txt").read_text(encoding="utf-8").splitlines()
    points = [[part.strip() for part in line.split("|")] for line in lines if line and not line.startswith("#")]
    assert [int(number) for number, _, _ in points] == list(range(1, 26))
    missing = {number: [name for name in names.split() if name not in there] for number, _, names in points}
    assert not {number: names for number, names in missing.items() if names}
    assert all(names.split() for _, _, names in points)


def test_names_of_the_environment() -> None:
    assert unknown_names({"STOCKX_CLIENTID": "x", "STOCKX_CLIENT_ID": "y", "PATH": "/"}) == ["STOCKX_CLIENTID"]
    told = (TESTS.parent / ".env.example").read_text(encoding="utf-8")
    assert not [each for each in Settings.model_fields.values() if f"{each.validation_alias}=" not in told]


@pytest.mark.parametrize("kind", [None, "text/plain", "application/xml", "application/json"])
async def test_bodies_of_no_or_a_wrong_type(worker: Person, kind: str | None) -> None:
    headers = {"content-type": kind} if kind else {}
    answer = await worker.ask("POST", "/api/v1/inventory/items", content=b"{not json", headers=headers)
    assert answer.status_code in (415, 422)
    assert answer.json()["error"]["request_id"]


async def test_answers_are_private(worker: Person) -> None:
    answer = await worker.get("/api/v1/inventory/items")
    assert answer.headers["cache-control"] == "private, no-cache"
    assert "authorization" in answer.headers["vary"].lower()
    assert (await worker.get("/api/v1/orders/not-an-id")).headers["cache-control"] == "no-store"


@pytest.fixture
async def two_workers(settings: Settings, database: Database) -> AsyncIterator[list[FastAPI]]:
    """Two apps over one Redis, with a limit of a handful."""
    chosen = settings.model_copy(update={"rate_limit_enabled": True, "rate_limit_requests": 6})
    apps = [create_app(chosen), create_app(chosen)]
    for each in apps:
        each.state.database = database
    async with apps[0].router.lifespan_context(apps[0]), apps[1].router.lifespan_context(apps[1]):
        yield apps


async def test_limits_are_shared_and_not_spoofed(two_workers: list[FastAPI], worker: Person) -> None:
    codes = []
    for number in range(9):
        transport = httpx2.ASGITransport(two_workers[number % 2])
        async with httpx2.AsyncClient(transport=transport, base_url="http://localhost") as client:
            headers = {"authorization": f"Bearer {worker.token}", "x-forwarded-for": f"203.0.113.{number}"}
            codes.append((await client.get("/auth/me", headers=headers)).status_code)
    assert codes == [200] * 6 + [429] * 3


async def test_a_suppliers_month_is_counted_once(worker: Person, session: AsyncSession) -> None:
    supplier = Supplier(name="Solebox", slug="solebox", supplier_type="retail")
    session.add(supplier)
    await session.commit()
    day: dict[str, Any] = {
        "purchase_date": date(2025, 12, 30),
        "delivery_date": date(2026, 1, 3),
        "supplier_id": supplier.id,
    }
    item = await make_item(session, **day)
    await make_item(session, **day)
    await make_item(session, **{**day, "purchase_date": date(2026, 1, 1)})
    order = await make_order(session, inventory_item_id=item.id)
    session.add(OrderReturn(order_id=order.id, kind="customer"))
    await session.commit()
    url = f"/api/suppliers/intelligence/suppliers/{supplier.id}/calculate-performance"
    for _ in range(2):
        found = (await worker.post(url, params={"month_year": "2025-12-15"})).json()
    assert (found["total_orders"], float(found["avg_delivery_time"]), float(found["return_rate"])) == (2, 4.0, 50.0)
    kept = await session.scalar(text("SELECT count(*) FROM core.supplier_performance"))
    assert kept == 1


async def test_artefacts_for_other_tools_are_valid(
    app: FastAPI, admin: Person, viewer: Person, session: AsyncSession
) -> None:
    await make_item(session)
    await make_order(session)
    for found in artefacts.DASHBOARDS.values():
        for question in found["questions"]:
            await session.execute(text(question["sql"]))
    views = (await viewer.get("/api/v1/metabase/views/status")).json()
    assert [(row["name"], row["rows"] > 0) for row in views if "payouts" not in row["name"] and "brands" not in row["name"]] == [
        ("report_sales_by_month", True), ("report_stock_by_status", True)
    ]  # fmt: skip
    listed = (await viewer.get("/api/v1/metabase/dashboards")).json()
    assert {row["name"] for row in listed} == set(artefacts.DASHBOARDS)
    assert (await viewer.get("/api/v1/metabase/dashboards/sales")).json()["questions"]
    assert (await viewer.get("/api/v1/metabase/dashboards/nothing")).status_code == 404
    made: dict[str, Any] = (await admin.get("/api/v1/budibase/config/generate")).json()
    assert (await admin.post("/api/v1/budibase/config/validate", made)).json() == {"valid": True, "errors": []}
    made["datasources"][0]["queries"][0]["api_path"] = "/nowhere"
    made["screens"].append({"query": "none"})
    assert len((await admin.post("/api/v1/budibase/config/validate", made)).json()["errors"]) == 2
    assert (await viewer.get("/api/v1/budibase/config/generate")).status_code == 403
    flow = (await admin.get("/api/v1/budibase/config/download/n8n")).json()
    paths = app.openapi()["paths"]
    base = app.state.settings.base_url
    asked = [node["parameters"] for node in flow["nodes"] if node["type"].endswith("httpRequest")]
    assert all(each["method"].lower() in paths[each["url"].removeprefix(base)] for each in asked)
    assert {link["node"] for out in flow["connections"].values() for link in out["main"][0]} <= {
        node["name"] for node in flow["nodes"]
    }
    assert (await admin.get("/api/v1/budibase/config/download/metabase")).json().keys() == artefacts.DASHBOARDS.keys()
