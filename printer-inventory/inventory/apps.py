from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class InventoryConfig(AppConfig):
    """Printers and their polling."""

    name = "inventory"
    verbose_name = _("Inventory")

    def ready(self) -> None:
        """Register what the health page checks."""
        from inventory import health

        health.register()
