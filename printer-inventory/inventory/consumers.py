"""WebSocket `/ws/inventory/`: hints that rows have changed."""

from __future__ import annotations

from typing import Any

from channels.db import database_sync_to_async
from channels.generic.websocket import AsyncJsonWebsocketConsumer

from inventory.services.notifying import GROUP

UNAUTHORIZED = 4401
FORBIDDEN = 4403


class InventoryConsumer(AsyncJsonWebsocketConsumer):
    """Forwards hints to one open page; nothing a page sends is acted upon."""

    async def connect(self) -> None:
        """Let in people who may see the inventory; others get a close code that says why."""
        user = self.scope.get("user")
        await self.accept()
        if user is None or not user.is_authenticated:
            await self.close(UNAUTHORIZED)
        elif not await database_sync_to_async(user.has_perm)("inventory.access_inventory_app"):
            await self.close(FORBIDDEN)
        else:
            await self.channel_layer.group_add(GROUP, self.channel_name)

    async def disconnect(self, code: int) -> None:
        """Leave the group."""
        await self.channel_layer.group_discard(GROUP, self.channel_name)

    async def receive(self, text_data: str | None = None, bytes_data: bytes | None = None, **kwargs: Any) -> None:
        """Ignore what a page sends: a WebSocket asks for nothing here."""

    async def inventory_start(self, event: dict[str, Any]) -> None:
        """A printer is being asked."""
        await self.send_json(event)

    async def inventory_update(self, event: dict[str, Any]) -> None:
        """A poll has ended."""
        await self.send_json(event)

    async def inventory_batch(self, event: dict[str, Any]) -> None:
        """Several polls were asked for or have ended."""
        await self.send_json(event)
