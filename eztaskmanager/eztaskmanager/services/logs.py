"""Reading logs in pieces: by id, so that nothing new costs nothing."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC
from typing import Any

from django.db.models import Q, QuerySet

from eztaskmanager.models import LaunchReport, Log

PAGE = 2000
LEVELS = {
    "error": ("ERROR", "CRITICAL"),
    "warning": ("WARNING",),
    "info": ("INFO",),
    "debug": ("DEBUG",),
}
MAX_TERMS = 10


def select(report_id: int, level: str = "", search: str = "") -> QuerySet[Log]:
    """Return a run's lines, of one level and with one of the terms (`a|b`), if given."""
    found = Log.objects.filter(launch_report_id=report_id).order_by("id")
    if level in LEVELS:
        found = found.filter(level__in=LEVELS[level])
    terms = [term for term in search[:200].split("|") if term.strip()][:MAX_TERMS]
    if terms:
        wanted = Q()
        for term in terms:
            wanted |= Q(message__icontains=term)
        found = found.filter(wanted)
    return found


def newer(lines: QuerySet[Log], after: int) -> list[Log]:
    """Return the lines after an id, oldest first, a page at most."""
    return list(lines.filter(id__gt=after)[:PAGE])


def older(lines: QuerySet[Log], before: int | None) -> list[Log]:
    """Return the last page of lines before an id (None: the end), oldest first."""
    found = lines if before is None else lines.filter(id__lt=before)
    return list(reversed(found.order_by("-id")[:PAGE]))


def as_json(log: Log) -> dict[str, Any]:
    """Return one line for a script."""
    return {
        "id": log.pk,
        "time": log.timestamp.astimezone(UTC).isoformat(timespec="milliseconds"),
        "level": log.level,
        "stream": log.stream,
        "logger": log.logger,
        "text": log.message,
    }


def run_as_json(run: LaunchReport) -> dict[str, Any]:
    """Return what a page or a script needs to know of a run."""
    duration = run.duration
    counts = run.level_counts or {}
    return {
        "id": run.pk,
        "task": run.task_id,
        "state": run.state,
        "stopping": run.is_stopping,
        "result": run.invocation_result,
        "reason": run.reason,
        "trigger": run.trigger,
        "requested_by": run.requested_by,
        "attempt": run.attempt,
        "due_at": _iso(run.due_at),
        "queued_at": _iso(run.queued_at),
        "started_at": _iso(run.started_at),
        "finished_at": _iso(run.finished_at),
        "seconds": None if duration is None else round(duration.total_seconds(), 3),
        "exit_code": run.exit_code,
        "signal": run.signal,
        "peak_memory": run.peak_memory,
        "pid": run.pid,
        "worker": run.worker,
        "progress": {
            "done": run.progress_done,
            "total": run.progress_total,
            "text": run.progress_text,
        },
        "counts": counts,
    }


def _iso(moment: Any) -> str | None:
    return None if moment is None else moment.astimezone(UTC).isoformat()


def as_text(lines: QuerySet[Log]) -> Iterator[str]:
    """Yield lines as the original's viewer writes them."""
    for log in lines.iterator(chunk_size=PAGE):
        yield f"{log.formatted_line}\n"


def as_jsonl(lines: QuerySet[Log]) -> Iterator[str]:
    """Yield one JSON object per line."""
    for log in lines.iterator(chunk_size=PAGE):
        yield json.dumps(as_json(log)) + "\n"
