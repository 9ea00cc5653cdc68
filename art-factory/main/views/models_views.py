"""The catalogue of models."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from main.models import FactoryMachine
from main.services.machines import factory_of


@require_safe
def models_page(request: HttpRequest) -> HttpResponse:
    """Show every machine that is offered, favourites first."""
    machines = list(FactoryMachine.objects.filter(is_active=True).select_related("provider"))
    rows = [{"machine": machine, "price": factory_of(machine).machine.price} for machine in machines]
    return render(request, "main/models.html", {"rows": rows, "total": len(rows)})
