from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class ContractsConfig(AppConfig):
    """Devices under contract and the catalogue of models."""

    name = "contracts"
    verbose_name = _("Contracts")
