"""The month in Django's admin: everything looked up by search, nothing listed by tens of thousands."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from monthly_report.models import (
    BulkChangeLog,
    CounterChangeLog,
    GlpiExport,
    GlpiExportRow,
    MonthControl,
    MonthImport,
    MonthImportRow,
    MonthlyReport,
    PrinterModelSpec,
    SerialEditOverride,
)
from monthly_report.services.months import end_of, only_visible, set_window


class VisibleMonths(admin.ModelAdmin[Any]):
    """The admin is no door to a hidden month: its rows are there for those alone who manage that."""

    month_field = "month"

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        """Leave rows of hidden months out."""
        return only_visible(super().get_queryset(request), request.user, self.month_field)


@admin.register(MonthlyReport)
class MonthlyReportAdmin(VisibleMonths):
    """Rows are made by imports and changed on the month's page; here they are looked up."""

    list_display = ["month", "order_number", "organization", "equipment_model", "serial_number", "part", "total_prints"]
    list_filter = ["month"]
    list_select_related = ["organization"]
    search_fields = ["serial_number", "inventory_number", "equipment_model"]
    autocomplete_fields = ["organization", "printer"]
    show_full_result_count = False
    readonly_fields = ["device_key", "part", "total_prints", "k1", "k2", "inventory_last_ok", "inventory_autosync_at"]

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:  # noqa: ARG002 - Django's signature
        """Nobody: an edit here would pass the audit by."""
        return False

    def has_add_permission(self, request: HttpRequest) -> bool:  # noqa: ARG002 - Django's signature
        """Nobody, for the same reason."""
        return False


@admin.register(MonthControl)
class MonthControlAdmin(admin.ModelAdmin[MonthControl]):
    """The window, the visibility and the filling of each month."""

    list_display = ["month", "edit_until", "is_published", "auto_sync_enabled", "synced_at"]
    readonly_fields = ["revision", "synced_at"]
    actions = ["open_until_end", "close"]

    @admin.action(description=_("Open for editing until the end of the month"))
    def open_until_end(self, request: HttpRequest, queryset: QuerySet[MonthControl]) -> None:  # noqa: ARG002 - Django's signature
        """Open the months; one that is over stays open for a day."""
        now = timezone.now()
        for control in queryset:
            set_window(control.month, max(end_of(control.month), now + timedelta(days=1)))

    @admin.action(description=_("Close for editing"))
    def close(self, request: HttpRequest, queryset: QuerySet[MonthControl]) -> None:  # noqa: ARG002 - Django's signature
        """Close the months."""
        for control in queryset:
            set_window(control.month, None)


@admin.register(PrinterModelSpec)
class PrinterModelSpecAdmin(admin.ModelAdmin[PrinterModelSpec]):
    """What each model can print."""

    list_display = ["model_name", "is_color", "paper_format", "enforce", "allow_manual_edit"]
    list_editable = ["is_color", "paper_format", "enforce", "allow_manual_edit"]
    list_filter = ["enforce", "is_color", "paper_format"]
    search_fields = ["model_name"]


@admin.register(SerialEditOverride)
class SerialEditOverrideAdmin(admin.ModelAdmin[SerialEditOverride]):
    """Decisions about single devices."""

    list_display = ["serial_number", "allow_manual_edit", "expires_at", "reason", "created_by"]
    search_fields = ["serial_number"]
    autocomplete_fields = ["created_by"]


class ReadOnlyAdmin(VisibleMonths):
    """A record of what has happened is read, not written."""

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


@admin.register(CounterChangeLog)
class CounterChangeLogAdmin(ReadOnlyAdmin):
    """Who changed which counter."""

    list_display = [
        "timestamp",
        "month",
        "serial_number",
        "field_name",
        "before",
        "after",
        "user",
        "change_source",
    ]
    list_filter = ["change_source", "month"]
    list_select_related = ["user"]
    search_fields = ["serial_number"]


@admin.register(BulkChangeLog)
class BulkChangeLogAdmin(ReadOnlyAdmin):
    """What changed many rows at once."""

    list_display = ["started_at", "month", "operation_type", "records_affected", "user", "success"]
    list_filter = ["operation_type", "month"]
    list_select_related = ["user"]


@admin.register(MonthImport)
class MonthImportAdmin(ReadOnlyAdmin):
    """Imports of months; they are undone on their page."""

    list_display = ["file_name", "month", "state", "uploaded_by", "uploaded_at", "applied_at", "undone_at"]
    list_filter = ["state"]
    list_select_related = ["uploaded_by"]
    search_fields = ["file_name"]
    exclude = ["content", "undo"]


@admin.register(MonthImportRow)
class MonthImportRowAdmin(ReadOnlyAdmin):
    """Rows of imports of months."""

    month_field = "session__month"
    list_display = ["session", "number", "label"]
    list_select_related = ["session"]
    search_fields = ["session__file_name"]


@admin.register(GlpiExport)
class GlpiExportAdmin(ReadOnlyAdmin):
    """Exports of counters to GLPI; they have a page of their own."""

    list_display = ["month", "task", "state", "requested_by", "requested_at", "written_by", "finished_at"]
    list_select_related = ["requested_by", "written_by"]


@admin.register(GlpiExportRow)
class GlpiExportRowAdmin(ReadOnlyAdmin):
    """What was in GLPI before, and what was written."""

    month_field = "export__month"
    list_display = ["export", "serial_number", "status", "before", "after", "written_at"]
    list_select_related = ["export"]
    search_fields = ["serial_number"]
