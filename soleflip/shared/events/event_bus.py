"""Events: written to the outbox in the transaction that causes them, published from there by the worker.

`publish` is what services call. Handlers subscribe at start (`domains/*/events/handlers.py`) and are called by the worker
that empties the outbox, at least once each: a handler has to be idempotent.
"""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Awaitable, Callable
from typing import Any
from uuid import UUID

import structlog
from pydantic import TypeAdapter
from sqlalchemy.ext.asyncio import AsyncSession

from shared.database import troubles
from shared.database.models import StoredEvent
from shared.logging.context import request_id

logger = structlog.get_logger(__name__)

Handler = Callable[[StoredEvent, AsyncSession], Awaitable[None]]
HANDLER_SECONDS = 30
_json = TypeAdapter(dict[str, Any])


def publish(
    session: AsyncSession,
    event_type: str,
    aggregate_id: UUID,
    data: dict[str, Any],
    causation_id: UUID | None = None,
) -> StoredEvent:
    """Write an event ("inventory.inventory_updated") into the unit of work; it is published once that is committed."""
    event = StoredEvent(
        event_type=event_type,
        domain=event_type.partition(".")[0],
        aggregate_id=aggregate_id,
        event_data=_json.dump_python(data, mode="json"),
        correlation_id=request_id.get() or None,
        causation_id=causation_id,
    )
    session.add(event)
    return event


class EventBus:
    """Who listens to what: a type, all of a domain ("inventory.*"), or everything ("*")."""

    def __init__(self) -> None:
        """Start without listeners."""
        self._handlers: dict[str, list[Handler]] = defaultdict(list)

    def subscribe(self, pattern: str, handler: Handler) -> None:
        """Call a handler for every event that fits."""
        self._handlers[pattern].append(handler)

    def handlers_of(self, event_type: str) -> list[Handler]:
        """Return who listens to a type."""
        patterns = (event_type, f"{event_type.partition('.')[0]}.*", "*")
        return [handler for pattern in patterns for handler in self._handlers.get(pattern, [])]

    async def dispatch(self, event: StoredEvent, session: AsyncSession) -> list[str]:
        """Call every handler of an event, each in a savepoint of its own; return what went wrong, in a line each.

        A trouble of the database that passes is raised.
        """
        failures = []
        for handler in self.handlers_of(event.event_type):
            try:
                async with session.begin_nested(), asyncio.timeout(HANDLER_SECONDS):
                    await handler(event, session)
            except Exception as error:
                if troubles.passes(error):
                    raise  # the event stays where it is, and is told again
                logger.exception("event_handler_failed", event_type=event.event_type, handler=handler.__qualname__)
                failures.append(f"{handler.__qualname__}: {type(error).__name__}")
        return failures


bus = EventBus()
"""This process's bus."""
