"""/api/v1/webhooks: where the caller's events are sent."""

from __future__ import annotations

import uuid
from datetime import datetime
from typing import Annotated, Any

from fastapi import APIRouter
from pydantic import BaseModel, ConfigDict, Field

from domains.integration.services.webhook_service import WebhookService
from shared.api.dependencies import PageDep, Reader, SessionDep, SettingsDep, Writer

router = APIRouter(prefix="/api/v1/webhooks", tags=["webhooks"])
Url = Annotated[str, Field(min_length=8, max_length=2000, pattern="^https?://")]
Kinds = Annotated[list[Annotated[str, Field(pattern=r"^[a-z]+\.([a-z_]+|\*)$", max_length=100)]], Field(max_length=50)]


class WebhookIn(BaseModel):
    """Where to send which events; none named means all. `orders.*` is every event of orders."""

    model_config = ConfigDict(extra="forbid")

    url: Url
    event_types: Kinds = Field(default_factory=list)


class WebhookPatch(BaseModel):
    """Changes."""

    model_config = ConfigDict(extra="forbid")

    url: Url | None = None
    event_types: Kinds | None = None
    is_active: bool | None = None


class WebhookOut(BaseModel):
    """An endpoint; its address may hold a secret, so only its host is shown."""

    model_config = ConfigDict(from_attributes=True)

    id: uuid.UUID
    host: str
    event_types: list[str]
    is_active: bool
    failures: int
    created_at: datetime


class NewWebhookOut(WebhookOut):
    """A new endpoint with the secret its deliveries are signed with; it is shown this once."""

    secret: str


@router.get("")
async def webhooks(reader: Reader, session: SessionDep, settings: SettingsDep) -> list[WebhookOut]:
    """The caller's endpoints."""
    return [WebhookOut.model_validate(row) for row in await WebhookService(session, settings).mine(reader)]


@router.post("", status_code=201)
async def create(body: WebhookIn, writer: Writer, session: SessionDep, settings: SettingsDep) -> NewWebhookOut:
    """Make an endpoint; only public addresses can be used."""
    row, secret = await WebhookService(session, settings).create(writer, body.url, body.event_types)
    return NewWebhookOut(**WebhookOut.model_validate(row).model_dump(), secret=secret)


@router.patch("/{webhook_id}")
async def change(
    webhook_id: uuid.UUID, body: WebhookPatch, writer: Writer, session: SessionDep, settings: SettingsDep
) -> WebhookOut:
    """Change an endpoint, or switch it on or off."""
    told = body.model_dump(exclude_none=True)
    return WebhookOut.model_validate(await WebhookService(session, settings).change(writer, webhook_id, told))


@router.delete("/{webhook_id}", status_code=204)
async def remove(webhook_id: uuid.UUID, writer: Writer, session: SessionDep, settings: SettingsDep) -> None:
    """Remove an endpoint with what waits for it."""
    await WebhookService(session, settings).remove(writer, webhook_id)


@router.post("/{webhook_id}/ping", status_code=202)
async def ping(webhook_id: uuid.UUID, writer: Writer, session: SessionDep, settings: SettingsDep) -> dict[str, Any]:
    """Send a test event."""
    return {"delivery_id": await WebhookService(session, settings).ping(writer, webhook_id)}


@router.get("/{webhook_id}/deliveries")
async def deliveries(
    webhook_id: uuid.UUID, reader: Reader, session: SessionDep, settings: SettingsDep, page: PageDep
) -> list[dict[str, Any]]:
    """What was sent, how often it was tried, and what was answered."""
    return await WebhookService(session, settings).deliveries(reader, webhook_id, page.skip, page.limit)
