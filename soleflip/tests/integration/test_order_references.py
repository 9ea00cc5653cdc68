"""What orders name is there and stays: triggers keep it as foreign keys would (migration 0012)."""

from __future__ import annotations

import asyncio
import uuid
from decimal import Decimal
from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession

from shared.database.connection import Database
from tests.crowd import until_waiting, wipe

pytestmark = [pytest.mark.database, pytest.mark.integration]

MADE = {
    "platform_id": "INSERT INTO core.platforms (name, slug) VALUES (:told, :told) RETURNING id",
    "product_id": "INSERT INTO products.products (sku, name, category_id) SELECT :told, :told, id FROM core.categories"
    " WHERE slug = 'sneakers' RETURNING id",
    "size_id": "INSERT INTO core.sizes (value, region) VALUES (substr(:told, 1, 20), 'US') RETURNING id",
}
TABLES = {"platform_id": "core.platforms", "product_id": "products.products", "size_id": "core.sizes"}
ORDER = (
    "INSERT INTO transactions.orders"
    " (platform_id, external_id, product_id, size_id, product_name, gross_sale, net_proceeds, sold_at)"
    " VALUES (:platform_id, :number, :product_id, :size_id, 'A pair', 100, 90, now())"
)


async def made(session: AsyncSession) -> dict[str, Any]:
    told = {column: await session.scalar(text(query), {"told": uuid.uuid4().hex}) for column, query in MADE.items()}
    return {**told, "number": uuid.uuid4().hex}


@pytest.mark.parametrize("column", TABLES)
async def test_an_order_cannot_name_what_is_not_there(session: AsyncSession, column: str) -> None:
    good = await made(session)
    bad = {**good, column: uuid.uuid4(), "number": "bad"}
    with pytest.raises(IntegrityError, match=f"{TABLES[column]} that is not there") as refused:
        async with session.begin_nested():
            await session.execute(text(ORDER), [good, bad])
    assert refused.value.orig.diag.constraint_name == f"fk_orders_{column}"  # type: ignore[union-attr]
    await session.execute(text(ORDER), good)
    with pytest.raises(IntegrityError, match="not there"):
        async with session.begin_nested():
            await session.execute(text(f"UPDATE transactions.orders SET {column} = :{column}"), bad)  # noqa: S608 -- names of ours


async def test_a_marketplace_with_orders_stays_and_orders_outlive_their_product_and_size(session: AsyncSession) -> None:
    told = await made(session)
    await session.execute(text(ORDER), told)
    for column in ("product_id", "size_id"):
        await session.execute(text(f"DELETE FROM {TABLES[column]} WHERE id = :{column}"), told)  # noqa: S608 -- names of ours
    left = (
        await session.execute(
            text("SELECT product_id, size_id, gross_sale FROM transactions.orders WHERE external_id = :number"), told
        )
    ).one()
    assert tuple(left) == (None, None, Decimal(100))
    with pytest.raises(IntegrityError, match="orders name this row"):
        async with session.begin_nested():
            await session.execute(text("DELETE FROM core.platforms WHERE id = :platform_id"), told)


@pytest.mark.parametrize("column", TABLES)
@pytest.mark.parametrize("order_first", [True, False])
async def test_an_order_and_the_deletion_of_what_it_names_wait_for_each_other(
    own_database: Database, column: str, *, order_first: bool
) -> None:
    async with own_database.unit() as session:
        told = await made(session)
    deletion = text(f"DELETE FROM {TABLES[column]} WHERE id = :{column}")  # noqa: S608 -- names of ours
    first, second = (text(ORDER), deletion) if order_first else (deletion, text(ORDER))

    async def follow() -> None:
        async with own_database.unit() as session:
            await session.execute(second, told)

    try:
        async with own_database.unit() as session:
            await session.execute(first, told)
            waiting = asyncio.create_task(follow())
            await until_waiting(own_database, 1)
        if order_first and column != "platform_id":
            await waiting
        else:
            with pytest.raises(IntegrityError, match=r"there|name this row"):
                await waiting
        async with own_database.reading() as session:
            left = (await session.scalars(text(f"SELECT {column} FROM transactions.orders"))).all()  # noqa: S608 -- names of ours
        assert left == ([] if not order_first else [told[column] if column == "platform_id" else None])
    finally:
        await wipe(own_database)
        async with own_database.unit() as session:
            await session.execute(text("DELETE FROM core.platforms WHERE id = :platform_id"), told)
