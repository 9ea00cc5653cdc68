"""Consignment over HTTP: what an owner is owed follows from the sales, and a statement stays as it was issued."""

from __future__ import annotations

import asyncio
import csv
import io
from collections.abc import AsyncIterator
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import psycopg
import pytest
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession

from domains.consignment.services.statement_service import StatementService
from shared.auth.principal import Principal
from shared.config.settings import Settings
from shared.database.connection import Database, create_database
from shared.database.models import ConsignmentAdjustment, Consignor, User
from shared.database.words import UserRole
from tests.makers import make_item, make_product
from tests.people import Person

pytestmark = pytest.mark.api
API = "/api/v1/consignment"
IBAN = "DE89 3704 0044 0532 0130 00"
TODAY = datetime.now(UTC).date()
OWNER = {
    "name": "Mia Berger",
    "iban": IBAN,
    "share_percent": "80",
    "return_after_days": 60,
    "address": "Weg 1\n10115 Berlin",
}


async def make_owner(worker: Person, **more: Any) -> dict[str, Any]:
    answer = await worker.post(f"{API}/consignors", {**OWNER, **more})
    assert answer.status_code == 201, answer.text
    found: dict[str, Any] = answer.json()
    return found


async def bring_in(worker: Person, owner: dict[str, Any], *skus: str, days: int = 20, **more: Any) -> list[str]:
    pairs = [{"sku": sku, "size": "US 9", "list_price": "220", **more} for sku in skus]
    body = {"pairs": pairs, "received_on": str(TODAY - timedelta(days=days))}
    answer = await worker.post(f"{API}/consignors/{owner['id']}/pairs", body)
    assert answer.status_code == 201, answer.text
    items: list[str] = answer.json()["items"]
    return items


async def sell(worker: Person, sku: str, number: str, price: str = "200", **more: Any) -> dict[str, Any]:
    """Sell a pair for 200 with 18 of fees and 5 of shipping."""
    told = {
        "platform": "ebay", "external_id": number, "product_name": "Dunk", "sku": sku, "size": "US 9", "gross_sale": price,
        "platform_fee": "18", "shipping_cost": "5", "sold_at": f"{TODAY - timedelta(days=3)}T12:00:00Z", **more,
    }  # fmt: skip
    answer = await worker.post("/api/v1/orders", told)
    assert answer.status_code == 201, answer.text
    found: dict[str, Any] = answer.json()
    return found


async def send_back(worker: Person, order: dict[str, Any]) -> None:
    answer = await worker.post(f"/api/v1/orders/{order['id']}/returns", {"kind": "customer", "reason": "too small"})
    assert answer.status_code == 201, answer.text


async def issue(worker: Person, owner: dict[str, Any], until: date = TODAY) -> dict[str, Any]:
    answer = await worker.post(f"{API}/consignors/{owner['id']}/statements", {"until": str(until)})
    assert answer.status_code == 201, answer.text
    found: dict[str, Any] = answer.json()
    return found


def told(statement: dict[str, Any]) -> list[tuple[str, str]]:
    return [(line["kind"], line["amount"]) for line in statement["lines"]]


async def test_the_owners_share_is_what_a_sold_pair_cost(worker: Person, session: AsyncSession) -> None:
    await make_product(session, sku="C-1")
    owner = await make_owner(worker)
    [item] = await bring_in(worker, owner, "C-1")
    shown = (await worker.get(f"/api/v1/inventory/items/{item}")).json()
    assert (shown["purchase_price"], shown["tax_scheme"], shown["detailed_status"]) == (None, "margin", "consigned")
    order = await sell(worker, "C-1", "E-1")
    # (200 - 18) * 80 % = 145.60 is the owner's; VAT on 200 - 145.60 is 8.69; 177 - 145.60 - 8.69 is left
    assert order["inventory_item_id"] == item
    assert (order["cost_of_goods"], order["vat_due"], order["net_profit"], order["tax_scheme"]) == (
        "145.60", "8.69", "22.71", "margin",
    )  # fmt: skip
    found = (await worker.get(f"{API}/consignors/{owner['id']}")).json()
    assert (found["here"], found["sold"], found["owed"], found["iban"]) == (0, 1, "145.60", "DE89 •••• 3000")


