"""What programs and the list's scripts ask the contracts: JSON in, JSON or problem details out."""

from __future__ import annotations

import json
from typing import Any, Final

from django.contrib.auth.decorators import permission_required
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST
from webshell.problems import problem

from contracts.models import ContractDevice
from contracts.services import devices, fields, filters, history
from contracts.services.columns import BY_KEY
from inventory.rules.identity import normal_serial

MOST_CHOICES: Final = 50
may_change = permission_required("contracts.change_contractdevice", raise_exception=True)


def device_json(device: ContractDevice) -> dict[str, Any]:
    """Return a device as programs read it; `version` goes back with an edit."""
    month = device.service_start_month
    provider, printer = device.service_provider, device.printer
    return {
        "id": device.pk,
        "version": device.version,
        "organization": device.organization.name,
        "organization_id": device.organization_id,
        "city": device.city.name,
        "city_id": device.city_id,
        "address": device.address,
        "room_number": device.room_number,
        "manufacturer": device.model.manufacturer.name,
        "manufacturer_id": device.model.manufacturer_id,
        "model": device.model.name,
        "model_id": device.model_id,
        "has_network_port": device.model.has_network_port,
        "serial_number": device.serial_number,
        "status": device.status.name,
        "status_id": device.status_id,
        "status_color": device.status.color,
        "service_provider": provider.name if provider else None,
        "service_provider_id": device.service_provider_id,
        "service_start_month": month.strftime("%m.%Y") if month else None,
        "service_start_month_iso": month.isoformat() if month else None,
        "comment": device.comment,
        "printer_id": printer.pk if printer else None,
        "is_active": device.is_active,
        "created_at": device.created_at.isoformat(),
        "updated_at": device.updated_at.isoformat(),
    }


def facts_of(pk: int) -> dict[str, Any]:
    """Return a device as programs read it, loaded anew."""
    return device_json(filters.with_facts(ContractDevice.objects.filter(pk=pk)).get())


@require_GET
def devices_json(request: HttpRequest) -> JsonResponse:
    """The devices of a filter, a page at a time."""
    chosen = filters.parse_filter(request.GET)
    rows = filters.select(chosen)
    pages = Paginator(rows, chosen.page_size)
    page = min(chosen.page, pages.num_pages)
    start = (page - 1) * chosen.page_size
    listed = filters.with_facts(rows)[start : start + chosen.page_size]
    return JsonResponse(
        {
            "devices": [device_json(device) for device in listed],
            "pagination": {
                "total_count": pages.count,
                "total_pages": pages.num_pages,
                "current_page": page,
                "per_page": chosen.page_size,
                "has_next": page < pages.num_pages,
                "has_previous": page > 1,
            },
        }
    )


@require_GET
def filters_json(request: HttpRequest) -> JsonResponse:
    """What each column may be filtered by under the other filters (`column` for one of them, `part` of its text)."""
    chosen = filters.parse_filter(request.GET)
    asked = request.GET.get("column", "")
    keys = [asked] if asked in BY_KEY else list(BY_KEY)
    found = {key: filters.choices(chosen, key, request.GET.get("part", "")) for key in keys}
    return JsonResponse(
        {
            "filters": {
                key: [{"value": one.value, "label": one.label, "count": one.count} for one in listed]
                for key, listed in found.items()
            }
        }
    )


@require_GET
def choices_json(request: HttpRequest) -> HttpResponse:
    """What may be typed into a reference field (`field`): names that hold `q`."""
    name = request.GET.get("field", "")
    if name not in fields.REFERENCES:
        return problem(
            request, 404, _("No such field"), _("Ask for one of: %(names)s.") % {"names": ", ".join(fields.REFERENCES)}
        )
    rows, label = fields.REFERENCES[name]
    part = request.GET.get("q", "").replace("\x00", "").strip()[:100]
    found = rows().filter(**{f"{label}__icontains": part}).order_by(label).values_list("pk", label)[:MOST_CHOICES]
    return JsonResponse({"choices": [{"id": pk, "label": text} for pk, text in found]})


