"""Every event goes to the webhooks that want it; at least once from here, exactly once into the deliveries."""

from __future__ import annotations

from sqlalchemy.ext.asyncio import AsyncSession

from domains.integration.services.webhook_service import WebhookService, fits
from shared.config.settings import get_settings
from shared.database.models import StoredEvent
from shared.events.event_bus import bus


async def to_webhooks(event: StoredEvent, session: AsyncSession) -> None:
    """Let an event go to every endpoint that wants it."""
    if event.domain == "webhooks":
        return
    service = WebhookService(session, get_settings())
    for endpoint in await service.webhooks.listening():
        if fits(endpoint, event.event_type):
            await service.queue(endpoint, event)


bus.subscribe("*", to_webhooks)