async def test_a_business_that_shows_vat_is_bought_from_net(worker: Person, session: AsyncSession) -> None:
    await make_product(session, sku="C-2")
    owner = await make_owner(worker, kind="business", fees_by="shop", share_percent="59.5", vat_number="DE123456789")
    await bring_in(worker, owner, "C-2")
    order = await sell(worker, "C-2", "E-2")
    # 200 * 59.5 % = 119.00 with 19.00 VAT: 100.00 net; the sale owes 200 * 19 / 119 = 31.93
    assert (order["tax_scheme"], order["cost_of_goods"], order["vat_due"]) == ("standard", "100.00", "31.93")
    assert (await worker.get(f"{API}/consignors/{owner['id']}")).json()["owed"] == "119.00"


async def test_a_statements_story(worker: Person, session: AsyncSession) -> None:
    for sku in ("S-1", "S-2", "S-3"):
        await make_product(session, sku=sku)
    owner = await make_owner(worker)
    await bring_in(worker, owner, "S-1", "S-2", "S-3")
    first = await sell(worker, "S-1", "E-1")
    second = await sell(worker, "S-2", "E-2", "100", sold_at=f"{TODAY - timedelta(days=2)}T12:00:00Z")
    await worker.post(f"{API}/consignors/{owner['id']}/adjustments", {"amount": "-12.50", "text": "new laces"})
    draft = (await worker.get(f"{API}/consignors/{owner['id']}/draft", params={"until": str(TODAY)})).json()
    march = await issue(worker, owner)
    assert (draft["closing"], draft["lines"]) == (march["closing"], march["lines"])
    # 145.60 + (100 - 18) * 80 % = 65.60, less 12.50
    assert told(march) == [("sale", "145.60"), ("sale", "65.60"), ("adjustment", "-12.50")]
    assert (march["opening"], march["closing"], march["state"]) == ("0.00", "198.70", "open")
    assert march["number"].endswith("-0001")
    assert (await issue(worker, owner))["id"] == march["id"]

    paid = {"paid_on": str(TODAY), "reference": "SEPA 1"}
    url = f"{API}/statements/{march['id']}"
    assert (await worker.post(f"{url}/payment", paid)).json()["paid_amount"] == "198.70"
    again = (await worker.post(f"{url}/payment", {**paid, "reference": "SEPA 2"})).json()
    assert (again["payment_reference"], again["state"]) == ("SEPA 1", "paid")
    found = (await worker.get(f"{API}/consignors/{owner['id']}")).json()
    assert found["owed"] == "0.00"

    # what comes back after the statement goes on the next one, and the one before stays as it was
    await send_back(worker, first)
    assert told((await worker.get(url)).json()) == told(march)
    await session.execute(text("ALTER TABLE transactions.consignment_statements DISABLE TRIGGER keep"))
    earlier = "SET period_from = period_from - 40, period_until = period_until - 30"
    await session.execute(text(f"UPDATE transactions.consignment_statements {earlier}"))
    await session.commit()
    await sell(worker, "S-3", "E-3", "300")
    april = await issue(worker, owner)
    # a payment of 198.70, 145.60 back; (300 - 18) * 80 % = 225.60
    assert sorted(told(april)) == [("payout", "-198.70"), ("return", "-145.60"), ("sale", "225.60")]
    assert (april["opening"], april["closing"]) == ("198.70", "80.00")
    assert april["number"].endswith("-0002")
    assert (await worker.get(f"{API}/consignors/{owner['id']}")).json()["owed"] == "80.00"
    assert (await worker.delete(f"{url}/payment")).status_code == 409
    assert second["id"] not in {line["order_id"] for line in april["lines"]}


