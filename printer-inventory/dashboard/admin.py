from django.contrib import admin

from access.admin import LookOnly
from dashboard.models import (
    Alarm,
    AlertRule,
    DashboardMark,
    DeviceIncident,
    FleetDay,
    SuppliesMail,
    SuppliesMailRun,
    SupplyForecast,
)


@admin.register(AlertRule)
class AlertRuleAdmin(LookOnly):
    """Rules; they are changed on their own page."""

    list_display = ["name", "kind", "threshold", "organization", "city", "is_active"]
    list_select_related = ["organization", "city"]
    list_filter = ["kind", "is_active"]
    search_fields = ["name", "recipients"]
    autocomplete_fields = ["organization", "city", "webhooks", "created_by"]


@admin.register(Alarm)
class AlarmAdmin(LookOnly):
    """What rules have found."""

    list_display = ["opened_at", "rule", "printer_name", "text", "closed_at"]
    list_select_related = ["rule"]
    list_filter = ["rule"]
    search_fields = ["printer_name", "text"]
    autocomplete_fields = ["rule", "printer"]


@admin.register(DeviceIncident)
class DeviceIncidentAdmin(LookOnly):
    """What printers complained about."""

    list_display = ["opened_at", "printer", "severity", "description", "closed_at"]
    list_select_related = ["printer"]
    list_filter = ["severity"]
    search_fields = ["description", "code_name"]
    autocomplete_fields = ["printer"]


@admin.register(SupplyForecast)
class SupplyForecastAdmin(LookOnly):
    """Forecasts."""

    list_display = ["printer", "index", "rate", "swaps", "swapped_on", "made_on"]
    list_select_related = ["printer"]
    search_fields = ["index"]
    autocomplete_fields = ["printer"]


@admin.register(SuppliesMail)
class SuppliesMailAdmin(LookOnly):
    """Scheduled mails; they are changed on their own page."""

    list_display = ["name", "organization", "city", "weekdays", "at", "is_active"]
    list_select_related = ["organization", "city"]
    search_fields = ["name", "recipients"]
    autocomplete_fields = ["organization", "city", "created_by"]


@admin.register(SuppliesMailRun)
class SuppliesMailRunAdmin(LookOnly):
    """Mails that were written."""

    list_display = ["day", "mail", "lines"]
    list_select_related = ["mail"]
    search_fields = ["mail__name"]
    autocomplete_fields = ["mail", "message"]


@admin.register(FleetDay)
class FleetDayAdmin(LookOnly):
    """Days of the fleet."""

    list_display = ["day", "organization", "city", "printers", "polls", "good", "pages"]
    list_select_related = ["organization", "city"]
    search_fields = ["organization__name"]
    autocomplete_fields = ["organization", "city"]


@admin.register(DashboardMark)
class DashboardMarkAdmin(LookOnly):
    """How far counting has come."""

    list_display = ["pk", "counted_through", "forecast_on"]
    search_fields = ["pk"]
