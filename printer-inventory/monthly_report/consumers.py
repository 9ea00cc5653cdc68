"""WebSocket `/ws/monthly-report/<year>/<month>/`: hints that rows of a month have changed."""

from __future__ import annotations

from datetime import date
from typing import Any

from channels.db import database_sync_to_async
from django.core.exceptions import PermissionDenied

from access import reach
from access.consumers import FORBIDDEN, UNAUTHORIZED, WatchedConsumer
from inventory.rules.months import make_month
from monthly_report.models import MonthControl, MonthlyReport
from monthly_report.services.live import group_of
from monthly_report.services.months import require_visible

__all__ = ["FORBIDDEN", "NOT_FOUND", "UNAUTHORIZED", "MonthConsumer"]
NOT_FOUND = 4404


class MonthConsumer(WatchedConsumer):
    """Forwards hints about those rows of one month that its person may see."""

    month: date

    async def connect(self) -> None:
        """Let in people who may see the month; others get a close code that says why."""
        route = self.scope["url_route"]["kwargs"]
        try:
            self.month = make_month(int(route["year"]), int(route["month"]))
        except ValueError:
            await self.refuse(NOT_FOUND)
            return
        code = await self.standing()
        await (self.refuse(code) if code else self.listen(group_of(self.month)))

    def refusal(self, user: Any) -> int:
        """Refuse people who may not see this month."""
        if not user.has_perm("monthly_report.access_monthly_report"):
            return FORBIDDEN
        try:
            require_visible(user, MonthControl.objects.filter(month=self.month).first())
        except PermissionDenied:
            return FORBIDDEN
        return 0

    async def month_rows(self, event: dict[str, Any]) -> None:
        """Rows have changed; without ids they are too many to name."""
        if event["ids"]:
            seen = await self.visible(MonthlyReport, event["ids"])
            if not seen:
                return
            event = {**event, "ids": [pk for pk in event["ids"] if pk in seen], "count": len(seen)}
        elif await database_sync_to_async(self._is_limited)():
            event = {**event, "count": 0, "user": ""}
        await self.send_json(event)

    def _is_limited(self) -> bool:
        return reach.reach_of(self.user) is not None