async def test_a_share_follows_what_the_marketplace_really_took(worker: Person, session: AsyncSession) -> None:
    """Fees settled after a statement are corrected on the next one; the books and the statement say the same."""
    from domains.orders.services.order_service import OrderService

    await make_product(session, sku="F-1")
    owner = await make_owner(worker)
    await bring_in(worker, owner, "F-1")
    order = await sell(worker, "F-1", "E-1")
    await issue(worker, owner, TODAY - timedelta(days=1))
    service = OrderService(session)
    held = await service.held(order["id"])
    held.platform_fee, held.net_proceeds = Decimal(20), Decimal(175)
    await service.count_again(held)
    await session.commit()
    after = (await worker.get(f"/api/v1/orders/{order['id']}")).json()
    assert (after["cost_of_goods"], after["vat_due"]) == ("144.00", "8.94")
    assert told(await issue(worker, owner)) == [("correction", "-1.60")]


async def test_a_sale_that_came_back_before_its_statement_is_shown_both_ways_and_a_cancelled_one_not(
    worker: Person, session: AsyncSession
) -> None:
    for sku in ("R-1", "R-2"):
        await make_product(session, sku=sku)
    owner = await make_owner(worker, minimum_payout="150")
    await bring_in(worker, owner, "R-1", "R-2")
    await send_back(worker, await sell(worker, "R-1", "E-1", status="shipped"))
    cancelled = await sell(worker, "R-2", "E-2")
    await worker.patch(f"/api/v1/orders/{cancelled['id']}", {"status": "cancelled"})
    statement = await issue(worker, owner)
    assert told(statement) == [("sale", "150.00"), ("return", "-150.00")]
    assert (statement["lines"][0]["lifted"], statement["closing"], statement["state"]) == ("4.40", "0.00", "settled")
    assert (await worker.post(f"{API}/statements/{statement['id']}/payment", {})).status_code == 409
    # the pair is here again, and may be sold again
    assert (await worker.get(f"{API}/consignors/{owner['id']}")).json()["here"] == 2


async def test_only_the_latest_statement_is_paid(worker: Person, session: AsyncSession) -> None:
    for sku in ("P-1", "P-2"):
        await make_product(session, sku=sku)
    owner = await make_owner(worker)
    await bring_in(worker, owner, "P-1", "P-2")
    await sell(worker, "P-1", "E-1")
    first = await issue(worker, owner, TODAY - timedelta(days=2))
    await sell(worker, "P-2", "E-2")
    second = await issue(worker, owner)
    assert (second["opening"], second["closing"]) == ("145.60", "291.20")
    assert (await worker.get(f"{API}/statements/{first['id']}")).json()["state"] == "carried"
    assert (await worker.post(f"{API}/statements/{first['id']}/payment", {})).status_code == 409
    assert (await worker.post(f"{API}/statements/{second['id']}/payment", {})).status_code == 200
    assert (await worker.delete(f"{API}/statements/{second['id']}/payment")).status_code == 204
    assert (await worker.get(f"{API}/statements", params={"open_only": True})).json()["pagination"]["total"] == 1
    assert (await worker.get(f"{API}/consignors/{owner['id']}")).json()["owed"] == "291.20"


async def test_a_statement_cannot_be_changed_even_by_sql(worker: Person, session: AsyncSession) -> None:
    await make_product(session, sku="I-1")
    owner = await make_owner(worker)
    await bring_in(worker, owner, "I-1")
    await sell(worker, "I-1", "E-1")
    made = await issue(worker, owner)
    for change in (
        "UPDATE transactions.consignment_lines SET amount = 1",
        "DELETE FROM transactions.consignment_lines",
        "UPDATE transactions.consignment_statements SET closing = 1",
        "DELETE FROM transactions.consignment_statements",
    ):
        with pytest.raises(IntegrityError, match="stays as it was issued"):
            async with session.begin_nested():
                await session.execute(text(change))
    await worker.patch(f"{API}/consignors/{owner['id']}", {"name": "Somebody else", "version": 1})
    assert (await worker.get(f"{API}/statements/{made['id']}")).json()["party"]["name"] == "Mia Berger"


