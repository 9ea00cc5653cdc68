"""Templates: complete sets of parameters to order from again."""

from __future__ import annotations

from django.contrib import messages
from django.db.models import F
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from main.models import Order, OrderTemplate
from main.views.order_views import typed


@require_safe
def templates_page(request: HttpRequest) -> HttpResponse:
    """Show every template, favourites first."""
    rows = OrderTemplate.objects.alive().select_related("machine__provider", "project")[:500]
    return render(request, "main/templates.html", {"rows": rows})


@require_POST
def template_save(request: HttpRequest, pk: int) -> HttpResponse:
    """Keep what an order was placed with."""
    order = get_object_or_404(Order, pk=pk)
    name = request.POST.get("name", "").strip()[:200] or order.title or f"#{order.pk}"
    OrderTemplate.objects.create(name=name, machine=order.machine, project=order.project, parameters=typed(order))
    messages.success(request, _("%(name)s is kept as a template") % {"name": name})
    return redirect("main:templates")


@require_POST
def template_change(request: HttpRequest, pk: int) -> HttpResponse:
    """Make a template a favourite or not, delete it, or take it back."""
    template = get_object_or_404(OrderTemplate, pk=pk)
    if "favorite" in request.POST:
        OrderTemplate.objects.filter(pk=pk).update(is_favorite=request.POST["favorite"] == "yes")
    elif request.POST.get("back") == "yes":
        OrderTemplate.objects.filter(pk=pk).update(deleted_at=None)
    else:
        OrderTemplate.objects.filter(pk=pk).update(deleted_at=timezone.now())
        messages.success(request, _("%(name)s is deleted") % {"name": template.name})
    return redirect("main:templates")


@require_POST
def template_use(request: HttpRequest, pk: int) -> HttpResponse:
    """Go to the order form with everything filled in."""
    template = get_object_or_404(OrderTemplate.objects.alive(), pk=pk)
    OrderTemplate.objects.filter(pk=pk).update(used=F("used") + 1)
    response = redirect("main:order")
    response["Location"] += f"?template={template.pk}"
    return response
