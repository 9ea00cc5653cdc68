"""The views reporting tools read."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import column, func, select, table
from sqlalchemy.ext.asyncio import AsyncSession


class ReportRepository:
    """Views within one unit of work."""

    def __init__(self, session: AsyncSession) -> None:
        """Take the unit's session."""
        self.session = session

    async def counts(self, names: Sequence[str]) -> list[tuple[str, int]]:
        """Return how many rows each view of schema analytics has."""
        found = []
        for name in names:
            view = table(name, column("month"), schema="analytics")
            found.append((name, await self.session.scalar(select(func.count()).select_from(view)) or 0))
        return found
