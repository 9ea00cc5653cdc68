"""Imports: every row judged, orders really made, twice is once, a killed one goes on."""

from __future__ import annotations

import asyncio
import csv
import io
import os
import signal
import subprocess
import sys
from decimal import Decimal
from pathlib import Path
from typing import Any

import httpx2
import pytest
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession

from cli.sample import COLUMNS, stockx_rows
from domains.orders.repositories.order_repository import OrderRepository
from shared.config.settings import Settings
from shared.database.connection import create_database
from shared.database.models import Order
from shared.database.words import FeeSource
from tests.people import Person

pytestmark = pytest.mark.integration
URL = "/api/v1/integration/webhooks/stockx/upload"
COUNTS = """SELECT (SELECT count(*) FROM transactions.orders), (SELECT count(*) FROM products.products),
    (SELECT count(*) FROM transactions.order_fees), (SELECT count(*) FROM transactions.order_status_history),
    (SELECT sum(net_proceeds) FROM transactions.orders), (SELECT sum(amount) FROM transactions.payouts)"""


def as_csv(columns: tuple[str, ...], rows: list[list[str]]) -> bytes:
    buffer = io.StringIO(newline="")
    writer = csv.writer(buffer)
    writer.writerow(columns)
    writer.writerows(rows)
    return buffer.getvalue().encode()


async def send(person: Person, body: bytes, name: str = "report.csv", **params: Any) -> httpx2.Response:
    return await person.ask("POST", URL, params=params, files={"file": (name, body, "text/csv")})


async def counted(session: AsyncSession) -> tuple[Any, ...]:
    return tuple((await session.execute(text(COUNTS))).one())


async def test_a_report_becomes_orders_to_the_cent_and_twice_is_once(worker: Person, session: AsyncSession) -> None:
    rows = list(stockx_rows(300))
    body = as_csv(COLUMNS, rows)
    first = (await send(worker, body)).json()
    assert (first["imported"], first["counts"]) == (True, {"applied": 300})
    there = await counted(session)
    assert there[0] == there[3] == 300
    assert there[4] == there[5] == sum((Decimal(row[36]) for row in rows), Decimal(0))
    wrong = await session.scalar(
        text(
            "SELECT count(*) FROM transactions.orders"
            " WHERE gross_sale - platform_fee - payment_fee - shipping_cost - other_fees <> net_proceeds"
        )
    )
    assert wrong == 0
    brands = await session.scalar(text("SELECT count(DISTINCT brand_id) FROM products.products"))
    assert brands >= 6
    again = (await send(worker, body)).json()
    assert again["counts"] == {"unchanged": 300}
    assert await counted(session) == there


async def test_rows_with_errors_are_named_and_mended_the_others_taken(worker: Person) -> None:
    rows = list(stockx_rows(30))
    rows[3][17], rows[7][34], rows[9][16], rows[11][12] = "31/31/2025", "abc", "", ""
    rows.append(list(rows[0]))
    rows.append([*rows[1][:34], "999", *rows[1][35:]])
    found = (await send(worker, as_csv(COLUMNS, rows), preview=True)).json()
    assert found["counts"] == {"new": 26, "error": 4, "duplicate": 1, "conflict": 1}
    assert found["validation_errors"][0] == "Row 5: Sale Date: Invalid date format: 31/31/2025"
    base = f"/api/v1/integration/import/{found['batch_id']}"
    mended = await worker.patch(f"{base}/rows/5", {"values": {"Sale Date": "2025-03-01"}})
    assert mended.json() == {"row": 5, "verdict": "new", "problems": []}
    still = await worker.patch(f"{base}/rows/9", {"values": {"Listing Price": "-3"}})
    assert still.json()["verdict"] == "error"
    for number, status in ((2, 409), (99, 404)):
        assert (await worker.patch(f"{base}/rows/{number}", {"values": {"Item": "x"}})).status_code == status
    asked = await worker.post(f"{base}/apply")
    assert (asked.status_code, (await worker.post(f"{base}/apply")).json()["job_id"]) == (202, asked.json()["job_id"])
    errors = (await worker.get(f"{base}/errors")).text
    assert "Missing required field: Order Number" in errors


