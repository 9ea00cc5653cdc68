"""`Idempotency-Key`: a POST sent twice with one key is carried out once, whatever happens in between."""

from __future__ import annotations

import asyncio
import io
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from typing import Any

import httpx2
import psycopg
import pytest
import pytest_asyncio
from fastapi import FastAPI
from sqlalchemy import func, select, text
from sqlalchemy.ext.asyncio import AsyncSession
from structlog.testing import capture_logs

from main import create_app
from shared.api import idempotency
from shared.auth import tokens
from shared.config.settings import Settings
from shared.database.connection import Database
from shared.database.models import ApiKey, IdempotentAnswer, ImportBatch, InventoryItem, User
from shared.database.words import UserRole
from shared.repositories.idempotent_answers import IdempotentAnswers
from tests.crowd import until_waiting, wipe
from tests.makers import make_product
from tests.people import Person

pytestmark = pytest.mark.api
ITEMS = "/api/v1/inventory/items"


def keyed(key: str) -> dict[str, Any]:
    return {"headers": {"Idempotency-Key": key}}


def item(sku: str, **more: Any) -> dict[str, Any]:
    return {"sku": sku, "size": "US 9", "purchase_price": "100", **more}


async def count(session: AsyncSession, table: Any) -> int:
    return await session.scalar(select(func.count()).select_from(table)) or 0


async def test_the_same_key_gives_the_same_answer_and_one_row(worker: Person, session: AsyncSession) -> None:
    sku = (await make_product(session)).sku
    first = await worker.post(ITEMS, item(sku), **keyed("tap-1"))
    again = await worker.post(ITEMS, item(sku), **keyed("tap-1"))
    assert (first.status_code, again.status_code) == (201, 201)
    assert again.content == first.content
    assert again.headers["content-type"] == first.headers["content-type"]
    assert ("idempotency-replayed" in first.headers, again.headers["idempotency-replayed"]) == (False, "true")
    assert await count(session, InventoryItem) == 1
    assert (await worker.post(ITEMS, item(sku), **keyed("tap-2"))).status_code == 201
    assert (await worker.post(ITEMS, item(sku))).status_code == 201
    assert await count(session, InventoryItem) == 3


async def test_another_body_or_place_under_the_same_key_is_refused(worker: Person, session: AsyncSession) -> None:
    sku = (await make_product(session)).sku
    made = (await worker.post(ITEMS, item(sku), **keyed("k"))).json()
    other = await worker.post(ITEMS, item(sku, purchase_price="101"), **keyed("k"))
    assert (other.status_code, other.json()["error"]["code"]) == (422, "IDEMPOTENCY_KEY_REUSED")
    second = (await worker.post(ITEMS, item(sku), **keyed("k2"))).json()
    held = {"quantity": 1, "reason": "shown"}
    assert (await worker.post(f"{ITEMS}/{made['id']}/reserve", held, **keyed("r"))).status_code == 200
    assert (await worker.post(f"{ITEMS}/{second['id']}/reserve", held, **keyed("r"))).status_code == 422
    assert (await worker.post(f"{ITEMS}/{made['id']}/reserve", held, **keyed("r"))).status_code == 200  # not held twice
    assert await count(session, InventoryItem) == 2


async def test_keys_are_each_persons_own_and_refusals_are_not_kept(
    worker: Person, admin: Person, viewer: Person, session: AsyncSession
) -> None:
    sku = (await make_product(session)).sku
    assert (await worker.post(ITEMS, item("nobody-knows"), **keyed("k"))).status_code == 404
    assert (await worker.post(ITEMS, item(sku), **keyed("k"))).status_code == 201
    assert (await admin.post(ITEMS, item(sku), **keyed("k"))).status_code == 201
    assert (await viewer.post(ITEMS, item(sku), **keyed("k"))).status_code == 403
    assert await count(session, InventoryItem) == 2


@pytest.mark.parametrize("key", ["", "x" * 101, "two words", "ümlaut"])
async def test_a_key_that_is_none_is_refused(worker: Person, session: AsyncSession, key: str) -> None:
    answer = await worker.ask(
        "POST", ITEMS, json=item((await make_product(session)).sku), headers={"Idempotency-Key": key.encode("latin-1")}
    )
    assert (answer.status_code, await count(session, InventoryItem)) == (400, 0)


async def test_a_file_is_known_by_what_is_in_it_not_by_the_boundaries_around_it(
    worker: Person, session: AsyncSession
) -> None:
    async def send(body: bytes) -> httpx2.Response:
        files = {"file": ("sales.csv", io.BytesIO(body), "text/csv")}
        return await worker.ask("POST", "/api/v1/integration/webhooks/stockx/upload", files=files, **keyed("file"))

    good = b"Order Number,Sale Date,Item,SKU,Size,Listing Price\n1-1,2026-01-01 00:00:00 +00,Dunk,DD1391-100,9,100\n"
    first, again, other = await send(good), await send(good), await send(good.replace(b"100\n", b"101\n"))
    assert (first.status_code, again.status_code, other.status_code) == (200, 200, 422), first.text
    assert again.json() == first.json()
    assert await count(session, ImportBatch) == 1


