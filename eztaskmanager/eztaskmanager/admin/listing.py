"""The list of tasks: recent runs of a whole page in one query, and what is drawn of them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from typing import Any

from django.contrib.admin.views.main import ChangeList
from django.db.models import F, Window
from django.db.models.functions import RowNumber
from django.http import HttpRequest
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from eztaskmanager.models import LaunchReport, Task
from eztaskmanager.templatetags.eztaskmanager import describe

RECENT = 12
BAR, STEP, HEIGHT = 5, 7, 20


def recent_runs(tasks: Iterable[Task]) -> dict[int, list[LaunchReport]]:
    """Return the newest runs of each task, newest first, in one query."""
    rank = Window(
        RowNumber(), partition_by=F("task_id"), order_by=F("invocation_datetime").desc()
    )
    found = (
        LaunchReport.objects.filter(task__in=[task.pk for task in tasks])
        .annotate(rank=rank)
        .filter(rank__lte=RECENT)
        .order_by("rank")
    )
    runs: dict[int, list[LaunchReport]] = defaultdict(list)
    for run in found:
        runs[run.task_id].append(run)
    return runs


class TaskChangeList(ChangeList):
    """Hangs `recent` on every task of the page."""

    def get_results(self, request: HttpRequest) -> None:
        """Fetch the page, then its runs."""
        super().get_results(request)
        tasks: list[Any] = list(self.result_list)
        runs = recent_runs(tasks)
        for task in tasks:
            task.recent = runs.get(task.pk, [])
        self.result_list = tasks


def runs_of(task: Task) -> list[LaunchReport]:
    """Return a task's newest runs: what the list has fetched, else what the database has."""
    found: list[LaunchReport] | None = getattr(task, "recent", None)
    if found is None:
        found = list(
            task.launchreport_set.order_by("-invocation_datetime", "-id")[:RECENT]
        )
    return found


def sparkline(runs: list[LaunchReport]) -> SafeString | str:
    """Draw durations as bars, oldest at the left; each says what it stands for."""
    if not runs:
        return "–"
    seconds = [run.duration.total_seconds() if run.duration else 0 for run in runs]
    longest = max(seconds) or 1
    bars = []
    for number, (run, took) in enumerate(
        zip(reversed(runs), reversed(seconds), strict=True)
    ):
        height = max(round(HEIGHT * took / longest), 2)
        kind, words = describe(run.state, run.invocation_result)
        title = _("%(state)s, %(seconds)s s") % {
            "state": words,
            "seconds": f"{took:.1f}",
        }
        bars.append((number * STEP, HEIGHT - height, BAR, height, kind, title))
    shapes = format_html_join(
        "",
        '<rect x="{}" y="{}" width="{}" height="{}" class="ez-{}"><title>{}</title></rect>',
        bars,
    )
    return format_html(
        '<svg class="ez-spark" width="{}" height="{}" role="img"'
        ' aria-label="{}">{}</svg>',
        len(bars) * STEP,
        HEIGHT,
        _("The last %(count)d runs, longest %(seconds)s s")
        % {"count": len(bars), "seconds": f"{longest:.1f}"},
        shapes,
    )