async def test_a_check_only_changes_nothing(worker: Person, session: AsyncSession) -> None:
    before = await counted(session)
    found = (await send(worker, as_csv(COLUMNS, list(stockx_rows(20))), validate_only=True)).json()
    assert (found["imported"], found["counts"], found["message"]) == (
        False,
        {"new": 20},
        "Checked, nothing was changed",
    )
    assert await counted(session) == before
    assert (await worker.post(f"/api/v1/integration/import/{found['batch_id']}/apply")).status_code == 409


async def test_what_is_known_with_other_figures_is_a_conflict(worker: Person) -> None:
    rows = list(stockx_rows(3))
    await send(worker, as_csv(COLUMNS, rows))
    rows[1][34] = rows[1][36] = "999"
    found = (await send(worker, as_csv(COLUMNS, rows))).json()
    assert found["counts"] == {"unchanged": 2, "conflict": 1}
    assert "Known with" in found["validation_errors"][0]


@pytest.mark.parametrize(
    ("profile", "columns", "row", "number"),
    [
        ("alias", ("ORDER_NUMBER", "NAME", "PRODUCT_PRICE_CENTS_SALE_PRICE", "CREDIT_DATE", "SKU", "SIZE"),
         ["991", "Nike Dunk Low", "120", "03/02/25", "DD1391-100", "9.5"], "alias_991"),
        ("sales", ("SKU", "Sale Date", "Status", "Gross Sale", "Net Sale", "Platform", "Order Number"),
         ["BB550", "01.02.2025", "sold", "1.234,50 €", "1.100,00 €", "eBay", "E-1"], "E-1"),
        ("awin_sales", ("TransactionID", "SaleAmount", "SKU", "Date"), ["T1", "19.99", "X1", "2025-02-01"], "awin_T1"),
    ],
)  # fmt: skip
async def test_other_files_are_told_by_their_columns(
    worker: Person, session: AsyncSession, profile: str, columns: tuple[str, ...], row: list[str], number: str
) -> None:
    await session.execute(
        text(
            "INSERT INTO core.exchange_rates (id, currency, day, per_euro)"
            " VALUES (gen_random_uuid(), 'USD', '2025-02-03', 1.09) ON CONFLICT DO NOTHING"
        )
    )
    await session.commit()
    found = (await send(worker, as_csv(columns, [row]))).json()
    assert (found["profile"], found["counts"]) == (profile, {"applied": 1})
    stored = await session.scalar(
        text("SELECT count(*) FROM transactions.orders WHERE external_id = :number"), {"number": number}
    )
    assert stored == 1


async def test_a_feed_keeps_its_cents_and_is_updated(worker: Person, session: AsyncSession) -> None:
    columns = ("aw_product_id", "product_name", "merchant_id", "search_price", "ean", "in_stock", "Fashion:size")
    for price in ("19.99", "17.995"):
        found = (
            await send(worker, as_csv(columns, [["A1", "Nike Dunk", "10597", price, "4006381333931", "1", "42"]]))
        ).json()
        assert found["counts"] == {"applied": 1}
    stored = (await session.execute(text("SELECT retail_price_cents, in_stock FROM integration.awin_products"))).all()
    assert stored == [(1800, True)]


@pytest.mark.parametrize(
    ("body", "name", "status"),
    [
        (b"CC_NUMBER,CVV,EMAIL\n4111,1,a@example.com\n", "accounts.csv", 422),
        (b"a,b\n1,2\n", "stranger.csv", 422),
        (b"PK\x03\x04broken", "book.xlsx", 422),
        (b"x", "picture.png", 400),
        (b"", "empty.csv", 422),
    ],
)
async def test_files_that_cannot_be_read_are_refused(worker: Person, body: bytes, name: str, status: int) -> None:
    assert (await send(worker, body, name)).status_code == status