async def test_statements_are_taken_along(worker: Person, session: AsyncSession) -> None:
    await make_product(session, sku="X-1")
    owner = await make_owner(worker)
    await bring_in(worker, owner, "X-1")
    await sell(worker, "X-1", "=1+1", product_name="=HYPERLINK(1)")
    made = await issue(worker, owner)
    url = f"{API}/statements/{made['id']}/export"
    rows = list(csv.DictReader(io.StringIO((await worker.get(url)).text.lstrip("\ufeff"))))
    assert [(row["kind"], row["amount"], row["balance"]) for row in rows] == [
        ("opening balance", "", "0.00"), ("sale", "145.60", "145.60"), ("closing balance", "", "145.60"),
    ]  # fmt: skip
    assert rows[1]["reference"] == "'=1+1"
    german = (await worker.get(url, params={"language": "de"})).text
    assert "145,60" in german
    excel = await worker.get(url, params={"format": "xlsx"})
    assert excel.content[:2] == b"PK"
    assert excel.headers["content-disposition"] == f'attachment; filename="statement-{made["number"]}.xlsx"'


async def test_account_numbers_are_encrypted_masked_and_shown_to_who_pays(
    worker: Person, viewer: Person, session: AsyncSession
) -> None:
    owner = await make_owner(worker)
    stored = await session.scalar(text("SELECT iban_encrypted FROM transactions.consignors"))
    assert "37040044" not in str(stored)
    for url in (f"{API}/consignors", f"{API}/consignors/{owner['id']}"):
        assert "37040044" not in (await worker.get(url)).text
    assert (await viewer.get(f"{API}/consignors/{owner['id']}/bank-account")).status_code == 403
    assert (await worker.get(f"{API}/consignors/{owner['id']}/bank-account")).json() == {"iban": IBAN}
    audited = await session.scalar(
        text("SELECT count(*) FROM logging.audit_log WHERE action = 'consignor.bank_account'")
    )
    assert audited == 1
    assert not await session.scalar(text("SELECT count(*) FROM logging.audit_log WHERE after::text LIKE '%37040044%'"))
    wrong = await worker.post(f"{API}/consignors", {"name": "X", "iban": IBAN.replace("89", "88")})
    assert (wrong.status_code, "check digits" in wrong.text) == (400, True)


async def test_pairs_of_others_are_not_our_capital(worker: Person, session: AsyncSession) -> None:
    product = await make_product(session, sku="K-1")
    await make_item(session, product)
    owner = await make_owner(worker)
    before = (await worker.get("/api/v1/inventory/summary")).json()
    [item] = await bring_in(worker, owner, "K-1", days=300)
    after = (await worker.get("/api/v1/inventory/summary")).json()
    assert after["total_inventory_value"] == before["total_inventory_value"] == "100.00"
    assert (after["consigned_pieces"], after["consigned_asked"]) == (1, "220.00")
    dead = (await worker.get("/api/v1/inventory/dead-stock")).text
    assert item not in dead
    refused = await worker.patch(f"/api/v1/inventory/items/{item}", {"purchase_price": "50"})
    assert (refused.status_code, "no purchase price" in refused.text) == (409, True)


async def test_what_does_not_sell_goes_back_and_can_come_again(worker: Person, session: AsyncSession) -> None:
    await make_product(session, sku="B-1")
    owner = await make_owner(worker)
    [item] = await bring_in(worker, owner, "B-1", days=90)
    found = (await worker.get(f"{API}/consignors/{owner['id']}")).json()
    assert (found["here"], found["overdue"], found["asked"]) == (1, 1, "220.00")
    assert (await worker.delete(f"{API}/consignors/{owner['id']}")).status_code == 409
    for _ in range(2):
        assert (await worker.post(f"{API}/pairs/{item}/give-back")).status_code == 204
    assert (await worker.get(f"/api/v1/inventory/items/{item}")).json()["status"] == "canceled"
    assert (await worker.post(f"{API}/pairs/{item}/take-back")).status_code == 204
    assert (await worker.get(f"/api/v1/inventory/items/{item}")).json()["status"] == "in_stock"
    await worker.patch(f"{API}/pairs/{item}", {"return_by": str(TODAY + timedelta(days=9)), "share_percent": "85"})
    quote = (await worker.get(f"{API}/pairs/{item}/quote", params={"price": "200"})).json()
    # StockX takes 18 + 6 (payment) + 4.50 shipping: (200 - 24) * 85 % = 149.60
    assert (quote["share"], quote["kept"]) == ("149.60", "21.90")
    await sell(worker, "B-1", "E-1")
    assert (await worker.patch(f"{API}/pairs/{item}", {"share_percent": "99"})).status_code == 409
    assert (await worker.post(f"{API}/pairs/{item}/give-back")).status_code == 409


