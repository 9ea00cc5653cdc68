"""The list of contract devices: filtered by column, edited in place, exported as it is shown, changed many at once."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, Final

from django.contrib import messages
from django.contrib.auth.decorators import permission_required
from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_GET, require_POST
from webshell.templatetags.webshell import number as shown

from contracts.models import ContractDevice, ContractStatus, ServiceProvider
from contracts.services import devices, exporting, fields, filters
from contracts.services.columns import BY_KEY, COLUMNS
from inventory.views import wizard

ROWS_LIMIT: Final = 500
BULK_LIMIT: Final = 5000


@require_GET
def device_list(request: HttpRequest) -> HttpResponse:
    """The devices under contract: filtered, sorted and cut by the database."""
    chosen = filters.parse_filter(request.GET)
    rows = filters.select(chosen)
    pages = Paginator(rows, chosen.page_size)
    page = min(chosen.page, pages.num_pages)
    chosen = replace(chosen, page=page)
    context = {
        "filter": chosen,
        "query": chosen.query(page=page),
        "chips": chips_of(chosen),
        "columns": COLUMNS,
        "filtered": {*chosen.values, *chosen.parts},
        "devices": filters.page_of(rows, chosen) if pages.count else [],
        "statuses": ContractStatus.objects.filter(is_active=True),
        "providers": ServiceProvider.objects.filter(is_active=True),
        "page": page,
        "pages": pages,
        "total": pages.count,
        "page_sizes": filters.PAGE_SIZES,
        "page_size": chosen.page_size,
        "first": (page - 1) * chosen.page_size + 1 if pages.count else 0,
        "last": min(page * chosen.page_size, pages.count),
    }
    return render(request, "contracts/list.html", context)


@require_GET
def device_rows(request: HttpRequest) -> HttpResponse:
    """Given rows again, for the list to put in place of what it shows."""
    ids = [
        int(text)
        for text in request.GET.get("ids", "").split(",")
        if text.isascii() and text.isdigit() and len(text) < 19
    ]
    rows = filters.with_facts(ContractDevice.objects.filter(pk__in=ids[:ROWS_LIMIT]))
    return render(request, "contracts/rows.html", {"devices": rows, "columns": COLUMNS})


@require_GET
def filter_choices(request: HttpRequest) -> HttpResponse:
    """A column's popup: sort, a part of the text, the values the other filters leave."""
    key = request.GET.get("column", "")
    column = BY_KEY.get(key)
    chosen = filters.parse_filter(request.GET)
    if column is None:
        return render(request, "contracts/partials/filter_columns.html", {"columns": COLUMNS, "query": chosen.query()})
    part = request.GET.get("part", "")
    context = {
        "column": column,
        "filter": chosen,
        "pairs": chosen.without(key).pairs(),
        "choices": [(one, choice_words(key, one.label)) for one in filters.choices(chosen, key, part)],
        "typed": chosen.parts.get(key, ""),
        "part": part,
        "ascending": chosen.query(sort=key, descending=False),
        "descending": chosen.query(sort=key, descending=True),
        "without": chosen.without(key).query(),
        "most": filters.MOST_CHOICES,
    }
    template = "choices" if "part" in request.GET else "filter"
    return render(request, f"contracts/partials/{template}.html", context)


def choice_words(key: str, label: str) -> str:
    """Return the value of a filter as people read it."""
    if key == "printer":
        return _("in the inventory") if label == "linked" else _("not in the inventory")
    if label == filters.NONE:
        return _("(empty)")
    return f"{label[5:7]}.{label[:4]}" if key == "month" else label


def chips_of(chosen: filters.DeviceFilter) -> list[dict[str, Any]]:
    """Return the active filters as words that read on from the title, with the address that removes each."""
    url = reverse("contracts:device_list")
    chips: list[dict[str, Any]] = []

    def chip(label: str, query: str) -> None:
        chips.append({"label": label, "remove": f"{url}?{query}"})

    if chosen.search:
        chip(_("matching “%(text)s”") % {"text": chosen.search}, chosen.query(search=""))
    for key in dict.fromkeys([*chosen.values, *chosen.parts]):
        column = BY_KEY[key]
        if key in chosen.parts:
            words = _("has “%(text)s”") % {"text": chosen.parts[key]}
        else:
            listed = [choice_words(key, one.label) for one in filters.choices(chosen, key) if one.chosen]
            words = ", ".join(listed[:3]) + (f" +{len(listed) - 3}" if len(listed) > 3 else "") or _("unknown")
        chip(f"{column.label}: {words}", chosen.without(key).query())
    if chosen.active != "true":
        label = _("taken out") if chosen.active == "false" else _("those taken out too")
        chip(label, chosen.query(active="true"))
    return chips


@require_GET
@permission_required("contracts.export_contracts", raise_exception=True)
def export(request: HttpRequest) -> StreamingHttpResponse:
    """Exactly what is filtered, in its order; `format=csv` for CSV."""
    chosen = filters.parse_filter(request.GET)
    kind = request.GET.get("format", "")
    name = timezone.localtime().strftime("contract_devices_%Y-%m-%d_%H-%M")
    return wizard.table(request, exporting.OUTS, exporting.lines(chosen, kind), name, exporting.SHEET)


@require_POST
def bulk(request: HttpRequest) -> HttpResponse:
    """Change the selected devices (`ids`, or `scope=filter` for all that match), or take them out of their contracts."""
    action = request.POST.get("action", "")
    needed = "contracts.delete_contractdevice" if action == "remove" else "contracts.change_contractdevice"
    if not request.user.has_perm(needed):
        raise PermissionDenied
    if request.POST.get("scope") == "filter":
        pks = list(filters.select(filters.parse_filter(request.GET)).values_list("pk", flat=True)[:BULK_LIMIT])
    else:
        texts = request.POST.getlist("ids")[:BULK_LIMIT]
        pks = [int(text) for text in texts if text.isascii() and text.isdigit() and len(text) < 19]
    back = f"{reverse('contracts:device_list')}?{filters.parse_filter(request.GET).query()}"
    if action == "remove":
        gone = devices.remove(pks, request.user.pk, timezone.now())
        text = ngettext("%(n)s device taken out.", "%(n)s devices taken out.", len(gone)) % {"n": shown(len(gone))}
        undo = f"{reverse('contracts:devices_restore')}?ids={','.join(map(str, gone[:500]))}"
        messages.success(request, text, extra_tags=f"undo:{undo}" if 0 < len(gone) <= 500 else "")
        return redirect(back)
    given = {
        name: request.POST[name]
        for name in ("status_id", "service_provider_id", "service_start_month")
        if request.POST.get(name)
    }
    try:
        values = fields.clean(given)
    except fields.FieldsError as error:
        messages.error(request, str(error))
        return redirect(back)
    if not values:
        messages.error(request, _("Choose what to set: a status, a provider or a month."))
        return redirect(back)
    count = devices.set_fields(pks, values, request.user.pk)
    messages.success(request, ngettext("%(n)s device changed.", "%(n)s devices changed.", count) % {"n": shown(count)})
    return redirect(back)
