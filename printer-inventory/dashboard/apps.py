from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class DashboardConfig(AppConfig):
    """The picture of the fleet, its alarms, and the mails about its supplies."""

    name = "dashboard"
    verbose_name = _("Dashboard")

    def ready(self) -> None:
        """Let the month take its downtime from the days that are counted here."""
        from dashboard.services.availability import days_lost
        from monthly_report.services.downtime import count_with

        count_with(days_lost)
