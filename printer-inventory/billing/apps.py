from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class BillingConfig(AppConfig):
    """The money: tariffs, and what each organization pays for a month."""

    name = "billing"
    verbose_name = _("Billing")
