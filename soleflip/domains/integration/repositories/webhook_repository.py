"""Queries over webhook endpoints and what is sent to them."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from sqlalchemy import func, or_, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from shared.database.models import StoredEvent, WebhookDelivery, WebhookEndpoint
from shared.database.words import JobState
from shared.repositories.base_repository import BaseRepository

LEASE = timedelta(seconds=120)
OPEN = (JobState.QUEUED, JobState.RUNNING)


class WebhookRepository(BaseRepository[WebhookEndpoint]):
    """Endpoints and deliveries."""

    def __init__(self, session: AsyncSession) -> None:
        super().__init__(WebhookEndpoint, session)

    async def of(self, user_id: uuid.UUID) -> Sequence[WebhookEndpoint]:
        """Return a person's endpoints, newest first."""
        return await self.find(WebhookEndpoint.user_id == user_id, order_by=WebhookEndpoint.created_at.desc())

    async def listening(self) -> Sequence[WebhookEndpoint]:
        """Return every endpoint that is switched on."""
        return await self.find(WebhookEndpoint.is_active)

    async def deliver(self, endpoint_id: uuid.UUID, event_id: uuid.UUID) -> uuid.UUID | None:
        """Store that an event goes to an endpoint; None when that is stored already."""
        statement = insert(WebhookDelivery).values(id=uuid.uuid4(), endpoint_id=endpoint_id, event_id=event_id)
        return await self.session.scalar(statement.on_conflict_do_nothing().returning(WebhookDelivery.id))

    async def claim(self, delivery_id: uuid.UUID) -> WebhookDelivery | None:
        """Take a delivery that is due and nobody's; None when there is nothing to do."""
        now = func.clock_timestamp()
        statement = (
            update(WebhookDelivery)
            .where(
                WebhookDelivery.id == delivery_id,
                WebhookDelivery.state.in_(OPEN),
                WebhookDelivery.next_at <= now,
                or_(WebhookDelivery.lease_until.is_(None), WebhookDelivery.lease_until < now),
            )
            .values(state=JobState.RUNNING, attempt=WebhookDelivery.attempt + 1, lease_until=now + LEASE)
            .returning(WebhookDelivery)
        )
        found = await self.session.scalars(statement.execution_options(populate_existing=True))
        return found.one_or_none()

    async def held(self, delivery_id: uuid.UUID) -> tuple[WebhookDelivery, WebhookEndpoint]:
        """Return a delivery and its endpoint, both held."""
        delivery = await self.session.get_one(
            WebhookDelivery, delivery_id, with_for_update=True, populate_existing=True
        )
        endpoint = await self.session.get_one(
            WebhookEndpoint, delivery.endpoint_id, with_for_update=True, populate_existing=True
        )
        return delivery, endpoint

    async def event(self, event_id: uuid.UUID) -> StoredEvent:
        """Return an event."""
        return await self.session.get_one(StoredEvent, event_id)

    async def due(self) -> Sequence[uuid.UUID]:
        """Return the deliveries that are due and nobody's."""
        now = func.clock_timestamp()
        statement = select(WebhookDelivery.id).where(
            WebhookDelivery.state.in_(OPEN),
            WebhookDelivery.next_at <= now,
            or_(WebhookDelivery.lease_until.is_(None), WebhookDelivery.lease_until < now),
        )
        return (await self.session.scalars(statement.order_by(WebhookDelivery.next_at).limit(500))).all()

    async def deliveries(self, endpoint_id: uuid.UUID, skip: int, limit: int) -> list[dict[str, Any]]:
        """Return what went to an endpoint, newest first."""
        statement = (
            select(WebhookDelivery, StoredEvent.event_type)
            .join(StoredEvent, StoredEvent.id == WebhookDelivery.event_id)
            .where(WebhookDelivery.endpoint_id == endpoint_id)
            .order_by(WebhookDelivery.created_at.desc(), WebhookDelivery.id.desc())
            .offset(skip)
            .limit(limit)
        )
        return [
            {
                "id": row.id, "event_id": row.event_id, "event_type": kind, "state": row.state, "attempt": row.attempt,
                "status_code": row.status_code, "reason": row.reason, "next_at": row.next_at,
                "created_at": row.created_at,
            }
            for row, kind in (await self.session.execute(statement)).all()
        ]  # fmt: skip
