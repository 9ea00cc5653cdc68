"""Compare: a few products beside each other, and an order as a grid."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from main.models import Order, Product
from main.services import comparing
from main.views.inputs import number


@require_safe
def compare_page(request: HttpRequest) -> HttpResponse:
    """Show two to six products side by side, what differs on top."""
    wanted = [pk for pk in (number(one, 0) for one in request.GET.getlist("ids")[:100]) if pk]
    found = Product.objects.alive().select_related("order_item").in_bulk(wanted[: comparing.MOST])
    products = [found[pk] for pk in dict.fromkeys(wanted) if pk in found]
    if len(products) < 2:
        messages.error(request, _("Choose two to six products to compare."))
        return redirect("main:inventory")
    if len(wanted) > comparing.MOST:
        messages.info(request, _("Only the first six are shown."))
    return render(request, "main/compare.html", {"products": products, "rows": comparing.differences(products)})


@require_safe
def grid_page(request: HttpRequest, pk: int) -> HttpResponse:
    """Show an order over what was varied in it: tokens of the prompt and parameters."""
    order = get_object_or_404(Order.objects.select_related("machine"), pk=pk)
    found = comparing.grid(order, *(request.GET.get(name, "")[:200] for name in ("x", "y", "z")))
    return render(request, "main/grid.html", {"order": order, **found})
