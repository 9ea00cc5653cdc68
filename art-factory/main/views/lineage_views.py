"""Lineage: where a product came from and what came of it."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.views.decorators.http import require_safe

from main.models import Product
from main.services import lineage


@require_safe
def lineage_page(request: HttpRequest, pk: int) -> HttpResponse:
    """Show a product's family as a drawing, and the same as a list."""
    product = get_object_or_404(Product, pk=pk)
    return render(request, "main/lineage.html", {"product": product, "drawing": lineage.draw(product)})
