"""Buttons of the run's page: stop it, run it again."""

from __future__ import annotations

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from eztaskmanager.models import LaunchReport
from eztaskmanager.permissions import may
from eztaskmanager.services import queues
from eztaskmanager.services.context import acting
from eztaskmanager.services.runs import request_stop


def _run_for(request: HttpRequest, pk: int, action: str) -> LaunchReport:
    run = get_object_or_404(LaunchReport.objects.select_related("task"), pk=pk)
    if not may(request.user, action, run.task):
        raise PermissionDenied
    return run


@require_POST
@login_required
def stop(request: HttpRequest, pk: int) -> HttpResponse:
    """Stop a run and go back to its page."""
    run = _run_for(request, pk, "stop")
    with acting(request.user):
        if not request_stop(run):
            messages.info(request, _("It had ended already."))
    return redirect("eztaskmanager:live_log_viewer", pk)


@require_POST
@login_required
def again(request: HttpRequest, pk: int) -> HttpResponse:
    """Run the task again with the arguments of this run; go to the new run's page."""
    run = _run_for(request, pk, "run")
    argv = run.task.command_line if run.argv is None else run.argv
    try:
        with acting(request.user):
            fresh = queues.get_task_service().run_now(run.task, argv)
    except queues.TaskQueueException as error:
        messages.error(request, str(error))
        return redirect("eztaskmanager:live_log_viewer", pk)
    return redirect("eztaskmanager:live_log_viewer", fresh.pk)
