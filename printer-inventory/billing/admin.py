"""Billing in Django's admin: read there, written on its own pages, so that no edit passes the audit by."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.http import HttpRequest

from billing.models import Invoice, InvoiceDevice, InvoiceLine, Tariff, TariffTier
from monthly_report.admin import VisibleMonths


class ReadOnlyAdmin(admin.ModelAdmin[Any]):
    """Looked up here, written elsewhere."""

    show_full_result_count = False

    def has_add_permission(self, request: HttpRequest) -> bool:  # noqa: ARG002 - Django's signature
        """Nobody."""
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:  # noqa: ARG002 - Django's signature
        """Nobody."""
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:  # noqa: ARG002 - Django's signature
        """Nobody."""
        return False


@admin.register(Tariff)
class TariffAdmin(ReadOnlyAdmin):
    """Tariffs."""

    list_display = ["organization", "contract", "valid_from", "valid_until", "currency", "minimum", "updated_at"]
    list_select_related = ["organization"]
    search_fields = ["organization__name", "contract"]


@admin.register(TariffTier)
class TariffTierAdmin(ReadOnlyAdmin):
    """Prices of tariffs."""

    list_display = ["tariff", "colour", "above", "price"]
    list_select_related = ["tariff__organization"]
    search_fields = ["tariff__organization__name"]


class OfMonths(ReadOnlyAdmin, VisibleMonths):
    """Rows of a month; those of a hidden one are left out."""


@admin.register(Invoice)
class InvoiceAdmin(OfMonths):
    """Invoices that were issued."""

    list_display = ["number", "organization_name", "month", "version", "state", "total", "currency", "issued_at"]
    list_filter = ["state", "month"]
    search_fields = ["organization_name", "contract"]


@admin.register(InvoiceLine)
class InvoiceLineAdmin(OfMonths):
    """Their lines."""

    month_field = "invoice__month"
    list_display = ["invoice", "number", "kind", "clicks", "price", "amount"]
    list_select_related = ["invoice"]
    search_fields = ["invoice__organization_name"]


@admin.register(InvoiceDevice)
class InvoiceDeviceAdmin(OfMonths):
    """Their devices."""

    month_field = "invoice__month"
    list_display = ["invoice", "serial_number", "part", "mono_clicks", "color_clicks"]
    list_select_related = ["invoice"]
    search_fields = ["serial_number"]
