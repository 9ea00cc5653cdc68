"""A sync whose worker is killed in the middle of a page goes on there: exactly one order per sale, its pair sold once."""

from __future__ import annotations

import asyncio
import signal
import subprocess
import sys
from decimal import Decimal

import pytest
from sqlalchemy import text
from standins.stockx import StockX as StandIn

from shared.api.routing import load_jobs
from shared.config.settings import Settings
from shared.database.connection import Database
from shared.database.words import JobState
from shared.jobs.running import run_job
from shared.repositories.jobs import JobRepository
from shared.stockx.client import StockX
from tests.serving import environment
from tests.stockx import connect, settings_for

pytestmark = [pytest.mark.integration, pytest.mark.slow]
SALES = 260

KILLED = """
import asyncio, sys, uuid
from domains.orders.services.stockx_orders import StockXOrders
from shared.api.routing import load_jobs
from shared.config.settings import Settings
from shared.database.connection import create_database
from shared.jobs.running import run_job

stored, store, count = [], StockXOrders.store, int(sys.argv[2])

async def store_and_hang(self, told):
    outcome = await store(self, told)
    stored.append(told.number)
    if len(stored) == count:
        print("here", flush=True)
        await asyncio.sleep(600)
    return outcome

StockXOrders.store = store_and_hang
load_jobs()
settings = Settings()
asyncio.run(run_job(settings, create_database(settings), uuid.UUID(sys.argv[1])))
"""
COUNTS = """SELECT (SELECT count(*) FROM transactions.orders), (SELECT count(DISTINCT external_id) FROM transactions.orders),
    (SELECT sum(gross_sale) FROM transactions.orders), (SELECT count(*) FROM transactions.order_fees WHERE kind = 'transaction'),
    (SELECT count(*) FROM transactions.order_status_history WHERE to_status = 'created')"""
EMPTIED = ("transactions.orders", "core.jobs", "integration.sync_states", "logging.event_store", "logging.audit_log",
           "core.sizes")  # fmt: skip


async def test_a_sync_killed_twice_in_the_middle_of_a_page_makes_one_order_per_sale(
    settings: Settings, own_database: Database, standin: StandIn
) -> None:
    chosen = settings_for(settings, standin)
    await connect(StockX(chosen, own_database), standin)
    variants = list(standin.world.variants)
    for number in range(SALES):
        standin.world.put_order(variants[number % 100], 100, days_ago=1 + number, status="COMPLETED")
    load_jobs()
    async with own_database.unit() as session:
        job_id = await JobRepository(session).ask_once("orders.sync_stockx", {})
    try:
        for stop, there in ((150, 100), (50, 100)):
            command = [sys.executable, "-c", KILLED, str(job_id), str(stop)]
            with subprocess.Popen(command, env=environment(chosen), stdout=subprocess.PIPE) as process:  # noqa: ASYNC220 -- to be killed
                assert process.stdout is not None
                assert await asyncio.to_thread(process.stdout.readline) == b"here\n"
                process.send_signal(signal.SIGKILL)
            async with own_database.unit() as session:
                assert (await session.execute(text(COUNTS))).one()[0] == there
                assert await run_is_taken(chosen, own_database, job_id)
                await session.execute(text("UPDATE core.jobs SET lease_until = now() - interval '1 second'"))
        async with own_database.unit() as session:
            assert await JobRepository(session).overdue() == [job_id]
        standin.seen.clear()
        assert await run_job(chosen, own_database, job_id) is JobState.DONE
        assert sum(n for path, n in standin.seen.items() if "history" in path) == 2
        async with own_database.reading() as session:
            found = (await session.execute(text(COUNTS))).one()
        assert found == (SALES, SALES, Decimal(100 * SALES), SALES, SALES)
    finally:
        async with own_database.unit() as session:
            for table in EMPTIED:
                await session.execute(text(f"DELETE FROM {table}"))  # noqa: S608 -- names from this list


async def run_is_taken(settings: Settings, database: Database, job_id: object) -> bool:
    """Say whether nobody may run the job while its dead worker's lease lasts."""
    return await run_job(settings, database, job_id) is None  # type: ignore[arg-type]  # a UUID
