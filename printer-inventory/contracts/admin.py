from django.contrib import admin

from contracts.models import DeviceModel, Manufacturer


@admin.register(Manufacturer)
class ManufacturerAdmin(admin.ModelAdmin[Manufacturer]):
    """Makers of devices."""

    search_fields = ["name"]


@admin.register(DeviceModel)
class DeviceModelAdmin(admin.ModelAdmin[DeviceModel]):
    """Models of devices."""

    list_display = ["manufacturer", "name", "device_type", "has_network_port"]
    list_select_related = ["manufacturer"]
    list_filter = ["device_type", "manufacturer"]
    search_fields = ["name", "manufacturer__name"]
    autocomplete_fields = ["manufacturer"]
