"""Replacing a broken device, in the contract and in the inventory at once."""

from __future__ import annotations

from django.contrib import messages
from django.contrib.auth.decorators import permission_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from contracts.forms import ReplaceForm
from contracts.services import devices, replacing
from contracts.views.device_views import with_all

may_change = permission_required("contracts.change_contractdevice", raise_exception=True)


@require_http_methods(["GET", "POST"])
@may_change
def replace_device(request: HttpRequest, pk: int) -> HttpResponse:
    """Ask for the new device's number, and let it stand where the old one stood."""
    one = with_all(pk)
    form = ReplaceForm(request.POST or None, device=one)
    status = 200
    if request.method == "POST":
        status = 422
        if form.is_valid():
            values = form.cleaned_data
            facts = {
                "serial_number": values["serial_number"],
                "model_id": values["model"].pk,
                "new_status_id": values["new_status"].pk,
                "status_id": values["old_status"].pk,
            }
            try:
                new = replacing.replace(
                    pk, facts, values["version"], request.user.pk, timezone.now(), values["comment"]
                )
            except devices.ConflictError:
                status = 409
                form.add_error(None, _("Somebody else has changed this device meanwhile. Open it again."))
            except (replacing.NotReplaceableError, devices.SerialTakenError) as error:
                form.add_error("serial_number", str(error))
            else:
                text = _("%(new)s stands where %(old)s stood.") % {"new": new, "old": one}
                undo = reverse("contracts:device_replace_undo", args=[new.pk])
                messages.success(request, text, extra_tags="" if new.version else f"undo:{undo}")
                return redirect(new)
    return render(request, "contracts/replace.html", {"form": form, "device": one}, status=status)


@require_POST
@may_change
def undo_replacement(request: HttpRequest, pk: int) -> HttpResponse:
    """Take a replacement back."""
    one = with_all(pk)
    try:
        old = replacing.undo(pk, request.user.pk, timezone.now())
    except replacing.NotReplaceableError as error:
        messages.error(request, str(error))
        return redirect(one)
    messages.success(request, _("%(old)s is under contract again.") % {"old": old})
    return redirect(old)