KILLED = """
import asyncio, os, sys
from domains.integration.repositories import import_repository as repository
from domains.integration.services.import_service import ImportService
from shared.config.settings import get_settings
from shared.database.connection import create_database
from shared.database.models import Order
from shared.database.words import FeeSource
import uuid
blocks = 0
apply_span = repository.ImportRepository.apply_span
async def counting(self, place, codes):
    global blocks
    blocks += 1
    done = await apply_span(self, place, codes)
    if blocks == 3:
        print("here", flush=True)
        await asyncio.sleep(60)
    return done
repository.ImportRepository.apply_span = counting
asyncio.run(ImportService(create_database(get_settings())).apply(uuid.UUID(sys.argv[1])))
"""


@pytest.mark.slow
async def test_an_import_killed_in_the_middle_goes_on_without_a_double(settings: Settings, tmp_path: Path) -> None:
    from domains.integration.services.import_service import ImportService
    from shared.auth.principal import Principal
    from shared.database.models import User
    from shared.database.words import UserRole

    database = create_database(settings)
    async with database.unit() as session:
        user = User(username="killer", email="k@example.com", hashed_password="none", role=UserRole.USER)
        session.add(user)
    service = ImportService(database)
    body = io.BytesIO(as_csv(COLUMNS, list(stockx_rows(500, seed=99))))
    batch = await service.stage(Principal(user.id, user.username, user.role), body, "r.csv", batch_size=100)
    environment = {**os.environ, "DATABASE_URL": settings.database_url, "PYTHONPATH": "."}
    command = [sys.executable, "-c", KILLED, str(batch.id)]
    with subprocess.Popen(command, env=environment, stdout=subprocess.PIPE) as process:  # noqa: ASYNC220 -- to be killed
        assert process.stdout is not None
        assert await asyncio.to_thread(process.stdout.readline) == b"here\n"
        process.send_signal(signal.SIGKILL)
    async with database.reading() as session:
        assert await session.scalar(text("SELECT count(*) FROM transactions.orders")) == 200
    await service.apply(batch.id)
    async with database.unit() as session:
        assert await session.scalar(text("SELECT count(*) FROM transactions.orders")) == 500
        assert (
            await session.scalar(text("SELECT count(*) FROM transactions.order_fees WHERE kind = 'transaction'")) == 500
        )
        assert (await service.get(batch.id)).counts == {"applied": 500}
        for table in (
            "transactions.orders",
            "transactions.payouts",
            "products.products",
            "integration.import_batches",
            "logging.event_store",
            "logging.audit_log",
            "core.sizes",
        ):
            await session.execute(text(f"DELETE FROM {table}"))  # noqa: S608 -- names from this list
        await session.execute(text("DELETE FROM auth.users WHERE username = 'killer'"))
    await database.close()


