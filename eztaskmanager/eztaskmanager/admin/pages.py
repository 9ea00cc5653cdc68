"""The task's own page: its form, its buttons, the arguments' fields, the preview."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404, render
from django.urls import URLPattern, path
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_GET, require_POST

from eztaskmanager.forms.arguments import command_line
from eztaskmanager.forms.task import MARKER, TaskForm, argument_form
from eztaskmanager.models import AppCommand, Task
from eztaskmanager.permissions import may
from eztaskmanager.schedule.fires import note, preview
from eztaskmanager.schedule.plan import PlanError
from eztaskmanager.services import audit
from eztaskmanager.services.context import acting
from eztaskmanager.services.scheduler import arm, plan_of

if TYPE_CHECKING:
    Base = admin.ModelAdmin[Task]
else:
    Base = object

SCHEDULE_FIELDS = frozenset(
    {
        "scheduling",
        "repetition_period",
        "repetition_rate",
        "cron",
        "time_zone",
        "on_gap",
        "on_repeat",
        "window_start",
        "window_end",
        "ends_at",
        "paused",
    }
)


LAUNCHED = _("This task was successfully launched. Reload the page to see the logs.")
QUEUED = _("This task was successfully queued.")
STOPPED = _("This task was successfully stopped")


class TaskPages(Base):
    """Mixed into the task's ModelAdmin."""

    form = TaskForm
    change_form_template = "admin/eztaskmanager/task/change_form.html"
    readonly_fields = (
        "cached_next_ride",
        "scheduled_job_id",
        "status",
        "cached_last_invocation_datetime",
        "cached_last_invocation_result",
        "cached_last_invocation_n_errors",
        "cached_last_invocation_n_warnings",
    )
    fieldsets = (
        (
            _("Definition"),
            {"fields": ("name", "command", "category", "note", "seen_version")},
        ),
        (
            _("Arguments as text"),
            {"classes": ("collapse",), "fields": ("arguments",)},
        ),
        (
            _("Scheduling"),
            {
                "fields": (
                    "scheduling",
                    ("repetition_rate", "repetition_period"),
                    "cron",
                    "time_zone",
                    "paused",
                    "cached_next_ride",
                    "scheduled_job_id",
                )
            },
        ),
        (
            _("Schedule details"),
            {
                "classes": ("collapse",),
                "fields": (
                    ("on_gap", "on_repeat"),
                    ("window_start", "window_end"),
                    "ends_at",
                    "jitter",
                    ("missed", "missed_limit"),
                    "overlap",
                ),
            },
        ),
        (
            _("Limits and retries"),
            {
                "classes": ("collapse",),
                "fields": (
                    ("timeout", "stop_grace"),
                    ("retries", "retry_delay"),
                    ("retry_codes", "retry_lost"),
                    ("queue", "priority"),
                    ("log_level", "expected_within"),
                ),
            },
        ),
        (
            _("Last execution"),
            {
                "classes": ("collapse",),
                "fields": (
                    "status",
                    "cached_last_invocation_datetime",
                    "cached_last_invocation_result",
                    "cached_last_invocation_n_errors",
                    "cached_last_invocation_n_warnings",
                ),
            },
        ),
    )

    def get_urls(self) -> list[URLPattern]:
        """Add the arguments' fields and the preview."""
        wrap = self.admin_site.admin_view
        own = [
            path(
                "arguments/",
                wrap(require_GET(self.arguments_view)),
                name="eztaskmanager_task_arguments",
            ),
            path(
                "preview/",
                wrap(require_POST(self.preview_view)),
                name="eztaskmanager_task_preview",
            ),
        ]
        return own + super().get_urls()

    def render_change_form(
        self, request: HttpRequest, context: dict[str, Any], *args: Any, **kwargs: Any
    ) -> HttpResponse:
        """Give the template the arguments' fields, the preview and the newest run."""
        task: Task | None = kwargs.get("obj")
        form: Any = context["adminform"].form
        context["marker"] = MARKER
        context["argument_form"] = getattr(form, "argument_form", None)
        if task is not None and context["argument_form"] is None:
            context["argument_form"] = argument_form(task, request.POST or None)
        shown = task or form.instance
        context["argument_command"] = shown.command_id or ""
        context["may_run"] = task is None or may(request.user, "run", task)
        context["may_stop"] = task is not None and may(request.user, "stop", task)
        if task is not None:
            context |= preview_of(task)
            runs = task.launchreport_set.order_by("-id")
            context["newest_run"] = runs.select_related("task").first()
        return super().render_change_form(request, context, *args, **kwargs)

    def save_model(
        self, request: HttpRequest, obj: Task, form: Any, change: bool
    ) -> None:
        """Save, keep the change in the audit, and follow a changed schedule."""
        changed = list(getattr(form, "changed_data", []))
        super().save_model(request, obj, form, change)
        with acting(getattr(request, "user", None)):
            audit.record("change" if change else "add", obj, fields=changed)
        if (
            obj.next_due is not None
            and SCHEDULE_FIELDS & set(changed)
            and arm(obj) is None
        ):
            Task.objects.filter(pk=obj.pk).update(next_due=None, cached_next_ride=None)

    def press(self, request: HttpRequest, task: Task) -> HttpResponse | None:
        """Start, run or stop as the pressed button says; None when none was."""
        from eztaskmanager.services.queues import TaskQueueException, get_task_service

        buttons = {
            "_start-task": ("run", "add", LAUNCHED),
            "_run-now": ("run", "run_now", QUEUED),
            "_stop-task": ("stop", "remove", STOPPED),
        }
        pressed = next((name for name in buttons if name in request.POST), None)
        if pressed is None:
            return None
        action, method, text = buttons[pressed]
        if not may(request.user, action, task):
            raise PermissionDenied
        try:
            with acting(request.user):
                getattr(get_task_service(), method)(task)
        except TaskQueueException as error:
            self.message_user(request, str(error), messages.ERROR)
        else:
            self.message_user(request, text, messages.SUCCESS)
        return HttpResponseRedirect(".")

    def _editors_only(self, request: HttpRequest) -> None:
        if not (
            self.has_add_permission(request) or self.has_change_permission(request)
        ):
            raise PermissionDenied

    def arguments_view(self, request: HttpRequest) -> HttpResponse:
        """Answer with the fields of another command: `?command=ID`."""
        self._editors_only(request)
        chosen = request.GET.get("command", "")
        number = int(chosen) if chosen.isascii() and chosen.isdigit() else 0
        command = get_object_or_404(AppCommand, pk=min(number, 2**62))
        task = Task(command=command)
        context = {
            "argument_form": argument_form(task),
            "argument_command": command.pk,
            "marker": MARKER,
        }
        return render(request, "eztaskmanager/arguments.html", context)

    def preview_view(self, request: HttpRequest) -> HttpResponse:
        """Answer with the line that would run and the next due times; nothing is saved."""
        self._editors_only(request)
        known = request.GET.get("task", "")
        own = (
            Task.objects.filter(pk=int(known))
            if known.isdigit()
            else Task.objects.none()
        )
        with transaction.atomic():
            form = TaskForm(request.POST, instance=own.first())
            form.is_valid()
            transaction.set_rollback(True)
        context: dict[str, Any] = {"errors": form.errors}
        task = form.instance
        if task.command_id:
            context |= preview_of(task)
        return render(request, "eztaskmanager/preview.html", context)


def preview_of(task: Task) -> dict[str, Any]:
    """Return the command line and the next ten due times, with what clocks do to them."""
    context: dict[str, Any] = {
        "will_run_as": command_line(task.command.name, task.command_line)
    }
    try:
        plan = plan_of(task)
        moments = preview(plan, timezone.now())
    except PlanError as error:
        return {**context, "plan_error": str(error)}
    context["zone"] = plan.zone
    context["next_runs"] = [
        (date_format(moment, "D Y-m-d H:i"), note(plan, moment)) for moment in moments
    ]
    return context
