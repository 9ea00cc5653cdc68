"""Rows within other pages: a category's tasks, a task's newest runs, what runs after it."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any

from django.contrib import admin
from django.db.models import Count, OuterRef, Prefetch, QuerySet, Subquery
from django.db.models.functions import Coalesce
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _

from eztaskmanager.models import LaunchReport, Log, Task, TaskCategory, TaskLink
from eztaskmanager.models.report import hidden_lines
from eztaskmanager.settings import (
    EZTASKMANAGER_N_LINES_IN_REPORT_LOG,
    EZTASKMANAGER_SHOW_LOGVIEWER_LINK,
)
from eztaskmanager.templatetags.eztaskmanager import badge, describe, ez_duration
from eztaskmanager.utils import format_local_dt

if TYPE_CHECKING:
    ReportRows = admin.TabularInline[LaunchReport, Task]
    TaskRows = admin.TabularInline[Task, TaskCategory]
    LinkRows = admin.TabularInline[TaskLink, Task]
else:
    ReportRows = TaskRows = LinkRows = admin.TabularInline


def convert_to_local_dt(dt: Any) -> str:
    """Return a time in the current zone; an empty text for what is no time."""
    return format_local_dt(dt) if isinstance(dt, datetime) else ""


class TaskInline(TaskRows):
    """A category's tasks, to read."""

    model = Task
    fields = readonly_fields = ("name", "arguments", "status_str")
    extra = 0
    can_delete = False
    show_change_link = True

    @admin.display(description=_("status"))
    def status_str(self, obj: Task) -> str:
        """Return `status/last result/next run`."""
        last = "-"
        if obj.cached_last_invocation_datetime:
            last = (
                f"{convert_to_local_dt(obj.cached_last_invocation_datetime)}:"
                f" {obj.cached_last_invocation_result}"
                f" - {obj.cached_last_invocation_n_errors}E,"
                f" {obj.cached_last_invocation_n_warnings}W"
            )
        return f"{obj.status}/{last}/{convert_to_local_dt(obj.cached_next_ride) or '-'}"

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Tasks are added on their own page."""
        return False


class LaunchReportInline(ReportRows):
    """A task's newest runs, with the end of their logs."""

    model = LaunchReport
    fields = readonly_fields = (
        "result",
        "invocation_datetime_local",
        "took",
        "log_tail_html",
        "errors",
        "warnings",
    )
    ordering = ("-invocation_datetime", "-id")
    extra = 0
    max_num = 5
    can_delete = True

    def get_queryset(self, request: HttpRequest) -> QuerySet[LaunchReport]:
        """Fetch runs, the ends of their logs and the lengths in three queries."""
        tail = Log.objects.order_by("-timestamp", "-id")
        lengths = Log.objects.filter(launch_report=OuterRef("pk")).order_by()

        def count(**only: Any) -> Coalesce:
            per_run = lengths.filter(**only).values("launch_report")
            counted = per_run.annotate(n=Count("id")).values("n")
            return Coalesce(Subquery(counted), 0)

        return (
            super()
            .get_queryset(request)
            .select_related("task")
            .annotate(
                n_stored=count(),
                n_errors=count(level="ERROR"),
                n_warnings=count(level="WARNING"),
            )
            .prefetch_related(
                Prefetch(
                    "logs",
                    tail[:EZTASKMANAGER_N_LINES_IN_REPORT_LOG],
                    to_attr="newest_logs",
                )
            )
        )

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Runs come from running."""
        return False

    @admin.display(description=_("result"))
    def result(self, obj: LaunchReport) -> SafeString:
        """Return the state, with the reason to hover over."""
        kind, text = describe(
            obj.state, obj.invocation_result, stopping=obj.is_stopping
        )
        return format_html('<span title="{}">{}</span>', obj.reason, badge(kind, text))

    @admin.display(description=_("Started"))
    def invocation_datetime_local(self, obj: LaunchReport) -> str:
        """Return when it started."""
        return convert_to_local_dt(obj.invocation_datetime)

    @admin.display(description=_("took"))
    def took(self, obj: LaunchReport) -> str:
        """Return how long it ran."""
        return ez_duration(obj.duration)

    @admin.display(description=_("errors"))
    def errors(self, obj: LaunchReport) -> int:
        """Return how many errors were logged."""
        return _known(obj, "n_errors", "n_log_errors")

    @admin.display(description=_("warnings"))
    def warnings(self, obj: LaunchReport) -> int:
        """Return how many warnings were logged."""
        return _known(obj, "n_warnings", "n_log_warnings")

    @admin.display(description=_("Log"))
    def log_tail_html(self, obj: LaunchReport) -> SafeString:
        """Return the end of the log, and a link to all of it."""
        link: str | SafeString = ""
        if EZTASKMANAGER_SHOW_LOGVIEWER_LINK:
            link = format_html(
                '<a href="{}" target="_blank" rel="noopener">{}</a>',
                reverse("eztaskmanager:live_log_viewer", args=[obj.pk]),
                _("Show the log messages"),
            )
        return format_html("<pre>{}</pre>{}", self._tail(obj), link)

    def _tail(self, obj: LaunchReport) -> str:
        newest: list[Log] | None = getattr(obj, "newest_logs", None)
        if newest is None:
            return obj.log_tail(EZTASKMANAGER_N_LINES_IN_REPORT_LOG)
        lines = [log.formatted_line for log in reversed(newest)]
        hidden = getattr(obj, "n_stored", 0) - len(lines)
        return "\n".join([hidden_lines(hidden)] * (hidden > 0) + lines)


def _known(obj: LaunchReport, annotated: str, counted: str) -> int:
    """Return a count: the run's own, else the one fetched with it, else a query's."""
    name = counted if obj.level_counts is not None else annotated
    return int(getattr(obj, name if hasattr(obj, name) else counted))


class TaskLinkInline(LinkRows):
    """What runs after this task."""

    model = TaskLink
    fk_name = "source"
    extra = 0
    raw_id_fields = ("target",)
