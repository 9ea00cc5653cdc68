"""What the views share: the month of a URL, who may see it, who is editing."""

from __future__ import annotations

import json
from datetime import date
from typing import Any

from django.core.exceptions import BadRequest
from django.http import Http404, HttpRequest
from django.utils.translation import gettext as _

from inventory.rules.months import make_month, parse_month
from monthly_report.models import MonthControl
from monthly_report.services.editing import Editor, editor_of
from monthly_report.services.months import require_visible


def month_or_404(year: int | str, month: int | str | None = None) -> date:
    """Return the month of a URL: `2026-11`, or year and month; Http404 for what is none."""
    try:
        return parse_month(str(year)) if month is None else make_month(int(year), int(month))
    except ValueError as error:
        raise Http404(str(error)) from error


def visible_month(request: HttpRequest, month: date) -> MonthControl:
    """Return a month's row; PermissionDenied when it is hidden from the user. A month without a row is hidden."""
    control = MonthControl.objects.filter(month=month).first()
    require_visible(request.user, control)
    return control or MonthControl(month=month)


def body_of(request: HttpRequest) -> dict[str, Any]:
    """Return a JSON body, or the fields of a form; BadRequest for a body that is neither."""
    if request.content_type != "application/json":
        return dict(request.POST.items())
    try:
        body = json.loads(request.body)
    except (ValueError, RecursionError) as error:
        raise BadRequest(_("The request is not JSON.")) from error
    if not isinstance(body, dict):
        raise BadRequest(_("The request is no JSON object."))
    return body


def editor(request: HttpRequest) -> Editor:
    """Return the signed-in user as an editor, with the address and browser that the audit keeps."""
    return editor_of(request.user, request.META.get("REMOTE_ADDR"), request.headers.get("User-Agent", ""))


def whole(value: object, least: int, most: int, otherwise: int) -> int:
    """Return a number of a query string, held between bounds; `otherwise` for what is none."""
    text = str(value or "")
    return min(max(int(text), least), most) if text.isascii() and text.isdigit() and len(text) < 10 else otherwise
