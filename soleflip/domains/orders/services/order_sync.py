"""Pulls StockX's orders: those under way every time, those that ended since the last sync; a page is a unit of work.

The cursor is stored with the page, so a killed sync goes on at the next page, and what it had stored is not stored twice.
Orders that cannot be booked yet (no exchange rate) are kept by number and tried again with every sync.
"""

from __future__ import annotations

from collections import Counter
from datetime import UTC, date, datetime, timedelta
from typing import Any

from domains.orders.services.stockx_orders import StockXOrders
from shared.config.settings import Settings
from shared.database.connection import Database
from shared.error_handling.exceptions import BusinessRuleViolation
from shared.jobs.running import JobContext, job
from shared.jobs.worker import every
from shared.repositories import stock_locks
from shared.repositories.sync_state import SyncStates
from shared.stockx.client import StockX
from shared.stockx.models import Order as Told
from shared.stockx.syncing import ask_by_clock, note_failure

JOB = "orders.sync_stockx"
TICK = "orders.sync_stockx_by_clock"
NAME = "stockx.orders"
STALE = timedelta(hours=6)
"""A sync that stopped longer ago begins anew: the pages have moved meanwhile."""
OVERLAP = timedelta(days=3)
FIRST = timedelta(days=730)
"""How far back the first sync looks."""
KEPT = 500
every("*/10 * * * *", TICK)


class OrderSync:
    """One run of the sync, over a span of days (from the last one's end when none is told)."""

    def __init__(
        self, settings: Settings, database: Database, context: JobContext | None = None,
        start: date | None = None, end: date | None = None,
    ) -> None:  # fmt: skip
        """Take settings and database; a job's context is told how far it is."""
        self.database, self.client, self.context = database, StockX(settings, database), context
        self.start, self.end = start, end
        self.name = f"{NAME}.{start}.{end}" if start else NAME
        self.counts: Counter[str] = Counter(created=0, updated=0, skipped=0, refused=0)

    async def run(self) -> dict[str, Any]:
        """Pull and store; return how many orders were created, updated, skipped and refused."""
        try:
            cursor = await self._begin()
            await self._again(dict(cursor.get("refused") or {}))
            while cursor.get("part"):
                span = {"fromDate": cursor["from"], "toDate": cursor["to"]} if cursor["part"] == "history" else {}
                rows, more = await self.client.order_page(cursor["part"], int(cursor["page"]), span)
                cursor = await self._store(cursor, rows, more=more)
                if self.context is not None:
                    await self.context.progress(sum(self.counts.values()), None, f"{sum(self.counts.values())} orders")
        except Exception as error:
            await note_failure(self.database, self.name, error)
            raise
        return dict(self.counts)

    async def _begin(self) -> dict[str, Any]:
        """Begin, or go on where this very job was killed; history goes on at the page where an earlier one broke."""
        now, job_id = datetime.now(UTC), str(self.context.job_id) if self.context else None
        async with self.database.unit() as session:
            row = await SyncStates(session).held(self.name)
            begun = row.cursor.get("begun")
            if begun and row.cursor.get("part") and datetime.fromisoformat(begun) > now - STALE:
                if row.cursor.get("job") != job_id and not self.start:
                    row.cursor = begun_anew(row.cursor, job_id)
                return dict(row.cursor)
            last = row.cursor.get("until")
            start = self.start or (date.fromisoformat(last) - OVERLAP if last else (now - FIRST).date())
            row.cursor = {
                **row.cursor, "part": "history" if self.start else "active", "page": 1, "begun": now.isoformat(), "job": job_id,
                "from": start.isoformat(), "to": (self.end or now.date() + timedelta(days=1)).isoformat(),
            }  # fmt: skip
            return dict(row.cursor)

    async def _store(self, cursor: dict[str, Any], rows: list[Told], *, more: bool) -> dict[str, Any]:
        """Store one page together with the cursor behind it; return the cursor."""
        async with self.database.unit() as session:
            states = SyncStates(session)
            row = await states.held(self.name)
            here = dict(row.cursor)
            if (here.get("part"), here.get("page")) != (cursor["part"], cursor["page"]):
                return here  # another worker was faster
            refused = dict(here.get("refused") or {})
            await stock_locks.several(session)
            stored = StockXOrders(session)
            await stored.hold(rows)
            for each in rows:
                try:
                    async with session.begin_nested():
                        outcome = await stored.store(each)
                    refused.pop(each.number, None)
                except BusinessRuleViolation as error:
                    outcome, refused[each.number] = "refused", error.message
                self.counts[outcome] += 1
            here["refused"] = dict(list(refused.items())[-KEPT:])
            if more:
                here["page"] = int(here["page"]) + 1
            elif here["part"] == "active":
                here |= {"part": "history", "page": here.pop("history", 1)}
            else:
                here = {"until": here["to"], "refused": here["refused"]}
                await states.finish(row, here)
                row.last_error = f"{len(refused)} orders wait: {next(iter(refused.values()))}" if refused else None
                return here
            row.cursor = here
            return here

    async def _again(self, refused: dict[str, str]) -> None:
        """Try once more what could not be booked."""
        for number in refused:
            told = await self.client.order(number)
            async with self.database.unit() as session:
                row = await SyncStates(session).held(self.name)
                try:
                    async with session.begin_nested():
                        self.counts[await StockXOrders(session).store(told)] += 1
                except BusinessRuleViolation:
                    continue
                kept = dict(row.cursor.get("refused") or {})
                kept.pop(number, None)
                row.cursor = {**row.cursor, "refused": kept}


def begun_anew(cursor: dict[str, Any], job_id: str | None) -> dict[str, Any]:
    """Return the cursor of a sync that takes over from one that broke: what is under way is looked at again."""
    page = cursor["page"] if cursor["part"] == "history" else cursor.get("history", 1)
    return {**cursor, "part": "active", "page": 1, "history": page, "job": job_id}


@job(JOB, alone=True, repeats=True)
async def sync_orders(context: JobContext) -> dict[str, Any]:
    """Pull StockX's orders, of the days asked for or since the last time."""
    told = context.arguments
    start = date.fromisoformat(told["from_date"]) if told.get("from_date") else None
    end = date.fromisoformat(told["to_date"]) if told.get("to_date") else None
    return await OrderSync(context.settings, context.database, context, start, end).run()


@job(TICK)
async def sync_by_clock(context: JobContext) -> dict[str, Any] | None:
    """Ask for StockX's orders, if it is connected."""
    return await ask_by_clock(context, JOB)
