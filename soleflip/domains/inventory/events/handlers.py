"""What the inventory does when others tell something: a pair that pricing wants offered is offered."""

from __future__ import annotations

import uuid
from decimal import Decimal

import structlog
from sqlalchemy.ext.asyncio import AsyncSession

from domains.inventory.services.listing_service import STOCKX, ListingService
from shared.auth.principal import Principal
from shared.database.models import StoredEvent, User
from shared.database.words import AtEnd
from shared.error_handling.exceptions import BusinessRuleViolation, ValidationException
from shared.events.event_bus import bus
from shared.rules.auto_listing import Terms

logger = structlog.get_logger(__name__)


async def offer(event: StoredEvent, session: AsyncSession) -> None:
    """Offer a pair at StockX as a price run asked; told twice, it is offered once. What may not be offered stays unlisted."""
    told = event.event_data
    if told["platform"] != STOCKX:
        return
    person = await session.get(User, uuid.UUID(told["by"])) if told.get("by") else None
    actor = Principal(person.id, person.username, person.role) if person else None
    try:
        await ListingService(session).list_item(
            actor, event.aggregate_id, Decimal(told["amount"]), key=f"run:{told['run_id']}",
            terms=Terms(told["rule"], told.get("days"), AtEnd(told["at_end"])) if told.get("rule") else None,
        )  # fmt: skip
    except (BusinessRuleViolation, ValidationException) as error:
        logger.warning("not_offered", item_id=str(event.aggregate_id), reason=error.message)


bus.subscribe("pricing.listing_wanted", offer)
