"""The original's three views: plain log, live log, and the poll in its own JSON."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.urls import reverse
from django.utils.translation import gettext, gettext_lazy
from django.views.generic import TemplateView, View

from eztaskmanager.forms.arguments import command_line
from eztaskmanager.models import LaunchReport
from eztaskmanager.permissions import may
from eztaskmanager.services.logs import run_as_json
from eztaskmanager.views.access import ReadersOnly, make_key
from eztaskmanager.views.words import live_words

NO_LEVEL = gettext_lazy("The available levels are: ERROR or WARNING")


def _missing(pk: int) -> str:
    return gettext("No log for the report %(number)s.") % {"number": pk}


class LogViewerView(ReadersOnly, TemplateView):
    """The whole log as plain text in a page; `?log_level=all|warning|error`."""

    template_name = "eztaskmanager/log_viewer.html"

    @staticmethod
    def get_report_lines(report: LaunchReport) -> list[str]:
        """Return every line of a report."""
        return report.get_log_lines()

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        """Return all lines and those of each level."""
        context = super().get_context_data(**kwargs)
        pk = self.kwargs.get("pk", kwargs.get("pk"))
        chosen = self.request.GET.get("log_level", "all").lower()
        context |= {"log_levels": ["warning", "error"], "selected_log_level": chosen}
        try:
            report = LaunchReport.objects.get(pk=pk)
        except LaunchReport.DoesNotExist:
            lines = [_missing(pk)]
            self.missing = True
        else:
            lines = self.get_report_lines(report)
            context["report"] = report
        for name, shown in (
            ("all", lines),
            ("error", [line for line in lines if "ERROR" in line]),
            ("warning", [line for line in lines if "WARNING" in line]),
        ):
            context[f"log_{name}"] = {"lines": shown, "n": len(shown)}
        known = context.get(f"log_{chosen}")
        context["log_txt"] = "\n".join(known["lines"]) if known else str(NO_LEVEL)
        return context

    missing = False

    def render_to_response(
        self, context: dict[str, Any], **response_kwargs: Any
    ) -> HttpResponse:
        """Answer 404 for a report that is not there, with the same page."""
        if self.missing:
            response_kwargs.setdefault("status", 404)
        return super().render_to_response(context, **response_kwargs)


class LiveLogViewerView(ReadersOnly, TemplateView):
    """The page that watches a run."""

    template_name = "eztaskmanager/live_log.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        """Return the run and where its lines come from."""
        context = super().get_context_data(**kwargs)
        pk = self.kwargs.get("pk", kwargs.get("pk"))
        try:
            report = LaunchReport.objects.select_related("task__command").get(pk=pk)
        except LaunchReport.DoesNotExist:
            return context
        task = report.task
        argv = task.command_line if report.argv is None else report.argv
        context |= {
            "report": report,
            "task": task,
            "task_arguments": task.arguments.split(","),
            "command_line": command_line(task.command.name, argv),
            "title": gettext("%(task)s: run %(number)d")
            % {"task": task.name, "number": report.pk},
            "live": {
                "key": make_key(report.pk),
                "lines": reverse("eztaskmanager:lines", args=[report.pk]),
                "events": reverse("eztaskmanager:events", args=[report.pk]),
                "renew": reverse("eztaskmanager:key", args=[report.pk]),
                "run": run_as_json(report),
                "words": live_words(),
            },
        }
        return context

    def render_to_response(
        self, context: dict[str, Any], **response_kwargs: Any
    ) -> HttpResponse:
        """Add what the admin's frame needs, and what this person may do."""
        if "report" not in context:
            raise Http404(_missing(self.kwargs.get("pk", 0)))
        user = getattr(self.request, "user", None)
        if user is not None:
            context = {**admin.site.each_context(self.request), **context}
            context["may_stop"] = may(user, "stop", context["task"])
            context["may_run"] = may(user, "run", context["task"])
        return super().render_to_response(context, **response_kwargs)


class AjaxReadLogLines(ReadersOnly, View):
    """New lines from `?offset=N` on, in the original's three keys."""

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """Answer with lines, the task's status and the number of rows."""
        return self.render_to_response(self.get_context_data(**kwargs))

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        """Return the three values."""
        pk = self.kwargs.get("pk", kwargs.get("pk"))
        try:
            offset = int(self.request.GET.get("offset", 0))
        except ValueError:
            offset = 0
        try:
            report = LaunchReport.objects.select_related("task").get(pk=pk)
        except LaunchReport.DoesNotExist:
            return {"new_log_lines": [_missing(pk)], "task_status": None, "log_size": 0}
        lines, size = report.read_log_lines(offset)
        return {
            "new_log_lines": lines,
            "task_status": report.task.status,
            "log_size": size,
        }

    def render_to_response(
        self, context: dict[str, Any], **response_kwargs: Any
    ) -> HttpResponse:
        """Write them as JSON."""
        names = ("new_log_lines", "task_status", "log_size")
        return JsonResponse({name: context[name] for name in names}, **response_kwargs)
