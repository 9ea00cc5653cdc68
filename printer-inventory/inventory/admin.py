from django.contrib import admin

from inventory.models import InventoryTask, Organization, Printer


@admin.register(Organization)
class OrganizationAdmin(admin.ModelAdmin[Organization]):
    """Clients."""

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
