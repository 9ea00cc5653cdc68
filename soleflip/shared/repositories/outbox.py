"""The outbox: events that were written and not published yet."""

from __future__ import annotations

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from shared.database.models import StoredEvent
from shared.events.event_bus import bus


async def publish_next(session: AsyncSession) -> bool:
    """Publish the oldest waiting event within this unit of work; False when none waits.

    The row is held, so two workers publish two events; handlers may see an event again when a worker dies here.
    """
    statement = select(StoredEvent).where(StoredEvent.published_at.is_(None)).order_by(StoredEvent.position).limit(1)
    event = (await session.scalars(statement.with_for_update(skip_locked=True))).one_or_none()
    if event is None:
        return False
    await bus.dispatch(event, session)
    event.published_at = await session.scalar(select(func.clock_timestamp()))
    await session.flush()
    return True
