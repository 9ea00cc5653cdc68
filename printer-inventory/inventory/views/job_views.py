"""Asking for polls and following them."""

from __future__ import annotations

import json
from typing import Any

from django.contrib.auth.decorators import permission_required
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST
from webshell.problems import problem, wants_json

from inventory.models import OPEN_STATES, Export, InventoryTask, PollBatch, Printer
from inventory.services import fleet, notifying, requests
from inventory.views.export_views import export_json

MOST_IDS = 10_000
RECENT = 5


@require_POST
@permission_required("inventory.run_inventory", raise_exception=True)
def run_printer(request: HttpRequest, pk: int) -> HttpResponse:
    """Ask for a poll of one printer."""
    get_object_or_404(Printer, pk=pk)
    rows = requests.request_polls([pk], request.user.pk)
    if not rows:
        text = _("A retired printer, or one of an inactive organization, is not polled.")
        return problem(request, 409, _("Not polled"), text)
    notifying.polls_asked([pk])
    answer = {"success": True, "queued": True, "task_id": rows[0].task_id, "printer_id": pk}
    return JsonResponse(answer, status=202) if wants_json(request) else _back(request)


@require_POST
@permission_required("inventory.run_inventory", raise_exception=True)
def run_all(request: HttpRequest) -> HttpResponse:
    """Ask for a poll of the whole fleet; pressed twice, the second press follows the first job."""
    batch = requests.request_batch(None, request.user.pk, _("the whole fleet"))
    return _job_answer(request, batch)


@require_POST
@permission_required("inventory.run_inventory", raise_exception=True)
def run_selected(request: HttpRequest) -> HttpResponse:
    """Ask for polls of the selected rows, or of everything the list's filter matches (`scope=filter`)."""
    if request.POST.get("scope") == "filter":
        chosen = fleet.parse_filter(request.GET, request.GET.getlist("org"))
        ids = list(fleet.select(chosen, timezone.now()).values_list("pk", flat=True))
    else:
        ids = [int(text) for text in request.POST.getlist("ids") if text.isascii() and text.isdigit()][:MOST_IDS]
    if not ids:
        return problem(request, 422, _("Nothing selected"), _("Select the printers to poll first."))
    batch = requests.request_batch(ids, request.user.pk, _("%(count)s printers") % {"count": len(ids)})
    notifying.polls_asked(ids)
    return _job_answer(request, batch)


@require_POST
@permission_required("inventory.run_inventory", raise_exception=True)
def api_run_poll(request: HttpRequest) -> HttpResponse:
    """`{"printer_ids": [1, 2]}` to `{"success", "tasks": [{"printer_id", "task_id"}]}`, 202."""
    try:
        ids = _ids_of(json.loads(request.body or b"null"))
    except (ValueError, UnicodeDecodeError):
        return problem(request, 400, _("Unreadable request"), _('Send JSON such as {"printer_ids": [1, 2, 3]}.'))
    rows = requests.request_polls(ids, request.user.pk)
    notifying.polls_asked([row.printer_id for row in rows])
    tasks = [{"printer_id": row.printer_id, "task_id": row.task_id} for row in rows]
    return JsonResponse({"success": True, "task_ids": [row.task_id for row in rows], "tasks": tasks}, status=202)


def _ids_of(data: Any) -> list[int]:
    """Return the printer ids of a request body; raise ValueError for anything else."""
    ids = data.get("printer_ids") if isinstance(data, dict) else None
    if not isinstance(ids, list) or len(ids) > MOST_IDS or not all(type(pk) is int and 0 < pk < 2**63 for pk in ids):
        raise ValueError
    return ids


@require_GET
def task_status(request: HttpRequest, task_id: int) -> HttpResponse:
    """How one poll stands."""
    return JsonResponse(task_json(get_object_or_404(InventoryTask, pk=task_id)))


@require_GET
def latest_task(request: HttpRequest, printer_id: int) -> HttpResponse:
    """How the newest poll of a printer stands; 404 while there is none."""
    task = InventoryTask.objects.filter(printer=printer_id).order_by("-due_at").first()
    if task is None:
        return problem(request, 404, _("No poll yet"), _("This printer does not exist or has not been polled yet."))
    return JsonResponse(task_json(task))


def task_json(task: InventoryTask) -> dict[str, Any]:
    """Return a poll as JSON, in the job words of all systems."""
    return {
        "task_id": task.pk,
        "printer_id": task.printer_id,
        "state": task.state,
        "status": task.status or None,
        "reason": task.error_message,
        "attempt": task.attempt,
        "match_rule": task.match_rule or None,
        "due_at": task.due_at,
        "requested_at": task.task_timestamp,
        "started_at": task.started_at,
        "finished_at": task.finished_at,
    }


@require_GET
def jobs(request: HttpRequest) -> HttpResponse:
    """The newest jobs with their progress, for the top bar."""
    running = PollBatch.objects.filter(finished_at=None)[:RECENT]
    files = Export.objects.filter(requested_by=request.user.pk, state__in=OPEN_STATES)[:RECENT]
    return JsonResponse({"jobs": [job_json(batch) for batch in running] + [export_json(one) for one in files]})


@require_GET
def job(request: HttpRequest, pk: int) -> HttpResponse:
    """One job's progress."""
    return JsonResponse(job_json(get_object_or_404(PollBatch, pk=pk)))


@require_POST
@permission_required("inventory.run_inventory", raise_exception=True)
def stop_job(request: HttpRequest, pk: int) -> HttpResponse:
    """Stop those polls of a job that have not started."""
    batch = get_object_or_404(PollBatch, pk=pk)
    stopped = requests.stop_batch(batch)
    return JsonResponse({"success": True, "stopped": stopped, **job_json(batch)})


def job_json(batch: PollBatch) -> dict[str, Any]:
    """Return a job as the progress element reads it."""
    return {
        "id": batch.pk,
        "name": _("Poll %(scope)s") % {"scope": batch.scope},
        "url": reverse("inventory:job", args=[batch.pk]),
        "stop_url": reverse("inventory:job_stop", args=[batch.pk]),
        "requested_at": batch.requested_at,
        **requests.progress_of(batch).to_json(),
    }


def _job_answer(request: HttpRequest, batch: PollBatch) -> HttpResponse:
    if wants_json(request):
        return JsonResponse({"success": True, **job_json(batch)}, status=202)
    return _back(request)


def _back(request: HttpRequest) -> HttpResponse:
    """Go back to the page the form stood on, if it is one of ours."""
    target = request.POST.get("next", "")
    if url_has_allowed_host_and_scheme(target, allowed_hosts={request.get_host()}, require_https=request.is_secure()):
        return redirect(target)
    return redirect("inventory:printer_list")
