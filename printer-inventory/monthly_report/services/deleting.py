"""A month deleted: its rows go, the record of changes stays."""

from __future__ import annotations

from datetime import date, datetime

from django.db import transaction

from monthly_report.models import BulkChangeLog, MonthlyReport
from monthly_report.services.editing import Editor
from monthly_report.services.months import locked_control


def delete_month(month: date, editor: Editor, now: datetime) -> int:
    """Delete the rows of a month and close it; return how many there were."""
    with transaction.atomic():
        control = locked_control(month)
        removed = MonthlyReport.objects.filter(month=month).delete()[1].get("monthly_report.MonthlyReport", 0)
        control.edit_until, control.is_published = None, False
        control.revision += 1
        control.save(update_fields=["edit_until", "is_published", "revision"])
        BulkChangeLog.objects.create(
            user_id=editor.user_id,
            operation_type=BulkChangeLog.Operation.MONTH_DELETE,
            month=month,
            records_affected=removed,
            ip_address=editor.ip_address,
            started_at=now,
            finished_at=now,
        )
    return removed
