"""Webhooks out: events sent to addresses people typed, signed as Standard Webhooks (standardwebhooks.com) asks.

Each delivery carries `webhook-id` (the event's, the same at every try), `webhook-timestamp` and `webhook-signature`:
`v1,` and the Base64 of HMAC-SHA256 over `id.timestamp.body` with the endpoint's secret. What is not taken is tried again
for two days; an endpoint that takes nothing is switched off.
"""

from __future__ import annotations

import asyncio
import base64
import hashlib
import hmac
import secrets
import uuid
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urlsplit

from pydantic_core import to_json
from safehttp import AsyncClient, Limits, Policy, Provider, Public, Refused, SafeHttpError, check_url, parse_url
from sqlalchemy.ext.asyncio import AsyncSession

from domains.integration.repositories.webhook_repository import WebhookRepository
from shared.auth.principal import Principal
from shared.config.settings import Settings
from shared.database.models import StoredEvent, WebhookEndpoint
from shared.database.words import JobState
from shared.error_handling.exceptions import BusinessRuleViolation, ResourceNotFoundException, ValidationException
from shared.events.event_bus import publish
from shared.jobs.running import JobContext, job
from shared.jobs.worker import every
from shared.repositories import audit
from shared.repositories.jobs import JobRepository
from shared.translation import phrase

DELIVER = "integration.deliver_webhook"
ALL = "integration.deliver_webhooks"
PAUSES = (10, 60, 300, 1800, 7200, 21_600, 43_200, 86_400)
"""Seconds before each further try."""
MOST = 20
GIVEN_UP = 5
"""So many deliveries in a row that came to nothing switch an endpoint off."""
LIMITS = Limits(total_seconds=15, max_redirects=0)
every("* * * * *", ALL)


def policy(settings: Settings, url: str) -> Policy:
    """Return who may be asked: everybody on the internet, or one of the hosts the operator lists for the demo and tests."""
    listed = Provider(settings.webhook_hosts, networks=settings.provider_networks)
    try:
        listed.admit(parse_url(url))
    except Refused:
        return Public(own_services=[(settings.db_host, settings.db_port), (settings.redis_host, settings.redis_port)])
    return listed


async def check(settings: Settings, url: str) -> str:
    """Return the host of an address that may be asked; raises ValidationException for any other."""
    try:
        parts = urlsplit(url)
        async with asyncio.timeout(LIMITS.total_seconds):
            await asyncio.to_thread(check_url, policy(settings, url), url)
    except TimeoutError:
        raise ValidationException(phrase("The name of this address is not found in time")) from None
    except (SafeHttpError, ValueError) as error:
        raise ValidationException(
            phrase("This address cannot be used: %(error)s", error=error), field_errors={"url": str(error)}
        ) from None
    return (parts.hostname or "")[:255]


def sign(secret: str, number: str, at: int, body: bytes) -> str:
    """Return the signature of a delivery; `at` is seconds since the epoch."""
    found = hmac.new(secret.encode(), f"{number}.{at}.".encode() + body, hashlib.sha256).digest()
    return f"v1,{base64.b64encode(found).decode()}"


def fits(endpoint: WebhookEndpoint, event_type: str) -> bool:
    """Say whether an endpoint wants a kind of event: by name, by `orders.*`, or all."""
    wanted = endpoint.event_types
    return not wanted or event_type in wanted or f"{event_type.partition('.')[0]}.*" in wanted