async def test_all_pairs_of_a_delivery_are_taken_or_none(worker: Person, session: AsyncSession) -> None:
    await make_product(session, sku="N-1")
    owner = await make_owner(worker)
    pairs = [{"sku": "N-1", "size": "US 9"}, {"sku": "NOBODY", "size": "US 9"}]
    answer = await worker.post(f"{API}/consignors/{owner['id']}/pairs", {"pairs": pairs})
    assert answer.status_code == 404
    assert (await worker.get(f"{API}/consignors/{owner['id']}")).json()["here"] == 0
    ahead = {"pairs": pairs[:1], "received_on": str(TODAY + timedelta(days=2))}
    assert (await worker.post(f"{API}/consignors/{owner['id']}/pairs", ahead)).status_code == 400


async def test_edits_carry_a_version_and_amounts_are_undone(worker: Person, session: AsyncSession) -> None:
    owner = await make_owner(worker)
    url = f"{API}/consignors/{owner['id']}"
    assert (await worker.patch(url, {"phone": "1", "version": 1})).status_code == 200
    assert (await worker.patch(url, {"phone": "2", "version": 1})).status_code == 409
    assert (await worker.patch(url, {"name": None})).status_code == 422
    made = (await worker.post(f"{url}/adjustments", {"amount": "20", "text": "advance"})).json()
    assert (await worker.get(url)).json()["owed"] == "20.00"
    assert (await worker.delete(f"{API}/adjustments/{made['id']}")).status_code == 204
    assert (await worker.get(url)).json()["owed"] == "0.00"
    assert (await worker.post(f"{API}/adjustments/{made['id']}/restore")).status_code == 204
    await issue(worker, owner)
    assert (await worker.delete(f"{API}/adjustments/{made['id']}")).status_code == 409
    assert (await worker.get(f"{url}/adjustments")).json()[0]["statement_id"]


@pytest.fixture
async def shop(settings: Settings) -> AsyncIterator[tuple[Database, Principal, list[Any]]]:
    """A database of its own (statements are there to stay) with six owners who have something on their account."""
    server, _, name = settings.libpq_url.rpartition("/")
    with psycopg.connect(f"{server}/postgres", autocommit=True) as admin:
        admin.execute(f'DROP DATABASE IF EXISTS "{name}_own" WITH (FORCE)')
        admin.execute(f'CREATE DATABASE "{name}_own" TEMPLATE "{name}"')
    database = create_database(settings.model_copy(update={"database_url": f"{server}/{name}_own"}))
    async with database.unit() as session:
        user = User(username="boss", email="boss@example.com", hashed_password="none", role=UserRole.ADMIN)
        owners = [Consignor(name=f"Owner {n}") for n in range(6)]
        session.add_all([user, *owners])
        await session.flush()
        session.add_all(
            [
                ConsignmentAdjustment(consignor_id=each.id, happened_on=TODAY, amount=Decimal(5), text="a")
                for each in owners
            ]
        )
    yield database, Principal(user.id, user.username, user.role), [each.id for each in owners]
    await database.close()
    with psycopg.connect(f"{server}/postgres", autocommit=True) as admin:
        admin.execute(f'DROP DATABASE "{name}_own" WITH (FORCE)')


async def test_numbers_have_no_gap_whoever_issues_at_once_and_whatever_fails(
    shop: tuple[Database, Principal, list[Any]],
) -> None:
    database, actor, owners = shop

    async def one(owner: Any, *, fail: bool = False) -> str:
        async with database.unit() as session:
            made = await StatementService(session).issue(actor, owner, TODAY)
            if fail:
                raise RuntimeError("the worker dies here")
            return made.number

    with pytest.raises(RuntimeError):
        await one(owners[0], fail=True)
    numbers = await asyncio.gather(*(one(owner) for owner in [*owners, *owners]))
    assert sorted({int(number.rpartition("-")[2]) for number in numbers}) == [1, 2, 3, 4, 5, 6]
