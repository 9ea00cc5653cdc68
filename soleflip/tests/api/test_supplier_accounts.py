"""Logins at suppliers: card data refused, passwords only encrypted and never returned, statistics from purchases."""

from __future__ import annotations

import json
import uuid
from typing import Any

import httpx2
import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from shared.database.models import Supplier
from tests.people import Person

pytestmark = pytest.mark.api
URL = "/api/v1/suppliers/accounts"
HEAD = "EMAIL,PASSWORD,FIRST_NAME,CITY,LISTNAME,PROXY\n"


async def load(person: Person, body: str, **form: Any) -> httpx2.Response:
    return await person.ask(
        "POST", f"{URL}/import-csv", files={"file": ("a.csv", body.encode(), "text/csv")}, data=form
    )


async def shop(session: AsyncSession, name: str) -> uuid.UUID:
    found = Supplier(name=name, slug=name.lower(), supplier_type="retail")
    session.add(found)
    await session.commit()
    return found.id


async def test_accounts_are_stored_once_and_their_secrets_stay_here(admin: Person, session: AsyncSession) -> None:
    solebox, other = await shop(session, "Solebox"), await shop(session, "Other")
    lines = ("a@example.com,hush-1,Ada,Berlin,Solebox,hush-proxy", "b@example.com,hush-2,Bo,Köln,LIST9,",
             "nobody,x,,,Solebox,", "c@example.com,x,,,nowhere,", ",,,,,")  # fmt: skip
    body = HEAD + "\n".join(lines)
    made = (await load(admin, body, supplier_mapping=json.dumps({"list9": str(other)}))).json()
    assert {name: made[name] for name in made if name != "errors"} == {
        "total_rows": 5, "successful_imports": 2, "failed_imports": 2, "skipped_rows": 1, "duplicate_accounts": 0
    }  # fmt: skip
    assert [error.partition(":")[0] for error in made["errors"]] == ["Row 4", "Row 5"]
    again = (await load(admin, body, supplier_mapping=json.dumps({"list9": str(other)}))).json()
    assert (again["successful_imports"], again["duplicate_accounts"]) == (0, 2)
    shown = await admin.get(f"{URL}/suppliers/{solebox}/accounts")
    assert [row["email"] for row in shown.json()] == ["a@example.com"]
    overview = await admin.get(f"{URL}/suppliers/{solebox}/overview")
    stored = (await session.execute(text("SELECT row_to_json(a)::text FROM core.supplier_accounts a"))).scalars().all()
    assert "hush" not in shown.text + overview.text + "".join(stored)
    assert (await admin.get(f"{URL}/import-summary")).json()["total_accounts"] == 2


@pytest.mark.parametrize("column", ["CC_NUMBER", "CVV", "cc number", "Card_Number"])
async def test_a_file_with_card_data_is_refused_as_a_whole(admin: Person, session: AsyncSession, column: str) -> None:
    await shop(session, "Solebox")
    answer = await load(admin, f"EMAIL,LISTNAME,{column}\na@example.com,Solebox,4111111111111111\n")
    assert (answer.status_code, "never stored" in answer.text, "4111" in answer.text) == (422, True, False)
    assert await session.scalar(text("SELECT count(*) FROM core.supplier_accounts")) == 0


async def test_statistics_come_from_purchases(admin: Person, worker: Person, session: AsyncSession) -> None:
    solebox = await shop(session, "Solebox")
    assert (await load(worker, HEAD)).status_code == 403
    await load(admin, HEAD + "a@example.com,,,,,\n", default_supplier_id=str(solebox))
    account = (await worker.get(f"{URL}/suppliers/{solebox}/accounts")).json()[0]["id"]
    for amount, success in (("100", True), ("50", True), ("80", False)):
        told = {"purchase_amount": amount, "success": success}
        assert (await worker.post(f"{URL}/accounts/{account}/purchase", told)).status_code == 201
    found = (await worker.get(f"{URL}/accounts/{account}/statistics")).json()
    info = found["account_info"]
    assert (info["total_purchases"], info["total_spent"], info["average_order_value"]) == (2, "150.00", "75.00")
    assert (float(info["success_rate"]), len(found["purchases"])) == (66.667, 3)
    assert (await worker.post(f"{URL}/accounts/recalculate-statistics")).json() == {"accounts": 1}
    assert (await worker.post(f"{URL}/accounts/{uuid.uuid4()}/purchase", {"purchase_amount": "1"})).status_code == 404
    unknown = {"purchase_amount": "1", "product_id": str(uuid.uuid4())}
    assert (await worker.post(f"{URL}/accounts/{account}/purchase", unknown)).status_code == 404
    assert (await worker.get(f"{URL}/suppliers/{uuid.uuid4()}/overview")).status_code == 404
    for body, status in ((b"", 422), (b"NAME\nx\n", 422)):
        files = {"file": ("a.csv", body, "text/csv")}
        assert (await admin.ask("POST", f"{URL}/import-csv", files=files)).status_code == status
    assert (await load(admin, HEAD, supplier_mapping="[1]")).status_code in (400, 422)
