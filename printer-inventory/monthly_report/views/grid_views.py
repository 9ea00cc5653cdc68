"""The JSON behind the month's grid: rows, edits, and what takes them back."""

from __future__ import annotations

from typing import Any, Final

from django.contrib.auth.decorators import permission_required
from django.db.models import Count, Window
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST
from webshell.problems import problem

from monthly_report.models import CounterChangeLog, MonthControl, MonthlyReport
from monthly_report.rules.downtime import DOWNTIME
from monthly_report.rules.figures import ENDS
from monthly_report.services import listing
from monthly_report.services.editing import BadValueError, ConflictError, edit_cells
from monthly_report.services.months import MonthClosedError, control_of, require_visible
from monthly_report.services.returning import return_to_told, revert
from monthly_report.views.common import body_of, editor, month_or_404, visible_month, whole
from monthly_report.views.serializing import rows_json
from monthly_report.views.words import FIGURE_PROBLEMS, FIGURE_WORDS

PAGE: Final = 500
LARGEST_PAGE: Final = 2000
FILLED: Final = (*ENDS, DOWNTIME)
PERMISSIONS: Final = (
    "upload_monthly_report", "edit_counters_start", "edit_counters_end", "sync_from_inventory", "view_change_history",
    "can_manage_month_visibility", "can_reset_auto_polling", "can_delete_month", "override_auto_lock",
)  # fmt: skip


@require_GET
def month_rows(request: HttpRequest, year: int, month: int) -> HttpResponse:
    """A page of a month's rows as the filter and the order of the query say; `ids` asks for single rows again."""
    day = month_or_404(year, month)
    control = visible_month(request, day)
    now = timezone.now()
    size = whole(request.GET.get("per_page"), 1, LARGEST_PAGE, PAGE)
    page = whole(request.GET.get("page"), 1, 10**6, 1)
    chosen = listing.parse_filter(request.GET, request.GET.getlist("org"))
    rows = listing.rows_of(day, chosen).select_related("organization")
    if "ids" in request.GET:
        ids = [int(text) for text in request.GET["ids"].split(",") if text.isascii() and text.isdigit()]
        rows = rows.filter(pk__in=ids[:LARGEST_PAGE])
    counted = rows.annotate(matching=Window(Count("pk")))
    found: list[Any] = list(counted[(page - 1) * size : page * size])
    total = found[0].matching if found else 0
    return JsonResponse(
        {
            "ok": True,
            "reports": rows_json(found, day, request.user, now, is_open=control.is_open(now)),
            "pagination": {"page": page, "per_page": size, "total_count": total, "total_pages": -(-total // size)},
            "revision": control.revision,
            "is_editable": control.is_open(now),
            "edit_until": control.edit_until.isoformat() if control.edit_until else None,
            "auto_sync_enabled": control.auto_sync_enabled,
            "is_published": control.is_published,
            "permissions": {name: request.user.has_perm(f"monthly_report.{name}") for name in PERMISSIONS},
        }
    )


@require_POST
def update_counters(request: HttpRequest, pk: int) -> HttpResponse:
    """Write cells of a row: `{"fields": {name: value}, "seen": {name: what was shown}}`.

    409 with the row as it stands when somebody else was quicker, 422 for what is no counter, 403 when no cell may be edited.
    """
    row = _row(request, pk)
    body = body_of(request)
    fields = body.get("fields", body)
    seen = body.get("seen", {})
    if not isinstance(fields, dict) or not isinstance(seen, dict) or not fields:
        return problem(request, 422, _("Nothing to write"), _("Name the counters and their values."))
    who, now = editor(request), timezone.now()
    try:
        edited = edit_cells(pk, fields, seen, who, now)
    except BadValueError as error:
        return problem(request, 422, _("No figure"), _figures_words(error), fields=error.problems)
    except ConflictError as error:
        text = _("Somebody else has changed these cells since you saw them. What stands there now is shown.")
        return problem(
            request, 409, _("Changed meanwhile"), text, fields=error.fields, report=_json(request, error.row)
        )
    if edited.refused and not edited.updated:
        text = _("These cells may not be edited now.")
        return problem(request, 403, _("Not editable"), text, refused=edited.refused, report=_json(request, edited.row))
    return JsonResponse(
        {
            "ok": True,
            "report": _json(request, edited.row),
            "updated_fields": edited.updated,
            "ignored_fields": edited.refused,
            "changes_logged": len(edited.changes),
            "change_ids": [change.pk for change in edited.changes],
            "manually_edited_fields": [name for name in FILLED if getattr(edited.row, f"{name}_manual")],
            "month": f"{row.month:%Y-%m}",
        }
    )


@require_POST
@permission_required("monthly_report.view_change_history", raise_exception=True)
def revert_change(request: HttpRequest, pk: int) -> HttpResponse:
    """Give a counter the value it had before a change."""
    change = get_object_or_404(CounterChangeLog, pk=pk)
    require_visible(request.user, control_of(change.month))
    who = editor(request)
    allowed = who.person.ends if change.field_name in FILLED else who.person.starts
    if not allowed:
        return problem(request, 403, _("Not editable"), _("You may not edit this counter."))
    try:
        row = revert(pk, who, timezone.now())
    except MonthlyReport.DoesNotExist:
        return problem(request, 409, _("Row is gone"), _("The row of this change is no longer in the month."))
    except ConflictError as error:
        text = _("The counter has been changed again since. Revert the later change first.")
        return problem(request, 409, _("Changed meanwhile"), text, report=_json(request, error.row))
    except MonthClosedError:
        return _closed(request)
    return JsonResponse({"ok": True, "report": _json(request, row)})


@require_POST
@permission_required("monthly_report.can_reset_auto_polling", raise_exception=True)
def reset_manual_flag(request: HttpRequest, pk: int) -> HttpResponse:
    """Give one end counter or the downtime (`{"field": ...}`), or all of the row, back to what the device told."""
    _row(request, pk)
    field = str(body_of(request).get("field", ""))
    if field and field not in FILLED:
        return problem(request, 422, _("No counter"), _("Only counters at the end of a month are filled by devices."))
    try:
        row = return_to_told(pk, [field] if field else FILLED, editor(request), timezone.now())
    except MonthClosedError:
        return _closed(request)
    return JsonResponse({"ok": True, "report": _json(request, row)})


def _figures_words(error: BadValueError) -> str:
    """Return what is wrong with typed figures, with the cells' own titles."""
    return " ".join(
        f"{FIGURE_WORDS.get(name, name)}: {FIGURE_PROBLEMS.get(text, text)}" for name, text in error.problems.items()
    )


def _row(request: HttpRequest, pk: int) -> MonthlyReport:
    """Return a row of a month that the user may see."""
    row = get_object_or_404(MonthlyReport, pk=pk)
    require_visible(request.user, MonthControl.objects.filter(month=row.month).first())
    return row


def _json(request: HttpRequest, row: MonthlyReport) -> dict[str, Any]:
    now, is_open = timezone.now(), control_of(row.month).is_open
    return rows_json([row], row.month, request.user, now, is_open=is_open(now))[0]


def _closed(request: HttpRequest) -> HttpResponse:
    text = _("The month is closed. Somebody who manages months can open it again.")
    return problem(request, 409, _("Month closed"), text)
