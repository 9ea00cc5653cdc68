"""The admin: tasks, commands, categories; their inner rows in `inlines`, the rest in `others`."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import TYPE_CHECKING, Any

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext, ngettext_lazy
from django.utils.translation import gettext_lazy as _

from eztaskmanager.admin import others  # noqa: F401 - registers the other models
from eztaskmanager.admin.inlines import (
    LaunchReportInline,
    TaskInline,
    TaskLinkInline,
    convert_to_local_dt,
)
from eztaskmanager.admin.listing import TaskChangeList, runs_of, sparkline
from eztaskmanager.admin.pages import TaskPages
from eztaskmanager.models import AppCommand, LaunchReport, Task, TaskCategory
from eztaskmanager.permissions import may
from eztaskmanager.services.context import acting
from eztaskmanager.states import State
from eztaskmanager.templatetags.eztaskmanager import badge

if TYPE_CHECKING:
    CommandBase = admin.ModelAdmin[AppCommand]
    CategoryBase = admin.ModelAdmin[TaskCategory]
    TaskBase = admin.ModelAdmin[Task]
else:
    CommandBase = CategoryBase = TaskBase = admin.ModelAdmin


def _short(moment: datetime | None) -> SafeString | str:
    """Return a time as a list has room for; all of it to hover over."""
    if moment is None:
        return "-"
    local = timezone.localtime(moment)
    other_year = local.year != timezone.localtime().year
    shown = date_format(local, "d M H:i Y" if other_year else "d M H:i")
    full = convert_to_local_dt(moment)
    return format_html('<span class="ez-time" title="{}">{}</span>', full, shown)


RESULTS = dict(LaunchReport.RESULT_CHOICES)
PERIODS = {
    "minute": _("minute"),
    "hour": _("hour"),
    "day": _("day"),
    "week": _("week"),
    "month": _("month"),
}
STATUS_WORDS = {
    "idle": _("idle"),
    "queued": _("queued"),
    "scheduled": _("scheduled"),
    "running": _("running"),
}
FORBIDDEN = {"run": _("You may not run it."), "stop": _("You may not stop it.")}
# Singular and plural, for translators: in English the original says "1 tasks".
LAUNCHED = ngettext_lazy(
    "%(count)d tasks launched.", "%(count)d tasks launched.", "count"
)
STOPPED = ngettext_lazy("%(count)d tasks stopped.", "%(count)d tasks stopped.", "count")


class BulkDeleteMixin:
    """Deletes selected rows one by one, so that what depends on `delete()` happens."""

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> None:
        """Delete each."""
        for row in queryset:
            row.delete()


@admin.register(AppCommand)
class AppCommandAdmin(CommandBase):
    """Commands, as `collectcommands` found them."""

    list_display = ("app_name", "name", "active")
    list_display_links = ("name",)
    list_editable = ("active",)
    list_filter = ("active",)
    search_fields = ("app_name", "name")
    ordering = ("app_name", "name")
    readonly_fields = ("app_name", "name")
    change_form_template = "admin/appcommand_changeform.html"

    def has_add_permission(self, request: HttpRequest) -> bool:
        """`collectcommands` adds them."""
        return False

    def changeform_view(
        self,
        request: HttpRequest,
        object_id: str | None = None,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        """Show the help text, without buttons that would save nothing."""
        command = self.get_object(request, object_id) if object_id else None
        context = {
            **(extra_context or {}),
            "show_save_and_continue": False,
            "show_save": False,
            "command_help": _help_of(command),
        }
        return super().changeform_view(request, object_id, form_url, context)


def _help_of(command: AppCommand | None) -> str:
    if command is None:
        return ""
    try:
        return command.help_text
    except Exception as error:  # noqa: BLE001 - whatever importing a command raises
        return gettext("This command cannot be loaded: %(error)s") % {"error": error}


@admin.register(TaskCategory)
class TaskCategoryAdmin(CategoryBase):
    """Categories with their tasks."""

    list_display = ("name",)
    search_fields = ("name",)
    inlines = [TaskInline]


class ResultFilter(admin.AllValuesFieldListFilter):
    """The last results there are, in the reader's language."""

    def choices(self, changelist: Any) -> Iterator[Any]:
        """Yield what can be chosen."""
        for choice in super().choices(changelist):
            shown = choice["display"]
            yield {**choice, "display": RESULTS.get(str(shown), shown)}


