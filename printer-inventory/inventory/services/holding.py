"""Holding printers while a person decides about them: nobody polls or judges them meanwhile."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from django.db.models import F

from inventory.models import InventoryTask, PollSchedule, Printer
from inventory.services.storing import close_batches, open_batches


def hold(printer_ids: Sequence[int]) -> None:
    """Lock the schedule rows of printers, in order, and end their leases; who was asking them stores nothing."""
    rows = PollSchedule.objects.filter(pk__in=printer_ids)
    list(rows.select_for_update().order_by("pk"))
    rows.filter(lease_token__isnull=False).update(lease_token=None, lease_until=None, leased_by="", attempt=0)


def retire_here(printer: Printer, now: datetime, reason: str, *, stop_only: bool = False) -> None:
    """Take a held printer out of use (or, `stop_only`, only off its address for a moment) and stop its open poll."""
    schedule = PollSchedule.objects.get(pk=printer.pk)
    if schedule.open_task_id is not None:
        InventoryTask.objects.filter(pk=schedule.open_task_id).update(
            state="stopped", finished_at=now, error_message=reason
        )
        PollSchedule.objects.filter(pk=printer.pk).update(open_task=None, priority=5)
        close_batches(open_batches(), now)
    Printer.objects.filter(pk=printer.pk).update(
        is_active=False, replaced_at=None if stop_only else now, last_updated=now, version=F("version") + 1
    )