def body_of(request: HttpRequest) -> dict[str, Any] | None:
    """Return the fields of a request, sent as JSON or as a form; None when it is neither."""
    if request.content_type != "application/json":
        return {key: value for key, value in request.POST.items() if key != "csrfmiddlewaretoken"}
    try:
        body = json.loads(request.body)
    except ValueError:
        return None
    return body if isinstance(body, dict) else None


def _not_read(request: HttpRequest) -> HttpResponse:
    return problem(request, 400, _("Not understood"), _("Send an object of fields as JSON, or a form."))


@require_POST
@permission_required("contracts.add_contractdevice", raise_exception=True)
def create(request: HttpRequest) -> HttpResponse:
    """Add a device; 201 with it, 422 with what is wrong by field."""
    given = body_of(request)
    if given is None:
        return _not_read(request)
    try:
        device = devices.add(fields.clean(given, whole=True), request.user.pk)
    except fields.FieldsError as error:
        return problem(request, 422, _("Not saved"), str(error), errors=error.errors)
    except devices.SerialTakenError as error:
        return problem(request, 422, _("Not saved"), str(error), errors={"serial_number": str(error)})
    return JsonResponse({"device": facts_of(device.pk)}, status=201)


@require_POST
@may_change
def update(request: HttpRequest, pk: int) -> HttpResponse:
    """Set the given fields if the device is at the given `version`; 409 with the device as it is now, 422 with errors."""
    given = body_of(request)
    if given is None:
        return _not_read(request)
    get_object_or_404(ContractDevice, pk=pk)
    version = str(given.get("version", ""))
    if not version.isascii() or not version.isdigit() or len(version) > 9:
        return problem(
            request, 400, _("Version missing"), _("Send the version of the device that the edit was made on.")
        )
    try:
        devices.edit(pk, fields.clean(given), int(version), request.user.pk)
    except fields.FieldsError as error:
        return problem(request, 422, _("Not saved"), str(error), errors=error.errors)
    except devices.SerialTakenError as error:
        return problem(request, 422, _("Not saved"), str(error), errors={"serial_number": str(error)})
    except devices.ConflictError as error:
        detail = _("Look at what is there now, then save yours over it or leave it.")
        return problem(request, 409, str(error), detail, device=facts_of(pk))
    return JsonResponse({"device": facts_of(pk)})


@require_POST
@permission_required("contracts.delete_contractdevice", raise_exception=True)
def delete(request: HttpRequest, pk: int) -> HttpResponse:
    """Take a device out of its contract; its history stays, and it can be taken back."""
    get_object_or_404(ContractDevice, pk=pk)
    devices.remove([pk], request.user.pk, timezone.now())
    return JsonResponse({"device": facts_of(pk)})


@require_GET
def history_json(request: HttpRequest, pk: int) -> JsonResponse:
    """What happened to a device, newest first."""
    device = get_object_or_404(ContractDevice.objects.select_related("model__manufacturer"), pk=pk)
    return JsonResponse(
        {
            "history": [
                {
                    "at": one.at.isoformat(),
                    "change": one.change,
                    "user": one.user.get_username() if one.user else None,
                    "old": one.old_values,
                    "new": one.new_values,
                    "comment": one.comment,
                }
                for one in history.timeline(device)
            ]
        }
    )


@require_POST
def lookup_by_serial(request: HttpRequest) -> HttpResponse:
    """Return the devices under contract with a serial number; there may be one in each of several organizations."""
    given = body_of(request)
    if given is None:
        return _not_read(request)
    serial = str(given.get("serial_number") or given.get("serial") or "").replace("\x00", "").strip()[:128]
    if not normal_serial(serial):
        return problem(request, 400, _("No serial number"), _("Send the serial number as serial_number."))
    rows = ContractDevice.objects.filter(serial_number__iexact=serial, is_active=True).order_by("organization__name")
    found = [device_json(device) for device in filters.with_facts(rows)[:MOST_CHOICES]]
    return JsonResponse({"found": bool(found), "device": found[0] if found else None, "devices": found})
