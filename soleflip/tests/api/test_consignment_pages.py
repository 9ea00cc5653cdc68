"""Consignment by its pages: an owner is added, pairs come in, a statement goes out and is paid, each step can be undone."""

from __future__ import annotations

import re

import pytest
from sqlalchemy.ext.asyncio import AsyncSession

from tests.api.test_consignment import TODAY, bring_in, make_owner, sell
from tests.api.test_pages import OURS, seen_by
from tests.makers import make_product
from tests.people import Person

pytestmark = pytest.mark.api
EVIL = "<script>alert(1)</script>"


async def test_a_consignors_way_through_the_pages(worker: Person, session: AsyncSession) -> None:
    await make_product(session, sku="C-1", name=f"Dunk {EVIL}")
    client = seen_by(worker)
    assert "Nobody leaves pairs with you yet" in (await client.get("/consignors")).text
    told = {
        "name": f"Mia {EVIL}",
        "kind": "private",
        "share_percent": "82,5",
        "iban": "DE88 3704",
        "payout_after_days": "14",
    }
    wrong = await client.post("/consignors/new", data=told, headers=OURS)
    assert (wrong.status_code, "An IBAN of DE has 22 places" in wrong.text, 'value="82,5"' in wrong.text) == (
        400,
        True,
        True,
    )
    right = {**told, "iban": "DE89 3704 0044 0532 0130 00"}
    made = await client.post("/consignors/new", data=right, headers=OURS)
    owner = made.headers["location"]
    assert (made.status_code, owner.startswith("/consignors/")) == (303, True)
    assert (await client.get("/inventory/bring-in")).headers["location"] == f"{owner}/bring-in"

    pair = {"sku": "NOBODY", "size": "US 9", "list_price": "220", "received_on": str(TODAY)}
    wrong = await client.post(f"{owner}/bring-in", data=pair, headers=OURS)
    assert (wrong.status_code, 'value="NOBODY"' in wrong.text) == (400, True)
    assert (await client.post(f"{owner}/bring-in", data={**pair, "sku": "C-1"}, headers=OURS)).status_code == 303
    brought = (await client.get(f"{owner}/bring-in")).text
    assert "Brought in today" in brought
    [item] = set(re.findall(r"/pricing/items/([0-9a-f-]{36})", brought))
    back = await client.post(f"{owner}/pairs/{item}/give-back", headers=OURS)
    undo = (await client.get(back.headers["location"])).text
    assert f'action="{owner}/pairs/{item}/take-back"' in undo
    await client.post(f"{owner}/pairs/{item}/take-back", headers=OURS)
    for path in (owner, f"/pricing/items/{item}", "/inventory?consigned=true", "/consignors", f"{owner}/edit", "/"):
        page = await client.get(path)
        assert (page.status_code, EVIL in page.text) == (200, False), path
    assert "without 1 consigned" in (await client.get("/")).text


async def test_a_statement_is_drawn_up_issued_paid_and_printed(worker: Person, session: AsyncSession) -> None:
    await make_product(session, sku="C-1", name=f"Dunk {EVIL}")
    made = await make_owner(worker, share_percent="82.5")
    await bring_in(worker, made, "C-1")
    owner, client = f"/consignors/{made['id']}", seen_by(worker)
    assert "Nothing happened" in (await client.get(f"{owner}/statement")).text
    await sell(worker, "C-1", "E-1")
    amount = {"amount": "5,50", "direction": "off", "text": "laces", "happened_on": str(TODAY)}
    assert (
        await client.post(f"{owner}/adjustments", data={**amount, "amount": "much"}, headers=OURS)
    ).status_code == 400
    assert (await client.post(f"{owner}/adjustments", data=amount, headers=OURS)).status_code == 303
    draft = (await client.get(f"{owner}/statement?until={TODAY}")).text
    # (200 - 18) * 82.5 % = 150.15, less 5.50
    assert "144.65" in draft
    issued = await client.post(f"{owner}/statement", data={"until": str(TODAY)}, headers=OURS)
    statement = issued.headers["location"]
    assert "Pay 144.65" in (await client.get(statement)).text
    letter = (await client.get(f"{statement}/print")).text
    assert ("DE89 •••• 3000" in letter, "37040044" in letter, EVIL in letter) == (True, False, False)
    code = await client.get(f"{statement}/girocode.svg")
    assert (code.status_code, code.headers["content-type"], "sandbox" in code.headers["content-security-policy"]) == (
        200, "image/svg+xml", True,
    )  # fmt: skip
    await client.post(f"{statement}/payment", data={"paid_on": str(TODAY), "reference": "SEPA 7"}, headers=OURS)
    assert "SEPA 7" in (await client.get(statement)).text
    assert (await client.get(f"{statement}/girocode.svg")).status_code == 404
    await client.post(f"{statement}/payment/undo", headers=OURS)
    assert "Pay 144.65" in (await client.get(statement)).text
    assert "goes up to" in (await client.get(f"{owner}/statement?until={TODAY}")).text


async def test_who_may_only_look_sees_no_form_and_changes_nothing(
    worker: Person, viewer: Person, session: AsyncSession
) -> None:
    await make_product(session, sku="C-1")
    owner = f"/consignors/{(await make_owner(worker))['id']}"
    client = seen_by(viewer)
    page = (await client.get(owner)).text
    assert 'method="post" action="/consignors' not in page
    for method, path in (
        ("GET", "/consignors/new"), ("GET", f"{owner}/edit"), ("GET", f"{owner}/bring-in"), ("POST", f"{owner}/statement"),
        ("POST", f"{owner}/adjustments"), ("POST", f"{owner}/archive"), ("POST", f"{owner}/bring-in"),
    ):  # fmt: skip
        assert (await client.request(method, path, headers=OURS)).status_code == 403, path
    assert (await client.get("/consignment/statements/00000000-0000-4000-8000-000000000000")).status_code == 404


async def test_field_errors_are_said_in_german(worker: Person, session: AsyncSession) -> None:
    client = seen_by(worker)
    german = {**OURS, "accept-language": "de"}
    told = {"name": "", "kind": "private", "share_percent": "180", "iban": "", "email": "nobody"}
    page = (await client.post("/consignors/new", data=told, headers=german)).text
    for sentence in ("Bitte ausfüllen", "Darf höchstens 100 sein", "Das ist keine gültige E-Mail-Adresse"):
        assert sentence in page, sentence
    wrong = {**told, "name": "Mia", "share_percent": "80", "email": "", "iban": "DE88 3704"}
    page = (await client.post("/consignors/new", data=wrong, headers=german)).text
    assert "Eine IBAN aus DE hat 22 Stellen; diese hat 8" in page
    assert "Input should" not in page
