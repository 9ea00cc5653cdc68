"""The app; its foreman starts with the web server."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class MainConfig(AppConfig):
    """Art Factory."""

    name = "main"
    verbose_name = _("Art Factory")
