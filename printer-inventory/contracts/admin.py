"""Administration of the contracts; everyday work is done on their pages."""

from django.contrib import admin
from django.db.models import Count, QuerySet
from django.http import HttpRequest
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _

from contracts.models import (
    AutoPollCandidate,
    AutoPollJob,
    Cartridge,
    CartridgeImport,
    CartridgeImportRow,
    CartridgeOrder,
    City,
    ContractDevice,
    ContractEvent,
    ContractStatus,
    DeviceModel,
    DeviceModelCartridge,
    ImportFile,
    ImportRow,
    ImportSession,
    Manufacturer,
    ServiceProvider,
)


class ModelCartridgeInline(admin.TabularInline[DeviceModelCartridge, DeviceModel]):
    """The cartridges a model takes."""

    model = DeviceModelCartridge
    autocomplete_fields = ["cartridge"]
    extra = 0


class LookOnly(admin.ModelAdmin):  # type: ignore[type-arg] # a base for tables of several models
    """Rows that only the system writes."""

    show_full_result_count = False

    def has_add_permission(self, *_: object, **__: object) -> bool:
        """Refuse: the system adds."""
        return False

    def has_change_permission(self, *_: object, **__: object) -> bool:
        """Refuse: what happened stays."""
        return False

    def has_delete_permission(self, *_: object, **__: object) -> bool:
        """Refuse: what happened stays."""
        return False


@admin.register(Manufacturer)
class ManufacturerAdmin(admin.ModelAdmin[Manufacturer]):
    """Makers of devices."""

    search_fields = ["name"]


@admin.register(DeviceModel)
class DeviceModelAdmin(admin.ModelAdmin[DeviceModel]):
    """Models of devices, with the cartridges they take."""

    list_display = ["manufacturer", "name", "device_type", "has_network_port", "cartridge_count"]
    list_select_related = ["manufacturer"]
    list_filter = ["device_type", "has_network_port"]
    search_fields = ["name", "manufacturer__name"]
    autocomplete_fields = ["manufacturer"]
    inlines = [ModelCartridgeInline]

    def get_queryset(self, request: HttpRequest) -> QuerySet[DeviceModel]:
        """Count the cartridges of all models in the same statement."""
        return super().get_queryset(request).annotate(cartridges_known=Count("model_cartridges"))

    @admin.display(description=_("cartridges"), ordering="cartridges_known")
    def cartridge_count(self, model: DeviceModel) -> int:
        """How many cartridges the model takes."""
        return int(getattr(model, "cartridges_known", 0))


@admin.register(Cartridge)
class CartridgeAdmin(admin.ModelAdmin[Cartridge]):
    """What can be ordered."""

    list_display = ["name", "part_number", "color", "capacity", "is_active"]
    list_filter = ["color", "is_active"]
    search_fields = ["name", "part_number"]


@admin.register(DeviceModelCartridge)
class DeviceModelCartridgeAdmin(admin.ModelAdmin[DeviceModelCartridge]):
    """Which model takes which cartridge."""

    list_display = ["device_model", "cartridge", "is_primary"]
    list_select_related = ["device_model__manufacturer", "cartridge"]
    list_filter = ["is_primary"]
    search_fields = ["device_model__name", "cartridge__name", "cartridge__part_number"]
    autocomplete_fields = ["device_model", "cartridge"]


@admin.register(City)
class CityAdmin(admin.ModelAdmin[City]):
    """Cities."""

    search_fields = ["name"]


@admin.register(ContractStatus)
class ContractStatusAdmin(admin.ModelAdmin[ContractStatus]):
    """Statuses and their colours."""

    list_display = ["name", "swatch", "is_active"]
    search_fields = ["name"]

    @admin.display(description=_("colour"))
    def swatch(self, status: ContractStatus) -> SafeString:
        """The colour as a drawing: the content policy allows no inline style."""
        return format_html(
            '<svg width="14" height="14" aria-hidden="true"><rect width="14" height="14" rx="3" fill="{}"/></svg> {}',
            status.color,
            status.color,
        )


