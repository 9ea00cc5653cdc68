from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class OutboxConfig(AppConfig):
    """What goes out: e-mail and webhooks, a row before anything is sent."""

    name = "outbox"
    verbose_name = _("Outbox")
