"""What the views of billing share."""

from __future__ import annotations

from django.http import HttpRequest, StreamingHttpResponse
from django.utils.translation import get_language
from sheets import csv_style, stream_table
from webshell.downloads import download

from access.services.audit import Actor
from billing.services.exporting import Table
from monthly_report.views.month_views import XLSX


def actor_of(request: HttpRequest) -> Actor:
    """Return who is asking, as the audit keeps it."""
    return Actor.of(request.user, request.META.get("REMOTE_ADDR"), request.headers.get("User-Agent", ""))


def send_table(request: HttpRequest, table: Table, name: str) -> StreamingHttpResponse:
    """Send a table as Excel, or as CSV with `format=csv`."""
    kind = "csv" if request.GET.get("format") == "csv" else "xlsx"
    style = csv_style(get_language() or "en")
    pieces = stream_table(table.columns, table.rows, kind=kind, sheet=table.sheet, csv_as=style)  # type: ignore[arg-type] # one of two words
    media = "text/csv; charset=utf-8" if kind == "csv" else XLSX
    return download(request, pieces, f"{name}.{kind}", media)
