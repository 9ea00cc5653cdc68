"""Jobs outlive a lost race, a lost connection and a StockX that is away: they run again, a few times, and say so."""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from typing import Any

import pytest
import pytest_asyncio
from sqlalchemy import select, text
from standins.stockx import Fault
from standins.stockx import StockX as StandIn
from structlog.testing import capture_logs

from domains.orders.services import order_sync
from shared.api.routing import load_jobs
from shared.config.settings import Settings
from shared.database.connection import Database
from shared.database.models import Job, StoredEvent, SyncState
from shared.database.words import JobState
from shared.events.event_bus import bus, publish
from shared.jobs import running, worker
from shared.jobs.running import HANDLERS, JobContext, job, run_job
from shared.repositories.jobs import ATTEMPTS, JobRepository
from shared.stockx.client import StockX
from tests.crowd import until_waiting, wipe
from tests.stockx import connect, settings_for

pytestmark = pytest.mark.integration
KIND = "tests.troubled"
Step = Callable[[Database], Awaitable[None]]


@pytest_asyncio.fixture
async def shop(own_database: Database) -> AsyncIterator[Database]:
    """A database whose rows are really committed; they are removed afterwards."""
    yield own_database
    await wipe(own_database)


@pytest.fixture(autouse=True)
def logged() -> Iterator[Any]:
    """What is logged: kept instead of drawn, as tracebacks of twenty troubles take their time."""
    with capture_logs() as lines:
        yield lines


@pytest.fixture
def handled(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[Step]]:
    """Steps a job of the tests takes, one per call of its handler; without a step it is done."""
    steps: list[Step] = []
    monkeypatch.setattr(running, "PAUSE", 0.0)

    @job(KIND)
    async def handler(context: JobContext) -> dict[str, Any]:
        if steps:
            await steps.pop(0)(context.database)
        return {"left": len(steps)}

    yield steps
    del HANDLERS[KIND]


async def asked(database: Database, kind: str = KIND) -> uuid.UUID:
    async with database.unit() as session:
        return await JobRepository(session).ask(kind, {})


async def row_of(database: Database, job_id: uuid.UUID) -> Job:
    async with database.reading() as session:
        return await session.get_one(Job, job_id)


async def test_a_job_that_loses_a_deadlock_runs_again_and_what_it_did_is_there_once(
    settings: Settings, shop: Database, handled: list[Step]
) -> None:
    """Two connections each hold what the other wants; the job is the one PostgreSQL ends."""
    other = shop.sessions()
    take = text("SELECT pg_advisory_xact_lock(:key)")

    async def lose(database: Database) -> None:
        async with database.unit() as session:
            await session.execute(text("SET LOCAL deadlock_timeout = '10ms'"))
            await session.execute(take, {"key": 71})
            await session.execute(text("INSERT INTO core.sizes (value, region) VALUES ('lost', 'US')"))
            waits = asyncio.create_task(other.execute(take, {"key": 71}))
            await until_waiting(database, 1)
            try:
                await session.execute(take, {"key": 72})
            finally:
                await session.rollback()
                await waits
                await other.rollback()

    async def win(database: Database) -> None:
        async with database.unit() as session:
            await session.execute(text("INSERT INTO core.sizes (value, region) VALUES ('won', 'US')"))

    handled += [lose, win]
    async with other:
        await other.execute(text("SET LOCAL deadlock_timeout = '60s'"))
        await other.execute(take, {"key": 72})
        job_id = await asked(shop)
        assert await run_job(settings, shop, job_id) is JobState.DONE
    async with shop.reading() as session:
        found = await session.scalars(text("SELECT value FROM core.sizes WHERE value IN ('lost', 'won')"))
        assert list(found) == ["won"]
    row = await row_of(shop, job_id)
    assert (row.attempt, row.reason, row.result) == (1, "", {"left": 0})


def raising(state: str) -> Step:
    """Return a step in which the database raises an error of its own with a state."""

    async def step(database: Database) -> None:
        async with database.unit() as session:
            await session.execute(text(f"DO $$ BEGIN RAISE EXCEPTION 'told' USING ERRCODE = '{state}'; END $$"))

    return step


async def cut(database: Database) -> None:
    """Lose the connection in the middle of a unit."""
    async with database.unit() as session:
        await session.execute(text("SELECT pg_terminate_backend(pg_backend_pid())"))


@pytest.mark.parametrize(
    "step", [raising("40P01"), raising("40001"), cut], ids=["deadlock", "serialization", "connection"]
)
async def test_a_trouble_that_passes_is_tried_again_at_once(
    settings: Settings, shop: Database, handled: list[Step], step: Step
) -> None:
    handled += [step] * (running.TRIES - 1)
    job_id = await asked(shop)
    assert await run_job(settings, shop, job_id) is JobState.DONE
    assert (await row_of(shop, job_id)).result == {"left": 0}


