"""The JSON API: list and run tasks, watch and stop runs. Bearer tokens; RFC 9457 errors."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from typing import Any

from django.db.models import Q
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.utils import timezone
from django.views.decorators.csrf import csrf_exempt

from eztaskmanager.forms.arguments import check_argv
from eztaskmanager.forms.task import load_parser
from eztaskmanager.models import ApiToken, LaunchReport, Task
from eztaskmanager.permissions import may
from eztaskmanager.services import logs, queues
from eztaskmanager.services.context import acting
from eztaskmanager.services.runs import request_stop
from eztaskmanager.states import Trigger
from eztaskmanager.views.openapi import document
from eztaskmanager.views.status import metrics_text

MAX_BODY = 65536
PAGE = 100
View = Callable[..., HttpResponse]


class Refused(Exception):
    """An answer other than 2xx: status and the words for it."""

    def __init__(self, status: int, title: str, detail: str = "") -> None:
        super().__init__(title)
        self.status, self.title, self.detail = status, title, detail


def _problem(status: int, title: str, detail: str = "") -> JsonResponse:
    body = {"type": "about:blank", "title": title, "status": status, "detail": detail}
    response = JsonResponse(
        body, status=status, content_type="application/problem+json"
    )
    if status == 401:
        response.headers["WWW-Authenticate"] = "Bearer"
    return response


def user_of(request: HttpRequest) -> Any:
    """Return the token's user; raises Refused without a good token."""
    scheme, _, secret = request.headers.get("Authorization", "").partition(" ")
    if scheme.lower() != "bearer" or not secret:
        raise Refused(401, "A token is needed", "Send Authorization: Bearer ...")
    digest = hashlib.sha256(secret.strip().encode()).hexdigest()
    now = timezone.now()
    token = (
        ApiToken.objects.filter(
            Q(expires_at=None) | Q(expires_at__gt=now), digest=digest
        )
        .select_related("user")
        .first()
    )
    if token is None or not token.user.is_active:
        raise Refused(401, "The token is not valid")
    ApiToken.objects.filter(pk=token.pk).update(last_used_at=now)
    return token.user


def endpoint(**methods: View) -> View:
    """Return a view that dispatches by method, for token holders, with problem details."""

    @csrf_exempt
    def view(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        chosen = methods.get((request.method or "").lower())
        if chosen is None:
            return _problem(405, "Method not allowed", ", ".join(methods).upper())
        try:
            return chosen(request, user_of(request), *args, **kwargs)
        except Refused as refusal:
            return _problem(refusal.status, refusal.title, refusal.detail)
        except Http404:
            return _problem(404, "Not found")

    return view


def _demand(user: Any, action: str, task: Task | None = None) -> None:
    if not may(user, action, task):
        raise Refused(403, f"{user.get_username()} may not {action} this")


def _body(request: HttpRequest) -> dict[str, Any]:
    if int(request.headers.get("Content-Length") or 0) > MAX_BODY:
        raise Refused(413, "The body is too large")
    if not request.body:
        return {}
    try:
        content = json.loads(request.body)
    except ValueError as error:
        raise Refused(400, "The body is no JSON", str(error)) from error
    if not isinstance(content, dict):
        raise Refused(400, "The body must be an object")
    return content


def _task(pk: int) -> Task:
    task = Task.objects.select_related("command").filter(pk=pk).first()
    if task is None:
        raise Http404
    return task


def _run(pk: int) -> LaunchReport:
    run = LaunchReport.objects.select_related("task").filter(pk=pk).first()
    if run is None:
        raise Http404
    return run


def task_as_json(task: Task) -> dict[str, Any]:
    """Return a task as the API shows it."""
    due = task.next_due
    return {
        "id": task.pk,
        "name": task.name,
        "command": task.command.name,
        "app": task.command.app_name,
        "argv": task.command_line,
        "status": task.status,
        "paused": task.paused,
        "next_due": due.isoformat() if due else None,
        "last_result": task.cached_last_invocation_result,
    }


def _after(request: HttpRequest) -> int:
    text = request.GET.get("after", "0")
    if not (text.isascii() and text.isdigit() and len(text) < 19):
        raise Refused(400, "after must be a number")
    return int(text)


def list_tasks(request: HttpRequest, user: Any) -> HttpResponse:
    """Answer with a page of tasks, by id; `next` is the value for `?after=`."""
    _demand(user, "view")
    found = Task.objects.filter(pk__gt=_after(request)).order_by("pk")
    page = list(found.select_related("command")[:PAGE])
    following = page[-1].pk if len(page) == PAGE else None
    shown = [task_as_json(task) for task in page if may(user, "view", task)]
    return JsonResponse({"tasks": shown, "next": following})


def get_task(request: HttpRequest, user: Any, pk: int) -> HttpResponse:
    """Answer with one task."""
    task = _task(pk)
    _demand(user, "view", task)
    return JsonResponse(task_as_json(task))


def run_task(request: HttpRequest, user: Any, pk: int) -> HttpResponse:
    """Queue a run; `{"argv": [...]}` replaces the arguments for this once.

    Other arguments are for those who may change the task: they could do as much there.
    """
    task = _task(pk)
    _demand(user, "run", task)
    argv = _body(request).get("argv")
    if argv is not None and not (
        isinstance(argv, list) and all(isinstance(word, str) for word in argv)
    ):
        raise Refused(400, "argv must be a list of texts")
    if argv is not None:
        _demand(user, "change", task)
        parser = load_parser(task.command)
        complaint = check_argv(parser, argv) if parser else ""
        if complaint:
            raise Refused(400, "The command does not take these arguments", complaint)
    try:
        with acting(user, Trigger.API):
            run = queues.get_task_service().run_now(task, argv)
    except queues.TaskQueueException as error:
        raise Refused(409, "It cannot be run now", str(error)) from error
    return JsonResponse(logs.run_as_json(run), status=202)


def get_run(request: HttpRequest, user: Any, pk: int) -> HttpResponse:
    """Answer with one run."""
    run = _run(pk)
    _demand(user, "read", run.task)
    return JsonResponse(logs.run_as_json(run))


def stop_run(request: HttpRequest, user: Any, pk: int) -> HttpResponse:
    """Ask a run to stop; 409 when it has ended."""
    run = _run(pk)
    _demand(user, "stop", run.task)
    with acting(user, Trigger.API):
        if not request_stop(run):
            raise Refused(409, "It has ended, or is being stopped already")
    run.refresh_from_db()
    return JsonResponse(logs.run_as_json(run), status=202)


def get_log(request: HttpRequest, user: Any, pk: int) -> HttpResponse:
    """Answer with lines after `?after=`, of `?level=`, with `?q=`; `more` says go on."""
    run = _run(pk)
    _demand(user, "read", run.task)
    chosen = logs.select(run.pk, request.GET.get("level", ""), request.GET.get("q", ""))
    lines = logs.newer(chosen, _after(request))
    body = {
        "lines": [logs.as_json(line) for line in lines],
        "more": len(lines) == logs.PAGE,
    }
    return JsonResponse(body)


def get_metrics(request: HttpRequest, user: Any) -> HttpResponse:
    """Answer in Prometheus' text format."""
    _demand(user, "view")
    return metrics_text()


def openapi(request: HttpRequest) -> JsonResponse:
    """Answer with the description of this API."""
    return JsonResponse(document())


tasks = endpoint(get=list_tasks)
task = endpoint(get=get_task)
runs_of_task = endpoint(post=run_task)
run = endpoint(get=get_run)
stop = endpoint(post=stop_run)
log = endpoint(get=get_log)
metrics = endpoint(get=get_metrics)
