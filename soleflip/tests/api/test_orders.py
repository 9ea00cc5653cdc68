"""Orders and money over HTTP."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from sqlalchemy.ext.asyncio import AsyncSession

from shared.database.models import InventoryItem
from shared.database.words import ItemStatus, TaxScheme
from tests.makers import make_item, make_order, make_product
from tests.people import Person

ORDERS = "/api/v1/orders"
SALE = {
    "platform": "stockx",
    "external_id": "70000001-69900001",
    "product_name": "Nike Dunk Low Panda",
    "gross_sale": "200",
    "sold_at": "2026-03-01T12:00:00Z",
}


async def sell(worker: Person, **more: Any) -> dict[str, Any]:
    answer = await worker.post(ORDERS, {**SALE, **more})
    assert answer.status_code == 201, answer.text
    found: dict[str, Any] = answer.json()
    return found


async def test_a_sale_takes_the_oldest_pair_and_counts_its_profit(worker: Person, session: AsyncSession) -> None:
    product = await make_product(session, sku="DD1391-100")
    young = await make_item(session, product, purchase_date=date(2026, 2, 1))
    old = await make_item(session, product, purchase_date=date(2026, 1, 1))
    found = await sell(worker, sku="DD1391-100", size="US 9")
    assert (found["match_state"], found["inventory_item_id"]) == ("matched", str(old.id))
    assert (found["platform_fee"], found["payment_fee"], found["shipping_cost"]) == ("18.00", "6.00", "4.50")
    assert (found["net_proceeds"], found["expected_payout"]) == ("171.50", "171.50")
    assert (found["cost_of_goods"], found["vat_due"], found["net_profit"], found["roi"]) == (
        "100.00",
        "0.00",
        "71.50",
        "71.500",
    )
    for item, status in ((old, ItemStatus.SOLD), (young, ItemStatus.IN_STOCK)):
        await session.refresh(item)
        assert item.status is status
    again = await worker.post(ORDERS, {**SALE, "sku": "DD1391-100"})
    assert (again.status_code, again.json()["error"]["code"]) == (409, "DUPLICATE_RESOURCE")


async def test_margin_scheme_owes_vat_on_the_margin_of_a_private_sale(worker: Person, session: AsyncSession) -> None:
    product = await make_product(session, sku="X-1")
    await make_item(
        session, product, tax_scheme=TaxScheme.MARGIN, purchase_price=Decimal(138), gross_purchase_price=Decimal(138)
    )
    found = await sell(worker, platform="kleinanzeigen", sku="X-1", size="9", gross_sale="238")
    assert (found["vat_due"], found["gross_profit"], found["net_profit"]) == ("15.97", "100.00", "84.03")


async def test_another_size_waits_for_a_person(worker: Person, session: AsyncSession) -> None:
    product = await make_product(session, sku="X-2")
    pair = await make_item(session, product, "US 10")
    found = await sell(worker, sku="X-2", size="9")
    assert found["match_state"] == "suggested"
    queue = (await worker.get(f"{ORDERS}/matching")).json()
    assert [each["item_id"] for each in queue[0]["candidates"]] == [str(pair.id)]
    assert queue[0]["candidates"][0]["reasons"] == ["same product", "size 10, sold was 9"]
    done = await worker.post(f"{ORDERS}/{found['id']}/match", {"item_id": str(pair.id)})
    assert done.json()["match_state"] == "matched"
    assert (await worker.post(f"{ORDERS}/{found['id']}/match", {"item_id": None})).status_code == 409
    assert (await worker.get(f"{ORDERS}/matching")).json() == []


async def test_a_later_stock_is_matched_afterwards(worker: Person, session: AsyncSession) -> None:
    product = await make_product(session, sku="X-3")
    found = await sell(worker, sku="X-3", size="9")
    assert found["match_state"] == "unmatched"
    await make_item(session, product)
    assert (await worker.post(f"{ORDERS}/matching")).json()["matched"] == 1
    assert (await worker.get(f"{ORDERS}/{found['id']}")).json()["match_state"] == "matched"


async def test_an_orders_life_moves_its_pair(worker: Person, session: AsyncSession) -> None:
    item = await make_item(session, await make_product(session, sku="X-4"))
    found = await sell(worker, sku="X-4", size="9")
    url = f"{ORDERS}/{found['id']}"
    assert (await worker.patch(url, {"status": "shipped", "tracking_number": "1Z"})).json()["tracking_number"] == "1Z"
    assert (await worker.patch(url, {"status": "created"})).status_code == 409
    await worker.patch(url, {"status": "completed"})
    await session.refresh(item)
    assert item.status is ItemStatus.COMPLETED
    back = await worker.post(f"{url}/returns", {"kind": "customer", "reason": "too small", "refund_amount": "200"})
    assert (back.status_code, back.json()["status"]) == (201, "returned")
    assert (await worker.get(f"/api/v1/inventory/items/{item.id}")).json()["status"] == "returned"
    detail = (await worker.get(url)).json()
    assert [step["to_status"] for step in detail["history"]] == ["created", "shipped", "completed", "returned"]
    assert {fee["kind"]: fee["amount"] for fee in detail["fees"]} == {
        "transaction": "18.00",
        "payment": "6.00",
        "shipping": "4.50",
    }
    assert detail["returns"][0]["reason"] == "too small"


async def test_a_cancelled_sale_puts_the_pair_back(worker: Person, session: AsyncSession) -> None:
    item = await make_item(session, await make_product(session, sku="X-5"))
    found = await sell(worker, sku="X-5", size="9")
    await worker.patch(f"{ORDERS}/{found['id']}", {"status": "cancelled", "reason": "buyer"})
    await session.refresh(item)
    assert (item.status, item.sold_at) == (ItemStatus.IN_STOCK, None)


async def test_a_payout_is_explained_to_the_cent(worker: Person) -> None:
    first = await sell(worker)
    second = await sell(worker, external_id="70000002-69900002", gross_sale="49")
    lines = [
        {"order": first["external_id"], "amount": "171.50"},
        {"order": second["external_id"], "amount": "38.02"},
        {"amount": "-1.00", "text": "label"},
    ]
    body = {
        "platform": "stockx",
        "external_id": "P-1",
        "paid_at": "2026-03-09T08:00:00Z",
        "amount": "208.52",
        "lines": lines,
    }
    made = (await worker.post("/api/v1/money/payouts", body)).json()
    assert (made["difference"], made["reconciled"]) == (
        "0.00",
        False,
    )  # the second order paid a cent less than expected
    detail = (await worker.get(f"/api/v1/money/payouts/{made['id']}")).json()
    told = sorted((line["expected"], line["amount"]) for line in detail["lines"] if line["order"])
    assert told == [("171.50", "171.50"), ("38.03", "38.02")]
    assert (await worker.get(f"{ORDERS}/{first['id']}")).json()["payout_received"] is True
    assert (await worker.post("/api/v1/money/payouts", body)).status_code == 409


async def test_filters_and_export_agree(worker: Person, session: AsyncSession) -> None:
    await make_order(session, buyer_destination_country="Germany", product_name="=HYPERLINK(1)")
    await make_order(session, "ebay")
    query = "platform=stockx&country=germany&sold_from=2026-03-01&sold_until=2026-03-01&paid=false&q=hyperlink"
    page = (await worker.get(f"{ORDERS}?{query}")).json()
    assert page["pagination"]["total"] == len(page["items"]) == 1
    lines = (await worker.get(f"{ORDERS}/export?{query}")).text.strip().splitlines()
    assert len(lines) == 2
    assert "'=HYPERLINK(1)" in lines[1]
    assert (await worker.get(f"{ORDERS}?status=lost")).status_code == 400
    assert (await worker.get(f"{ORDERS}/export?format=parquet")).content[:4] == b"PAR1"


async def test_profit_and_loss_adds_up(worker: Person, session: AsyncSession) -> None:
    await make_item(session, await make_product(session, sku="X-6"))
    await sell(worker, sku="X-6", size="9")
    await sell(worker, external_id="other", platform="klekt", gross_sale="100")
    found = (await worker.get("/api/v1/money/profit-and-loss?from=2026-01-01&until=2026-12-31")).json()
    assert found["totals"]["revenue"] == "300.00"
    assert found["totals"]["net_profit"] == "71.50"
    assert (found["totals"]["orders"], found["totals"]["matched"]) == (2, 1)
    vat = (await worker.get("/api/v1/money/tax/vat?from=2026-01-01&until=2026-12-31")).json()
    assert {line["tax_scheme"] for line in vat} == {"standard", None}
    dac7 = (await worker.get("/api/v1/money/tax/dac7?year=2026")).json()
    assert [line["reported"] for line in dac7] == [False, False]
    assert (await worker.get("/api/v1/money/profit-and-loss?from=2026-02-01&until=2026-01-01")).status_code == 400


async def test_fee_quotes_go_both_ways(worker: Person) -> None:
    there = (await worker.get("/api/v1/money/fees/quote?platform=stockx&price=49")).json()
    assert there["payout"] == "38.03"
    back = (await worker.get("/api/v1/money/fees/quote?platform=stockx&payout=38.03")).json()
    assert Decimal(back["price"]) <= 49
    assert (await worker.get("/api/v1/money/fees/quote?platform=laced&price=49")).status_code == 404
    assert (await worker.get("/api/v1/money/fees/quote?platform=stockx")).status_code == 400


@pytest.mark.parametrize("field", ["net_profit", "match_state", "gross_sale", "payout_received", "inventory_item_id"])
async def test_what_is_counted_cannot_be_assigned(field: str, worker: Person, session: AsyncSession) -> None:
    order = await make_order(session)
    assert (await worker.patch(f"{ORDERS}/{order.id}", {field: "1"})).status_code == 422


async def test_several_alike_are_sold_one_by_one(worker: Person, session: AsyncSession) -> None:
    item = await make_item(session, await make_product(session, sku="X-7"), quantity=2)
    await sell(worker, sku="X-7", size="9")
    stored = await session.get(InventoryItem, item.id, populate_existing=True)
    assert stored is not None
    assert (stored.quantity, stored.status) == (1, ItemStatus.IN_STOCK)


async def test_pieces_of_a_cancelled_sale_come_back_and_the_others_go_on(worker: Person, session: AsyncSession) -> None:
    product = await make_product(session)
    item = await make_item(session, product, quantity=3)
    sale = {"platform": "ebay", "product_name": product.name, "sku": product.sku, "size": "US 9", "gross_sale": "150"}
    ids = []
    for number, pieces in (("E-1", 2), ("E-2", 1)):
        made = await worker.post(
            "/api/v1/orders", {**sale, "external_id": number, "quantity": pieces, "sold_at": "2026-03-01T12:00:00Z"}
        )
        assert made.json()["match_state"] == "matched"
        ids.append(made.json()["id"])
    assert (await worker.patch(f"/api/v1/orders/{ids[0]}", {"status": "cancelled"})).status_code == 200
    await session.refresh(item)
    assert (item.quantity, item.status) == (2, "in_stock")
    assert (await worker.patch(f"/api/v1/orders/{ids[1]}", {"status": "shipped"})).status_code == 200
    await session.refresh(item)
    assert (item.quantity, item.status) == (2, "in_stock")


async def test_a_payout_stands_in_the_orders_history(worker: Person, session: AsyncSession) -> None:
    order = await make_order(session)
    body = {"platform": "stockx", "external_id": "PO-77", "paid_at": "2026-03-09T09:00:00Z", "amount": "130.00",
            "lines": [{"order": order.external_id, "amount": "130.00"}]}  # fmt: skip
    assert (await worker.post("/api/v1/money/payouts", body)).status_code == 201
    steps = (await worker.get(f"/api/v1/orders/{order.id}")).json()["history"]
    assert [(step["to_status"], step["source"], step["reason"]) for step in steps] == [
        ("paid", "payout", "payout PO-77")
    ]