class WebhookService:
    """A person's own endpoints."""

    def __init__(self, session: AsyncSession, settings: Settings) -> None:
        """Work within one unit of work."""
        self.session, self.settings, self.webhooks = session, settings, WebhookRepository(session)

    async def mine(self, actor: Principal) -> Sequence[WebhookEndpoint]:
        """Return the caller's endpoints."""
        return await self.webhooks.of(actor.user_id)

    async def create(self, actor: Principal, url: str, event_types: list[str]) -> tuple[WebhookEndpoint, str]:
        """Make an endpoint; its secret is returned this once."""
        host = await check(self.settings, url)
        if len(await self.webhooks.of(actor.user_id)) >= MOST:
            raise BusinessRuleViolation(phrase("You have %(most)s webhooks already; remove one first", most=MOST))
        secret = f"whsec_{secrets.token_urlsafe(32)}"
        made = await self.webhooks.create(
            user_id=actor.user_id, url=url, host=host, secret=secret, event_types=event_types
        )
        audit.record(self.session, actor, "webhook.create", "webhook", made.id, after={"host": host})
        return made, secret

    async def own(self, actor: Principal, endpoint_id: uuid.UUID) -> WebhookEndpoint:
        """Return one of the caller's endpoints; raises ResourceNotFoundException, for a stranger's too."""
        found = await self.webhooks.get_for_update(endpoint_id)
        if found is None or found.user_id != actor.user_id:
            raise ResourceNotFoundException(phrase("Webhook not found"))
        return found

    async def change(self, actor: Principal, endpoint_id: uuid.UUID, values: dict[str, Any]) -> WebhookEndpoint:
        """Change address or events, or switch it on or off."""
        endpoint = await self.own(actor, endpoint_id)
        if "url" in values:
            values["host"] = await check(self.settings, values["url"])
        if values.get("is_active"):
            values["failures"] = 0
        audit.record(self.session, actor, "webhook.change", "webhook", endpoint_id, after={"fields": sorted(values)})
        return await self.webhooks.update(endpoint, **values)

    async def remove(self, actor: Principal, endpoint_id: uuid.UUID) -> None:
        """Remove an endpoint with what waits for it."""
        await self.webhooks.delete(await self.own(actor, endpoint_id))
        audit.record(self.session, actor, "webhook.remove", "webhook", endpoint_id)

    async def ping(self, actor: Principal, endpoint_id: uuid.UUID) -> uuid.UUID:
        """Send a test event to one endpoint; return the delivery's id."""
        endpoint = await self.own(actor, endpoint_id)
        event = publish(self.session, "webhooks.ping", endpoint.id, {"message": "It works"})
        await self.session.flush()
        return await self.queue(endpoint, event)

    async def queue(self, endpoint: WebhookEndpoint, event: StoredEvent) -> uuid.UUID:
        """Let an event go to an endpoint, once."""
        made = await self.webhooks.deliver(endpoint.id, event.id)
        if made is not None:
            await JobRepository(self.session).ask(DELIVER, {"delivery_id": str(made)}, key=f"delivery:{made}")
        return made or event.id

    async def deliveries(self, actor: Principal, endpoint_id: uuid.UUID, skip: int, limit: int) -> list[dict[str, Any]]:
        """Return what went to one of the caller's endpoints."""
        await self.own(actor, endpoint_id)
        return await self.webhooks.deliveries(endpoint_id, skip, limit)


def body_of(event: StoredEvent) -> bytes:
    """Return what is sent of an event."""
    return to_json(
        {
            "id": str(event.id),
            "type": event.event_type,
            "timestamp": event.timestamp,
            "aggregate_id": str(event.aggregate_id),
            "data": event.event_data,
        }
    )


@job(DELIVER)
async def deliver(context: JobContext) -> dict[str, Any]:
    """Send one delivery, if it is due."""
    delivery_id = uuid.UUID(context.arguments["delivery_id"])
    async with context.database.unit() as session:
        repository = WebhookRepository(session)
        claimed = await repository.claim(delivery_id)
        if claimed is None:
            return {"sent": False}
        _, endpoint = await repository.held(delivery_id)
        event = await repository.event(claimed.event_id)
        url, secret, body, number = endpoint.url, endpoint.secret, body_of(event), str(event.id)
    status, reason = await _send(context.settings, url, secret, number, body)
    async with context.database.unit() as session:
        row, endpoint = await WebhookRepository(session).held(delivery_id)
        row.status_code, row.reason, row.lease_until = status, reason[:255], None
        if status is not None and 200 <= status < 300:
            row.state, endpoint.failures = JobState.DONE, 0
        elif row.attempt > len(PAUSES):
            row.state, endpoint.failures = JobState.FAILED, endpoint.failures + 1
            endpoint.is_active = endpoint.is_active and endpoint.failures < GIVEN_UP
        else:
            row.state = JobState.QUEUED
            row.next_at = datetime.now(UTC) + timedelta(seconds=PAUSES[row.attempt - 1])
        return {"sent": row.state is JobState.DONE, "status": status, "attempt": row.attempt}


async def _send(settings: Settings, url: str, secret: str, number: str, body: bytes) -> tuple[int | None, str]:
    at = int(datetime.now(UTC).timestamp())
    headers = {
        "content-type": "application/json",
        "webhook-id": number,
        "webhook-timestamp": str(at),
        "webhook-signature": sign(secret, number, at, body),
    }
    try:
        answer = await AsyncClient(policy(settings, url), LIMITS).post(url, headers=headers, content=body)
    except SafeHttpError as error:
        return None, str(error)
    return answer.status, "" if answer.ok else f"answered {answer.status}"


@job(ALL)
async def deliver_all(context: JobContext) -> dict[str, Any]:
    """Ask again for what is due, or was left by a dead worker."""
    async with context.database.unit() as session:
        due = await WebhookRepository(session).due()
        for delivery_id in due:
            key = f"delivery:{delivery_id}:{datetime.now(UTC):%Y%m%d%H%M}"
            await JobRepository(session).ask(DELIVER, {"delivery_id": str(delivery_id)}, key=key)
    return {"due": len(due)}
