"""Counts that stand beside names: what waits in production, what a project holds."""

from __future__ import annotations

from main.models import OPEN, Order, OrderItem, Product, Project


def open_items() -> int:
    """Return how many calls wait or run."""
    return OrderItem.objects.filter(status__in=OPEN).count()


def recount_project(project_id: int | None) -> None:
    """Bring a project's counts up to date."""
    if project_id is None:
        return
    Project.objects.filter(pk=project_id).update(
        product_count=Product.objects.alive().filter(project_id=project_id).count(),
        order_count=Order.objects.filter(project_id=project_id).count(),
    )
