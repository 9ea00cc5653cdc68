from django.apps import AppConfig
from django.core.exceptions import ImproperlyConfigured
from django.utils.translation import gettext_lazy as _


class DashboardConfig(AppConfig):
    """The picture of the fleet, its alarms, and the mails about its supplies."""

    name = "dashboard"
    verbose_name = _("Dashboard")

    def ready(self) -> None:
        """Let the month take its downtime from the days that are counted here."""
        from dashboard.services.availability import company, shares_lost
        from monthly_report.services.downtime import count_with

        count_with(shares_lost)
        try:
            company()
        except ValueError as error:
            text = f"WORKING_HOURS says no week ({error}): write it like Mo-Fr 09:00-18:00; Sa 10-14, or 24/7."
            raise ImproperlyConfigured(text) from None
