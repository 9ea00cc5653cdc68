"""The admin, for looking into the rows."""

from typing import Any

from django.contrib import admin

from main.models import (
    Budget,
    Collection,
    Event,
    FactoryMachine,
    Lease,
    Lineage,
    Lookup,
    NearPair,
    Order,
    OrderItem,
    OrderTemplate,
    Product,
    Project,
    Provider,
    SpendEntry,
    Tag,
)


@admin.register(Order)
class OrderAdmin(admin.ModelAdmin[Order]):
    """Orders."""

    list_display = ("id", "title", "machine", "status", "item_count", "done_count", "failed_count", "created_at")
    list_filter = ("status", "machine")
    search_fields = ("title", "prompt")
    list_select_related = ("machine",)


@admin.register(OrderItem)
class OrderItemAdmin(admin.ModelAdmin[OrderItem]):
    """Calls."""

    list_display = ("id", "order", "sequence", "status", "provider_name", "attempt", "error_category", "created_at")
    list_filter = ("status", "provider_name")
    list_select_related = ("order",)
    raw_id_fields = ("order",)


@admin.register(Product)
class ProductAdmin(admin.ModelAdmin[Product]):
    """Products."""

    list_display = ("id", "title", "product_type", "machine_name", "rating", "is_favorite", "created_at")
    list_filter = ("product_type", "generator_kind", "is_favorite")
    search_fields = ("title", "prompt")
    raw_id_fields = ("order_item", "project")


@admin.register(FactoryMachine)
class FactoryMachineAdmin(admin.ModelAdmin[FactoryMachine]):
    """Machines."""

    list_display = ("display_name", "name", "provider", "family", "modality", "is_active", "is_favorite")
    list_filter = ("provider", "family", "modality", "is_active")
    list_select_related = ("provider",)


@admin.register(Provider)
class ProviderAdmin(admin.ModelAdmin[Provider]):
    """Providers; keys are set on the settings page and shown nowhere."""

    list_display = ("title", "name", "is_enabled", "circuit", "concurrency", "rate_per_minute", "last_ok_at")
    exclude = ("key_hint",)


class ReadOnlyAdmin(admin.ModelAdmin[Any]):
    """Records: they are looked at, not changed."""

    def has_add_permission(self, request: Any) -> bool:  # noqa: ARG002 -- Django's signature
        """Nobody adds one by hand."""
        return False

    def has_change_permission(self, request: Any, obj: Any = None) -> bool:  # noqa: ARG002 -- Django's signature
        """Nobody changes one."""
        return False


@admin.register(Event)
class EventAdmin(ReadOnlyAdmin):
    """Events."""

    list_display = ("id", "name", "order_id", "entity_id", "actor", "reason", "at")
    list_filter = ("name",)


@admin.register(SpendEntry)
class SpendEntryAdmin(ReadOnlyAdmin):
    """The ledger."""

    list_display = ("id", "day", "provider_name", "state", "amount", "currency", "order_id", "attempt")
    list_filter = ("state", "provider_name")


@admin.register(Lease)
class LeaseAdmin(ReadOnlyAdmin):
    """Leases."""

    list_display = ("name", "holder", "until")


admin.site.register([Budget, Collection, Lineage, Lookup, NearPair, OrderTemplate, Project, Tag])
