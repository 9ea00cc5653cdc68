from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class DashboardConfig(AppConfig):
    """The picture of the fleet, its alarms, and the mails about its supplies."""

    name = "dashboard"
    verbose_name = _("Dashboard")
