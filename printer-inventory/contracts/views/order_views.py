"""Ordering cartridges by e-mail, and the orders that were sent."""

from __future__ import annotations

import secrets
from typing import Final

from django.contrib import messages
from django.contrib.auth.decorators import permission_required
from django.contrib.auth.models import AnonymousUser
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST
from webshell.downloads import download

from contracts.models import CartridgeOrder
from contracts.services import ordering
from contracts.views.device_views import with_all

PAGE: Final = 50
may_order = permission_required("contracts.order_cartridges", raise_exception=True)


@require_http_methods(["GET", "POST"])
@may_order
def order_cartridges(request: HttpRequest, pk: int) -> HttpResponse:
    """Choose cartridges of the device's model and send the order to its provider."""
    device = with_all(pk)
    offers = ordering.offers_for(device)
    error = ""
    pieces = {offer.cartridge.pk: _pieces(request, offer.cartridge.pk) for offer in offers}
    if request.method == "POST":
        key = request.headers.get("Idempotency-Key") or request.POST.get("key", "") or secrets.token_urlsafe(24)
        user = request.user
        reply_to = "" if isinstance(user, AnonymousUser) else user.email
        try:
            comment = request.POST.get("comment", "")
            made = ordering.order(device, pieces, comment, f"{user.pk}:{key}"[:64], user.pk, reply_to)
        except ordering.OrderRefusedError as refused:
            error = str(refused)
        else:
            messages.success(
                request, _("Ordered from %(provider)s; the message is on its way.") % {"provider": made.provider}
            )
            return redirect(f"{device.get_absolute_url()}#orders")
    context = {
        "device": device,
        "offers": [(offer, pieces[offer.cartridge.pk]) for offer in offers],
        "error": error,
        "comment": request.POST.get("comment", ""),
        "key": request.POST.get("key") or secrets.token_urlsafe(24),
        "subject": ordering.SUBJECT,
        "can_send": bool(device.service_provider and device.service_provider.support_email),
    }
    return render(request, "contracts/order.html", context, status=422 if error else 200)


def _pieces(request: HttpRequest, pk: int) -> int:
    text = request.POST.get(f"pieces_{pk}", "")
    return int(text) if text.isascii() and text.isdigit() and len(text) < 4 else 0


@require_GET
def order_list(request: HttpRequest) -> HttpResponse:
    """What has been ordered, newest first."""
    rows = CartridgeOrder.objects.select_related(
        "device__organization", "device__model__manufacturer", "provider", "requested_by", "delivery"
    )
    pages = Paginator(rows, PAGE)
    asked = request.GET.get("page", "")
    page = min(int(asked) if asked.isascii() and asked.isdigit() and 0 < len(asked) < 8 else 1, pages.num_pages) or 1
    context = {
        "orders": pages.page(page),
        "page": page,
        "pages": pages,
        "total": pages.count,
        "first": (page - 1) * PAGE + 1 if pages.count else 0,
        "last": min(page * PAGE, pages.count),
    }
    return render(request, "contracts/orders.html", context)


@require_GET
@may_order
def order_message(request: HttpRequest, pk: int) -> StreamingHttpResponse:
    """The message of an order as a file that mail programs open."""
    made = get_object_or_404(CartridgeOrder.objects.select_related("delivery__message"), pk=pk)
    return download(
        request, [ordering.message_of(made).message().as_bytes()], f"cartridge-order-{pk}.eml", "message/rfc822"
    )


@require_POST
@may_order
def send_again(request: HttpRequest, pk: int) -> HttpResponse:
    """Send a failed or lost order once more."""
    made = get_object_or_404(CartridgeOrder.objects.select_related("device"), pk=pk)
    if ordering.send_again(made):
        messages.success(request, _("The order is sent again."))
    else:
        messages.error(request, _("This order is on its way or was sent already."))
    return redirect(f"{made.device.get_absolute_url()}#orders")
