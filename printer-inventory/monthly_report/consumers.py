"""WebSocket `/ws/monthly-report/<year>/<month>/`: hints that rows of a month have changed."""

from __future__ import annotations

from typing import Any

from channels.db import database_sync_to_async
from channels.generic.websocket import AsyncJsonWebsocketConsumer
from django.core.exceptions import PermissionDenied

from inventory.rules.months import make_month
from monthly_report.models import MonthControl
from monthly_report.services.live import group_of
from monthly_report.services.months import require_visible

UNAUTHORIZED = 4401
FORBIDDEN = 4403
NOT_FOUND = 4404


class MonthConsumer(AsyncJsonWebsocketConsumer):
    """Forwards hints about one month to one open page; nothing a page sends is acted upon."""

    group = ""

    async def connect(self) -> None:
        """Let in people who may see the month; others get a close code that says why.

        The page is let in once it is listening, so that no hint falls between.
        """
        refusal = await self._refusal()
        if not refusal:
            await self.channel_layer.group_add(self.group, self.channel_name)
        await self.accept()
        if refusal:
            await self.close(refusal)

    async def _refusal(self) -> int:
        """Return the close code for who may not listen, or 0; the group is known then."""
        user = self.scope.get("user")
        route = self.scope["url_route"]["kwargs"]
        try:
            month = make_month(int(route["year"]), int(route["month"]))
        except ValueError:
            return NOT_FOUND
        if user is None or not user.is_authenticated:
            return UNAUTHORIZED
        if not await database_sync_to_async(self._may_see)(user, month):
            return FORBIDDEN
        self.group = group_of(month)
        return 0

    @staticmethod
    def _may_see(user: Any, month: Any) -> bool:
        if not user.has_perm("monthly_report.access_monthly_report"):
            return False
        try:
            require_visible(user, MonthControl.objects.filter(month=month).first())
        except PermissionDenied:
            return False
        return True

    async def disconnect(self, code: int) -> None:
        """Leave the group."""
        if self.group:
            await self.channel_layer.group_discard(self.group, self.channel_name)

    async def receive(self, text_data: str | None = None, bytes_data: bytes | None = None, **kwargs: Any) -> None:
        """Ignore what a page sends: a WebSocket asks for nothing here."""

    async def month_rows(self, event: dict[str, Any]) -> None:
        """Rows have changed."""
        await self.send_json(event)
