"""Retention, off the launch path: old reports go, failures stay longer."""

from __future__ import annotations

from datetime import timedelta

from django.db.models import Window
from django.db.models.functions import RowNumber
from django.utils import timezone

from eztaskmanager.models import LaunchReport
from eztaskmanager.settings import EZTASKMANAGER_N_REPORTS_INLINE, option
from eztaskmanager.states import OPEN_STATES, State

BATCH = 500
MAX_BATCHES = 20


def tidy() -> int:
    """Delete what is no longer kept; return how many reports went.

    Kept are the newest EZTASKMANAGER_N_REPORTS_INLINE reports of each task (0: all),
    open ones, and failed or lost ones for EZTASKMANAGER_KEEP_FAILED_DAYS.
    """
    kept = EZTASKMANAGER_N_REPORTS_INLINE
    if kept <= 0:
        return 0
    limit = timezone.now() - timedelta(days=option("KEEP_FAILED_DAYS"))
    place = Window(RowNumber(), partition_by="task", order_by="-id")
    ranked = LaunchReport.objects.annotate(place=place).filter(place__gt=kept)
    old = ranked.exclude(state__in=OPEN_STATES).exclude(
        state__in=(State.FAILED, State.LOST), invocation_datetime__gte=limit
    )
    gone = 0
    for _ in range(MAX_BATCHES):
        numbers = list(old.order_by("id").values_list("pk", flat=True)[:BATCH])
        if numbers:
            doomed = LaunchReport.objects.filter(pk__in=numbers)
            gone += doomed.delete()[1].get("eztaskmanager.LaunchReport", 0)
        if len(numbers) < BATCH:
            break
    return gone
