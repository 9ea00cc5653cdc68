from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class AccessConfig(AppConfig):
    """Who may open what."""

    name = "access"
    verbose_name = _("Access")
