"""A month's money: every organization, one invoice, the evidence of one device, issuing, the files."""

from __future__ import annotations

from datetime import date
from typing import Any, Final

from django.contrib import messages
from django.contrib.auth.decorators import permission_required
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse, StreamingHttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from billing.models import Invoice
from billing.services import drafting, exporting, issuing
from billing.services.invoices import Shown, shown_draft, shown_issued
from billing.views.common import actor_of, send_table
from inventory.models import Organization
from inventory.rules.months import next_month, previous_month
from monthly_report.rules.figures import KINDS
from monthly_report.services import listing, months
from monthly_report.views.common import month_or_404, visible_month, whole
from monthly_report.views.words import COUNTER_WORDS, KIND_WORDS

PAGE: Final = 100
may_view = permission_required("billing.view_invoice", raise_exception=True)
may_issue = permission_required("billing.issue_invoices", raise_exception=True)
may_export = permission_required("billing.export_billing", raise_exception=True)


@require_GET
@may_view
def home(request: HttpRequest) -> HttpResponse:
    """Lead to the latest month that the visitor may see, or say that there is none."""
    found = listing.months(hidden=request.user.has_perm(months.VISIBILITY))
    if found:
        return redirect("billing:month", f"{found[0].month:%Y-%m}")
    return render(request, "billing/empty.html")


@require_GET
@may_view
def month_page(request: HttpRequest, month: str) -> HttpResponse:
    """What every organization pays for a month: as it stands, and as it was issued."""
    day = month_or_404(month)
    control = visible_month(request, day)
    found = _chosen(request, day)
    seen = {one.month for one in listing.months(hidden=request.user.has_perm(months.VISIBILITY))}
    pages = Paginator(found, PAGE)
    page = min(whole(request.GET.get("page"), 1, 10**6, 1), pages.num_pages)
    context = {
        "day": day,
        "month": month,
        "control": control,
        "is_open": control.is_open(timezone.now()),
        "summaries": pages.page(page).object_list,
        "totals": sorted(drafting.totals(found).items()),
        "issued": sum(one.issued is not None for one in found),
        "without": sum(one.tariff is None for one in found),
        "doubtful": sum(one.doubtful for one in found),
        "previous": previous_month(day) if previous_month(day) in seen else None,
        "next": next_month(day) if next_month(day) in seen else None,
        "q": request.GET.get("q", ""),
        "show": request.GET.get("show", "all"),
        "page": page,
        "pages": pages,
        "total": len(found),
        "first": (page - 1) * PAGE + 1 if found else 0,
        "last": min(page * PAGE, len(found)),
    }
    return render(request, "billing/month.html", context)


def _chosen(request: HttpRequest, day: date) -> list[drafting.Summary]:
    """Return the organizations that the page's filter shows."""
    found = drafting.summaries(day)
    text = request.GET.get("q", "").strip().casefold()[:100]
    if text:
        found = [one for one in found if text in one.organization.name.casefold()]
    shown = request.GET.get("show", "")
    return [one for one in found if _fits(one, shown)]


def _fits(one: drafting.Summary, shown: str) -> bool:
    if shown == "open":
        return one.issued is None
    if shown == "moved":
        return one.has_moved
    if shown == "without":
        return one.tariff is None
    return shown != "doubt" or one.doubtful > 0


@require_GET
@may_export
def export_month(request: HttpRequest, month: str) -> StreamingHttpResponse:
    """The month's organizations as a spreadsheet."""
    day = month_or_404(month)
    visible_month(request, day)
    table = exporting.month_table(_chosen(request, day), f"{day:%Y-%m}")
    return send_table(request, table, f"billing_{day:%Y-%m}")


def _shown(request: HttpRequest, day: date, organization: int, only: list[int] | None = None) -> Shown:
    """Return the version the query asks for; without one what holds, or the draft; `version=draft` is the draft."""
    asked = request.GET.get("version", "")
    versions = Invoice.objects.filter(organization=organization, month=day).select_related("organization")
    if asked.isascii() and asked.isdigit() and len(asked) < 5:
        return shown_issued(get_object_or_404(versions, version=int(asked)), only)
    holding = versions.filter(state=Invoice.State.ISSUED).first()
    if holding is not None and asked != "draft":
        return shown_issued(holding, only)
    draft = drafting.draft_of(get_object_or_404(Organization, pk=organization), day)
    if not draft.devices:
        raise Http404
    return shown_draft(draft, only)


