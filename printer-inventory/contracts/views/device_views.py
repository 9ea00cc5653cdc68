"""Pages of one contract device: look, add, edit, take out, take back."""

from __future__ import annotations

from typing import Final

from django.contrib import messages
from django.contrib.auth.decorators import permission_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from contracts.forms import DeviceForm
from contracts.models import ContractDevice
from contracts.services import devices, filters, history, ordering

FROM_LIST: Final = 500


def with_all(pk: int) -> ContractDevice:
    """Return a device with what its pages show, or 404."""
    rows = filters.with_facts(ContractDevice.objects.all()).select_related("replaced_by__model__manufacturer")
    return get_object_or_404(rows, pk=pk)


@require_GET
def device(request: HttpRequest, pk: int) -> HttpResponse:
    """One device: where it stands, its printer, cartridges, orders and history."""
    one = with_all(pk)
    context = {
        "device": one,
        "printer": one.printer,
        "offers": ordering.offers_for(one),
        "orders": one.orders.select_related("requested_by", "provider", "delivery")[:50],
        "events": history.timeline(one),
        "replaces": one.replaces.select_related("model__manufacturer").order_by("-removed_at").first(),
    }
    return render(request, "contracts/device.html", context)


@require_http_methods(["GET", "POST"])
@permission_required("contracts.add_contractdevice", raise_exception=True)
def add_device(request: HttpRequest) -> HttpResponse:
    """Add a device."""
    form = DeviceForm(request.POST or None, initial={"organization": request.GET.get("organization", "")})
    if request.method == "POST" and form.is_valid():
        try:
            made = devices.add(form.values, request.user.pk)
        except devices.SerialTakenError as error:
            form.add_error("serial_number", str(error))
        else:
            messages.success(request, _("%(device)s added.") % {"device": made})
            return redirect(made)
    return render(request, "contracts/form.html", {"form": form}, status=422 if form.errors else 200)


@require_http_methods(["GET", "POST"])
@permission_required("contracts.change_contractdevice", raise_exception=True)
def edit_device(request: HttpRequest, pk: int) -> HttpResponse:
    """Edit a device; refused when somebody else has changed it meanwhile."""
    one = with_all(pk)
    form = DeviceForm(request.POST or None, device=one)
    status = 200
    if request.method == "POST":
        status = 422
        if form.is_valid():
            version = form.cleaned_data["version"]
            try:
                devices.edit(pk, form.values, -1 if version is None else version, request.user.pk)
            except devices.ConflictError:
                status = 409
                text = _(
                    "Somebody else has changed this device since you opened it. Open it again and repeat your change."
                )
                form.add_error(None, text)
            except devices.SerialTakenError as error:
                form.add_error("serial_number", str(error))
            else:
                return redirect(one)
    return render(request, "contracts/form.html", {"form": form, "device": one}, status=status)


@require_POST
@permission_required("contracts.delete_contractdevice", raise_exception=True)
def remove_device(request: HttpRequest, pk: int) -> HttpResponse:
    """Take a device out of its contract; the message that follows can undo it."""
    one = with_all(pk)
    devices.remove([pk], request.user.pk, timezone.now())
    text = _("%(device)s taken out of the contract; its history stays.") % {"device": one}
    messages.success(request, text, extra_tags=f"undo:{reverse('contracts:devices_restore')}?ids={pk}")
    return redirect("contracts:device_list")


@require_POST
@permission_required("contracts.delete_contractdevice", raise_exception=True)
def restore_devices(request: HttpRequest) -> HttpResponse:
    """Take devices (`ids`) back."""
    texts = request.GET.get("ids", "").split(",")[:FROM_LIST]
    pks = [int(text) for text in texts if text.isascii() and text.isdigit() and len(text) < 19]
    try:
        back = devices.restore(pks, request.user.pk)
    except devices.SerialTakenError as error:
        messages.error(request, str(error))
        return redirect("contracts:device_list")
    messages.success(request, _("Under contract again: %(count)d.") % {"count": len(back)})
    return redirect("contracts:device", pks[0]) if len(pks) == 1 and back else redirect("contracts:device_list")
