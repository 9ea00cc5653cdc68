"""Retention, off the launch path: old reports go, failures stay longer."""

from __future__ import annotations

from datetime import timedelta

from django.db.models import Count
from django.utils import timezone

from eztaskmanager.models import LaunchReport, Task
from eztaskmanager.settings import EZTASKMANAGER_N_REPORTS_INLINE, option
from eztaskmanager.states import OPEN_STATES, State

BATCH = 500


def tidy() -> int:
    """Delete what is no longer kept; return how many reports went.

    Kept are the newest EZTASKMANAGER_N_REPORTS_INLINE reports of each task (0: all),
    open ones, and failed or lost ones for EZTASKMANAGER_KEEP_FAILED_DAYS.
    """
    kept = EZTASKMANAGER_N_REPORTS_INLINE
    if kept <= 0:
        return 0
    crowded = Task.objects.annotate(n=Count("launchreport")).filter(n__gt=kept)
    limit = timezone.now() - timedelta(days=option("KEEP_FAILED_DAYS"))
    gone = 0
    for task in crowded.values_list("pk", flat=True)[:BATCH]:
        newest = LaunchReport.objects.filter(task=task).order_by("-id")[:kept]
        old = (
            LaunchReport.objects.filter(task=task)
            .exclude(pk__in=list(newest.values_list("pk", flat=True)))
            .exclude(state__in=OPEN_STATES)
            .exclude(
                state__in=(State.FAILED, State.LOST), invocation_datetime__gte=limit
            )
        )
        old = LaunchReport.objects.filter(
            pk__in=list(old.values_list("pk", flat=True)[:BATCH])
        )
        gone += old.delete()[1].get("eztaskmanager.LaunchReport", 0)
    return gone
