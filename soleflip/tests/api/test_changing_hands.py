"""Pairs change hands: ours become consigned, consigned ones are bought, both taken back; books and statements follow."""

from __future__ import annotations

import csv
import io
import re
import uuid
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from sqlalchemy.ext.asyncio import AsyncSession

from domains.inventory.repositories.listing_repository import ListingRepository
from shared.database.words import ListingStatus
from shared.repositories.catalogue import CatalogueLookup
from tests.api.test_consignment import API, TODAY, bring_in, issue, make_owner, sell, send_back, told
from tests.api.test_pages import OURS, seen_by
from tests.makers import make_item, make_product
from tests.people import Person

pytestmark = pytest.mark.api
ITEMS = "/api/v1/inventory/items"


async def consign(worker: Person, item: uuid.UUID | str, owner: dict[str, Any], **more: Any) -> Any:
    return await worker.post(f"{API}/items/{item}/consign", {"consignor_id": owner["id"], **more})


async def buy(worker: Person, item: str, price: str = "100", **more: Any) -> Any:
    return await worker.post(f"{API}/pairs/{item}/purchase", {"price": price, **more})


async def offer(session: AsyncSession, item: uuid.UUID | str) -> None:
    market = await CatalogueLookup(session).platform("stockx")
    listings = ListingRepository(session)
    await listings.create(
        item_id=uuid.UUID(str(item)), platform_id=market.id, status=ListingStatus.ACTIVE, ask_price=Decimal(200)
    )
    await session.commit()


async def test_a_pair_in_stock_becomes_consigned_and_ours_after_all(worker: Person, session: AsyncSession) -> None:
    product = await make_product(session, sku="H-1")
    item = (await make_item(session, product, supplier="Somebody")).id
    owner = await make_owner(worker)
    asked = await consign(worker, item, owner)
    assert (asked.status_code, "confirm that it was not bought by us" in asked.text) == (409, True)
    assert (await consign(worker, item, owner, give_up_cost=True, share_percent="85")).status_code == 204
    shown = (await worker.get(f"{ITEMS}/{item}")).json()
    names = ("consignor_id", "purchase_price", "supplier", "tax_scheme", "detailed_status", "status")
    assert [shown[name] for name in names] == [owner["id"], None, None, "margin", "consigned", "in_stock"]
    summary = (await worker.get("/api/v1/inventory/summary")).json()
    assert (Decimal(summary["total_inventory_value"]), summary["consigned_pieces"]) == (Decimal(0), 1)
    steps = (await worker.get(f"{ITEMS}/{item}/history")).json()
    assert (steps[0]["reason"], steps[0]["source"]) == ("belongs to Mia Berger", "consignment")
    [pair] = (await worker.get(f"{API}/consignors/{owner['id']}/pairs")).json()["items"]
    assert (pair["item_id"], pair["share_percent"]) == (str(item), "85.000")
    again = await consign(worker, item, owner)
    assert (again.status_code, "belongs to Mia Berger already" in again.text) == (409, True)

    assert (await worker.delete(f"{API}/items/{item}/consign")).status_code == 204
    shown = (await worker.get(f"{ITEMS}/{item}")).json()
    assert [shown[name] for name in names] == [None, "100.00", "Somebody", "standard", None, "in_stock"]
    assert (await worker.get(f"{API}/consignors/{owner['id']}")).json()["here"] == 0


async def test_a_pair_that_became_consigned_sells_for_its_owner(worker: Person, session: AsyncSession) -> None:
    item = (await make_item(session, await make_product(session, sku="H-2"))).id
    owner = await make_owner(worker)
    await consign(worker, item, owner, give_up_cost=True)
    order = await sell(worker, "H-2", "E-1")
    assert (order["inventory_item_id"], order["cost_of_goods"], order["tax_scheme"]) == (str(item), "145.60", "margin")
    assert told(await issue(worker, owner)) == [("sale", "145.60")]
    for refused in (
        await worker.delete(f"{API}/items/{item}/consign"),
        await buy(worker, str(item)),
        await worker.post(f"{API}/pairs/{item}/give-back"),
    ):
        assert refused.status_code == 409
    await send_back(worker, order)
    refused = await worker.delete(f"{API}/items/{item}/consign")
    assert (refused.status_code, "was sold for Mia Berger before" in refused.text) == (409, True)


