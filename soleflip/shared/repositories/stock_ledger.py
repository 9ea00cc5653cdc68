"""Moves items through their life, for every domain: the step is checked, written into the history and told as an event."""

from __future__ import annotations

import uuid
from datetime import UTC, datetime

from sqlalchemy.ext.asyncio import AsyncSession

from shared.auth.principal import Principal
from shared.database.models import InventoryItem, StatusChange
from shared.database.words import ItemStatus
from shared.error_handling.exceptions import InvalidStateTransition
from shared.events.event_bus import publish
from shared.rules import stock
from shared.translation import phrase


def move(
    session: AsyncSession,
    item: InventoryItem,
    to: ItemStatus,
    actor: Principal | None,
    reason: str = "",
    source: str = "person",
) -> None:
    """Bring an item (held for update) to a status; raises InvalidStateTransition. Staying writes nothing."""
    before = item.status
    if before == to:
        return
    if not stock.may_follow(before, to):
        allowed = sorted(step.value for step in stock.STEPS[before])
        raise InvalidStateTransition(
            phrase("Item %(number)s is %(before)s; it cannot become %(to)s", number=item.number, before=before, to=to),
            details={"from": before, "to": to, "allowed": allowed},
        )
    item.status = to
    now = datetime.now(UTC)
    if to in stock.LISTED and item.listed_at is None:
        item.listed_at = now
    if to is ItemStatus.SOLD:
        item.sold_at = now
    elif to in stock.UNSOLD:
        item.sold_at = None
    item.version += 1
    remember(session, item.id, before, to, actor, reason, source)
    publish(
        session,
        "inventory.inventory_updated",
        item.id,
        {"previous_status": before, "new_status": to, "quantity": item.quantity, "reason": reason},
    )


def remember(
    session: AsyncSession,
    item_id: uuid.UUID,
    before: ItemStatus | None,
    after: ItemStatus,
    actor: Principal | None,
    reason: str,
    source: str,
) -> None:
    """Write one step into the history."""
    session.add(
        StatusChange(
            item_id=item_id,
            from_status=before,
            to_status=after,
            at=datetime.now(UTC),
            by_id=actor.user_id if actor else None,
            reason=reason[:255],
            source=source,
        )
    )
