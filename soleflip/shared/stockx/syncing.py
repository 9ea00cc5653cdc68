"""What every sync with StockX does alike: it is asked for by the clock, and says what went wrong."""

from __future__ import annotations

from contextlib import suppress
from typing import Any

from sqlalchemy.exc import DBAPIError

from shared.database import troubles
from shared.database.connection import Database
from shared.error_handling.exceptions import SoleFlipException
from shared.jobs.running import JobContext, JobStopped
from shared.repositories.jobs import JobRepository
from shared.repositories.marketplace_access import MarketplaceAccess
from shared.repositories.sync_state import SyncStates


async def ask_by_clock(context: JobContext, kind: str) -> dict[str, Any]:
    """Ask for a sync, if StockX is connected."""
    async with context.database.unit() as session:
        token = await MarketplaceAccess(session).token()
        if token is None or token.refresh_token is None:
            return {"skipped": "StockX is not connected"}
        return {"asked": str(await JobRepository(session).ask_once(kind, {}))}


async def note_failure(database: Database, name: str, error: Exception) -> None:
    """Keep what ended a sync, to be shown until it goes through; a sync that was stopped has not failed."""
    if isinstance(error, JobStopped):
        return
    if isinstance(error, SoleFlipException):
        words = error.message
    else:
        words = (
            troubles.named(error) if troubles.passes(error) else f"something went wrong here ({type(error).__name__})"
        )
    with suppress(DBAPIError):  # the database may be what is away
        async with database.unit() as session:
            await SyncStates(session).failed(name, words)