async def test_a_bought_pair_is_ours_at_its_price_and_stands_on_the_statement(
    worker: Person, session: AsyncSession
) -> None:
    await make_product(session, sku="H-3", name="Dunk Panda")
    owner = await make_owner(worker)
    [item] = await bring_in(worker, owner, "H-3")
    day = str(TODAY - timedelta(days=5))
    assert (await buy(worker, item, "100", bought_on=day)).status_code == 204
    shown = (await worker.get(f"{ITEMS}/{item}")).json()
    names = ("consignor_id", "purchase_price", "gross_purchase_price", "tax_scheme", "supplier", "detailed_status")
    assert [shown[name] for name in names] == [None, "100.00", "100.00", "margin", "Mia Berger", "available"]
    assert shown["purchase_date"] == day
    assert (await worker.get("/api/v1/inventory/summary")).json()["total_inventory_value"] == "100.00"
    found = (await worker.get(f"{API}/consignors/{owner['id']}")).json()
    assert (found["here"], found["owed"]) == (0, "100.00")
    [line] = (await worker.get(f"{API}/consignors/{owner['id']}/adjustments")).json()
    refused = await worker.delete(f"{API}/adjustments/{line['id']}")
    assert (refused.status_code, "take the purchase back there" in refused.text) == (409, True)

    statement = await issue(worker, owner)
    assert told(statement) == [("purchase", "100.00")]
    assert statement["lines"][0]["text"] == f"bought by the shop: Dunk Panda, {shown['number']}"
    late = await worker.delete(f"{API}/pairs/{item}/purchase")
    assert (late.status_code, "A statement of Mia Berger tells" in late.text) == (409, True)

    # sold by us now: margin scheme on 200 - 100, nothing for the owner
    order = await sell(worker, "H-3", "E-1")
    assert (order["cost_of_goods"], order["vat_due"], order["tax_scheme"]) == ("100.00", "15.97", "margin")
    assert (await worker.get(f"{API}/consignors/{owner['id']}")).json()["owed"] == "100.00"
    params = {"from": str(TODAY - timedelta(days=9)), "until": str(TODAY), "format": "csv"}
    book = (await worker.get("/api/v1/money/tax/export/margin-book", params=params)).text
    [row] = csv.DictReader(io.StringIO(book.lstrip("\ufeff")))
    assert (row["supplier"], row["purchase_gross"], row["bought_on"]) == ("Mia Berger", "100.00", day)


async def test_a_pair_paid_at_once_leaves_nothing_owed_and_a_purchase_is_taken_back(
    worker: Person, session: AsyncSession
) -> None:
    await make_product(session, sku="H-4")
    owner = await make_owner(worker)
    [item] = await bring_in(worker, owner, "H-4")
    before = (await worker.get(f"{ITEMS}/{item}")).json()
    assert (await buy(worker, item, "90", paid=True, reference="cash 7")).status_code == 204
    draft = (await worker.get(f"{API}/consignors/{owner['id']}/draft", params={"until": str(TODAY)})).json()
    assert ([(each["kind"], each["amount"]) for each in draft["lines"]], draft["closing"]) == (
        [("purchase", "90.00"), ("payout", "-90.00")], "0.00",
    )  # fmt: skip
    assert draft["lines"][1]["text"].endswith(", cash 7")
    assert (await buy(worker, item)).status_code == 409
    assert (await worker.post(f"{API}/pairs/{item}/give-back")).status_code == 409
    assert (await worker.post(f"{API}/pairs/{item}/take-back")).status_code == 409
    assert (await worker.patch(f"{API}/pairs/{item}", {"share_percent": "1"})).status_code == 409
    assert (await consign(worker, item, owner)).status_code == 409

    assert (await worker.delete(f"{API}/pairs/{item}/purchase")).status_code == 204
    after = (await worker.get(f"{ITEMS}/{item}")).json()
    changing = ("version", "updated_at")
    assert {k: v for k, v in after.items() if k not in changing} == {
        k: v for k, v in before.items() if k not in changing
    }
    assert (await worker.get(f"{API}/consignors/{owner['id']}")).json()["owed"] == "0.00"
    assert (await worker.delete(f"{API}/pairs/{item}/purchase")).status_code == 409


