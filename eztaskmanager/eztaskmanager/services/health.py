"""Is the scheduler alive: counts for metrics, verdicts for the health endpoint."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.db.models import Count, Min
from django.utils import timezone

from eztaskmanager.models import LaunchReport, Task, Worker
from eztaskmanager.services import queues
from eztaskmanager.settings import option
from eztaskmanager.states import State

LATE_SECONDS = 120


def alive_workers() -> int:
    """Return how many database workers have beaten within the lease."""
    limit = timezone.now() - timedelta(seconds=option("LEASE_SECONDS"))
    return Worker.objects.filter(heartbeat_at__gte=limit).count()


def checks() -> dict[str, dict[str, str]]:
    """Return `{name: {"status": ok|degraded|failed, "text": ...}}`."""
    workers = alive_workers()
    needs_worker = queues.EZTASKMANAGER_QUEUE_SERVICE_TYPE == "Database"
    oldest = LaunchReport.objects.filter(
        state=State.QUEUED, run_after__isnull=True
    ).aggregate(oldest=Min("queued_at"))["oldest"]
    overdue = Task.objects.filter(
        paused=False, next_due__lt=timezone.now() - timedelta(seconds=LATE_SECONDS)
    ).count()
    waited = (timezone.now() - oldest).total_seconds() if oldest else 0.0
    return {
        "workers": {
            "status": "degraded" if needs_worker and not workers else "ok",
            "text": f"{workers} database workers alive",
        },
        "queue": {
            "status": "degraded" if waited > LATE_SECONDS and not workers else "ok",
            "text": f"the oldest run has waited {waited:.0f} s",
        },
        "schedules": {
            "status": "degraded" if overdue else "ok",
            "text": f"{overdue} tasks are overdue",
        },
    }


def summary(found: dict[str, dict[str, str]]) -> str:
    """Return the worst status."""
    order = ("ok", "degraded", "failed")
    return max((check["status"] for check in found.values()), key=order.index)


def metrics() -> str:
    """Return counts in Prometheus' text format."""
    by_state = dict(
        LaunchReport.objects.order_by()
        .values_list("state")
        .annotate(n=Count("id"))
        .values_list("state", "n")
    )
    day = timezone.now() - timedelta(days=1)
    failed = LaunchReport.objects.filter(
        finished_at__gte=day, state__in=(State.FAILED, State.LOST)
    )
    lines = [
        "# HELP eztaskmanager_runs Runs kept, by state.",
        "# TYPE eztaskmanager_runs gauge",
    ]
    lines += [
        f'eztaskmanager_runs{{state="{state}"}} {by_state.get(state, 0)}'
        for state in State.values
    ]
    gauges: dict[str, tuple[str, Any]] = {
        "eztaskmanager_workers": ("Database workers alive.", alive_workers()),
        "eztaskmanager_tasks_scheduled": (
            "Tasks that wait for a due time.",
            Task.objects.filter(next_due__isnull=False).count(),
        ),
        "eztaskmanager_failed_day": ("Runs failed or lost in a day.", failed.count()),
    }
    for name, (text, value) in gauges.items():
        lines += [f"# HELP {name} {text}", f"# TYPE {name} gauge", f"{name} {value}"]
    return "\n".join(lines) + "\n"
