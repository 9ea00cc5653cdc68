"""WebSocket `/ws/inventory/`: hints that rows have changed."""

from __future__ import annotations

from typing import Any

from access.consumers import FORBIDDEN, UNAUTHORIZED, WatchedConsumer
from inventory.models import Printer
from inventory.services.notifying import GROUP

__all__ = ["FORBIDDEN", "UNAUTHORIZED", "InventoryConsumer"]


class InventoryConsumer(WatchedConsumer):
    """Forwards hints about the printers its person may see."""

    async def connect(self) -> None:
        """Let in people who may see the inventory; others get a close code that says why."""
        code = await self.standing()
        await (self.refuse(code) if code else self.listen(GROUP))

    def refusal(self, user: Any) -> int:
        """Refuse people who may not open the inventory."""
        return 0 if user.has_perm("inventory.access_inventory_app") else FORBIDDEN

    async def inventory_start(self, event: dict[str, Any]) -> None:
        """A printer is being asked."""
        if await self.visible(Printer, [event["printer_id"]]):
            await self.send_json(event)

    async def inventory_update(self, event: dict[str, Any]) -> None:
        """A poll has ended."""
        if await self.visible(Printer, [event["printer_id"]]):
            await self.send_json(event)

    async def inventory_batch(self, event: dict[str, Any]) -> None:
        """Several polls were asked for or have ended."""
        seen = await self.visible(Printer, event["printer_ids"])
        if seen:
            await self.send_json({**event, "printer_ids": [pk for pk in event["printer_ids"] if pk in seen]})
