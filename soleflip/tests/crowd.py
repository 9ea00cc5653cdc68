"""Several who work at the same rows, each with a connection of their own; nobody sleeps, one sees in the database who waits."""

from __future__ import annotations

import asyncio

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from shared.database.connection import Database

WAITING = text(
    "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND cardinality(pg_blocking_pids(pid)) > 0"
)
DEADLOCKS = text("SELECT deadlocks FROM pg_stat_database WHERE datname = current_database()")
EMPTIED = (
    "transactions.orders, inventory.items, platforms.listings, products.products, core.jobs, core.sizes, analytics.forecast_runs,"
    " integration.sync_states, logging.event_store, logging.audit_log, pricing.repricing_runs"
)


async def until_waiting(database: Database, count: int) -> None:
    """Return once so many connections wait for locks of others."""
    async with asyncio.timeout(30), database.reading() as session:
        while (await session.scalar(WAITING) or 0) < count:
            await session.rollback()
            await asyncio.sleep(0.01)


async def hold(session: AsyncSession, table: str, id: object) -> None:  # noqa: A002 -- a row's id
    """Hold a row until the session ends."""
    await session.execute(text(f"SELECT 1 FROM {table} WHERE id = :id FOR NO KEY UPDATE"), {"id": id})  # noqa: S608 -- names of our own tables


async def wipe(database: Database) -> None:
    """Remove what was committed."""
    async with database.unit() as session:
        await session.execute(text(f"TRUNCATE {EMPTIED} CASCADE"))
