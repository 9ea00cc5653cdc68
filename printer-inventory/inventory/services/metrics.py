"""Figures for Prometheus, read from the rows when asked: any number of workers and web processes give one answer."""

from __future__ import annotations

from datetime import timedelta

from django.db.models import Count, Max
from django.utils import timezone
from prometheus_client import CollectorRegistry, Gauge, generate_latest

from inventory.models import InventoryTask, PollSchedule, Printer, PrinterState
from inventory.services.leases import count_by_state


def exposition() -> bytes:
    """Return the metrics in Prometheus' text format."""
    registry = CollectorRegistry()
    now = timezone.now()
    polls = Gauge(
        "inventory_open_polls",
        "Open polls by state; expired counts leases that have run out",
        ["state"],
        registry=registry,
    )
    for state, count in count_by_state().items():
        polls.labels(state).set(count)
    verdicts = Gauge(
        "inventory_polls_last_hour", "Polls ended in the last hour by verdict", ["verdict"], registry=registry
    )
    ended = InventoryTask.objects.filter(
        due_at__gte=now - timedelta(hours=2), finished_at__gte=now - timedelta(hours=1)
    )
    for row in ended.order_by().values("status").annotate(count=Count("pk")):
        verdicts.labels(row["status"] or "none").set(row["count"])
    Gauge("inventory_printers", "Active printers", registry=registry).set(
        Printer.objects.filter(is_active=True).count()
    )
    overdue = PollSchedule.objects.filter(due_at__lte=now, lease_token=None).count()
    Gauge("inventory_due_printers", "Printers that are due and not being asked", registry=registry).set(overdue)
    latest = PrinterState.objects.aggregate(latest=Max("last_success_at"))["latest"]
    age = Gauge("inventory_last_success_age_seconds", "Seconds since any printer was read", registry=registry)
    age.set((now - latest).total_seconds() if latest else float("nan"))
    return generate_latest(registry)
