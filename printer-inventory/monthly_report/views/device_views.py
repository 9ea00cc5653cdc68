"""What is known of the device of a row, beside the month: where it is, when it was read, what it printed before."""

from __future__ import annotations

from typing import Any

from django.db.models import Sum
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.views.decorators.http import require_GET

from inventory.models import Printer
from monthly_report.models import CounterChangeLog, MonthControl, MonthlyReport
from monthly_report.services.months import only_visible, require_visible
from monthly_report.views.words import FIGURE_WORDS

MONTHS = 12
CHANGES = 10


@require_GET
def device_info(request: HttpRequest, pk: int) -> HttpResponse:
    """A piece of HTML for the month's dialog; months that are hidden from the visitor are left out."""
    row = get_object_or_404(MonthlyReport.objects.select_related("organization"), pk=pk)
    require_visible(request.user, MonthControl.objects.filter(month=row.month).first())
    parts = only_visible(MonthlyReport.objects.filter(device_key=row.device_key), request.user)
    past = parts.order_by("-month").values("month").annotate(pages=Sum("total_prints"))[:MONTHS]
    printer = None
    if row.printer_id is not None and request.user.has_perm("inventory.access_inventory_app"):
        printer = (
            Printer.objects.filter(pk=row.printer_id).select_related("status", "device_model__manufacturer").first()
        )
    context: dict[str, Any] = {"row": row, "months": list(past), "printer": printer}
    if request.user.has_perm("monthly_report.view_change_history"):
        changes = CounterChangeLog.objects.filter(month=row.month, device_key=row.device_key).select_related("user")
        context["changes"] = [{"change": one, "word": FIGURE_WORDS[one.field_name]} for one in changes[:CHANGES]]
    return render(request, "monthly_report/device.html", context)