@require_GET
@may_view
def invoice_page(request: HttpRequest, month: str, organization: int) -> HttpResponse:
    """One organization's month: its lines, its devices, its versions, and what has changed since it was issued."""
    day = month_or_404(month)
    control = visible_month(request, day)
    shown = _shown(request, day, organization)
    draft = drafting.draft_of(shown.organization, day)
    versions = list(Invoice.objects.filter(organization=organization, month=day).order_by("-version"))
    holding = next((one for one in versions if one.state == Invoice.State.ISSUED), None)
    pages = Paginator(shown.devices, PAGE)
    page = min(whole(request.GET.get("page"), 1, 10**6, 1), pages.num_pages)
    context = {
        "day": day,
        "month": month,
        "shown": shown,
        "invoice": shown.invoice,
        "devices": pages.page(page).object_list,
        "versions": versions,
        "holding": holding,
        "draft": draft,
        "has_moved": holding is not None and bool(draft.devices) and draft.fingerprint != holding.fingerprint,
        "is_open": control.is_open(timezone.now()),
        "page": page,
        "pages": pages,
        "total": len(shown.devices),
        "first": (page - 1) * PAGE + 1 if shown.devices else 0,
        "last": min(page * PAGE, len(shown.devices)),
    }
    return render(request, "billing/invoice.html", context)


@require_GET
@may_view
def evidence_page(request: HttpRequest, month: str, organization: int, row: int) -> HttpResponse:
    """What the clicks of one device rest on."""
    day = month_or_404(month)
    visible_month(request, day)
    shown = _shown(request, day, organization, [row])
    if not shown.devices:
        raise Http404
    (device,) = shown.devices
    counters = [
        {
            "word": KIND_WORDS[kind],
            "start": device.counters[f"{kind}_start"],
            "end": device.counters[f"{kind}_end"],
        }
        for kind in KINDS
        if device.counters[f"{kind}_start"] is not None or device.counters[f"{kind}_end"] is not None
    ]
    changes = [{**change, "word": COUNTER_WORDS.get(change["counter"], change["counter"])} for change in device.changes]
    context = {
        "day": day,
        "month": month,
        "shown": shown,
        "device": device,
        "counters": counters,
        "changes": changes,
        "reading": device.reading,
        "raw": _raw(device.reading),
    }
    return render(request, "billing/evidence.html", context)


def _raw(reading: dict[str, Any] | None) -> list[tuple[str, Any]]:
    """Return what the device said, flat and in order, as far as it is plain values."""
    raw = (reading or {}).get("raw") or {}
    return [(str(key), value) for key, value in sorted(raw.items()) if value not in (None, "", [], {})][:100]


@require_POST
@may_issue
def issue(request: HttpRequest, month: str, organization: int) -> HttpResponse:
    """Issue the draft that was looked at."""
    day = month_or_404(month)
    visible_month(request, day)
    whose = get_object_or_404(Organization, pk=organization)
    try:
        made = issuing.issue(
            whose,
            day,
            request.POST.get("fingerprint", ""),
            actor_of(request),
            timezone.now(),
            reason=request.POST.get("reason", "").replace("\x00", ""),
            despite_doubts=request.POST.get("accept") == "1",
        )
    except issuing.IssueRefusedError as refused:
        messages.error(request, str(refused))
    except issuing.MovedError:
        messages.error(request, _("The figures have changed since you looked. Look at them again, then issue."))
    else:
        messages.success(request, _("Invoice %(number)s is issued.") % {"number": made.number})
        return redirect("billing:invoice", month, organization)
    return redirect(f"{request.path.removesuffix('issue/')}?version=draft")


@require_POST
@may_issue
def issue_all(request: HttpRequest, month: str) -> HttpResponse:
    """Issue every draft of the month that has a tariff and no doubt, and no invoice yet."""
    day = month_or_404(month)
    visible_month(request, day)
    made, refused = 0, ""
    for one in drafting.summaries(day):
        if one.issued is not None or one.tariff is None or one.doubtful or not one.devices:
            continue
        draft = drafting.draft_of(one.organization, day)
        try:
            issuing.issue(one.organization, day, draft.fingerprint, actor_of(request), timezone.now())
        except issuing.IssueRefusedError as error:
            refused = str(error)
            break
        except issuing.MovedError:
            continue
        made += 1
    if refused:
        messages.error(request, refused)
    else:
        messages.success(request, _("%(count)s invoices are issued.") % {"count": made})
    return redirect("billing:month", month)


@require_GET
@may_export
def export_invoice(request: HttpRequest, month: str, organization: int) -> StreamingHttpResponse:
    """The lines of an invoice as a spreadsheet, or its devices with `what=devices`."""
    day = month_or_404(month)
    visible_month(request, day)
    shown = _shown(request, day, organization)
    by_device = request.GET.get("what") == "devices"
    table = exporting.device_table(shown) if by_device else exporting.line_table(shown)
    version = f"v{shown.invoice.version}" if shown.invoice else "draft"
    name = f"invoice_{day:%Y-%m}_{organization}_{version}{'_devices' if by_device else ''}"
    return send_table(request, table, name)