async def test_what_is_kept_is_encrypted_and_swept_after_a_day(worker: Person, session: AsyncSession) -> None:
    body = {"name": "n8n", "scopes": ["read"]}
    made = await worker.post("/auth/api-keys", body, **keyed("k"))
    assert made.status_code == 201, made.text
    assert (await worker.post("/auth/api-keys", body, **keyed("k"))).json() == made.json()
    assert await count(session, ApiKey) == 1
    kept = (await session.scalars(select(IdempotentAnswer))).one()
    secret = next(value for value in made.json().values() if isinstance(value, str) and value.startswith("sf_"))
    assert secret.encode() not in (kept.body or b"")
    await IdempotentAnswers(session).sweep()
    assert await count(session, IdempotentAnswer) == 1
    await session.execute(text("UPDATE core.idempotent_answers SET created_at = now() - interval '25 hours'"))
    await session.commit()
    assert (await worker.post("/auth/api-keys", body, **keyed("k"))).json() != made.json()
    await session.execute(text("UPDATE core.idempotent_answers SET created_at = now() - interval '25 hours'"))
    await IdempotentAnswers(session).sweep()
    assert await count(session, IdempotentAnswer) == 0


def test_every_post_of_the_api_that_knows_who_asks_takes_a_key(app: FastAPI) -> None:
    """All but signing in, a new session from a refresh token, and making the first user: nobody is known there."""
    without = {
        path
        for path, operations in app.openapi()["paths"].items()
        if "post" in operations
        and not any(each["name"] == idempotency.HEADER for each in operations["post"].get("parameters", ()))
    }
    assert without == {"/auth/login", "/auth/refresh", "/auth/register", "/auth/logout", "/auth/change-password"}


class TestAtOnce:
    """With connections of their own, as in two processes."""

    @pytest_asyncio.fixture
    async def two(self, settings: Settings, own_database: Database) -> AsyncIterator[Person]:
        """Somebody whose requests each have a connection."""
        app = create_app(settings)
        app.state.database = own_database
        async with own_database.unit() as session:
            user = User(username="tess", email="tess@example.com", hashed_password="none", role=UserRole.USER)
            session.add(user)
            await make_product(session, sku="AT-ONCE")
        token = tokens.issue(settings.signing_key, user.id, "tess", UserRole.USER, 1, datetime.now(UTC), 60)
        async with app.router.lifespan_context(app):
            transport = httpx2.ASGITransport(app, raise_app_exceptions=False)
            async with httpx2.AsyncClient(transport=transport, base_url="http://localhost") as client:
                yield Person(client, user, token)
        await wipe(own_database)
        async with own_database.unit() as session:
            await session.delete(await session.get_one(User, user.id))

    async def test_two_at_once_with_one_key_make_one_row(
        self, two: Person, settings: Settings, own_database: Database
    ) -> None:
        """The first is stopped in mid-work by somebody who holds what it writes; the second is told to come back."""
        with psycopg.connect(settings.libpq_url) as other:
            other.execute("LOCK TABLE inventory.items IN SHARE ROW EXCLUSIVE MODE")
            first = asyncio.create_task(two.post(ITEMS, item("AT-ONCE"), **keyed("k")))
            await until_waiting(own_database, 1)
            second = await two.post(ITEMS, item("AT-ONCE"), **keyed("k"))
        assert (second.status_code, second.json()["error"]["code"]) == (409, "IDEMPOTENCY_KEY_IN_FLIGHT")
        made = await first
        assert made.status_code == 201
        assert (await two.post(ITEMS, item("AT-ONCE"), **keyed("k"))).json() == made.json()
        async with own_database.reading() as session:
            assert await count(session, InventoryItem) == 1

    async def test_a_request_that_dies_leaves_neither_row_nor_key(
        self, two: Person, settings: Settings, own_database: Database
    ) -> None:
        """Its connection is cut after everything was written and before it was committed."""
        with psycopg.connect(settings.libpq_url, autocommit=True) as other, other.transaction():
            other.execute("LOCK TABLE core.idempotent_answers IN SHARE ROW EXCLUSIVE MODE")
            first = asyncio.create_task(two.post(ITEMS, item("AT-ONCE"), **keyed("k")))
            await until_waiting(own_database, 1)
            other.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database()"
                " AND cardinality(pg_blocking_pids(pid)) > 0"
            )
            with capture_logs():
                assert (await first).status_code >= 500
        assert (await two.post(ITEMS, item("AT-ONCE"), **keyed("k"))).status_code == 201
        async with own_database.reading() as session:
            assert await count(session, InventoryItem) == 1