async def test_one_that_does_not_pass_waits_says_so_and_fails_in_the_end(
    settings: Settings, shop: Database, handled: list[Step]
) -> None:
    handled += [raising("40P01")] * 100
    job_id = await asked(shop)
    for attempt in range(1, ATTEMPTS):
        assert await run_job(settings, shop, job_id) is JobState.QUEUED
        row = await row_of(shop, job_id)
        assert (row.attempt, row.lease_until) == (attempt, None)
        assert row.reason.startswith("two jobs waited for each other; tried again by itself")
        assert await run_job(settings, shop, job_id) is None  # not due yet
        async with shop.unit() as session:
            later = text("SELECT scheduled_at > clock_timestamp() FROM procrastinate_jobs ORDER BY id DESC LIMIT 1")
            assert await session.scalar(later)
            await session.execute(text("UPDATE core.jobs SET due_at = now()"))
    assert await run_job(settings, shop, job_id) is JobState.FAILED
    assert (await row_of(shop, job_id)).reason == f"two jobs waited for each other ({ATTEMPTS} attempts)"
    assert len(handled) == 100 - ATTEMPTS * running.TRIES


async def test_a_mistake_of_ours_is_not_tried_again(settings: Settings, shop: Database, handled: list[Step]) -> None:
    handled += [raising("23505"), raising("40P01")]
    job_id = await asked(shop)
    assert await run_job(settings, shop, job_id) is JobState.FAILED
    assert len(handled) == 1


async def test_a_pull_stockx_does_not_answer_is_shown_and_repeats_by_itself(
    settings: Settings, shop: Database, standin: StandIn
) -> None:
    chosen = settings_for(settings, standin)
    await connect(StockX(chosen, shop), standin)
    load_jobs()
    standin.world.put_order(next(iter(standin.world.variants)), 150)
    standin.faults.add(Fault("status", "/v2/selling", 4, 500))
    job_id = await asked(shop, order_sync.JOB)
    assert await run_job(chosen, shop, job_id) is JobState.QUEUED
    async with shop.unit() as session:
        state = (await session.scalars(select(SyncState))).one()
        assert "500" in (state.last_error or "")
        assert await session.scalar(text("SELECT max(due_at) - now() < interval '5 seconds' FROM core.jobs"))
        await session.execute(text("UPDATE core.jobs SET due_at = now()"))
    assert await run_job(chosen, shop, job_id) is JobState.DONE
    assert (await row_of(shop, job_id)).result == {"created": 1, "updated": 0, "skipped": 0, "refused": 0}
    async with shop.reading() as session:
        assert (await session.scalars(select(SyncState))).one().last_error is None


async def test_a_pull_asked_for_while_one_runs_follows_it_and_sees_what_was_sold_meanwhile(
    settings: Settings, shop: Database, standin: StandIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    chosen = settings_for(settings, standin)
    await connect(StockX(chosen, shop), standin)
    load_jobs()
    looked, sold = asyncio.Event(), asyncio.Event()
    page = StockX.order_page

    async def slow_page(self: StockX, part: str, *more: Any) -> Any:
        found = await page(self, part, *more)
        if part == "active" and not looked.is_set():
            looked.set()
            await sold.wait()
        return found

    monkeypatch.setattr(StockX, "order_page", slow_page)
    async with shop.unit() as session:
        first = await JobRepository(session).ask_once(order_sync.JOB, {})
        assert await JobRepository(session).ask_once(order_sync.JOB, {}) == first  # it has not begun
    runs = asyncio.create_task(run_job(chosen, shop, first))
    await looked.wait()
    standin.world.put_order(next(iter(standin.world.variants)), 150)
    async with shop.unit() as session:
        second = await JobRepository(session).ask_once(order_sync.JOB, {})
        assert await JobRepository(session).ask_once(order_sync.JOB, {}) == second
    assert second != first
    assert await run_job(chosen, shop, second) is None  # one at a time
    async with shop.unit() as session:
        await session.execute(text("DELETE FROM procrastinate_jobs"))
    sold.set()
    assert await runs is JobState.DONE
    async with shop.reading() as session:
        woken = await session.scalars(text("SELECT args->>'job_id' FROM procrastinate_jobs"))
        assert list(woken) == [str(second)]
    assert await run_job(chosen, shop, second) is JobState.DONE
    assert ((await row_of(shop, second)).result or {})["created"] == 1


async def test_an_event_whose_handler_loses_a_race_is_told_again_and_the_outbox_goes_on(
    settings: Settings, shop: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(worker, "OUTBOX_REST", 0.0)
    steps, heard = [raising("40P01"), cut], asyncio.Event()

    async def handler(event: StoredEvent, session: Any) -> None:
        if steps:
            step = steps.pop(0)
            if step is cut:
                await session.execute(text("SELECT pg_terminate_backend(pg_backend_pid())"))
            await step(shop)
        heard.set()

    bus.subscribe("tests.told", handler)
    watching = asyncio.create_task(worker.watch_outbox(settings, shop))
    try:
        async with shop.unit() as session:
            publish(session, "tests.told", uuid.uuid4(), {})
        async with asyncio.timeout(30):
            await heard.wait()
    finally:
        watching.cancel()
        await asyncio.gather(watching, return_exceptions=True)
        bus._handlers.pop("tests.told")
    assert not steps