async def test_a_pair_of_a_business_is_bought_net(worker: Person, session: AsyncSession) -> None:
    await make_product(session, sku="H-5")
    owner = await make_owner(worker, kind="business", vat_number="DE123456789")
    [item] = await bring_in(worker, owner, "H-5")
    await buy(worker, item, "119")
    shown = (await worker.get(f"{ITEMS}/{item}")).json()
    names = ("purchase_price", "gross_purchase_price", "tax_scheme")
    assert [shown[name] for name in names] == ["100.00", "119.00", "standard"]


async def test_an_earlier_sale_stays_the_owners_after_we_bought_the_pair(worker: Person, session: AsyncSession) -> None:
    """It came back, we bought it: the statement takes the sale back, and books of the ended sale do not change."""
    from domains.orders.services.order_service import OrderService

    await make_product(session, sku="H-6")
    owner = await make_owner(worker)
    [item] = await bring_in(worker, owner, "H-6")
    order = await sell(worker, "H-6", "E-1", status="shipped")
    await send_back(worker, order)
    assert (await buy(worker, item, "100")).status_code == 204
    held = await OrderService(session).held(order["id"])
    await OrderService(session).count_again(held)
    await session.commit()
    assert (await worker.get(f"/api/v1/orders/{order['id']}")).json()["cost_of_goods"] == "145.60"
    lines = told(await issue(worker, owner))
    assert sorted(lines) == [("purchase", "100.00"), ("return", "-145.60"), ("sale", "145.60")]


async def test_offered_and_reserved_pairs_stay_and_the_sentence_says_what_to_do(
    worker: Person, session: AsyncSession
) -> None:
    product = await make_product(session, sku="H-7")
    ours = str((await make_item(session, product, purchase_price=None, gross_purchase_price=None)).id)
    owner = await make_owner(worker)
    [theirs] = await bring_in(worker, owner, "H-7")
    for item in (ours, theirs):
        await worker.post(f"{ITEMS}/{item}/reserve")
    answers = (
        await consign(worker, ours, owner), await buy(worker, theirs), await worker.post(f"{API}/pairs/{theirs}/give-back"),
    )  # fmt: skip
    assert [(each.status_code, "release it first" in each.text) for each in answers] == [(409, True)] * 3
    client = seen_by(worker)
    for item in (ours, theirs):
        assert f'action="/inventory/{item}/release"' in (await client.get(f"/pricing/items/{item}")).text
        assert (await client.post(f"/inventory/{item}/release", headers=OURS)).status_code == 303
        await offer(session, item)
    answers = (
        await consign(worker, ours, owner), await buy(worker, theirs), await worker.post(f"{API}/pairs/{theirs}/give-back"),
    )  # fmt: skip
    assert [(each.status_code, "take it down on the page Listings" in each.text) for each in answers] == [
        (409, True)
    ] * 3


async def test_a_lost_pair_is_paid_for_and_a_found_one_goes_back(worker: Person, session: AsyncSession) -> None:
    for sku in ("H-8", "H-9"):
        await make_product(session, sku=sku)
    owner = await make_owner(worker)
    gone, found = await bring_in(worker, owner, "H-8", "H-9")
    for item in (gone, found):
        await worker.patch(f"{ITEMS}/{item}", {"status": "lost"})
    assert (await buy(worker, gone, "80")).status_code == 204
    assert (await worker.get(f"{ITEMS}/{gone}")).json()["status"] == "lost"
    assert (await worker.post(f"{API}/pairs/{found}/give-back")).status_code == 204
    steps = [each["to_status"] for each in (await worker.get(f"{ITEMS}/{found}/history")).json()]
    assert sorted(steps[:2]) == ["canceled", "in_stock"]
    assert (await worker.get(f"{API}/consignors/{owner['id']}")).json()["owed"] == "80.00"


