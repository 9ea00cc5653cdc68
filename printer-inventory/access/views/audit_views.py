"""The audit log: who changed what, who came in."""

from __future__ import annotations

from datetime import datetime, time, timedelta

from django.contrib.auth.decorators import permission_required
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.dateparse import parse_date
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET
from sheets import Out, csv_style, stream_table

from access.models import EntityChangeLog
from access.services.people import changes_matching
from access.views.listing import page_of, text_of

FIRST_YEAR, LAST_YEAR = 2000, 2999
reads = permission_required("access.view_entity_changes", raise_exception=True)


def _matching(request: HttpRequest) -> QuerySet[EntityChangeLog]:
    action = text_of(request, "action")
    since, until = _day(request, "since"), _day(request, "until")
    return changes_matching(
        text_of(request, "q"),
        action if action in EntityChangeLog.Action.values else "",
        since,
        until + timedelta(days=1) if until else None,
    )


def _day(request: HttpRequest, name: str) -> datetime | None:
    try:
        day = parse_date(text_of(request, name))
    except ValueError:
        return None
    if day is None or not FIRST_YEAR <= day.year <= LAST_YEAR:
        return None
    return datetime.combine(day, time.min, timezone.get_current_timezone())


@require_GET
@reads
def audit_log(request: HttpRequest) -> HttpResponse:
    """Everything that was changed, newest first."""
    context = page_of(request, _matching(request))
    context |= {name: text_of(request, name) for name in ("q", "action", "since", "until")}
    context["actions"] = EntityChangeLog.Action.choices
    return render(request, "access/audit_log.html", context)


@require_GET
@reads
def audit_export(request: HttpRequest) -> StreamingHttpResponse:
    """What the list shows, as a spreadsheet (`format=csv` for CSV)."""
    outs = [Out(_(title)) for title in ("At", "By", "Action", "Kind", "What", "Changes", "Reason", "Address")]
    rows = (
        (
            row.timestamp,
            row.actor,
            str(row.get_action_display()),
            str(row.content_type or ""),
            row.object_repr,
            "; ".join(f"{c['label']}: {c['old']} -> {c['new']}" for c in row.changes.values()),
            row.reason,
            row.ip_address,
        )
        for row in _matching(request).iterator(chunk_size=2000)
    )
    zone = timezone.get_current_timezone()
    if request.GET.get("format") == "csv":
        pieces = stream_table(outs, rows, kind="csv", csv_as=csv_style(get_language() or "en"), zone=zone)
        kind, name = "text/csv; charset=utf-8", "audit.csv"
    else:
        pieces = stream_table(outs, rows, sheet="Audit", zone=zone)
        kind, name = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", "audit.xlsx"
    answer = StreamingHttpResponse(pieces, content_type=kind)
    answer.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    return answer
