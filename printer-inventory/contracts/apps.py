from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class ContractsConfig(AppConfig):
    """Devices under contract and the catalogue of models."""

    name = "contracts"
    verbose_name = _("Contracts")

    def ready(self) -> None:
        """Follow what the inventory does with printers."""
        from contracts.services import replacing
        from inventory.services.replacing import printer_replaced, replacement_undone

        printer_replaced.connect(replacing.follow_printer, dispatch_uid="contracts.follow_printer")
        replacement_undone.connect(replacing.follow_undo, dispatch_uid="contracts.follow_undo")
