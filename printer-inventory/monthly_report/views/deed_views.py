"""What is done with a month as a whole: takeover, window, visibility, deletion."""

from __future__ import annotations

import secrets
from datetime import datetime, timedelta

from django.contrib import messages
from django.contrib.auth.decorators import permission_required
from django.contrib.auth.models import AnonymousUser
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.dateparse import parse_datetime
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST
from webshell.problems import problem, wants_json

from inventory.rules.identity import normal_serial
from monthly_report.models import SerialEditOverride
from monthly_report.services import months
from monthly_report.services.deleting import delete_month as delete
from monthly_report.services.mailing import mail_month
from monthly_report.services.syncing import sync_month
from monthly_report.views.common import body_of, editor, month_or_404, visible_month
from outbox.services.posting import addresses


@require_POST
@permission_required("monthly_report.sync_from_inventory", raise_exception=True)
def sync(request: HttpRequest, year: int | None = None, month: int | None = None) -> HttpResponse:
    """Take the counters of a month over from its polls; without a month, of the current one."""
    now = timezone.now()
    day = months.this_month(now) if year is None else month_or_404(year, month or 0)
    visible_month(request, day)
    try:
        result = sync_month(day, now, request.user.pk)
    except months.MonthClosedError:
        text = _("The month is closed. Open it for editing first.")
        return problem(request, 409, _("Month closed"), text)
    if wants_json(request):
        return JsonResponse(result.as_json())
    text = _("Rows taken over from polls: %(count)s.")
    messages.success(request, text % {"count": len(result.updated)})
    return redirect("monthly_report:month", f"{day:%Y-%m}")


@require_POST
@permission_required("monthly_report.can_manage_month_visibility", raise_exception=True)
def set_published(request: HttpRequest, month: str) -> HttpResponse:
    """Show a month to its readers (`published=1`) or hide it; the message undoes it."""
    day = month_or_404(month)
    published = body_of(request).get("published") in ("1", True)
    months.set_published(day, published=published)
    return _told(request, month, _("The month is published.") if published else _("The month is hidden."))


@require_POST
@permission_required("monthly_report.can_manage_month_visibility", raise_exception=True)
def set_window(request: HttpRequest, month: str) -> HttpResponse:
    """Open a month for editing until `until` (ISO 8601; empty: the end of the month, or now plus a day), or close it."""
    day, body = month_or_404(month), body_of(request)
    if body.get("close") in ("1", True):
        months.set_window(day, None)
        return _told(request, month, _("The month is closed."))
    until = _until(str(body.get("until") or ""))
    if until is None:
        end = months.end_of(day)
        until = end if end > timezone.now() else timezone.now() + timedelta(days=1)
    months.set_window(day, until)
    return _told(request, month, _("The month is open for editing."))


@require_POST
@permission_required("monthly_report.sync_from_inventory", raise_exception=True)
def set_auto_sync(request: HttpRequest, month: str) -> HttpResponse:
    """Let polls fill a month (`enabled=1`), or stop that."""
    day = month_or_404(month)
    visible_month(request, day)
    enabled = body_of(request).get("enabled") in ("1", True)
    months.set_auto_sync(day, enabled=enabled)
    return _told(request, month, _("Polls fill the month.") if enabled else _("Polls no longer fill the month."))


@require_POST
@permission_required("monthly_report.override_auto_lock", raise_exception=True)
def set_override(request: HttpRequest) -> HttpResponse:
    """Decide whether a device's end counters may be edited: `{serial_number, allow, mode, expires_at?, reason?}`.

    `mode` is permanent, this_month or until_date; `clear` takes the decision back.
    """
    body = body_of(request)
    serial = normal_serial(str(body.get("serial_number") or ""))
    if not serial or len(serial) > 100:
        return problem(request, 422, _("No serial number"), _("Name the serial number of the device."))
    if body.get("mode") == "clear":
        SerialEditOverride.objects.filter(serial_number=serial).delete()
        return JsonResponse({"ok": True, "active": False})
    until = _expiry(str(body.get("mode") or ""), str(body.get("expires_at") or ""))
    if isinstance(until, str):
        return problem(request, 422, _("No such time"), until)
    SerialEditOverride.objects.update_or_create(
        serial_number=serial,
        defaults={
            "allow_manual_edit": body.get("allow") in ("1", "true", True),
            "expires_at": until,
            "reason": str(body.get("reason") or "")[:255],
            "created_by_id": request.user.pk,
        },
    )
    return JsonResponse({"ok": True, "active": True})


@require_POST
@permission_required("monthly_report.can_delete_month", raise_exception=True)
def delete_month(request: HttpRequest, month: str) -> HttpResponse:
    """Delete a month's rows; who changed what stays. The page has asked for the month to be typed."""
    day = month_or_404(month)
    visible_month(request, day)
    removed = delete(day, editor(request), timezone.now())
    messages.success(request, _("Rows deleted: %(count)s. The record of changes stays.") % {"count": removed})
    if wants_json(request):
        return JsonResponse({"ok": True, "deleted": removed})
    return redirect("monthly_report:months")


def _expiry(mode: str, moment: str) -> datetime | str | None:
    """Return until when a decision holds, None for ever, or a sentence about what is wrong."""
    if mode == "permanent":
        return None
    if mode == "this_month":
        return months.end_of(months.this_month(timezone.now()))
    until = _until(moment)
    return until if mode == "until_date" and until else _("Say permanent, this_month, or until_date with a time.")


def _until(text: str) -> datetime | None:
    try:
        moment = parse_datetime(text)
    except ValueError:
        return None
    return timezone.make_aware(moment) if moment is not None and timezone.is_naive(moment) else moment


def _told(request: HttpRequest, month: str, text: str) -> HttpResponse:
    if wants_json(request):
        return JsonResponse({"ok": True, "text": text})
    messages.success(request, text)
    return redirect(reverse("monthly_report:month", args=[month]))


@require_POST
@permission_required("monthly_report.mail_month", raise_exception=True)
def send_mail(request: HttpRequest, month: str) -> HttpResponse:
    """Send the month's spreadsheet to the addresses of `to`; the form's `key` makes a second press the same mail."""
    day = month_or_404(month)
    visible_month(request, day)
    body, user = body_of(request), request.user
    try:
        to = addresses(str(body.get("to") or ""))
    except ValidationError as error:
        return _refused(request, month, error.messages[0])
    if not to:
        return _refused(request, month, _("Write at least one e-mail address."))
    key = request.headers.get("Idempotency-Key") or str(body.get("key") or "") or secrets.token_urlsafe(16)
    reply_to = "" if isinstance(user, AnonymousUser) else user.email
    note = str(body.get("note") or "").replace("\x00", "")[:2000]
    mail_month(day, to, f"{user.pk}-{key}"[:64], user_id=user.pk, reply_to=reply_to, note=note)
    return _told(request, month, _("The month is on its way to: %(to)s") % {"to": ", ".join(to)})


def _refused(request: HttpRequest, month: str, text: str) -> HttpResponse:
    if wants_json(request):
        return problem(request, 422, _("Not sent"), text)
    messages.error(request, text)
    return redirect("monthly_report:month", month)
