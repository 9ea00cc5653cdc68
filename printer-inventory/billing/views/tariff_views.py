"""Tariffs: the list, the form, the file."""

from __future__ import annotations

from typing import Final

from django.contrib import messages
from django.contrib.auth.decorators import permission_required
from django.core.exceptions import ValidationError
from django.core.paginator import Paginator
from django.db.models import Q, QuerySet
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from access.services.audit import Actor
from billing.forms import TariffForm
from billing.models import Tariff
from billing.services import exporting, tariffs
from billing.views.common import actor_of, send_table
from monthly_report.services.months import this_month
from monthly_report.views.common import whole

PAGE: Final = 50
SHOWN: Final = ("now", "all")
may_edit = permission_required("billing.edit_tariffs", raise_exception=True)


def _chosen(request: HttpRequest) -> QuerySet[Tariff]:
    rows = Tariff.objects.select_related("organization").prefetch_related("tiers")
    if text := request.GET.get("q", "").replace("\x00", "").strip()[:100]:
        rows = rows.filter(Q(organization__name__icontains=text) | Q(contract__icontains=text))
    if request.GET.get("show") != "all":
        month = this_month(timezone.now())
        rows = rows.filter(Q(valid_until=None) | Q(valid_until__gte=month))
    return rows


@require_GET
@permission_required("billing.view_tariff", raise_exception=True)
def tariff_list(request: HttpRequest) -> HttpResponse:
    """The tariffs that hold now or will; `show=all` adds those that have ended."""
    rows = _chosen(request)
    pages = Paginator(rows, PAGE)
    page = min(whole(request.GET.get("page"), 1, 10**6, 1), pages.num_pages)
    month = this_month(timezone.now())
    context = {
        "tariffs": [
            {
                "tariff": one,
                "prices": tariffs.prices_of(one),
                "holds": one.holds_in(month),
                "ended": one.valid_until is not None and one.valid_until < month,
            }
            for one in pages.page(page)
        ],
        "page": page,
        "pages": pages,
        "total": pages.count,
        "first": (page - 1) * PAGE + 1 if pages.count else 0,
        "last": min(page * PAGE, pages.count),
        "q": request.GET.get("q", ""),
        "show": "all" if request.GET.get("show") == "all" else "now",
        "any": bool(pages.count) or Tariff.objects.exists(),
    }
    return render(request, "billing/tariffs.html", context)


@require_GET
@permission_required("billing.export_billing", raise_exception=True)
def export_tariffs(request: HttpRequest) -> StreamingHttpResponse:
    """The tariffs of the list's filter, a row per tier."""
    return send_table(request, exporting.tariff_table(_chosen(request)), "tariffs")


@require_http_methods(["GET", "POST"])
@may_edit
def add_tariff(request: HttpRequest) -> HttpResponse:
    """Add a tariff; `organization` and `month` of the query fill the form in."""
    initial = {"valid_from": f"{this_month(timezone.now()):%Y-%m}"}
    for name, key in (("organization", "organization"), ("valid_from", "month")):
        if request.GET.get(key):
            initial[name] = request.GET[key][:20]
    form = TariffForm(request.POST or None, initial=initial)
    return _edit(request, form, None)


@require_http_methods(["GET", "POST"])
@may_edit
def edit_tariff(request: HttpRequest, pk: int) -> HttpResponse:
    """Edit a tariff; invoices that were issued by it stay as they are."""
    tariff = get_object_or_404(Tariff.objects.select_related("organization").prefetch_related("tiers"), pk=pk)
    return _edit(request, TariffForm(request.POST or None, tariff=tariff), tariff)


def _edit(request: HttpRequest, form: TariffForm, tariff: Tariff | None) -> HttpResponse:
    status = 200
    if request.method == "POST":
        if form.is_valid() and _saved(form, actor_of(request), tariff):
            messages.success(request, _("The tariff is saved."))
            return redirect("billing:tariffs")
        status = 409 if getattr(form, "is_stale", False) else 422
    context = {"form": form, "tariff": tariff, "invoices": tariff.invoices.count() if tariff else 0}
    return render(request, "billing/tariff.html", context, status=status)


def _saved(form: TariffForm, actor: Actor, tariff: Tariff | None) -> bool:
    try:
        tariffs.save_tariff(form.facts, actor, tariff, form.cleaned_data.get("version"))
    except tariffs.OverlapError as error:
        other = error.other
        words = {
            "since": f"{other.valid_from:%Y-%m}",
            "until": f"{other.valid_until:%Y-%m}" if other.valid_until else _("further notice"),
            "end": f"{tariffs.end_before(other, form.facts.valid_from):%Y-%m}",
        }
        text = _("Another tariff holds from %(since)s to %(until)s. End it in %(end)s first, or choose other months.")
        form.add_error("valid_from", text % words)
    except tariffs.StaleError:
        form.is_stale = True  # type: ignore[attr-defined] # told to the caller
        form.add_error(None, _("Somebody else has edited this tariff. Open it again and repeat what you want."))
    else:
        return True
    return False


@require_POST
@may_edit
def delete_tariff(request: HttpRequest, pk: int) -> HttpResponse:
    """Delete a tariff no invoice rests on."""
    tariff = get_object_or_404(Tariff, pk=pk)
    try:
        tariffs.delete_tariff(tariff, actor_of(request))
    except ValidationError as error:
        messages.error(request, error.message)
        return redirect(tariff.get_absolute_url())
    messages.success(request, _("The tariff is deleted."))
    return redirect("billing:tariffs")
