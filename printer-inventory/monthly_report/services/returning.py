"""Edits taken back: one change reverted, or cells returned to what the device told."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from django.db import transaction

from monthly_report.models import CounterChangeLog, MonthlyReport
from monthly_report.rules.downtime import DOWNTIME, stands
from monthly_report.rules.figures import ENDS
from monthly_report.services import live
from monthly_report.services.editing import ConflictError, Editor, log_change
from monthly_report.services.months import locked_control, require_open, touched


def revert(change_id: int, editor: Editor, now: datetime) -> MonthlyReport:
    """Give a counter, or the downtime, the value it had before a change.

    MonthClosedError for a closed month, DoesNotExist when the row is gone, ConflictError when the counter has changed
    again since. A value that is again what the device told is no longer marked as written by hand.
    """
    with transaction.atomic():
        change = CounterChangeLog.objects.get(pk=change_id)
        control = locked_control(change.month)
        require_open(control, now)
        row = MonthlyReport.objects.select_for_update(of=("self",)).get(change_logs=change)
        name = change.field_name
        if getattr(row, name) != change.after:
            raise ConflictError(row, [name])
        log_change(row, name, change.before, CounterChangeLog.Source.REVERT, now, editor).save()
        setattr(row, name, change.before)
        marks = []
        if name in ENDS or name == DOWNTIME:
            told = getattr(row, f"{name}_auto")
            if name == DOWNTIME:
                told = stands(told, 0.0, manual=False)
            setattr(row, f"{name}_manual", told is not None and told != change.before)
            marks = [f"{name}_manual"]
        _save(row, [name, *marks])
        touched(control)
        transaction.on_commit(lambda: live.rows_changed(row.month, [row.pk], "edit", editor.name))
    row.refresh_from_db()
    return row


def return_to_told(pk: int, fields: Sequence[str], editor: Editor, now: datetime) -> MonthlyReport:
    """Give end counters, and the downtime, back to the device: its figure stands again, and the next poll fills them.

    A figure the device never told leaves the counter as it is and only takes the mark off. MonthClosedError as above.
    """
    with transaction.atomic():
        month = MonthlyReport.objects.values_list("month", flat=True).get(pk=pk)
        control = locked_control(month)
        require_open(control, now)
        row = MonthlyReport.objects.select_for_update(of=("self",)).get(pk=pk)
        logs, changed = [], []
        for name in fields:
            if name not in ENDS or not getattr(row, f"{name}_manual"):
                continue
            told = getattr(row, f"{name}_auto")
            if told is not None and told != getattr(row, name):
                logs.append(log_change(row, name, told, CounterChangeLog.Source.REVERT, now, editor))
                setattr(row, name, told)
            setattr(row, f"{name}_manual", False)
            changed += [name, f"{name}_manual"]
        if DOWNTIME in fields and row.actual_downtime_manual:
            told = stands(row.actual_downtime_auto, row.actual_downtime, manual=False)
            logs.append(log_change(row, DOWNTIME, told, CounterChangeLog.Source.REVERT, now, editor))
            row.actual_downtime, row.actual_downtime_manual = told, False
            changed += [DOWNTIME, f"{DOWNTIME}_manual"]
        if changed:
            CounterChangeLog.objects.bulk_create(logs)
            _save(row, changed)
            touched(control)
            transaction.on_commit(lambda: live.rows_changed(month, [pk], "edit", editor.name))
    row.refresh_from_db()
    return row


def _save(row: MonthlyReport, fields: Sequence[str]) -> None:
    row.version += 1
    row.save(update_fields=[*fields, "version"])
