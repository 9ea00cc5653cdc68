"""Every table of the inventory: a few to edit, the rest to look at."""

from __future__ import annotations

from typing import Any, ClassVar, Final

from django import forms
from django.contrib import admin
from django.db.models import Model
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from access.admin import LookOnly
from inventory.models import (
    DiscoveredDevice,
    Discovery,
    Export,
    ExportPiece,
    FleetAlarm,
    GlpiConnection,
    HistoryMark,
    InventoryTask,
    LearnedPlan,
    Organization,
    PageCounter,
    PollBatch,
    PollSchedule,
    Printer,
    PrinterEvent,
    PrinterImport,
    PrinterImportRow,
    PrinterState,
    Quarantine,
    WebParsingRule,
    WebParsingTemplate,
)
from inventory.rules.working_hours import parse
from inventory.services import web_rules
from inventory.web_parser import rules
from inventory.web_parser.errors import RuleError


class OrganizationForm(forms.ModelForm[Organization]):
    """A client; its working hours are read before they are kept, and kept as read too."""

    class Meta:
        model = Organization
        fields = ["name", "code", "active", "poll_window", "working_hours"]

    def clean_working_hours(self) -> str:
        """Refuse hours that nobody can read."""
        text = " ".join(str(self.cleaned_data["working_hours"]).split())
        try:
            self.instance.working_week = list(parse(text)) if text else None
        except ValueError as error:
            raise forms.ValidationError(
                _("“%(part)s” says no working hours. Write whole hours like Mo-Fr 09:00-18:00; Sa 10-14, or 24/7."),
                params={"part": str(error)[:40]},
            ) from None
        return text


@admin.register(Organization)
class OrganizationAdmin(admin.ModelAdmin[Organization]):
    """Clients."""

    form = OrganizationForm
    list_display = ["name", "code", "active"]
    list_filter = ["active"]
    search_fields = ["name", "code"]


@admin.register(Printer)
class PrinterAdmin(admin.ModelAdmin[Printer]):
    """Printers; everyday work is done on the printer pages."""

    list_display = ["ip_address", "snmp_port", "serial_number", "device_model", "organization", "is_active"]
    list_select_related = ["device_model__manufacturer", "organization"]
    list_filter = ["is_active", "polling_method", "organization"]
    search_fields = ["serial_number", "hostname", "mac_address"]
    autocomplete_fields = ["organization", "device_model", "replaced_by"]
    show_full_result_count = False


@admin.register(InventoryTask)
class InventoryTaskAdmin(admin.ModelAdmin[InventoryTask]):
    """Polls, to look at."""

    list_display = ["printer", "due_at", "state", "status", "trigger", "attempt", "worker"]
    list_select_related = ["printer"]
    list_filter = ["state", "status", "trigger"]
    raw_id_fields = ["printer", "batch", "requested_by"]
    show_full_result_count = False


class WebParsingRuleForm(forms.ModelForm[WebParsingRule]):
    """A rule under the same checks as the editor's: a pattern, formula or XPath that it would refuse is refused here."""

    class Meta:
        model = WebParsingRule
        fields: ClassVar = [
            "printer", "position", "field_name", "protocol", "url_path", "xpath", "regex_pattern", "regex_replacement",
            "calculation_formula", "actions_chain", "needs_browser",
        ]  # fmt: skip

    def clean(self) -> dict[str, Any]:
        """Refuse a rule that could not be followed."""
        values: dict[str, Any] = super().clean() or self.cleaned_data
        if not self.errors:
            try:
                rules.from_config(rules.to_config(web_rules.rule_of(WebParsingRule(**values))))
            except RuleError as error:
                raise forms.ValidationError(str(error)) from error
        return values


@admin.register(WebParsingRule)
class WebParsingRuleAdmin(admin.ModelAdmin[WebParsingRule]):
    """Rules of web pages; everyday work is done in the editor, where the page is seen."""

    form = WebParsingRuleForm
    list_display = ["printer", "field_name", "protocol", "url_path", "xpath", "calculation_formula"]
    list_select_related = ["printer"]
    list_filter = ["protocol", "needs_browser"]
    search_fields = ["field_name", "url_path", "printer__serial_number"]
    autocomplete_fields = ["printer"]
    show_full_result_count = False


@admin.register(WebParsingTemplate)
class WebParsingTemplateAdmin(admin.ModelAdmin[WebParsingTemplate]):
    """Templates of rules; their rules come from the editor."""

    list_display = ["name", "device_model", "is_public", "usage_count", "created_by", "updated_at"]
    list_select_related = ["device_model__manufacturer", "created_by"]
    list_filter = ["is_public"]
    search_fields = ["name", "description", "device_model__name"]
    autocomplete_fields = ["device_model", "created_by"]
    readonly_fields = ["rules_config", "usage_count"]

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Never: a template is kept from rules that were tried."""
        del request
        return False


class Written(LookOnly):
    """What polls, imports and jobs write."""

    def get_list_select_related(self, request: HttpRequest) -> list[str]:
        """Join what the columns name, so that a page costs the same for any number of rows."""
        del request
        relations = {field.name for field in self.model._meta.fields if field.is_relation}  # noqa: SLF001 - Django documents _meta
        return [name for name in self.list_display if isinstance(name, str) and name in relations]


WRITTEN: Final[tuple[tuple[type[Model], list[str], list[str]], ...]] = (
    (PageCounter, ["printer", "recorded_at", "total_pages", "bw_a4", "color_a4", "bw_a3", "color_a3"], []),
    (PollBatch, ["scope", "requested_by", "requested_at", "total", "finished_at"], ["scope"]),
    (PollSchedule, ["printer", "due_at"], ["printer__serial_number"]),
    (LearnedPlan, ["printer"], ["printer__serial_number"]),
    (PrinterState, ["printer", "last_verdict", "last_attempt_at", "last_success_at"], ["printer__serial_number"]),
    (PrinterEvent, ["at", "printer_name", "change", "user", "comment"], ["printer_name"]),
    (Quarantine, ["printer", "kind"], ["printer__serial_number"]),
    (Discovery, ["pk", "state"], []),
    (DiscoveredDevice, ["discovery", "address"], ["address"]),
    (PrinterImport, ["pk", "uploaded_by"], []),
    (PrinterImportRow, ["session", "number", "label"], []),
    (Export, ["pk", "state"], []),
    (ExportPiece, ["pk"], []),
    (HistoryMark, ["pk"], []),
    (GlpiConnection, ["url", "username", "updated_at"], ["url"]),
    (FleetAlarm, ["raised_at", "cleared_at", "text"], ["text"]),
)
"""Model, columns, searched fields."""

for _model, _columns, _searched in WRITTEN:
    _options = {"list_display": _columns, "search_fields": _searched, "__doc__": Written.__doc__}
    admin.site.register(_model, type(f"{_model.__name__}Admin", (Written,), _options))
