"""Repricing and listing by the clock: once an hour it is looked whether a run is due and wanted."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from domains.pricing.services.auto_listing_service import AutoListingService
from domains.pricing.services.repricing_service import RepricingService
from shared.jobs.running import JobContext, job
from shared.jobs.worker import every

JOB = "pricing.tick"
AT_ONCE = 500


@job(JOB)
async def tick(context: JobContext) -> dict[str, Any]:
    """Reprice and list what is due, if it is switched on; each in a unit of its own."""
    done: dict[str, Any] = {}
    async with context.database.unit() as session:
        service = RepricingService(session)
        status = await service.status()
        due = status["next_run"] is not None and status["next_run"] <= datetime.now(UTC)
        if due:
            done["repriced"] = (await service.reprice(None, dry_run=False, limit=AT_ONCE)).counts
    await context.progress(1, 2)
    async with context.database.unit() as session:
        if status["listing_enabled"] and not status["killed"]:
            done["listed"] = (await AutoListingService(session).run(None, AT_ONCE, dry_run=False)).counts
    return done


every("10 * * * *", JOB)
