"""Polls as the rows tell of them: how the last hours went, what is open, what is stuck, one printer's story."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from django.db.models import Count, F, Max, Q

from inventory.models import OPEN_STATES, InventoryTask, JobState, PollSchedule, Printer, PrinterState
from inventory.services.leases import count_by_state


def summary(now: datetime, hours: float) -> dict[str, Any]:
    """Return the polls of the last hours by verdict and by state, what is open or overdue, and when a printer last answered."""
    recent = InventoryTask.objects.filter(
        due_at__gte=now - timedelta(hours=hours + 1), finished_at__gte=now - timedelta(hours=hours)
    )
    by_verdict = (
        recent.order_by()
        .values("state", "status")
        .annotate(polls=Count("pk"), printers=Count("printer", distinct=True))
    )
    latest = PrinterState.objects.aggregate(latest=Max("last_success_at"))["latest"]
    return {
        "hours": hours,
        "printers": Printer.objects.filter(is_active=True).count(),
        "ended": sorted(by_verdict, key=lambda row: -int(row["polls"])),
        "open": count_by_state(),
        "due": due(now).count(),
        "stuck": len(stuck(now)),
        "last_success": latest.isoformat() if latest else None,
    }


def due(now: datetime) -> Any:
    """Return the schedule rows that a worker would lease now."""
    free = Q(lease_until=None) | Q(lease_until__lte=now)
    asked = Q(printer__organization=None) | Q(printer__organization__active=True)
    return PollSchedule.objects.filter(free, asked, due_at__lte=now, printer__is_active=True)


def stuck(now: datetime) -> list[int]:
    """Return open polls that no schedule row points to: nobody would ever end them. There are none unless rows were edited."""
    orphans = InventoryTask.objects.filter(state__in=OPEN_STATES, task_timestamp__lt=now).exclude(
        printer__schedule__open_task_id=F("pk")
    )
    return list(orphans.order_by("pk").values_list("pk", flat=True))


def failing(limit: int) -> list[dict[str, Any]]:
    """Return the active printers that have failed most often in a row."""
    rows = PollSchedule.objects.filter(failures__gt=0, printer__is_active=True).order_by("-failures", "pk")
    found = rows.values(
        "printer_id", "failures", address=F("printer__ip_address"), error=F("printer__status__last_error")
    )
    return [dict(row) for row in found[:limit]]


def waiting(now: datetime, limit: int) -> list[dict[str, Any]]:
    """Return what is next: due printers in the order in which workers take them."""
    rows = (
        due(now)
        .order_by("priority", "due_at")
        .values("printer_id", "priority", "due_at", "attempt", address=F("printer__ip_address"))
    )
    return [{**row, "due_at": row["due_at"].isoformat()} for row in rows[:limit]]


def story(printer_id: int, now: datetime, hours: float, limit: int) -> dict[str, Any]:
    """Return where one printer stands and its polls of the last hours, newest first. Raises LookupError for no printer."""
    printer = Printer.objects.select_related("schedule", "status").filter(pk=printer_id).first()
    if printer is None:
        raise LookupError(f"There is no printer {printer_id}.")
    schedule, state = printer.schedule, printer.status
    polls = InventoryTask.objects.filter(printer=printer, due_at__gte=now - timedelta(hours=hours)).order_by(
        "-due_at", "-pk"
    )
    return {
        "printer": str(printer),
        "active": printer.is_active,
        "due_at": schedule.due_at.isoformat() if schedule.due_at else None,
        "leased_by": schedule.leased_by,
        "failures": schedule.failures,
        "last_success": state.last_success_at.isoformat() if state.last_success_at else None,
        "last_error": state.last_error,
        "polls": [_poll(task) for task in polls[:limit]],
    }


def _poll(task: InventoryTask) -> dict[str, Any]:
    took = (task.finished_at - task.started_at).total_seconds() if task.finished_at and task.started_at else None
    return {
        "id": task.pk,
        "due_at": task.due_at.isoformat(),
        "state": JobState(task.state).value,
        "verdict": task.status,
        "attempt": task.attempt,
        "worker": task.worker,
        "seconds": took,
        "reason": task.error_message,
    }