async def test_an_imported_order_tells_its_fees_its_first_step_and_its_line_of_the_payout(
    worker: Person, session: AsyncSession
) -> None:
    row = next(row for row in stockx_rows(50) if row[29])
    batch = (await send(worker, as_csv(COLUMNS, [row]))).json()["batch_id"]
    order_id, payout_id = (
        await session.execute(
            text("SELECT id, payout_id FROM transactions.orders WHERE external_id = :n"), {"n": row[16]}
        )
    ).one()
    found = (await worker.get(f"/api/v1/orders/{order_id}")).json()
    fees = {fee["kind"]: (fee["source"], Decimal(fee["amount"]), fee["currency"]) for fee in found["fees"]}
    told = {"transaction": 25, "payment": 27, "shipping": 29}
    assert fees == {kind: ("report", Decimal(row[place]), "EUR") for kind, place in told.items()}
    assert [(step["from_status"], step["to_status"], step["source"]) for step in found["history"]] == [
        (None, "completed", "import")
    ]
    assert found["history"][0]["at"] == found["completed_at"]
    paid = (await worker.get(f"/api/v1/money/payouts/{payout_id}")).json()
    assert [(line["order"], line["amount"], line["expected"]) for line in paid["lines"]] == [
        (row[16], row[36], row[36])
    ]
    assert paid["amount"] == row[36]
    body = {"platform": "stockx", "external_id": "PO-late", "paid_at": "2026-03-09T09:00:00Z", "amount": "1.00",
            "lines": [{"order": row[16], "amount": "1.00"}]}  # fmt: skip
    assert (await worker.post("/api/v1/money/payouts", body)).status_code == 201
    assert (await worker.get(f"/api/v1/money/payouts/{payout_id}")).json() == paid
    assert (await worker.post(f"/api/v1/orders/{order_id}/returns", {"reason": "too small"})).status_code == 201
    steps = (await worker.get(f"/api/v1/orders/{order_id}")).json()["history"]
    assert [step["to_status"] for step in steps] == ["completed", "returned"]
    with pytest.raises(IntegrityError, match="orders were made by this import"):
        await session.execute(text("DELETE FROM integration.import_batches WHERE id = :id"), {"id": batch})
    await session.rollback()


async def test_what_stockx_pays_later_stands_beside_what_the_report_told(worker: Person, session: AsyncSession) -> None:
    row = next(row for row in stockx_rows(50) if row[29])
    await send(worker, as_csv(COLUMNS, [row]))
    rows = OrderRepository(session)
    order = (await rows.find(Order.external_id == row[16]))[0]
    before = {(fee.kind, fee.source, fee.amount) for fee in await rows.fees(order.id)}
    await rows.write_fees_out(order)
    order.platform_fee = Decimal("77.00")
    await session.flush()
    assert {(fee.kind, fee.source, fee.amount) for fee in await rows.fees(order.id)} == before
    await rows.write_fees_out(order)
    assert len(await rows.fees(order.id)) == len(before) == 3
    await rows.drop_fees(order.id, FeeSource.REPORT)
    assert await rows.fees(order.id) == []


async def test_rows_are_listed_by_verdict_with_the_cells_they_came_with(worker: Person) -> None:
    rows = list(stockx_rows(1203))
    body = as_csv(COLUMNS, rows[:3])
    await send(worker, body)
    rows[1][34] = rows[1][36] = "999"
    rows[700][17] = "31/31/2025"
    rows[900][17] = "32/31/2025"
    batch = (await send(worker, as_csv(COLUMNS, rows), preview=True)).json()
    assert batch["counts"] == {"new": 1198, "unchanged": 2, "conflict": 1, "error": 2}
    base = f"/api/v1/integration/import/{batch['batch_id']}"

    async def listed(**params: Any) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = (await worker.ask("GET", f"{base}/rows", params={"limit": 3, **params})).json()
        return found

    assert (await worker.patch(f"{base}/rows/702", {"values": {"Sale Date": "2025-03-01"}})).json()["verdict"] == "new"
    assert [row["row_number"] for row in await listed()] == [2, 3, 4]
    assert [row["row_number"] for row in await listed(skip=1201)] == [1203, 1204]
    assert [(row["row_number"], row["verdict"]) for row in await listed(verdict="conflict")] == [(3, "conflict")]
    new = await listed(verdict="new", skip=696)
    assert [row["row_number"] for row in new] == [701, 702, 703]
    assert [row["source_data"]["Order Number"] for row in new] == [row[16] for row in rows[699:702]]
    assert new[1]["source_data"]["Sale Date"] == "2025-03-01"
    wrong = (await listed(verdict="error"))[0]
    assert list(wrong["source_data"].values()) == rows[900]
    assert await listed(verdict="applied") == []
