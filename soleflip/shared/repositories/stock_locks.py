"""The one order in which units of work lock stock, so that none of them ever closes a circle of waiting.

1. what is under way: a sync, the pricing switches, a run, a change of a listing, an event;
2. `several`: whoever will hold more than one pair or order, or makes orders, comes in here one after the other;
3. the catalogue's rows (sizes, products), 4. orders by id, 5. the pair, 6. its listings.

Held rows are held `FOR NO KEY UPDATE` (`BaseRepository.get_for_update`): ids never change, so rows that merely refer to a
pair (decisions, history, fees) are written meanwhile.
"""

from __future__ import annotations

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

SEVERAL = 22042
"""The advisory lock of those who hold several pairs."""


async def several(session: AsyncSession) -> None:
    """Let this unit hold several pairs: others of the kind wait until it ends; one who holds a single pair does not."""
    await session.execute(select(func.pg_advisory_xact_lock(SEVERAL)))
