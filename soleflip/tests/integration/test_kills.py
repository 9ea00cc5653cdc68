"""Jobs whose worker is killed in mid-work go on where they stood: one order per sale, one market a day, one forecast."""

from __future__ import annotations

import asyncio
import signal
import subprocess
import sys
import uuid
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from sqlalchemy import select, text
from standins.stockx import StockX as StandIn

from domains.analytics.services import forecast_service
from domains.analytics.services.forecast_service import ForecastService
from domains.pricing.services import market_service
from shared.api.routing import load_jobs
from shared.config.settings import Settings
from shared.database.connection import Database
from shared.database.models import ForecastRun, Job
from shared.database.words import JobState
from shared.jobs.running import run_job
from shared.repositories.jobs import JobRepository
from shared.stockx.client import StockX
from tests.crowd import wipe
from tests.makers import make_item, make_order, make_product
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
HANGING = """
import asyncio, importlib, sys, time, uuid
from shared.api.routing import load_jobs
from shared.config.settings import Settings
from shared.database.connection import create_database
from shared.jobs.running import run_job

module, name, count = importlib.import_module(sys.argv[2]), sys.argv[3], int(sys.argv[4])
work, called = getattr(module, name), []

def here():
    called.append(None)
    if len(called) == count:
        print("here", flush=True)
        return True
    return False

async def later(*more):
    outcome = await work(*more)
    if here():
        await asyncio.sleep(600)
    return outcome

def now(*more):
    outcome = work(*more)
    if here():
        time.sleep(600)
    return outcome

setattr(module, name, later if asyncio.iscoroutinefunction(work) else now)
load_jobs()
settings = Settings()
asyncio.run(run_job(settings, create_database(settings), uuid.UUID(sys.argv[1])))
"""
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


async def kill_after(
    settings: Settings, database: Database, job_id: uuid.UUID, module: str, name: str, count: int
) -> None:
    """Run a job in a process that is killed once it has called a function so often; its lease is over then."""
    command = [sys.executable, "-c", HANGING, str(job_id), module, name, str(count)]
    with subprocess.Popen(command, env=environment(settings), stdout=subprocess.PIPE) as process:  # noqa: ASYNC220 -- to be killed
        assert process.stdout is not None
        assert await asyncio.to_thread(process.stdout.readline) == b"here\n"
        process.send_signal(signal.SIGKILL)
    assert await run_is_taken(settings, database, job_id)
    async with database.unit() as session:
        await session.execute(text("UPDATE core.jobs SET lease_until = now() - interval '1 second'"))
        assert await JobRepository(session).overdue() == [job_id]


async def test_a_market_fetched_by_a_worker_that_dies_is_there_once_a_day_and_size(
    settings: Settings, own_database: Database, standin: StandIn
) -> None:
    """It dies when two of three products are stored; who goes on begins with the one that is missing."""
    chosen = settings_for(settings, standin)
    await connect(StockX(chosen, own_database), standin)
    load_jobs()
    try:
        async with own_database.unit() as session:
            styles = [each.style for each in standin.world.products.values()][:3]
            for style in styles:
                await make_item(session, await make_product(session, sku=style, style_code=style), "US 9")
            job_id = await JobRepository(session).ask_once(market_service.JOB, {})
        await kill_after(chosen, own_database, job_id, market_service.__name__, "fetch", 2)
        async with own_database.reading() as session:
            first = await session.scalar(text("SELECT count(DISTINCT product_id) FROM pricing.market_prices"))
            assert (first, await session.scalar(text("SELECT count(*) FROM pricing.price_decisions"))) == (2, 0)
        assert await run_job(chosen, own_database, job_id) is JobState.DONE
        async with own_database.reading() as session:
            doubled = "count(*) - count(DISTINCT (product_id, size_value))"
            prices = text(f"SELECT count(DISTINCT product_id), {doubled} FROM pricing.market_prices")  # noqa: S608 -- written here
            assert (await session.execute(prices)).one() == (3, 0)
            decided = "SELECT count(*), count(DISTINCT item_id) FROM pricing.price_decisions"
            assert (await session.execute(text(decided))).one() == (3, 3)
            assert await session.scalar(text("SELECT count(*) FROM core.jobs WHERE state <> 'done'")) == 0
    finally:
        await wipe(own_database)


async def test_a_forecast_whose_worker_dies_while_it_counts_is_made_once(
    settings: Settings, own_database: Database
) -> None:
    load_jobs()
    try:
        async with own_database.unit() as session:
            product = await make_product(session)
            for week in range(1, 21):
                await make_order(session, product_id=product.id, sold_at=datetime.now(UTC) - timedelta(weeks=week))
            run = await ForecastService(session).ask("product", product.id, 28, "naive", 0.95, None)
            job_id = (await session.scalars(select(Job.id))).one()
        await kill_after(settings, own_database, job_id, forecast_service.__name__, "make", 1)
        async with own_database.reading() as session:
            stored = "SELECT (SELECT count(*) FROM analytics.sales_forecasts), (SELECT count(*) FROM analytics.forecast_accuracy)"
            assert (await session.execute(text(stored))).one() == (0, 0)
        assert await run_job(settings, own_database, job_id) is JobState.DONE
        async with own_database.reading() as session:
            weeks = "SELECT count(*), count(DISTINCT forecast_date) FROM analytics.sales_forecasts"
            assert (await session.execute(text(weeks))).one() == (4, 4)
            models = "SELECT count(*) - count(DISTINCT model_name) FROM analytics.forecast_accuracy"
            assert await session.scalar(text(models)) == 0
            assert (await session.get_one(ForecastRun, run.id)).state is JobState.DONE
            assert (await session.get_one(Job, job_id)).attempt == 2
    finally:
        await wipe(own_database)