async def test_only_who_may_write_and_only_known_pairs(worker: Person, viewer: Person, session: AsyncSession) -> None:
    await make_product(session, sku="H-10")
    owner = await make_owner(worker)
    [item] = await bring_in(worker, owner, "H-10")
    for answer in (
        await viewer.post(f"{API}/pairs/{item}/purchase", {"price": "1"}), await viewer.delete(f"{API}/pairs/{item}/purchase"),
        await viewer.post(f"{API}/items/{item}/consign", {"consignor_id": owner["id"]}),
        await seen_by(viewer).get(f"/inventory/{item}/buy"), await seen_by(viewer).get(f"/inventory/{item}/consign"),
    ):  # fmt: skip
        assert answer.status_code == 403
    nobody = uuid.uuid4()
    assert (await buy(worker, str(nobody))).status_code == 404
    assert (await consign(worker, nobody, owner)).status_code == 404
    assert (await buy(worker, item, "0")).status_code == 422
    assert (await buy(worker, item, bought_on="2020-01-01")).status_code == 400
    await worker.post(f"{API}/pairs/{item}/give-back")
    back = await buy(worker, item)
    assert (back.status_code, "take it in again first" in back.text) == (409, True)


async def test_changes_of_hands_by_the_pages(worker: Person, session: AsyncSession) -> None:
    product = await make_product(session, sku="H-11", name="Dunk <script>alert(1)</script>")
    item = (await make_item(session, product)).id
    client = seen_by(worker)
    assert "Nobody leaves pairs with you yet" in (await client.get(f"/inventory/{item}/consign")).text
    owner = await make_owner(worker, name="Mia <b>Berger</b>")
    assert f'href="/inventory/{item}/consign"' in (await client.get(f"/pricing/items/{item}")).text
    wrong = await client.post(
        f"/inventory/{item}/consign", data={"consignor_id": "", "share_percent": "70"}, headers=OURS
    )
    assert (wrong.status_code, "Choose whose it is" in wrong.text, 'value="70"' in wrong.text) == (400, True, True)
    values = {"consignor_id": owner["id"], "share_percent": "70"}
    wrong = await client.post(f"/inventory/{item}/consign", data=values, headers=OURS)
    assert (wrong.status_code, "confirm that it was not bought by us" in wrong.text) == (400, True)
    made = await client.post(f"/inventory/{item}/consign", data={**values, "give_up_cost": "true"}, headers=OURS)
    after = (await client.get(made.headers["location"])).text
    assert f'action="/inventory/{item}/consign/undo"' in after
    await client.post(f"/inventory/{item}/consign/undo", headers=OURS)
    await client.post(f"/inventory/{item}/consign", data={**values, "give_up_cost": "true"}, headers=OURS)

    form = (await client.get(f"/inventory/{item}/buy")).text
    assert ("margin scheme" in form, "<b>Berger" in form, "<script>alert" in form) == (True, False, False)
    wrong = await client.post(f"/inventory/{item}/buy", data={"price": "much"}, headers=OURS)
    assert (wrong.status_code, 'value="much"' in wrong.text) == (400, True)
    made = await client.post(f"/inventory/{item}/buy", data={"price": "99,50", "paid": "true"}, headers=OURS)
    page = (await client.get(made.headers["location"])).text
    assert f'action="/inventory/{item}/buy/undo"' in page
    assert "bought by the shop" in page
    assert f'action="/inventory/{item}/buy/undo"' in (await client.get(f"/pricing/items/{item}")).text
    await client.post(f"/inventory/{item}/buy/undo", headers=OURS)
    late = await client.post(f"/inventory/{item}/buy/undo", headers=OURS)
    assert (late.status_code, "was not bought of a consignor" in late.text) == (400, True)
    for path in (f"/pricing/items/{item}", f"/consignors/{owner['id']}?where=all"):
        found = await client.get(path)
        assert (found.status_code, re.search("<b>Berger|<script>alert", found.text)) == (200, None), path