@admin.register(ServiceProvider)
class ServiceProviderAdmin(admin.ModelAdmin[ServiceProvider]):
    """Who services devices and takes orders."""

    list_display = ["name", "code", "issue_tracker", "support_email", "is_active"]
    list_filter = ["is_active", "issue_tracker"]
    search_fields = ["name", "code"]


@admin.register(ContractDevice)
class ContractDeviceAdmin(LookOnly):
    """Devices under contract, to look at: edits belong to the device's page, which writes its history."""

    list_display = ["organization", "city", "address", "model", "serial_number", "status", "is_active"]
    list_select_related = ["organization", "city", "model__manufacturer", "status"]
    list_filter = ["is_active", "status", "service_provider"]
    search_fields = ["serial_number", "address", "organization__name"]
    autocomplete_fields = ["organization", "city", "model", "status", "service_provider", "printer", "replaced_by"]
    show_full_result_count = False


@admin.register(ContractEvent)
class ContractEventAdmin(LookOnly):
    """What happened to devices."""

    list_display = ["at", "device_name", "change", "user"]
    list_select_related = ["user"]
    list_filter = ["change"]
    search_fields = ["device_name"]
    autocomplete_fields = ["device", "related_device", "user"]


@admin.register(CartridgeOrder)
class CartridgeOrderAdmin(LookOnly):
    """Orders that were sent."""

    list_display = ["created_at", "device", "provider", "recipient", "delivery__state", "requested_by"]
    list_select_related = ["device__model__manufacturer", "provider", "requested_by", "delivery"]
    list_filter = ["delivery__state", "provider"]
    search_fields = ["device__serial_number", "recipient"]
    autocomplete_fields = ["device", "provider", "requested_by", "delivery"]


@admin.register(ImportSession)
class ImportSessionAdmin(LookOnly):
    """Imports."""

    list_display = ["name", "uploaded_at", "uploaded_by", "state", "applied_at"]
    list_select_related = ["uploaded_by"]
    list_filter = ["state"]
    search_fields = ["name"]
    autocomplete_fields = ["target_status", "service_provider", "uploaded_by"]


@admin.register(ImportFile)
class ImportFileAdmin(LookOnly):
    """Files of imports."""

    list_display = ["original_name", "session", "rows_total", "uploaded_at"]
    list_select_related = ["session"]
    search_fields = ["original_name"]
    autocomplete_fields = ["session"]
    exclude = ["content"]


@admin.register(ImportRow)
class ImportRowAdmin(LookOnly):
    """Rows of imports."""

    list_display = ["session", "file", "number", "label", "decision", "key"]
    list_select_related = ["session", "file"]
    list_filter = ["label", "decision"]
    search_fields = ["key"]
    autocomplete_fields = ["session", "file", "applied_device"]


@admin.register(CartridgeImport)
class CartridgeImportAdmin(LookOnly):
    """Imports of cartridges, to look at."""

    list_display = ["file_name", "state", "uploaded_by", "uploaded_at", "applied_at"]
    list_select_related = ["uploaded_by"]
    search_fields = ["file_name"]
    autocomplete_fields = ["uploaded_by"]
    exclude = ["content"]


@admin.register(CartridgeImportRow)
class CartridgeImportRowAdmin(LookOnly):
    """Rows of imports of cartridges, to look at."""

    list_display = ["session", "number", "label", "decision"]
    list_select_related = ["session"]
    search_fields = ["session__file_name"]
    autocomplete_fields = ["session"]


@admin.register(AutoPollCandidate)
class AutoPollCandidateAdmin(LookOnly):
    """Devices that could be polled, to look at: what becomes of them is decided on the page of their import."""

    list_display = ["serial_number", "session", "status", "glpi_ip", "verify_ok", "created_printer", "checked_at"]
    list_select_related = ["session", "created_printer"]
    list_filter = ["status", "verify_ok"]
    search_fields = ["serial_number", "glpi_name"]
    autocomplete_fields = ["session", "contract_device", "created_printer"]


@admin.register(AutoPollJob)
class AutoPollJobAdmin(LookOnly):
    """Work on candidates, to look at."""

    list_display = ["requested_at", "session", "task", "state", "done", "total", "reason"]
    list_select_related = ["session"]
    list_filter = ["task", "state"]
    search_fields = ["session__name"]
    autocomplete_fields = ["session", "requested_by"]
