"""How far a sync has come: its row is held while a page is stored, so that two workers never store the same page twice."""

from __future__ import annotations

import uuid
from typing import Any

from sqlalchemy import func, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from shared.database.models import SyncState


class SyncStates:
    """Syncs by name within one unit of work."""

    def __init__(self, session: AsyncSession) -> None:
        """Take the unit's session."""
        self.session = session

    async def held(self, name: str) -> SyncState:
        """Return a sync's row, made when it is new, held until the unit ends."""
        await self.session.execute(
            insert(SyncState).values(id=uuid.uuid4(), name=name, cursor={}).on_conflict_do_nothing()
        )
        statement = select(SyncState).where(SyncState.name == name).with_for_update()
        return (await self.session.scalars(statement.execution_options(populate_existing=True))).one()

    async def all(self) -> dict[str, SyncState]:
        """Return every sync by its name."""
        return {row.name: row for row in await self.session.scalars(select(SyncState))}

    async def finish(self, row: SyncState, cursor: dict[str, Any]) -> None:
        """Write that a sync went through, and where the next one begins."""
        row.cursor, row.last_error = cursor, None
        row.last_success_at = await self.session.scalar(select(func.clock_timestamp()))

    async def failed(self, name: str, error: str) -> None:
        """Keep what went wrong, to be shown; the cursor stays."""
        await self.session.execute(update(SyncState).where(SyncState.name == name).values(last_error=error[:2000]))
