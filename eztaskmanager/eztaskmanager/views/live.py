"""Lines for the live page: by polling, as server-sent events, and as a download."""

from __future__ import annotations

import asyncio
import gzip
import io
import json
import threading
import time
from collections.abc import AsyncIterator, Iterable, Iterator
from typing import Any

from asgiref.sync import sync_to_async
from django.core.exceptions import PermissionDenied
from django.core.handlers.asgi import ASGIRequest
from django.db import connections
from django.http import (
    Http404,
    HttpRequest,
    HttpResponse,
    HttpResponseBase,
    JsonResponse,
    StreamingHttpResponse,
)
from django.views import View
from django.views.decorators.http import require_GET

from eztaskmanager.models import LaunchReport
from eztaskmanager.services import logs
from eztaskmanager.views.access import ReadersOnly, key_opens, make_key

STREAM_SECONDS = 55
STREAM_STEP = 0.4
MAX_STREAMS = 20
_streams = threading.BoundedSemaphore(MAX_STREAMS)


def _number(request: HttpRequest, name: str) -> int | None:
    text = request.GET.get(name, "")
    return int(text) if text.isascii() and text.isdigit() and len(text) < 19 else None


def _piece(pk: int, after: int, level: str, search: str) -> dict[str, Any]:
    """Return a run and the lines after an id, in two queries."""
    try:
        run = LaunchReport.objects.get(pk=pk)
    except LaunchReport.DoesNotExist as error:
        raise Http404 from error
    lines = logs.newer(logs.select(pk, level, search), after)
    return {
        "run": logs.run_as_json(run),
        "lines": [logs.as_json(line) for line in lines],
        "more": len(lines) == logs.PAGE,
    }


@require_GET
def lines(request: HttpRequest, pk: int) -> JsonResponse:
    """Return lines after `?after=` or the last ones before `?before=`, with the run."""
    if not key_opens(request.GET.get("key", ""), pk):
        raise PermissionDenied
    level, search = request.GET.get("level", ""), request.GET.get("q", "")
    after = _number(request, "after")
    if after is not None:
        return JsonResponse(_piece(pk, after, level, search))
    try:
        run = LaunchReport.objects.get(pk=pk)
    except LaunchReport.DoesNotExist as error:
        raise Http404 from error
    found = logs.older(logs.select(pk, level, search), _number(request, "before"))
    return JsonResponse(
        {
            "run": logs.run_as_json(run),
            "lines": [logs.as_json(line) for line in found],
            "more": len(found) == logs.PAGE,
        }
    )


class KeyView(ReadersOnly, View):
    """A new key for those who may still read."""

    def get(self, request: HttpRequest, pk: int) -> JsonResponse:
        """Answer with it."""
        return JsonResponse({"key": make_key(pk)})


@require_GET
def events(request: HttpRequest, pk: int) -> HttpResponseBase:
    """Stream what is new for a minute; the browser then asks again from where it was.

    503 where a stream would keep a worker from others: the page then polls.
    """
    if not key_opens(request.GET.get("key", ""), pk):
        raise PermissionDenied
    is_async = isinstance(request, ASGIRequest)
    threaded = request.META.get("wsgi.multithread", False)
    if not (is_async or threaded) or not _streams.acquire(blocking=False):
        return HttpResponse(status=503)
    last = request.headers.get("Last-Event-ID", "")
    start = (
        int(last) if last.isdigit() and len(last) < 19 else _number(request, "after")
    )
    stream = _Stream(
        pk, start or 0, request.GET.get("level", ""), request.GET.get("q", "")
    )
    response = StreamingHttpResponse(
        stream.later() if is_async else stream.now(), content_type="text/event-stream"
    )
    response.headers["Cache-Control"] = "no-cache"
    response.headers["X-Accel-Buffering"] = "no"
    return response


class _Stream:
    """One browser's stream; it remembers the last id and what the run looked like."""

    def __init__(self, pk: int, after: int, level: str, search: str) -> None:
        self._pk, self._after = pk, after
        self._level, self._search = level, search
        self._shown: dict[str, Any] = {}
        self._until = time.monotonic() + STREAM_SECONDS
        self._ended = False

    def _step(self) -> str:
        """Return the next events, or a comment that keeps the connection open."""
        try:
            piece = _piece(self._pk, self._after, self._level, self._search)
        except Http404:
            self._ended = True
            return "event: gone\ndata: {}\n\n"
        if piece["lines"]:
            self._after = piece["lines"][-1]["id"]
        changed = {**piece["run"], "seconds": None} != {**self._shown, "seconds": None}
        self._shown = piece["run"]
        final = piece["run"]["finished_at"] is not None and not piece["more"]
        self._ended = final and not piece["lines"]
        if not (piece["lines"] or changed or self._ended):
            return ": -\n\n"
        return f"id: {self._after}\ndata: {json.dumps(piece)}\n\n"

    def _goes_on(self) -> bool:
        return not self._ended and time.monotonic() < self._until

    def now(self) -> Iterator[str]:
        """Yield events, for WSGI with threads."""
        try:
            while self._goes_on():
                yield self._step()
                time.sleep(STREAM_STEP)
        finally:
            _streams.release()
            connections.close_all()

    async def later(self) -> AsyncIterator[str]:
        """Yield events, for ASGI."""
        try:
            while self._goes_on():
                yield await sync_to_async(self._step)()
                await asyncio.sleep(STREAM_STEP)
        finally:
            _streams.release()


class DownloadView(ReadersOnly, View):
    """The log as a file: `txt`, `jsonl`, or either of them as `.gz`."""

    def get(self, request: HttpRequest, pk: int, kind: str) -> HttpResponseBase:
        """Stream it."""
        if not LaunchReport.objects.filter(pk=pk).exists():
            raise Http404
        level, search = request.GET.get("level", ""), request.GET.get("q", "")
        chosen = logs.select(pk, level, search)
        plain = kind.removesuffix(".gz")
        texts = logs.as_jsonl(chosen) if plain == "jsonl" else logs.as_text(chosen)
        body: Iterable[Any] = _compressed(texts) if kind.endswith(".gz") else texts
        response = StreamingHttpResponse(body, content_type=_TYPES[kind])
        name = f"run-{pk}.{kind}"
        response.headers["Content-Disposition"] = f'attachment; filename="{name}"'
        return response


_TYPES = {
    "txt": "text/plain; charset=utf-8",
    "jsonl": "application/x-ndjson",
    "txt.gz": "application/gzip",
    "jsonl.gz": "application/gzip",
}


def _compressed(texts: Iterator[str]) -> Iterator[bytes]:
    buffer = io.BytesIO()
    with gzip.GzipFile(fileobj=buffer, mode="wb") as file:
        for text in texts:
            file.write(text.encode())
            if buffer.tell() > 65536:
                yield buffer.getvalue()
                buffer.seek(0)
                buffer.truncate()
    yield buffer.getvalue()