@admin.register(Task)
class TaskAdmin(BulkDeleteMixin, TaskPages, TaskBase):
    """Tasks: the list, their actions and their page."""

    actions = ["launch_tasks", "stop_tasks"]
    list_display = (
        "name_desc",
        "state",
        "last_result_with_logviewer_link",
        "durations",
        "last_run",
        "next_run",
        "repetition",
        "invocation",
    )
    list_display_links = ("name_desc",)
    list_filter = (
        "status",
        ("cached_last_invocation_result", ResultFilter),
        "category",
        "paused",
    )
    list_select_related = ("command", "category")
    ordering = ("-cached_last_invocation_datetime",)
    search_fields = ("name", "command__app_name", "command__name")
    save_as = True
    save_on_top = True
    inlines = [LaunchReportInline, TaskLinkInline]

    class Media:
        css = {"all": ["eztaskmanager/eztaskmanager.css"]}

    def get_changelist(
        self, request: HttpRequest, **kwargs: Any
    ) -> type[TaskChangeList]:
        """Return the list that fetches runs with the page."""
        return TaskChangeList

    @admin.display(description=_("Name"), ordering="name")
    def name_desc(self, obj: Task) -> SafeString:
        """Return the name, with the note to hover over."""
        note = obj.note or ""
        return format_html('<span class="ez-name" title="{}">{}</span>', note, obj.name)

    @admin.display(description=_("invocation"))
    def invocation(self, obj: Task) -> SafeString:
        """Return the command and its arguments."""
        text = " ".join(part for part in obj.arguments.replace(",", " ").split())
        return format_html("<b>{}</b> {}", obj.command.name, text)

    @admin.display(description=_("state"), ordering="status")
    def state(self, obj: Task) -> SafeString:
        """Return what it is doing, or that it is paused."""
        if obj.paused:
            return badge("paused", gettext("paused"))
        kinds = {Task.STATUS_STARTED: "running", Task.STATUS_SPOOLED: "queued"}
        kind = kinds.get(obj.status, obj.status)
        return badge(kind, str(STATUS_WORDS.get(kind, kind)))

    @admin.display(description=_("Last result"))
    def last_result_with_logviewer_link(self, obj: Task) -> SafeString | str:
        """Return the last result and a link to its log."""
        ended = [run for run in runs_of(obj) if run.state != State.QUEUED]
        result = obj.cached_last_invocation_result
        if not result or not ended:
            return "-"
        link = reverse("eztaskmanager:live_log_viewer", args=[ended[0].pk])
        return format_html(
            '{} - <a href="{}" target="_blank" rel="noopener">{}</a>',
            RESULTS.get(result, result.upper()),
            link,
            _("Show log messages"),
        )

    @admin.display(description=_("durations"))
    def durations(self, obj: Task) -> SafeString | str:
        """Draw the durations of the last runs."""
        return sparkline([run for run in runs_of(obj) if run.started_at])

    @admin.display(
        description=_("last run"), ordering="cached_last_invocation_datetime"
    )
    def last_run(self, obj: Task) -> SafeString | str:
        """Return when it last started."""
        return _short(obj.cached_last_invocation_datetime)

    @admin.display(description=_("next run"), ordering="cached_next_ride")
    def next_run(self, obj: Task) -> SafeString | str:
        """Return when it is due next."""
        return _short(obj.cached_next_ride)

    @admin.display(description=_("repetition"))
    def repetition(self, obj: Task) -> str:
        """Return the cron expression, or `5 day`."""
        if obj.cron:
            return obj.cron
        if not (obj.repetition_period and obj.repetition_rate):
            return "-"
        period = PERIODS.get(obj.repetition_period, obj.repetition_period)
        return f"{obj.repetition_rate} {period}"

    @admin.action(description=_("Launch the selected tasks"))
    def launch_tasks(self, request: HttpRequest, queryset: QuerySet[Task]) -> None:
        """Add each to the queue, or start its schedule; say which could not be."""
        self._each(request, queryset, "run", "add", LAUNCHED)

    @admin.action(description=_("Stop the selected tasks"))
    def stop_tasks(self, request: HttpRequest, queryset: QuerySet[Task]) -> None:
        """Stop the runs and the schedule of each."""
        self._each(request, queryset, "stop", "remove", STOPPED)

    def _each(
        self,
        request: HttpRequest,
        tasks: QuerySet[Task],
        action: str,
        method: str,
        done: Any,
    ) -> None:
        from eztaskmanager.services.queues import TaskQueueException, get_task_service

        user = getattr(request, "user", None)
        service = get_task_service()
        count = 0
        for task in tasks:
            if user is not None and not may(user, action, task):
                self._complain(request, task, str(FORBIDDEN[action]))
                continue
            try:
                with acting(user):
                    getattr(service, method)(task)
                count += 1
            except TaskQueueException as error:
                self._complain(request, task, str(error))
        self.message_user(request, done % {"count": count}, messages.INFO)

    def _complain(self, request: HttpRequest, task: Task, text: str) -> None:
        self.message_user(request, f"{task.name}: {text}", messages.ERROR)

    def response_change(self, request: HttpRequest, obj: Task) -> HttpResponse:
        """Do what the pressed button says; the form has been saved."""
        return self.press(request, obj) or super().response_change(request, obj)

    def response_add(
        self, request: HttpRequest, obj: Task, post_url_continue: str | None = None
    ) -> HttpResponse:
        """Do what the pressed button says, then stay with the new task."""
        if self.press(request, obj) is None:
            return super().response_add(request, obj, post_url_continue)
        return HttpResponseRedirect(
            reverse("admin:eztaskmanager_task_change", args=[obj.pk])
        )
